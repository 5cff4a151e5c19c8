//go:build !linux

package filesystem

import "os"

// OpenDirectory opens nothing here: there is no way to reach an open directory by
// name.
func OpenDirectory(string) (*os.File, error) { return nil, nil }

// Through is a path that leads to an open directory.
func Through(dir *os.File) string { return dir.Name() }

// OfKernel is false here: there is no such link.
func OfKernel(link, target string) bool { return false }
