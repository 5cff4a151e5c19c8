//go:build !linux

package function

// noAccessTime is no flag: this system cannot keep the time of the last access.
const noAccessTime = 0
