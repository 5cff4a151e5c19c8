package process

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

// onTerminal runs a script on a terminal and returns what that shows.
func onTerminal(t *testing.T, script, typed string) string {
	t.Helper()
	var out bytes.Buffer
	s := sh(script)
	s.Terminal, s.Stdout = &Terminal{Rows: 40, Columns: 132}, &out
	if typed != "" {
		s.Stdin = strings.NewReader(typed)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if e, err := Run(ctx, s); err != nil || e.Code != 0 {
		t.Fatalf("%s: %v, %v, it showed %q", script, e, err, out.String())
	}
	return out.String()
}

func TestTerminal(t *testing.T) {
	// The sleep of "let go of" has the reader of the terminal see that nobody holds it, before it is opened again.
	for name, c := range map[string]struct{ script, typed, want string }{
		"it is one":            {"test -t 0 && test -t 1 && test -t 2 && echo yes", "", "yes\n"},
		"it controls":          {"echo yes >/dev/tty", "", "yes\n"},
		"its size":             {"stty size", "", "40 132\n"},
		"both outputs":         {"echo one; echo two >&2; echo three", "", "one\ntwo\nthree\n"},
		"nothing is typed":     {"cat; echo end", "", "end\n"},
		"typed, not repeated":  {"read a; read b; echo got $b $a", "x\ny\n", "got y x\n"},
		"no line end":          {"cat; echo end", "abc", "abcend\n"},
		"more lines than fit":  {"wc -l", strings.Repeat("line\n", 50000), "50000\n"},
		"let go of":            {"exec </dev/null >/dev/null 2>&1; sleep 0.2; exec >/dev/tty; echo still here", "", "still here\n"},
		"an end that was lost": {"stty -icanon; stty icanon; cat; echo end", "", "end\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := onTerminal(t, c.script, c.typed); got != c.want {
				t.Errorf("it showed %q, want %q", got, c.want)
			}
		})
	}
}

// TestControlCharactersAct: they are typed when the program is there.
func TestControlCharactersAct(t *testing.T) {
	t.Parallel()
	e, err := Run(t.Context(), Spec{Argv: []string{"sleep", "1000"}, Stdin: strings.NewReader("\x03"), Terminal: &Terminal{}})
	if err != nil || e.Signal != "interrupt" {
		t.Errorf("got %v, %v", e, err)
	}
}

// TestATerminalThrowsAwayWhatWasTyped: a program that asks for a password begins by that. It
// finds the end of its input, and does not wait for a person.
func TestATerminalThrowsAwayWhatWasTyped(t *testing.T) {
	t.Parallel()
	if got := onTerminal(t, `perl -MPOSIX=:termios_h -e 'tcflush(0, TCIFLUSH); print defined(<STDIN>) ? "a line" : "the end"'`, ""); got != "the end" {
		t.Errorf("it showed %q", got)
	}
}

// TestATerminalIsHungUp: what is left in the background of a terminal ends with the program,
// whether that ends or is ended. No descriptor is left. Programs that ignore the hangup, as below
// nohup, go on if the program ends by itself.
func TestATerminalIsHungUp(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) { // what it starts begins with the default again
		caught := make(chan os.Signal, 1)
		signal.Notify(caught, syscall.SIGHUP)
		defer signal.Stop(caught)
	}
	before := opened("/dev/ptmx") + opened("/dev/pts/ptmx")
	for name, script := range map[string]string{
		"ended":  "sleep 1000 & sleep 1000 & echo up; wait",
		"itself": "sleep 1000 & sleep 1000 & :",
		"stuck":  "trap '' HUP TERM; echo up; while :; do sleep 0.01; done",
	} {
		mine := "TEST_FAMILY=" + kin.NewMark()
		ctx, cancel := context.WithCancelCause(t.Context())
		s := sh(script)
		s.Terminal, s.Stdout, s.Grace = &Terminal{Rows: 1, Columns: 1}, cancelWhen{cancel}, 100*time.Millisecond
		s.Env = append(os.Environ(), mine)
		_, err := Run(ctx, s)
		if (name != "itself") != errors.Is(err, errWanted) {
			t.Errorf("%s: got %v", name, err)
		}
		for range 100 { // the kernel hangs up when the terminal is closed, and they end by themselves
			if len(carrying(mine)) == 0 {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if left := carrying(mine); len(left) > 0 {
			t.Errorf("%s: left %v", name, left)
		}
	}
	if now := opened("/dev/ptmx") + opened("/dev/pts/ptmx"); now != before {
		t.Errorf("%d terminals are open, and %d were", now, before)
	}
}

// TestATerminalThatDoesNotStart leaves nothing behind, and does not wait.
func TestATerminalThatDoesNotStart(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	_, err := Run(t.Context(), Spec{Argv: []string{"/bin/true"}, Dir: "/no/such", Stdin: r, Terminal: &Terminal{}})
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
