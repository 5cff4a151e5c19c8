//go:build !linux

package resource

// processesOf finds nothing here: userdel(8), or what does its work, refuses an account
// that is in use.
func processesOf(int64) ([]Process, error) { return nil, nil }

// holdersOf finds nothing here.
func holdersOf(string) []Process { return nil }
