// Package tree is what a directory holds, as a list that crosses the wire in place of it: the
// manifest. The controller makes it, agents compare it with what they have, and the record keeps
// it to know what was made.
//
// It reads no disk and knows no host. Read manifest.go first, then decode.go, then exclude.go.
//
// # Manifest
//
// A manifest is bytes: the version 1, a byte that is 1 if others may not look into the directory
// itself and 0 otherwise, and the entries. Each is
//
//	depth   uvarint  how many directories below the directory it is in; 0: directly in it
//	sort    byte     one of those of Sort
//	flags   byte     1: its owner may run it; 2: nobody but its owner may read it
//	name    uvarint  the length, and the bytes
//	of a file: size uvarint, and the 32 bytes of its SHA-256
//	of a link: the length of its target uvarint, and the bytes
//
// A directory is followed by what is in it. Entries of one directory are in the order of the bytes
// of their names, and no two have the same. The contents of the files, one after the other in this
// order and with nothing between, are the contents of the tree.
package tree
