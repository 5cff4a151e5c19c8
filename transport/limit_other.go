//go:build !(linux || darwin || freebsd)

package transport

// toldOf is the text of an error, for another process.
func toldOf(err error) string { return err.Error() }
