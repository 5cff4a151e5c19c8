package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// echoServer sends back to every connection what it reads, until the connection
// ends.
func echoServer(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String()
}

func TestTunnelCarriesBytesBothWays(t *testing.T) {
	addr := echoServer(t)
	transporttest.NoQueues(t)
	_, chain := tree(t, transport.Options{}, agent(), 2)
	ctx := within(t, 20*time.Second)
	conn, err := last(chain).DialContext(ctx, "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte("bytes "), 1<<20)
	wrote := make(chan error, 1)
	go func() {
		_, err := conn.Write(want)
		wrote <- errors.Join(err, conn.(interface{ CloseWrite() error }).CloseWrite())
	}()
	got, err := io.ReadAll(conn)
	if err := errors.Join(err, <-wrote, conn.Close()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d of %d bytes came back: %v", len(got), len(want), err)
	}
	if _, err := conn.Write([]byte("x")); err == nil {
		t.Error("writing to a closed tunnel succeeded")
	}
}

func TestTunnelErrors(t *testing.T) {
	_, chain := tree(t, transport.Options{}, agent(), 1)
	ctx := within(t, 20*time.Second)
	if _, err := chain[0].DialContext(ctx, "tcp", "127.0.0.1:1"); err == nil {
		t.Error("dialling a closed port succeeded")
	}
	conn, err := chain[0].DialContext(ctx, "tcp", echoServer(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a read past its deadline gave %v, want ErrDeadlineExceeded", err)
	}
	_ = conn.SetDeadline(time.Time{})
	if err := chain[0].Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("a read of a tunnel whose context ended gave %v, want an error that is not io.EOF", err)
	}
	if _, err := chain[0].DialContext(ctx, "tcp", "127.0.0.1:1"); err == nil {
		t.Error("dialling in an ended context succeeded")
	}
}

func TestTheLinksOwnForwardingComesFirst(t *testing.T) {
	addr := echoServer(t)
	var dialled []string
	k := agent()
	answer := error(nil)
	k.Dial = func(ctx context.Context, network, a string) (net.Conn, error) {
		dialled = append(dialled, a)
		if answer != nil {
			return nil, answer
		}
		return new(net.Dialer).DialContext(ctx, network, a)
	}
	_, chain := tree(t, transport.Options{}, k, 1)
	ctx := within(t, 20*time.Second)
	for _, answer = range []error{nil, fmt.Errorf("%w: administratively prohibited", transport.ErrForwardingRefused)} {
		conn, err := chain[0].DialContext(ctx, "tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	answer = errors.New("no route to host")
	if _, err := chain[0].DialContext(ctx, "tcp", addr); !errors.Is(err, answer) || len(dialled) != 3 {
		t.Errorf("got %v after dialling %v, want the link's own error after 3 dials", err, dialled)
	}
}
