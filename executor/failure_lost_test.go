package executor

import (
	"errors"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// The problem of a lost connection says what is known, and ends with the last words
// of the host.
func TestWhatIsSaidOfALostConnection(t *testing.T) {
	for name, c := range map[string]struct {
		err  transport.LostError
		want string
	}{
		"nobody answers": {
			transport.LostError{Context: "ssh.h", Cause: "no sign of life"},
			"No sign of life. What was running there goes on until its agent finds that the connection is lost, and then ends; the next plan reads the host again.",
		},
		"the agent ended": {
			transport.LostError{Context: "ssh.h", Cause: "its connection was closed", Exit: &transport.Exit{Status: 2}, LastWords: "fatal error: out of memory\nrax 0x0"},
			"Its connection was closed. It ended with exit status 2. The programs that it had started are ended with it, and what those have started, as far as its user may end them; the next plan reads the host again. It last said:\nfatal error: out of memory\nrax 0x0",
		},
		"the connection ended": {
			transport.LostError{Context: "ssh.h", Cause: "its connection was closed", Exit: &transport.Exit{Status: -1, Err: errors.New("connection lost")}},
			"Its connection was closed. What was running there goes on until its agent finds that the connection is lost, and then ends; the next plan reads the host again.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := lostFailure(&c.err).Detail; got != c.want {
				t.Errorf("the detail is %q, want %q", got, c.want)
			}
		})
	}
}
