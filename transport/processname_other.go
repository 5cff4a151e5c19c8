//go:build !linux

package transport

// setProcessName does nothing: the command line cannot be overwritten here, and
// argv[0] already has the name.
func setProcessName(string) {}
