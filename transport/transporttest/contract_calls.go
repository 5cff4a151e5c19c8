//go:build unix

package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// callPromises are about calls, logs, streams and tunnels of a context that is up.
var callPromises = []promise{
	{"carries payloads of every size, several at once", carriesPayloads},
	{"tells problems with code and argument", tellsProblems},
	{"cancels calls that run and calls that wait", cancels},
	{"brings every entry before the reply, in order", logsInOrder},
	{"keeps what programs print apart from its frames", keepsPrintsApart},
	{"streams values in order", streams},
	{"tunnels both ways", tunnels},
}

// data returns n random bytes, always the same ones for the same n.
func data(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func carriesPayloads(t *testing.T, r *row) {
	s := r.start(t)
	sizes := []int{0, 1, 10, 32<<10 - 1, 32 << 10, 32<<10 + 1, 100_000, 3 << 20, 5 << 20}
	var all []*transport.Result[[]byte]
	for _, n := range sizes {
		all = append(all, contractEcho.CallAsync(s.ctx, s.Context, contractIn{Bytes: data(n)}))
	}
	for i, c := range all {
		if got, err := c.Get(s.ctx); err != nil || !bytes.Equal(got, data(sizes[i])) {
			t.Errorf("of %d bytes %d came back, or others: %v", sizes[i], len(got), err)
		}
	}
}

func tellsProblems(t *testing.T, r *row) {
	s := r.start(t)
	_, err := contractFail.Call(s.ctx, s.Context, contractIn{N: 1})
	var p *kind.Problem
	if want := (kind.Problem{Code: "contract_code", Attr: "mode", Summary: "Bad mode", Detail: "It is 9z.", Said: "no such mode"}); !errors.As(err, &p) || *p != want {
		t.Errorf("the problem came as %+v, want %+v", p, want)
	}
	_, err = contractFail.Call(s.ctx, s.Context, contractIn{})
	var e *transport.RemoteError
	if !errors.As(err, &e) || e.Message != "nothing but words" || e.Function != "contract.fail" || e.Problem != nil || e.Chain[len(e.Chain)-1] != "subject" {
		t.Errorf("the error came as %+v, want the words of contract.fail in subject", e)
	}
}

func cancels(t *testing.T, r *row) {
	s := r.start(t)
	run, cancelRunning := context.WithCancel(s.ctx)
	defer cancelRunning()
	wait, cancelWaiting := context.WithCancel(s.ctx)
	defer cancelWaiting()
	running := contractHang.CallAsync(run, s.Context, contractIn{})
	waiting := contractCount.CallAsync(wait, s.Context, contractIn{Key: r.mark}, transport.After(running))
	if _, err := contractEcho.Call(s.ctx, s.Context, contractIn{}); err != nil {
		t.Fatal(err)
	}
	cancelWaiting() // the call that it waits for goes on
	_, err := waiting.Get(s.ctx)
	var e *transport.CancelledError
	if !errors.As(err, &e) || e.Phase != transport.PhaseWaiting {
		t.Errorf("a call that was cancelled while it waited ended with %v", err)
	}
	cancelRunning()
	_, err = running.Get(s.ctx)
	if !errors.As(err, &e) || e.Phase != transport.PhaseRunning {
		t.Errorf("a call that was cancelled while it ran ended with %v", err)
	}
	if n, err := contractCount.Call(s.ctx, s.Context, contractIn{Key: r.mark}); n != 1 || err != nil {
		t.Errorf("this is call %d, want 1: the cancelled call must not have run (%v)", n, err)
	}
}

func logsInOrder(t *testing.T, r *row) {
	s := r.start(t)
	const n = 3000
	if _, err := contractTalk.Call(s.ctx, s.Context, contractIn{N: n}); err != nil {
		t.Fatal(err)
	}
	inOrder(t, s.said.with("entry "), "entry %d", n)
}

// inOrder holds that there are n lines and that each has its number, as form has it.
func inOrder(t *testing.T, lines []string, form string, n int) {
	t.Helper()
	if len(lines) != n {
		t.Errorf("%d entries of %d came before the reply", len(lines), n)
	}
	for i, line := range lines {
		if want := fmt.Sprintf(form, i); line != want {
			t.Fatalf("entry %d is %q, want %q", i, line, want)
		}
	}
}

func keepsPrintsApart(t *testing.T, r *row) {
	if r.Run == nil {
		t.Skip("it is no process of its own")
	}
	s := r.start(t)
	const n = 500
	if _, err := contractPrint.Call(s.ctx, s.Context, contractIn{N: n}); err != nil {
		t.Fatal(err)
	}
	inOrder(t, s.said.with("stdout: line "), "stdout: line %d", n)
	if len(s.said.with("stdout: from a program")) != 1 || len(s.said.with("stderr: and its trouble")) != 1 {
		t.Errorf("what a program printed came as %q and %q", s.said.with("stdout: from"), s.said.with("stderr: "))
	}
}

func streams(t *testing.T, r *row) {
	s := r.start(t)
	values := transport.NewReceiver(s.router, transport.From(s.Context))
	defer values.Close()
	const n = 1000
	done := contractSend.CallAsync(s.ctx, s.Context, contractIn{N: n, To: values.Sender()})
	for i := range n {
		var got int
		if err := values.Get(s.ctx, &got); err != nil || got != i {
			t.Fatalf("value %d is %d, %v", i, got, err)
		}
	}
	var more int
	if err := values.Get(s.ctx, &more); !errors.Is(err, transport.ErrSenderClosed) {
		t.Errorf("after the end came %d, %v", more, err)
	}
	if _, err := done.Get(s.ctx); err != nil {
		t.Error(err)
	}
}

func tunnels(t *testing.T, r *row) {
	s := r.start(t)
	addr, err := contractListen.Call(s.ctx, s.Context, contractIn{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.DialContext(s.ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(contractTime))
	want := data(3 << 20)
	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(want)
		wrote <- errors.Join(err, conn.(interface{ CloseWrite() error }).CloseWrite())
	}()
	got, err := io.ReadAll(conn)
	if err := errors.Join(err, <-wrote); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes came back, or others: %v", len(got), len(want), err)
	}
}
