package process

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/internal/kin"
)

func TestMain(m *testing.M) {
	connect.Main(runFunc, pidFunc, exitFunc, panicFunc)
	if err := kin.BecomeReaper(); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

func sh(script string) Spec { return Spec{Argv: []string{"/bin/sh", "-c", script}} }

func TestRunOfNoProgram(t *testing.T) {
	if _, err := Run(t.Context(), Spec{}); err == nil || !strings.Contains(err.Error(), "Argv") {
		t.Errorf("a Spec without a program gives %v, want an error that names Argv", err)
	}
}

func TestRunGivesOutputAndCode(t *testing.T) {
	var out, words bytes.Buffer
	s := sh("cat; echo err >&2; exit 3")
	s.Stdin, s.Stdout, s.Stderr = strings.NewReader("in"), &out, &words
	e, err := Run(t.Context(), s)
	if err != nil || e.Code != 3 || out.String() != "in" || words.String() != "err\n" {
		t.Fatalf("got %+v %v %q %q", e, err, out.String(), words.String())
	}
}

func TestRunNamesTheSignal(t *testing.T) {
	e, err := Run(t.Context(), sh("kill -9 $$"))
	if err != nil || e.Signal != "killed" || e.Code != 137 {
		t.Fatalf("got %+v %v", e, err)
	}
}

func TestRunSaysWhatIsMissing(t *testing.T) {
	_, err := Run(t.Context(), Spec{Argv: []string{"no-such-program"}})
	if err == nil {
		t.Fatal("ran a program that does not exist")
	}
	_, err = Run(t.Context(), Spec{Argv: []string{"/bin/true"}, Dir: "/no/such", Stdout: io.Discard, Stdin: strings.NewReader("x")})
	if !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("got %v", err)
	}
}

// cancelWhen cancels once the program has said something.
type cancelWhen struct{ cancel context.CancelCauseFunc }

func (c cancelWhen) Write(p []byte) (int, error) {
	c.cancel(errWanted)
	return len(p), nil
}

var errWanted = errors.New("wanted to end")

// TestCancelLeavesNoProcess covers what escapes a process group: sessions of
// their own, double forks, and programs that ignore TERM.
func TestCancelLeavesNoProcess(t *testing.T) {
	for name, script := range map[string]string{
		"plain":         "echo up; sleep 1000",
		"background":    "sleep 1000 & sleep 1000 & echo up; wait",
		"session":       "setsid sleep 1000 & setsid sleep 1000 & echo up; wait",
		"double fork":   "(setsid sh -c 'sleep 1000 & sleep 1000' >/dev/null 2>&1 &) ; (setsid sleep 1000 &); echo up; sleep 1000",
		"orphan":        "(setsid sleep 1000 >/dev/null 2>&1 </dev/null & ) & sleep 0.05; echo up; sleep 1000",
		"ignores TERM":  "trap '' TERM; echo up; while :; do sleep 0.01; done",
		"child ignores": "sh -c 'trap \"\" TERM; echo up; while :; do sleep 0.01; done' & wait",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			s := sh(script)
			s.Stdout, s.Grace = cancelWhen{cancel}, 100*time.Millisecond
			mine := "TEST_FAMILY=" + kin.NewMark()
			s.Env = append(os.Environ(), mine)
			began := time.Now()
			_, err := Run(ctx, s)
			if !errors.Is(err, errWanted) {
				t.Fatalf("got %v", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
			if left := carrying(mine); len(left) > 0 {
				t.Fatalf("left %d processes: %v", len(left), left)
			}
		})
	}
}

// carrying finds living processes by a variable of their environment, which
// is another way than Run's own marks and groups.
func carrying(env string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		b, _ := os.ReadFile(f) // that of a dead process is empty
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil && bytes.Contains(b, []byte(env)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func TestGraceIsGiven(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	var out bytes.Buffer
	s := sh("trap 'echo tidy; exit 0' TERM; echo up; while :; do sleep 0.01; done")
	s.Stdout = io.MultiWriter(&out, cancelWhen{cancel})
	if _, err := Run(ctx, s); !errors.Is(err, errWanted) {
		t.Fatalf("got %v", err)
	}
	if !strings.Contains(out.String(), "tidy") {
		t.Fatalf("no time to tidy up: %q", out.String())
	}
}

// A program has the time that Spec says, and less once the context begins to end in which
// it runs.
func TestGraces(t *testing.T) {
	begun := make(chan struct{})
	close(begun)
	for name, c := range map[string]struct {
		grace time.Duration
		begun chan struct{}
		left  time.Duration
		want  time.Duration
	}{
		"nothing said":            {want: patience},
		"what was said":           {grace: time.Hour, want: time.Hour},
		"a context that goes on":  {begun: make(chan struct{}), want: patience},
		"one that ends":           {begun: begun, left: 7 * time.Second, want: haste},
		"one that ends soon":      {begun: begun, left: 2400 * time.Millisecond, want: 1400 * time.Millisecond},
		"one that ends very soon": {begun: begun, left: 400 * time.Millisecond, want: 200 * time.Millisecond},
		"one that has ended":      {begun: begun, want: 0},
		"less was said":           {grace: time.Millisecond, begun: begun, left: 7 * time.Second, want: time.Millisecond},
	} {
		g := Spec{Grace: c.grace}.endingWith(c.begun, func() time.Duration { return c.left })
		if got := g.within(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if g := (Spec{}).graces(t.Context()); g.hurry != nil || g.within() != patience {
		t.Error("a program that no function runs has no context")
	}
}

// TestBackgroundIsLetLive checks that a daemon outlives the program that
// started it, does not hold it up, and is reaped when it ends later.
func TestBackgroundIsLetLive(t *testing.T) {
	mine := "TEST_FAMILY=" + kin.NewMark()
	s := sh("setsid sleep 1000 & echo $!")
	var out bytes.Buffer
	s.Stdout, s.Env = &out, append(os.Environ(), mine)
	began := time.Now()
	if _, err := Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("held up for %v", took)
	}
	left := carrying(mine)
	if len(left) != 1 {
		t.Fatalf("want one daemon, got %v", left)
	}
	adopted.Lock()
	known := adopted.pids[left[0]]
	adopted.Unlock()
	if !known {
		t.Error("the daemon was not adopted")
	}
	_ = unix.Kill(left[0], unix.SIGKILL)
	awaitExit(&os.Process{Pid: left[0]})
	if _, err := Run(t.Context(), sh("true")); err != nil {
		t.Fatal(err)
	}
	adopted.Lock()
	defer adopted.Unlock()
	if adopted.pids[left[0]] {
		t.Error("a dead daemon was not reaped")
	}
}

func TestCaptureIsBounded(t *testing.T) {
	c := Capture{Limit: 10}
	for range 10000 {
		c.Write([]byte("0123456789abcdef"))
	}
	if string(c.Bytes()) != "0123456789" || !c.Truncated() {
		t.Errorf("kept %q, truncated %v", c.Bytes(), c.Truncated())
	}
	if len(c.Tail()) != tailSize || !bytes.HasSuffix(c.Tail(), []byte("abcdef")) {
		t.Errorf("tail of %d ends in %q", len(c.Tail()), c.Tail()[len(c.Tail())-8:])
	}
	exact := Capture{Limit: 4}
	exact.Write([]byte("four"))
	if exact.Truncated() {
		t.Error("nothing was lost")
	}
}

// TestAHurryShortensTheGrace ends what the program runs in while the program
// has a long time to end.
func TestAHurryShortensTheGrace(t *testing.T) {
	began := time.Now()
	hurry := make(chan struct{})
	s := sh("trap 'echo term' TERM; echo up; while :; do sleep 0.01; done")
	up := make(chan struct{})
	s.Stdout = writerFunc(func(p []byte) (int, error) {
		if bytes.Contains(p, []byte("term")) {
			close(hurry)
		} else {
			close(up)
		}
		return len(p), nil
	})
	s.Grace = time.Hour
	r, err := start(s)
	if err != nil {
		t.Fatal(err)
	}
	<-up
	if err := r.end(s.endingWith(hurry, func() time.Duration { return 400 * time.Millisecond })); err != nil {
		t.Error(err)
	}
	if e := r.finish(); e.Signal != "killed" || time.Since(began) > time.Minute {
		t.Errorf("%v after %s", e, time.Since(began))
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestASlowReaderLosesNothing takes the first output only when the program is
// long gone, and the time for the rest is over.
func TestASlowReaderLosesNothing(t *testing.T) {
	var got int
	s := sh("dd if=/dev/zero bs=60000 count=1 2>/dev/null")
	late := time.NewTimer(3 * drain)
	defer late.Stop()
	s.Stdout = writerFunc(func(p []byte) (int, error) {
		if got == 0 {
			<-late.C
		}
		got += len(p)
		return len(p), nil
	})
	if e, err := Run(t.Context(), s); err != nil || e.Code != 0 || got != 60000 {
		t.Fatalf("got %d bytes of 60000, %+v, %v", got, e, err)
	}
}

// Both streams may go to one writer, which keeps the order in which the program
// wrote; the writer needs no lock.
func TestStreamsThatShareAWriter(t *testing.T) {
	var out bytes.Buffer
	s := sh("for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo $i >&2; done")
	s.Stdout, s.Stderr = &out, &out
	if _, err := Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(out.String()), ""); got != "112233445566778899" {
		t.Errorf("got %q", got)
	}
}
