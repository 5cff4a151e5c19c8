package agent

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

func encode(t *testing.T, v any) cbor.RawMessage {
	t.Helper()
	b, err := cbor.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestOverTheWire plans a file and a line in it, applies both, and runs a command, all
// in one context. The calls are sent at once, and each runs after the one before it.
func TestOverTheWire(t *testing.T) {
	broker := transport.NewBroker(transport.Options{Name: "test@here:1"})
	defer broker.Shutdown()
	c, err := transport.NewRouter(broker).Connect(t.Context(), transporttest.Agent{Serve: transport.ServeOptions{Functions: Functions()}},
		transport.WithShared(resource.Shared{Key: []byte("k")}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "x")
	file := encode(t, map[string]any{"path": cbor.ByteString(path), "content": cbor.ByteString("a\n")})
	line := encode(t, map[string]any{"path": cbor.ByteString(path), "line": cbor.ByteString("b")})

	checkFile := kinds.CheckFunc.CallAsync(t.Context(), c, resource.CheckRequest{Plan: "p", Address: "file.x", Kind: "file", Args: file})
	checkLine := kinds.CheckFunc.CallAsync(t.Context(), c,
		resource.CheckRequest{Plan: "p", Address: "line.x", Kind: "line", Args: line, After: []string{"file.x"}}, transport.After(checkFile))
	first, err := checkFile.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	second, err := checkLine.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Fatal("a check wrote the file")
	}
	other, err := kinds.CheckFunc.Call(t.Context(), c, resource.CheckRequest{Plan: "p", Address: "file.x", Kind: "file", Args: file, Key: []byte("other")})
	if err != nil || other.Received(kindOf(t, "file"), nil).Fingerprint == first.Received(kindOf(t, "file"), nil).Fingerprint {
		t.Errorf("a key that a request brings does not count: %v", err)
	}

	applyFile := kinds.ApplyFunc.CallAsync(t.Context(), c, resource.ApplyRequest{Session: "r", Kind: "file", Args: file, Fingerprint: first.Received(kindOf(t, "file"), nil).Fingerprint, Key: []byte("k")})
	applyLine := kinds.ApplyFunc.CallAsync(t.Context(), c,
		resource.ApplyRequest{Session: "r", Kind: "line", Args: line, Fingerprint: second.Received(kindOf(t, "line"), nil).Fingerprint}, transport.After(applyFile))
	cat := function.CallFunc.CallAsync(t.Context(), c,
		function.CallRequest{Name: "command", Args: encode(t, map[string]any{"argv": []cbor.ByteString{"cat", cbor.ByteString(path)}})}, transport.After(applyLine))
	got, err := cat.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if out, _ := got.Results["stdout"].([]byte); string(out) != "a\nb\n" {
		t.Errorf("the command wrote %#v", got.Results["stdout"])
	}

	_, err = kinds.ApplyFunc.Call(t.Context(), c, resource.ApplyRequest{Session: "r", Kind: "file", Args: file, Fingerprint: first.Received(kindOf(t, "file"), nil).Fingerprint, Key: []byte("k")})
	var p *kind.Problem
	if !errors.As(err, &p) || p.Code != "moved" {
		t.Errorf("an old plan gives %v", err)
	}
}

// kindOf returns a resource kind.
func kindOf(t *testing.T, name string) *kind.Kind {
	t.Helper()
	k, ok := kinds.Lookup(name)
	if !ok {
		t.Fatalf("there is no kind %s", name)
	}
	return &k
}
