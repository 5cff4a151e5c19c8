//go:build linux || darwin || freebsd

package transport

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
)

// toldOf is the text of an error, for another process. Of one that comes from too many open
// files, it says how many this process may have: its limit is not that of who reads it.
func toldOf(err error) string {
	text := err.Error()
	var l syscall.Rlimit
	if errors.Is(err, syscall.EMFILE) && syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) == nil {
		what := syscall.EMFILE.Error()
		text = strings.Replace(text, what, fmt.Sprintf("%s (the limit of the process is %d: see ulimit -n)", what, l.Cur), 1)
	}
	return text
}
