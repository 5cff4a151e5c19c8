package transport_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestProcessesServe(t *testing.T) {
	log, rec := logger()
	b, chain := tree(t, transport.Options{Log: log, Name: "user@host:42"}, transporttest.Process{}, 2)
	ctx := within(t, 30*time.Second)
	if _, err := prints.Call(ctx, last(chain), textIn{Text: "line", N: 30_000}); err != nil {
		t.Fatal(err)
	}
	if n := rec.count("stdout: line"); n != 30_000 || rec.count("dropped") != 0 || rec.count("stderr: to stderr") != 1 {
		t.Errorf("%d of 30000 lines came before the reply", n)
	}
	if got, err := cmdline.Call(ctx, last(chain), none{}); got != "mitoplan:hop2:user@host:42" || err != nil {
		t.Errorf("the process is called %q, %v", got, err)
	}
	g, err := last(chain).Ready().Get(ctx)
	if err != nil || g.Hostname == "" || g.Kernel == "" || g.User == "" {
		t.Errorf("facts are %+v, %v", g, err)
	}
	if err := b.Shutdown(); err != nil {
		t.Error(err)
	}
	eventually(t, "a process is left", func() bool { return syscall.Kill(int(g.PID), 0) == syscall.ESRCH })
}

func TestLastWordsOfACrash(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{}, 2)
	ctx := within(t, 30*time.Second)
	_, err := crash.Call(ctx, chain[1], none{})
	e := wantAs[*transport.LostError](t, err)
	if e.Exit == nil || e.Exit.Status != 2 || !strings.Contains(e.LastWords, "the agent itself") || len(e.Chain) != 2 {
		t.Errorf("got %+v, want exit status 2 with the panic as last words", e)
	}
	if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
		t.Errorf("a call in its parent failed: %v", err)
	}
}

// A death of the runtime is told with its first line, however much comes after it: here the
// stacks of 200 goroutines.
func TestFirstLineOfALongDeath(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{Env: []string{"GOTRACEBACK=all"}}, 1)
	_, err := fatal.Call(within(t, 60*time.Second), chain[0], none{})
	e := wantAs[*transport.LostError](t, err)
	if !strings.HasPrefix(strings.TrimSpace(e.LastWords), "fatal error: sync: unlock of unlocked mutex") || len(e.LastWords) > 5<<10 {
		t.Errorf("the last words must begin with the reason, and are %d bytes: %.200q", len(e.LastWords), e.LastWords)
	}
}

// A fatal error of the runtime arrives as the last words of the agent. Such an
// error ends a process without a panic, so that no deferred function can report it.
func TestLastWordsOfAFatalError(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{Env: []string{"GOTRACEBACK=none"}}, 1)
	_, err := fatal.Call(within(t, 30*time.Second), chain[0], none{})
	e := wantAs[*transport.LostError](t, err)
	if e.Exit == nil || e.Exit.Status != 2 || !strings.Contains(e.LastWords, "fatal error: sync: unlock of unlocked mutex") {
		t.Errorf("got %+v, want exit status 2 with the fatal error as last words", e)
	}
}

// What a function wrote with the builtin println before it ended its process is told, in
// order, with the status, also behind a hop.
func TestLastWordsBeforeAnExit(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{}, 2)
	for _, c := range []*transport.Context{chain[1], chain[0]} {
		_, err := exits.Call(within(t, 30*time.Second), c, none{})
		e := wantAs[*transport.LostError](t, err)
		if e.Exit == nil || e.Exit.Status != 3 || !strings.Contains(e.LastWords, "it is full\nit ends") {
			t.Errorf("%v: got %+v, want exit status 3 with the two lines as last words", c.Chain(), e)
		}
	}
}

var exits = transport.NewFunc("exits", func(context.Context, *transport.Node, none) (none, error) {
	println("it is full")
	println("it ends")
	os.Exit(3)
	return none{}, nil
})

// What a function told log.Fatal is told with the end of its context, and what it printed
// before that is logged, each line once and in order.
func TestLastWordsOfLogFatal(t *testing.T) {
	for name, fatal := range map[string]int{"log.Fatal": 0, "log.Fatalln": 1, "a Logger's Fatalf": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, rec := logger()
			_, chain := tree(t, transport.Options{Log: log}, transporttest.Process{}, 2)
			_, err := gives.Call(within(t, 30*time.Second), chain[1], fatal)
			e := wantAs[*transport.LostError](t, err)
			if e.Exit == nil || e.Exit.Status != 1 || !strings.Contains(e.LastWords, "it is over") {
				t.Errorf("got %+v, want exit status 1 with what is over as last words", e)
			}
			var printed []string
			for _, entry := range rec.all() {
				if _, text, ok := strings.Cut(entry, "stdout: line "); ok {
					printed = append(printed, strings.Fields(text)[0])
				}
			}
			var want []string
			for i := range 100 {
				want = append(want, strconv.Itoa(i))
			}
			if !slices.Equal(printed, want) {
				t.Errorf("logged the lines %q", printed)
			}
		})
	}
}

var gives = transport.NewFunc("gives", func(_ context.Context, _ *transport.Node, how int) (none, error) {
	for i := range 100 {
		fmt.Println("line", i)
	}
	switch how {
	case 0:
		log.Fatal("it is over")
	case 1:
		log.Fatalln("it is over")
	}
	log.New(log.Writer(), "", 0).Fatalf("it is %s", "over")
	return none{}, nil
})

// An agent that gets a bad frame says so with its last words. Its parent does not know, and
// sees nothing but its end.
func TestLastWordsOfABadFrame(t *testing.T) {
	down := &transporttest.Noise{}
	_, chain := tree(t, transport.Options{}, transporttest.Garbled(transporttest.Process{}, nil, down), 1)
	ctx := within(t, 30*time.Second)
	if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
		t.Fatal(err)
	}
	down.Now([]byte{0xff, 0xff, 0xff, 0xff})
	_, err := echo.Call(ctx, chain[0], textIn{})
	e := wantAs[*transport.LostError](t, err)
	if !strings.Contains(e.LastWords, "bad frame: length 4294967295") {
		t.Errorf("got %+v, want the bad frame as last words", e)
	}
}

// A child that has no memory left is told with what the runtime said first.
func TestLastWordsOfAChildWithoutMemory(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{Env: []string{"GOTRACEBACK=none"}}, 2)
	_, err := exhaust.Call(within(t, 30*time.Second), chain[1], none{})
	e := wantAs[*transport.LostError](t, err)
	reasons := []string{"out of memory", "cannot allocate memory", "address space collisions for -race"} // the last with the race detector
	status := 2
	if e.Exit != nil && e.Exit.Status == 66 && strings.Contains(e.LastWords, "ThreadSanitizer: out of memory") {
		status = 66 // The race detector ends a process with it, if it is itself what lacks memory.
	}
	if e.Exit == nil || e.Exit.Status != status || !slices.ContainsFunc(reasons, func(r string) bool { return strings.Contains(e.LastWords, r) }) {
		t.Errorf("got %+v, want exit status 2 with what the runtime says of its memory", e)
	}
	if _, err := echo.Call(within(t, 30*time.Second), chain[0], textIn{}); err != nil {
		t.Errorf("a call in its parent failed: %v", err)
	}
}

func TestSignalsAreTold(t *testing.T) {
	_, chain := tree(t, transport.Options{}, transporttest.Process{}, 2)
	ctx := within(t, 30*time.Second)
	g, err := chain[0].Ready().Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	below, err := chain[1].Ready().Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	running := hang.CallAsync(ctx, chain[1], none{})
	if err := syscall.Kill(int(g.PID), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_, err = running.Get(ctx)
	if e := wantAs[*transport.LostError](t, err); e.Root != "hop1" {
		t.Errorf("got %+v, want hop1 as the root", e)
	}
	_, err = chain[0].Lost().Get(ctx)
	if e := wantAs[*transport.LostError](t, err); e.Exit == nil || e.Exit.Signal != "killed" {
		t.Errorf("got %+v, want the signal \"killed\"", e)
	}
	begin := time.Now()
	eventually(t, "a child outlived its parent", func() bool { return dead(int(below.PID)) })
	if time.Since(begin) > 5*time.Second {
		t.Errorf("the child ended %v after its parent, want 5 s at most", time.Since(begin))
	}
}

// dead reports whether a process has ended. A zombie that nobody has waited for yet
// counts as ended.
func dead(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(stat), ") Z ")
}

func TestServeIsForChildrenOnly(t *testing.T) {
	args := os.Args
	defer func() { os.Args = args }()
	os.Args = []string{"x"}
	if code := transport.Serve(transport.ServeOptions{}); code != 2 {
		t.Errorf("exit status %d, want 2", code)
	}
}

// SIGUSR1 makes an agent log what it waits for. The signal would end other
// processes.
func TestASignalMakesAnAgentSayWhatItWaitsFor(t *testing.T) {
	log, rec := logger()
	b, chain := tree(t, transport.Options{Log: log}, transporttest.Process{}, 1)
	ctx := within(t, 30*time.Second)
	g, err := chain[0].Ready().Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	stuck := sleepy.CallAsync(ctx, chain[0], textIn{N: 1000})
	if _, err := echo.Call(ctx, chain[0], textIn{}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(int(g.PID), syscall.SIGUSR1); err != nil {
		t.Fatal(err)
	}
	eventually(t, "nothing was said", func() bool { return rec.count("dump: ") > 0 && rec.count("function sleepy is running") == 1 })
	if err := b.Shutdown(); err != nil {
		t.Errorf("shutdown: %v", err)
	}
	if _, err := stuck.Get(ctx); err == nil {
		t.Error("the call outlives its context")
	}
}

// Shutdown ends a process that was stopped. It answers nothing, and only SIGKILL
// still ends it.
func TestAFrozenProcessIsEnded(t *testing.T) {
	b, chain := tree(t, transport.Options{}, transporttest.Process{}, 1)
	g, err := chain[0].Ready().Get(within(t, 30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	r := hang.CallAsync(t.Context(), chain[0], none{})
	if err := syscall.Kill(int(g.PID), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := b.Shutdown(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(int(g.PID), 0); err != syscall.ESRCH {
		t.Errorf("the process still exists: %v", err)
	}
	if _, err := r.Get(within(t, time.Second)); err == nil {
		t.Error("a call outlived its context")
	}
}
