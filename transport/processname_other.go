//go:build !linux

package transport

// setProcessName does nothing where the command line cannot be overwritten:
// argv[0] already has the name.
func setProcessName(string) {}
