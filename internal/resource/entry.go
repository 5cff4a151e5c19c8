package resource

import (
	"bytes"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// EntryType is what is at a path: a file, a directory, a link, nothing.
type EntryType string

// The types of entries. Other is a device, a socket or a pipe.
const (
	TypeAbsent    EntryType = "absent"
	TypeFile      EntryType = "file"
	TypeDirectory EntryType = "directory"
	TypeLink      EntryType = "link"
	TypeOther     EntryType = "other"
)

// entryType returns the type that st_mode of stat(2) stands for.
func entryType(mode uint32) EntryType {
	switch t := EntryType(filesystem.TypeOf(mode)); t {
	case TypeFile, TypeDirectory, TypeLink:
		return t
	}
	return TypeOther
}

// Noun returns the word for the type as it stands in a sentence after "a".
func (t EntryType) Noun() string {
	if t == TypeOther {
		return "device, pipe or socket"
	}
	return string(t)
}

// Entry is what is, or will be, at a path.
type Entry struct {
	Type  EntryType `cbor:"type"`
	Owner Identity  `cbor:"owner"`
	Group Identity  `cbor:"group"`
	// Mode are the permission bits, with set-user-ID, set-group-ID and sticky.
	Mode int64 `cbor:"mode"`
	// Names is the number of names (hard links) of a file that has several, or 0.
	Names int64 `cbor:"names,omitempty"`
	// Size is that of a file whose content was not read.
	Size int64 `cbor:"size,omitempty"`
	// Target is where a link points.
	Target kind.Text `cbor:"target,omitempty"`
	// Content is that of a file. In an Effect, nil means that it stays as it is.
	Content *Content `cbor:"content,omitempty"`
	// SameAs is, in an effect that makes another name of a file, the resolved path of that.
	SameAs kind.Text `cbor:"same_as,omitempty"`

	// stamp tells whether what is at the path is still the same. It is empty in
	// an effect.
	stamp stamp
}

// Identity is a user or group by number and name.
type Identity struct {
	// ID is the number. It is -1 if it becomes known only at the apply.
	ID int64 `cbor:"id"`
	// Name is empty for a number that has none.
	Name string `cbor:"name,omitempty"`
}

// Same reports whether two identities are the same: by number if both numbers are
// known, and by name otherwise.
func (i Identity) Same(o Identity) bool {
	if i.ID >= 0 && o.ID >= 0 {
		return i.ID == o.ID
	}
	return i.Name != "" && i.Name == o.Name
}

// Content is what a file holds.
type Content struct {
	// Unknown is set if the content becomes known only at the apply. Then nothing else
	// is set.
	Unknown bool   `cbor:"unknown,omitempty"`
	SHA256  []byte `cbor:"sha256,omitempty"`
	Size    int64  `cbor:"size,omitempty"`
	// Data is nil if only the digest is known.
	Data []byte `cbor:"data,omitempty"`
	// Whole is set if Data is all of the content. It tells an empty file from one
	// whose bytes were not kept.
	Whole bool `cbor:"whole,omitempty"`
	// Blob names the content if the controller has it and this context may pull it; see
	// Host.Open. It is nil for what was read here.
	Blob *transport.Blob `cbor:"blob,omitempty"`
	// Edit says how the bytes are made of an earlier content, if they are not here and
	// nobody can pull them. It is only in effects.
	Edit *Edit `cbor:"edit,omitempty"`

	// Made is what Edit is once the bytes are dropped; nil for what no edit made.
	Made *Edit `cbor:"-"`
	// arg is the name of the argument that the content was given with, "" for others.
	arg string
	// Form is set if the content is what a file of the kernel shows of the argument.
	Form bool `cbor:"-"`
}

// Equal reports whether both are known and hold the same bytes.
func (c Content) Equal(o Content) bool {
	return !c.Unknown && !o.Unknown && c.Size == o.Size && bytes.Equal(c.SHA256, o.SHA256)
}

// User is an account. A number that will be known after apply is -1.
type User struct {
	Name string `cbor:"name"`
	Gone bool   `cbor:"gone,omitempty"`
	UID  int64  `cbor:"uid"`
	GID  int64  `cbor:"gid"`
	// GroupName is the name of the primary group.
	GroupName string    `cbor:"group_name,omitempty"`
	Comment   kind.Text `cbor:"comment,omitempty"`
	Home      kind.Text `cbor:"home,omitempty"`
	Shell     kind.Text `cbor:"shell,omitempty"`
	// Shadow is the account's part of /etc/shadow; nil if this user may not read
	// that.
	Shadow *Shadow `cbor:"shadow,omitempty"`
}

// Group is a group of users. A number that will be known after apply is -1.
type Group struct {
	Name    string   `cbor:"name"`
	Gone    bool     `cbor:"gone,omitempty"`
	GID     int64    `cbor:"gid"`
	Members []string `cbor:"members,omitempty"`
	// Joins and Leaves are set in the effect of an account that becomes a member, or is none
	// any more. Nothing else of the group changes, and Members counts for nothing: other
	// accounts do the same beside it.
	Joins  string `cbor:"joins,omitempty"`
	Leaves string `cbor:"leaves,omitempty"`
	// Elsewhere is set if it is not in /etc/group, but another source of the machine has it.
	Elsewhere bool `cbor:"-"`
}
