package function

import "golang.org/x/sys/unix"

// noAccessTime keeps a read from changing the time of the last access. Without it,
// planning would change what the function stat returns to the next plan.
const noAccessTime = unix.O_NOATIME
