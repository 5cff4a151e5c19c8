package executor

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/transport"
)

// TestWeakPasswordsLeaveWordsOfTransport: what package transport says of an error is shown,
// though a password is spelt like a word of it. The last words of a program, the message of
// a function and a value are shown without it.
func TestWeakPasswordsLeaveWordsOfTransport(t *testing.T) {
	const said = "connection to nowhere"
	lost := &transport.LostError{Context: "web", Chain: []string{"bastion", "web"}, Cause: "its connection ended", Exit: &transport.Exit{Signal: "KILL"}, LastWords: said}
	problem := kind.NewProblem("password", kind.CodeConnect, "Wrong connection", "The connection %q is wrong.", said)
	for _, c := range []struct {
		err error
		own string // which words are shown, and # for what is hidden
	}{
		{lost, "context web in context bastion was lost: its connection ended (signal KILL); it last said: # to nowhere"},
		{&transport.ConnectError{Context: "web", Phase: transport.PhaseStart, Cause: "its connection ended", LastWords: said}, "connect web: start: its connection ended; it last said: # to nowhere"},
		{&transport.ConnectError{Context: "web", Cause: problem.Error(), Problem: problem}, "connect web: password: Wrong #: The # \"# to nowhere\" is wrong."},
		{&transport.CancelledError{Function: "check", Phase: transport.PhaseRunning, Cause: "the connection was closed"}, "call check cancelled (running): the connection was closed"},
		{&transport.TimeoutError{Function: "connection", After: time.Second}, "call connection timed out after 1s"},
		{&transport.SkippedError{Function: "connection", Cause: lost}, "call connection skipped: context web in context bastion was lost: its connection ended (signal KILL); it last said: # to nowhere"},
		{&transport.SkippedError{Function: "connection"}, "call connection skipped"},
		{problem, "password: Wrong connection: The connection \"# to nowhere\" is wrong."},
		{&transport.RemoteError{Function: "command", Message: said}, "call command: # to nowhere"},
		{errors.New(said), "# to nowhere"},
	} {
		var known secret.Set
		known.Add("connection")
		w := Words(c.err)
		told := known.HideTold(secret.Told{Text: w.String(), Own: w.Own()})
		if got := strings.ReplaceAll(told.Text, secret.Hidden, "#"); w.String() != c.err.Error() || got != c.own {
			t.Errorf("%T: %q is shown as\n%q, want\n%q", c.err, w, got, c.own)
		}
	}
	for _, err := range []error{lost, &transport.ConnectError{Context: "web", Cause: "its connection ended"}, &transport.CancelledError{Cause: "its connection ended"}} {
		if f := classify(err, limit{}); !strings.Contains(strings.ToLower(f.Own), "its connection ended") || strings.Contains(f.Own, said) {
			t.Errorf("%T: of %q, own are %q", err, f.Detail, f.Own)
		}
	}
}
