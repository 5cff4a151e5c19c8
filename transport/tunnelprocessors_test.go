package transport

import (
	"net"
	"runtime"
	"testing"
)

// TestATunnelIsMuchToDo: the call that opens a connection for another context is over at once, and
// what the connection carries comes after it. So an agent that began with one processor takes all.
func TestATunnelIsMuchToDo(t *testing.T) {
	runtime.SetDefaultGOMAXPROCS()
	all := runtime.GOMAXPROCS(0)
	defer runtime.SetDefaultGOMAXPROCS()
	runtime.GOMAXPROCS(all + 1) // so that it shows on a machine with one, too
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
	if now := runtime.GOMAXPROCS(0); now != all {
		t.Errorf("it has %d processors, want %d", now, all)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
}
