//go:build !linux

package resource

// isMountRoot cannot be told here.
func isMountRoot(string) (is, known bool) { return false, false }

func (n target) isMountRoot() (is, known bool) { return false, false }

func (p mountPoint) reached() bool { return true }

// kernelFS is "" here: no other system has its settings as files.
func kernelFS(string) string { return "" }
