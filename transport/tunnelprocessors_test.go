package transport

import (
	"net"
	"runtime"
	"testing"
)

// TestATunnelIsMuchToDo: the call that opens a connection for another context is over at once, and
// what the connection carries comes after it. So an agent that began with one processor takes all.
func TestATunnelIsMuchToDo(t *testing.T) {
	if runtime.NumCPU() == 1 {
		t.Skip("this machine has one processor")
	}
	defer runtime.SetDefaultGOMAXPROCS()
	runtime.GOMAXPROCS(1)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	b := NewBroker(Options{})
	defer func() { _ = b.Shutdown() }()
	e := newEngine(b, nil, newSink(), 0)
	e.cpus.few = true
	if _, err := dial(t.Context(), e.node(Address{}), dialIn{Network: "tcp", Addr: l.Addr().String()}); err != nil {
		t.Fatal(err)
	}
	if runtime.GOMAXPROCS(0) == 1 {
		t.Error("it still has one processor")
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
