package transport_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
)

// stuckLog is the output of a log. Writing an entry that contains "stuck" blocks
// until release is closed.
type stuckLog struct {
	release chan struct{}
}

func (l *stuckLog) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "stuck") {
		<-l.release
	}
	return len(p), nil
}

// A child cannot fill the controller's memory while the log accepts nothing. The
// child here repeats a reply, sends frames that are dropped, and logs long entries.
func TestAChildCannotFillTheControllersMemory(t *testing.T) {
	out := &stuckLog{release: make(chan struct{})}
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: out})
	b := transport.NewBroker(transport.Options{Log: log, KillDelay: 50 * time.Millisecond, ShutdownTimeout: 200 * time.Millisecond})
	defer b.Shutdown()
	defer close(out.release)
	bad := agent()
	played := make(chan struct{})
	bad.Child = func(rw io.ReadWriteCloser, _ transport.Start) int {
		raw := transport.NewRaw(rw)
		self, err := raw.Greet()
		m, _ := raw.Read()
		if err != nil || m == nil {
			t.Error(err)
			return 1
		}
		write := func(flags uint8, m *transport.Message) { m.Src = self; _ = raw.Write(flags, m) }
		write(0, &transport.Message{Handle: transport.HandleLog, Data: transport.EncodeLog("stuck")})
		for range 10_000 {
			write(0, &transport.Message{Handle: m.ReplyTo, Data: transport.EncodeReply("again")})
			write(0, &transport.Message{Handle: transport.HandleSetup})
		}
		long := strings.Repeat("x", 60<<10)
		for range 2 * transport.MaxLogBytes / len(long) {
			write(0, &transport.Message{Handle: transport.HandleLog, Data: transport.EncodeLog(long)})
		}
		close(played)
		_, _ = io.Copy(io.Discard, rw)
		return 0
	}
	ctx := within(t, 20*time.Second)
	c, err := transport.NewRouter(b).Connect(context.Background(), bad, transport.WithName("bad"))
	if err != nil {
		t.Fatal(err)
	}
	echo.CallAsync(context.Background(), c, textIn{})
	select {
	case <-played:
	case <-ctx.Done():
		t.Fatal("the child's frames are not read while the log is blocked")
	}
	n, bytes := transport.Waiting(c)
	if n > 2000 || bytes > transport.MaxLogBytes {
		t.Errorf("%d items wait, among them %d bytes of log entries", n, bytes)
	}
}

// Dropped frames are summed up: thousands of them do not make thousands of log
// entries.
func TestDroppedFramesDoNotFloodTheLog(t *testing.T) {
	rec, _, _ := hostile(t, func(r *transport.Raw, _ io.Writer, self transport.Address) {
		for range 5000 {
			_ = r.Write(0, &transport.Message{Src: self, Handle: transport.HandleSetup})
		}
	})
	eventually(t, "nothing was logged", func() bool { return rec.count("frame dropped") > 0 })
	if n := rec.count("frame dropped"); n > 1000 {
		t.Errorf("5000 dropped frames made %d log entries, want 1000 at most", n)
	}
}

// A Select that is never empty does not grow. It holds at least one event all the
// time here, while 20,000 pass through it.
func TestASelectThatIsNeverEmptyStaysSmall(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	sel, ctx := transport.NewSelect(r), within(t, 30*time.Second)
	send := func() {
		if err := r.Sender().Send(ctx, 1); err != nil {
			t.Fatal(err)
		}
	}
	send()
	for range 20_000 {
		send()
		if _, err := sel.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if n := sel.Held(); n > 1000 {
		t.Errorf("the Select has room for %d events while it holds one", n)
	}
}
