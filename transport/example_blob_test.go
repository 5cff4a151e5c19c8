package transport_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// lines counts the lines of contents that it pulls. It never has them whole.
var lines = transport.NewFunc("lines", func(ctx context.Context, n *transport.Node, name transport.Blob) (int, error) {
	r, err := n.Pull(ctx, name, 0)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	count, buf := 0, make([]byte, 4096)
	for {
		k, err := r.Read(buf)
		count += bytes.Count(buf[:k], []byte("\n"))
		if err == io.EOF {
			return count, nil // All of it came, and it was what the name says.
		}
		if err != nil {
			return 0, err
		}
	}
})

// goOn has the beginning of contents, and pulls the rest.
var goOn = transport.NewFunc("go on", func(ctx context.Context, n *transport.Node, in goOnIn) (string, error) {
	rest, err := n.Pull(ctx, in.Name, int64(len(in.Have)))
	if err != nil {
		return "", err
	}
	defer rest.Close()
	checked, err := in.Name.Verify(strings.NewReader(in.Have), rest)
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(checked)
	return in.Have + string(b), err
})

type goOnIn struct {
	Name transport.Blob `cbor:"name"`
	Have string         `cbor:"have"`
}

var reader = transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{lines, goOn}}}

// A call carries the name of contents. The function pulls them if it needs them, and
// only the context that they were offered to gets them.
func ExampleBroker_Offer() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	web, _ := transport.NewRouter(broker).Connect(context.Background(), reader)
	db, _ := transport.NewRouter(broker).Connect(context.Background(), reader)

	text := strings.Repeat("one more line\n", 100_000)
	name := transport.BlobOf([]byte(text), false)
	broker.Offer(web, name, func(offset int64) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text[offset:])), nil
	})
	defer broker.Withdraw(web, name)

	fmt.Println(lines.Call(context.Background(), web, name))
	_, err := lines.Call(context.Background(), db, name)
	fmt.Println(err != nil)
	// Output:
	// 100000 <nil>
	// true
}

// What is there of contents need not come again. Verify looks at both parts.
func ExampleNode_Pull() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	web, _ := transport.NewRouter(broker).Connect(context.Background(), reader)

	text := "Hello. Goodbye."
	name := transport.BlobOf([]byte(text), false)
	broker.Offer(web, name, func(offset int64) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text[offset:])), nil
	})

	fmt.Println(goOn.Call(context.Background(), web, goOnIn{name, "Hello. "}))
	_, err := goOn.Call(context.Background(), web, goOnIn{name, "Howdy. "})
	fmt.Println(err)
	// Output:
	// Hello. Goodbye. <nil>
	// call go on in context test 0.1: blob 91553200340b: the contents are not those that it names; their source has changed
}
