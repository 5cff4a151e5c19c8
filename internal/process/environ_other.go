//go:build !linux

package process

// overwrite does nothing: the system shows no such memory as a file.
func overwrite(func(name string) bool) {}
