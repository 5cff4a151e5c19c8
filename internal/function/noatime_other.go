//go:build !linux

package function

// noAccessTime is nothing where the system cannot leave the time of the last
// access as it is.
const noAccessTime = 0
