package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// numbered writes the lines that it reads with their numbers, one by one, however
// many they are.
var numbered = transport.NewFunc("numbered", func(_ context.Context, n *transport.Node, first int) (int, error) {
	in := bufio.NewScanner(n.Pipe())
	count := 0
	for in.Scan() {
		if _, err := fmt.Fprintf(n.Pipe(), "%d %s\n", first+count, in.Text()); err != nil {
			return count, err
		}
		count++
	}
	return count, in.Err()
})

// A pipe carries what is too long for the input or the result of a call. Both ends
// read and write as the other keeps up.
func ExampleFunc_CallPipe() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	host := transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{numbered}}}
	web, _ := transport.NewRouter(broker).Connect(context.Background(), host)

	result, pipe := numbered.CallPipe(context.Background(), web, 10)
	go func() {
		_, _ = io.Copy(pipe, strings.NewReader("one\ntwo\nthree\n"))
		_ = pipe.CloseWrite()
	}()
	out, err := io.ReadAll(pipe)
	fmt.Print(string(out))
	fmt.Println(err)
	fmt.Println(result.Get(context.Background()))
	// Output:
	// 10 one
	// 11 two
	// 12 three
	// <nil>
	// 3 <nil>
}
