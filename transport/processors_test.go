package transport_test

import (
	"context"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// processorsOut is how many processors a process takes when it begins, when a call begins,
// and when that ends.
type processorsOut struct {
	Process, Begin, End int
	Env                 string
}

var processorsOfProcess = runtime.GOMAXPROCS(0)

// processors waits until this process takes N processors, 10 s at most.
var processors = transport.NewFunc("processors", func(_ context.Context, _ *transport.Node, in textIn) (out processorsOut, err error) {
	out.Process, out.Begin = processorsOfProcess, runtime.GOMAXPROCS(0)
	for began := time.Now(); runtime.GOMAXPROCS(0) < in.N && time.Since(began) < 10*time.Second; {
		time.Sleep(time.Millisecond)
	}
	out.End, out.Env = runtime.GOMAXPROCS(0), os.Getenv("GOMAXPROCS")
	return out, nil
})

// An agent begins with one processor. It takes all with its second call, with a large one,
// with one that has a pipe or takes long, and when it starts a context. What the account wants stays.
func TestProcessorsOfAnAgent(t *testing.T) {
	t.Setenv("GOMAXPROCS", "") // it is set back; an agent finds what its row says
	if err := os.Unsetenv("GOMAXPROCS"); err != nil {
		t.Fatal(err)
	}
	runtime.SetDefaultGOMAXPROCS()
	all := runtime.GOMAXPROCS(0) // with one, all agents have that
	short, long, large := textIn{}, textIn{N: all}, textIn{Text: strings.Repeat("x", 5<<10)}
	for name, row := range map[string]struct {
		env   string
		calls []textIn
		hop   bool
		pipe  bool
		want  processorsOut // of the last call
	}{
		"second call":    {env: "01", calls: []textIn{short, short}, want: processorsOut{1, all, all, ""}},
		"a long call":    {env: "01", calls: []textIn{long}, want: processorsOut{1, anyNumber, all, ""}},
		"a large call":   {env: "01", calls: []textIn{large}, want: processorsOut{1, all, all, ""}},
		"with a pipe":    {env: "01", calls: []textIn{short}, pipe: true, want: processorsOut{1, all, all, ""}},
		"with a child":   {env: "01", calls: []textIn{short}, hop: true, want: processorsOut{1, all, all, ""}},
		"of the account": {env: "1", calls: []textIn{short, large}, want: processorsOut{1, 1, 1, "1"}},
		"as Go has it":   {calls: []textIn{short}, want: processorsOut{all, all, all, ""}},
	} {
		t.Run(name, func(t *testing.T) {
			kind := transporttest.Process{}
			if row.env != "" {
				kind.Env = []string{"GOMAXPROCS=" + row.env}
			}
			depth := 1
			if row.hop {
				depth = 2
			}
			_, chain := tree(t, transport.Options{}, kind, depth)
			var got processorsOut
			for _, in := range row.calls {
				ctx := within(t, 30*time.Second)
				call := processors.CallAsync
				if row.pipe {
					call = withPipe
				}
				result := call(ctx, chain[0], in)
				var err error
				if got, err = result.Get(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if row.want.Begin == anyNumber {
				got.Begin = anyNumber
			}
			if got != row.want {
				t.Errorf("got %+v, want %+v", got, row.want)
			}
		})
	}
}

const anyNumber = -1

// withPipe calls processors with a pipe that carries nothing.
func withPipe(ctx context.Context, c *transport.Context, in textIn, o ...transport.CallOption) *transport.Result[processorsOut] {
	r, _ := processors.CallPipe(ctx, c, in, o...)
	return r
}
