package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func TestCallsReachEveryDepth(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 5)
	ctx := within(t, 10*time.Second)
	for i, c := range chain {
		want := "x@0" + strings.Repeat(".1", i+1)
		if got, err := echo.Call(ctx, c, textIn{Text: "x"}); got != want || err != nil {
			t.Errorf("depth %d: %q, %v; want %q", i+1, got, err, want)
		}
	}
	g, err := last(chain).Ready().Get(ctx)
	if err != nil || g.OS == "" || g.UID < 0 || g.PID == 0 || g.Version != "test" || g.Memory == 0 {
		t.Errorf("greeting is %+v, %v", g, err)
	}
}

func TestErrorsArriveAsValues(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	c, ctx := last(chain), within(t, 10*time.Second)

	_, err := fail.Call(ctx, c, textIn{Text: "bad \x1b[31mred\x1b[0m luck"})
	e := wantAs[*transport.RemoteError](t, err)
	if e.Message != "bad red luck" || e.Function != "fail" || len(e.Chain) != 2 {
		t.Errorf("got %+v, want the cleaned message of fail, through 2 contexts", e)
	}
	_, err = problem.Call(ctx, c, none{})
	if p := wantAs[*kind.Problem](t, err); p.Attr != "mode" || p.Detail != "detail" {
		t.Errorf("got %+v, want the problem with its attribute and detail", p)
	}
	_, err = panics.Call(ctx, c, none{})
	if e := wantAs[*transport.RemoteError](t, err); e.Kind != "panic" || !strings.Contains(e.Stack, "main_test.go") {
		t.Errorf("got %+v, want a panic with its stack", e)
	}
	unknown := transport.NewFunc("unknown", func(context.Context, *transport.Node, none) (none, error) { return none{}, nil })
	_, err = unknown.Call(ctx, c, none{})
	if e := wantAs[*transport.RemoteError](t, err); e.Kind != "unknown" {
		t.Errorf("got %+v, want kind unknown", e)
	}
	long := strings.Repeat("a", 1<<20) + "the end"
	_, err = fail.Call(ctx, c, textIn{Text: long})
	if e := wantAs[*transport.RemoteError](t, err); len(e.Message) > 100_000 || !strings.HasSuffix(e.Message, "the end") || !strings.Contains(e.Message, "left out") {
		t.Errorf("a message of 1 MiB came as %d bytes, want at most 100000 that keep the end", len(e.Message))
	}
}

func TestLargeMessagesArriveWhole(t *testing.T) {
	transporttest.NoQueues(t)
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 60*time.Second)
	for _, size := range []int{0, 1, 32 << 10, 32<<10 + 1, 1 << 20, 17 << 20} {
		want := bytes.Repeat([]byte("0123456789abcdef"), size/16+1)[:size]
		got, err := large.Call(ctx, last(chain), want)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
	if _, err := large.Call(ctx, last(chain), make([]byte, transport.MaxMessage+1)); err == nil {
		t.Error("a message beyond the limit was sent")
	}
}

func TestSmallFramesOvertakeBulk(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 60*time.Second)
	bulk := make([]*transport.Result[[]byte], 3)
	for i := range bulk {
		bulk[i] = large.CallAsync(ctx, last(chain), make([]byte, 16<<20))
	}
	if _, err := echo.Call(ctx, last(chain), textIn{}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-bulk[2].Done():
		t.Error("48 MiB came back before a small call did")
	default:
	}
	for _, r := range bulk {
		if _, err := r.Get(ctx); err != nil {
			t.Error(err)
		}
	}
}

func TestAfterIsObeyedInTheAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := &turnLog{}
		k := agent()
		k.Delay = 250 * time.Millisecond
		b, chain := tree(t, transport.Options{Frames: turns.add}, k, 1)
		defer b.Shutdown()
		c, ctx := chain[0], context.Background()
		if _, err := c.Ready().Get(ctx); err != nil {
			t.Fatal(err)
		}
		before := turns.turns()
		var prev []transport.Pending
		var all []*transport.Result[string]
		for i := range 20 {
			r := sleepy.CallAsync(ctx, c, textIn{Text: fmt.Sprint(i), N: 1}, transport.After(prev...))
			prev, all = []transport.Pending{r}, append(all, r)
		}
		begin := time.Now()
		for i, r := range all {
			if v, err := r.Get(ctx); err != nil || v != fmt.Sprint(i) {
				t.Errorf("call %d: %q, %v", i, v, err)
			}
		}
		if d := time.Since(begin); d != 20*time.Second+500*time.Millisecond {
			t.Errorf("a chain of 20 calls of 1 s took %v, want 20 s and one round trip of 500 ms", d)
		}
		if n := turns.turns() - before; n > 2 {
			t.Errorf("the frames changed direction %d times for a chain of calls, want 2 at most", n)
		}
		_ = b.Shutdown()
	})
}

func TestIndependentCallsRunSideBySide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := transport.NewBroker(transport.Options{})
		c, err := transport.NewRouter(b).Connect(context.Background(), agent(), transport.WithParallelism(10))
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		var all []*transport.Result[string]
		for range 30 {
			all = append(all, sleepy.CallAsync(context.Background(), c, textIn{N: 1}))
		}
		for _, r := range all {
			if _, err := r.Get(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if d := time.Since(begin); d != 3*time.Second {
			t.Errorf("30 calls of 1 s, 10 side by side, took %v, want 3 s", d)
		}
		_ = b.Shutdown()
	})
}

func TestFailuresSkipFollowers(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	c, ctx := last(chain), within(t, 10*time.Second)
	bad := fail.CallAsync(ctx, c, textIn{Text: "root cause"})
	first := echo.CallAsync(ctx, c, textIn{}, transport.After(bad))
	second := echo.CallAsync(ctx, c, textIn{}, transport.After(first))
	anyway := echo.CallAsync(ctx, c, textIn{Text: "ran"}, transport.Settled(second))
	for _, r := range []*transport.Result[string]{first, second} {
		_, err := r.Get(ctx)
		wantAs[*transport.SkippedError](t, err)
		if e := wantAs[*transport.RemoteError](t, err); e.Message != "root cause" {
			t.Errorf("the cause of the skip is %q, want \"root cause\"", e.Message)
		}
	}
	if got, err := anyway.Get(ctx); err != nil || got != "ran@0.1.1" {
		t.Errorf("a call that only waits for others to end: %q, %v; want it to run", got, err)
	}
	_, err := echo.Call(ctx, c, textIn{}, transport.After(bad))
	wantAs[*transport.SkippedError](t, err)
	elsewhere := echo.CallAsync(ctx, chain[0], textIn{})
	if _, err := echo.Call(ctx, c, textIn{}, transport.After(elsewhere)); err == nil {
		t.Error("a call may come after a call of another context; want an error")
	}
}

func TestALargeCallMayComeFirst(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := within(t, 20*time.Second)
	big := large.CallAsync(ctx, chain[0], make([]byte, 8<<20))
	small := echo.CallAsync(ctx, chain[0], textIn{}, transport.After(big))
	if _, err := small.Get(ctx); err != nil {
		t.Fatal(err)
	}
	if finished := big.Done(); finished == nil {
		t.Fatal("the call has no Done channel")
	}
	if _, err := big.Get(ctx); err != nil {
		t.Fatal(err)
	}
}

func TestCancelReachesTheFunction(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 3)
	ctx, cancel := context.WithCancel(context.Background())
	r := hang.CallAsync(ctx, last(chain), none{})
	waiting := echo.CallAsync(ctx, last(chain), textIn{}, transport.After(r))
	if _, err := echo.Call(within(t, 10*time.Second), last(chain), textIn{}); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err := r.Get(within(t, 10*time.Second))
	if e := wantAs[*transport.CancelledError](t, err); e.Phase != "running" || e.Function != "hang" {
		t.Errorf("got %+v, want hang, cancelled while running", e)
	}
	if _, err := waiting.Get(within(t, 10*time.Second)); err == nil {
		t.Error("a call after a cancelled one ran")
	}
	_, err = echo.Call(ctx, last(chain), textIn{})
	if e := wantAs[*transport.CancelledError](t, err); e.Phase != "not sent" {
		t.Errorf("got %+v, want phase \"not sent\"", e)
	}
}

func TestADeafFunctionIsAnsweredFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, chain := tree(t, transport.Options{}, agent(), 1)
		ctx, cancel := context.WithCancel(context.Background())
		r := deaf.CallAsync(ctx, chain[0], textIn{N: 100})
		timed := deaf.CallAsync(context.Background(), chain[0], textIn{N: 100}, transport.Timeout(2*time.Second))
		quick := hang.CallAsync(context.Background(), chain[0], none{}, transport.Timeout(3*time.Second))
		time.Sleep(time.Second)
		cancel()
		begin := time.Now()
		_, err := r.Get(context.Background())
		if e := wantAs[*transport.CancelledError](t, err); e.Phase != "still running" || time.Since(begin) != 8*time.Second {
			t.Errorf("got %+v after %v, want \"still running\" 8 s after the cancel", e, time.Since(begin))
		}
		_, err = timed.Get(context.Background())
		if e := wantAs[*transport.TimeoutError](t, err); e.Phase != "still running" || e.After != 2*time.Second {
			t.Errorf("got %+v, want \"still running\" after 2 s", e)
		}
		_, err = quick.Get(context.Background())
		if e := wantAs[*transport.TimeoutError](t, err); e.Phase != "running" || e.After != 3*time.Second {
			t.Errorf("got %+v, want \"running\" after 3 s", e)
		}
		_ = b.Shutdown()
		time.Sleep(200 * time.Second)
	})
}

func TestFunctionsStartContexts(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	got, err := nested.Call(within(t, 10*time.Second), chain[0], textIn{Text: "deep"})
	if err != nil || got != "deep@0.1.1:1" {
		t.Errorf("got %q, %v; want deep@0.1.1:1", got, err)
	}
}

func TestCallsOfAnEndedContextFailAtOnce(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 10*time.Second)
	running := hang.CallAsync(ctx, chain[1], none{})
	if _, err := chain[1].Ready().Get(ctx); err != nil {
		t.Fatal(err)
	}
	if err := chain[0].Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	_, err := running.Get(ctx)
	wantAs[*transport.CancelledError](t, err)
	_, err = echo.Call(ctx, chain[1], textIn{})
	wantAs[*transport.CancelledError](t, err)
	if _, err := chain[1].Lost().Get(ctx); err != nil {
		t.Errorf("a context that was shut down counts as lost: %v", err)
	}
	behind, err := chain[1].Connect(ctx, agent())
	if err != nil {
		t.Fatal(err)
	}
	_, err = behind.Ready().Get(ctx)
	wantAs[*transport.ConnectError](t, err)
}

// turnLog counts how often the direction of the frames changes.
type turnLog struct {
	mu     sync.Mutex
	frames []transport.FrameEvent
}

func (l *turnLog) add(e transport.FrameEvent) {
	if e.Handle == transport.HandleHeartbeat {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.frames = append(l.frames, e)
}

func (l *turnLog) turns() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for i := 1; i < len(l.frames); i++ {
		if l.frames[i].Out != l.frames[i-1].Out {
			n++
		}
	}
	return n
}

// A chain of contexts, each started through the one before, and a call in the last
// one go out all at once, whatever the depth.
func TestStartsAndCallsArePipelined(t *testing.T) {
	rounds := func(depth int) time.Duration {
		var took time.Duration
		synctest.Test(t, func(t *testing.T) {
			k := agent()
			k.Delay = 250 * time.Millisecond
			b, chain := tree(t, transport.Options{}, k, depth)
			begin := time.Now()
			r := echo.CallAsync(context.Background(), last(chain), textIn{})
			for range 100 {
				echo.CallAsync(context.Background(), last(chain), textIn{}, transport.After(r))
			}
			if _, err := r.Get(context.Background()); err != nil {
				t.Error(err)
			}
			took = time.Since(begin)
			_ = b.Shutdown()
		})
		return took
	}
	// The greeting takes one delay for each hop. The call takes one delay for each
	// hop and each way. The requests to start the deeper contexts travel together
	// with the call and take no time of their own.
	for depth, want := range map[int]time.Duration{1: 750, 2: 1500, 3: 2250} {
		if got := rounds(depth); got != want*time.Millisecond {
			t.Errorf("depth %d: a start and a call took %v over hops of 250 ms, want %v", depth, got, want*time.Millisecond)
		}
	}
}

// A function may call itself, in a context that it starts: here
// down to the fourth context.
func TestAFunctionCallsItself(t *testing.T) {
	var again transport.Func[int, []string]
	k := agent()
	again = transport.NewFunc("again", func(ctx context.Context, n *transport.Node, left int) ([]string, error) {
		here := []string{n.Address().String()}
		if left == 0 {
			return here, nil
		}
		c, err := n.Router().Connect(ctx, k)
		if err != nil {
			return nil, err
		}
		below, err := again.Call(ctx, c, left-1)
		return append(here, below...), err
	})
	k.Serve.Functions = []transport.Function{again}
	_, chain := tree(t, transport.Options{}, k, 1)
	got, err := again.Call(within(t, 20*time.Second), chain[0], 3)
	if err != nil || len(got) != 4 {
		t.Fatalf("got %q, %v, want the addresses of four contexts", got, err)
	}
	for i := 1; i < len(got); i++ {
		if !strings.HasPrefix(got[i], got[i-1]+".") {
			t.Errorf("%s is not below %s", got[i], got[i-1])
		}
	}
}
