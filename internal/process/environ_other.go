//go:build !linux

package process

// overwrite does nothing, because this system shows the environment in no file.
func overwrite(func(name string) bool) {}
