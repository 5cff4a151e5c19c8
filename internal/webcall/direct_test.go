package webcall

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestASilentServer: one that takes a request, or has begun its answer, and then says nothing for
// 60 s counts as gone, and is not said to be slow to connect to.
func TestASilentServer(t *testing.T) {
	for answer, says := range map[string]string{
		"": "a.example sent nothing for 60 s after it was connected to",
		"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345": "sent nothing for 60 s",
	} {
		synctest.Test(t, func(t *testing.T) {
			d, err := NewDirect(download.Want{ConnectTimeout: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			here, there := net.Pipe()
			defer there.Close()
			d.transport.Proxy = nil
			d.transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return here, nil }
			go func() {
				if _, err := http.ReadRequest(bufio.NewReader(there)); err == nil {
					io.WriteString(there, answer)
				}
			}()
			began := time.Now()
			got, err := d.Ask(t.Context(), download.Request{URL: "http://a.example/x"})
			if err == nil {
				_, err = io.ReadAll(got.Body)
				got.Body.Close()
			}
			took := time.Since(began)
			if err == nil || !strings.Contains(err.Error(), says) || took != download.IdleTime {
				t.Errorf("after %v: %v", took, err)
			}
		})
	}
}

// TestAHiddenServer is named by no problem: the errors of the library tell its address.
func TestAHiddenServer(t *testing.T) {
	d, err := NewDirect(download.Want{ConnectTimeout: time.Second, Hidden: true})
	if err != nil {
		t.Fatal(err)
	}
	d.transport.Proxy = nil
	d.transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("dial planted.example: no such host")
	}
	_, err = d.Ask(t.Context(), download.Request{URL: "http://planted.example/x"})
	if p := (*kind.Problem)(nil); !errors.As(err, &p) || strings.Contains(p.Detail+p.Said, "planted") {
		t.Errorf("got %v", err)
	}
}
