//go:build linux

package lab

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// echoServer sends back what it gets, and ends when its peer does.
func echoServer(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { l.Close(); <-done })
	go func() {
		defer close(done)
		var served sync.WaitGroup
		defer served.Wait()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			served.Go(func() {
				io.Copy(c, c)
				c.Close()
			})
		}
	}()
	return l.Addr().String()
}

func dialProxy(t *testing.T, p *Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func exchange(t *testing.T, c net.Conn, s string) {
	t.Helper()
	if _, err := c.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, len(s))
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != s {
		t.Fatalf("sent %q, got %q, %v", s, buf, err)
	}
}

func TestProxyDelaysAndCounts(t *testing.T) {
	const delay = 20 * time.Millisecond
	p := NewProxy(t, echoServer(t), delay)
	c := dialProxy(t, p)
	exchange(t, c, "connect")
	p.Reset()
	start := time.Now()
	exchange(t, c, "ping")
	exchange(t, c, "pong")
	if took := time.Since(start); took < 4*delay {
		t.Errorf("two round trips took %s, less than %s", took, 4*delay)
	}
	if sent, received := p.Bytes(); sent != 8 || received != 8 || p.Turns() != 4 {
		t.Errorf("%d bytes there, %d back, %d turns, not 8, 8, 4", sent, received, p.Turns())
	}
	c.CloseWrite()
	if n, err := c.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("after the end: %d, %v", n, err)
	}
}

// All connections through a slow line share its rate, and what is sent too fast waits
// at the sender.
func TestProxyIsSlow(t *testing.T) {
	const rate, size = 100_000, 20_000
	p := NewProxy(t, echoServer(t), 0)
	p.Slow(rate)
	start := time.Now()
	var wg sync.WaitGroup
	for range 2 {
		c := dialProxy(t, p)
		wg.Go(func() { exchange(t, c, strings.Repeat("x", size)) })
	}
	wg.Wait()
	if took, least := time.Since(start), 2*size*time.Second/rate; took < least {
		t.Errorf("%d bytes each way took %s, want %s at least", 2*size, took, least)
	}
}

func TestProxyCut(t *testing.T) {
	p := NewProxy(t, echoServer(t), 0)
	c := dialProxy(t, p)
	exchange(t, c, "whole")
	p.Cut()
	c.Write([]byte("cut"))
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := c.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes came through a cut link", n)
	}
	p.Heal()
	c.SetReadDeadline(time.Time{})
	buf := make([]byte, 3)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "cut" {
		t.Errorf("after healing: %q, %v", buf, err)
	}
}

func TestProxyCutAfter(t *testing.T) {
	p := NewProxy(t, echoServer(t), 0)
	c := dialProxy(t, p)
	cut := p.CutAfter(8)
	exchange(t, c, "first")
	select {
	case <-cut:
		t.Error("it was cut too early")
	default:
	}
	c.Write([]byte("then"))
	<-cut
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := c.Read(make([]byte, 4)); err == nil {
		t.Errorf("%d bytes came back through a cut link", n)
	}
	p.Heal()
	c.SetReadDeadline(time.Now().Add(time.Minute))
	if _, err := io.ReadFull(c, make([]byte, 4)); err != nil {
		t.Errorf("after healing: %v", err)
	}
}

func TestProxyGoesNowhereElse(t *testing.T) {
	for _, to := range []string{"10.78.0.1:22", "192.0.2.1:22", "example.com:22"} {
		if allowed(to) == nil {
			t.Errorf("%s is allowed", to)
		}
	}
}
