package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// The functions of these examples. Main would list them in a program.
var (
	greet = transport.NewFunc("greet", func(_ context.Context, _ *transport.Node, name string) (string, error) {
		if name == "" {
			return "", errors.New("nobody to greet")
		}
		return "Hello, " + name + ".", nil
	})
	place = transport.NewFunc("place", func(_ context.Context, n *transport.Node, _ struct{}) (string, error) {
		return n.Address().String(), nil
	})
	length = transport.NewFunc("length", func(_ context.Context, _ *transport.Node, data []byte) (int, error) {
		return len(data), nil
	})
	countTo = transport.NewFunc("count", func(ctx context.Context, _ *transport.Node, in countIn) (struct{}, error) {
		for i := range in.N {
			if err := in.To.Send(ctx, i+1); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, in.To.Close(ctx)
	})
)

type countIn struct {
	To transport.Sender `cbor:"to"`
	N  int              `cbor:"n"`
}

// host starts an agent inside this process. Another Connector, such as those of
// package connect, starts one elsewhere; the rest of an example stays as it is.
var host = transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{greet, place, length, countTo}}}

// A Broker owns everything that is started, and Shutdown ends all of it.
func ExampleBroker() {
	broker := transport.NewBroker(transport.Options{})
	c, err := transport.NewRouter(broker).Connect(context.Background(), host)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(greet.Call(context.Background(), c, "Mary"))

	fmt.Println("shut down:", broker.Shutdown())
	_, err = c.Lost().Get(context.Background())
	fmt.Println("lost:", err)
	// Output:
	// Hello, Mary. <nil>
	// shut down: <nil>
	// lost: <nil>
}

// Connect returns at once. Calls may be made before the context is up; they are
// sent as soon as it is.
func ExampleRouter() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)

	web, _ := router.Connect(context.Background(), host, transport.WithName("web"))
	db, _ := router.Connect(context.Background(), host, transport.WithName("db"))
	first := greet.CallAsync(context.Background(), web, "web")
	second := greet.CallAsync(context.Background(), db, "db")

	fmt.Println(first.Get(context.Background()))
	fmt.Println(second.Get(context.Background()))
	// Output:
	// Hello, web. <nil>
	// Hello, db. <nil>
}

// Ready tells what a context says of itself when it is up. After Shutdown, calls
// in it fail.
func ExampleContext() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	c, _ := transport.NewRouter(broker).Connect(context.Background(), host, transport.WithName("web"))

	greeting, err := c.Ready().Get(context.Background())
	fmt.Println(c.Name(), c.Address(), greeting.PID > 0, err)

	fmt.Println("shut down:", c.Shutdown(context.Background()))
	_, err = greet.Call(context.Background(), c, "Mary")
	fmt.Println(err)
	// Output:
	// web 0.1 true <nil>
	// shut down: <nil>
	// call greet cancelled (not sent): context web was shut down
}

// An address is a path from the controller. Whether one context is behind another
// can be seen from their addresses alone.
func ExampleAddress() {
	var controller transport.Address
	bastion := controller.Child(3, 0)
	web := bastion.Child(1, 0)

	fmt.Println(controller, bastion, web)
	fmt.Println(web.Depth(), web.Parent() == bastion)
	fmt.Println(web.Behind(bastion), web.Behind(controller.Child(2, 0)))

	// The context that takes the place of the bastion has the next generation:
	// nothing that was behind the old one is behind it.
	fmt.Println(web.Behind(controller.Child(3, 1)))
	// Output:
	// 0 0.3 0.3.1
	// 2 true
	// true false
	// false
}

// A payload that is too long for one frame is many messages on the way, its
// fragments, and one again when it arrives.
func ExampleMessage() {
	var mu sync.Mutex
	fragments := 0
	broker := transport.NewBroker(transport.Options{Frames: func(f transport.FrameEvent) {
		mu.Lock()
		defer mu.Unlock()
		if f.Out && f.Handle == transport.HandleCall {
			fragments++
		}
	}})
	defer broker.Shutdown()
	c, _ := transport.NewRouter(broker).Connect(context.Background(), host)

	n, err := length.Call(context.Background(), c, bytes.Repeat([]byte("x"), 100<<10))
	fmt.Println(n, err)
	mu.Lock()
	fmt.Println("fragments:", fragments)
	mu.Unlock()
	// Output:
	// 102400 <nil>
	// fragments: 4
}

// What crosses the stream to a child until its first call is answered. The call is
// made before the child is up, and waits for the greeting.
func ExampleStream() {
	names := map[uint32]string{1: "greeting", 2: "setup", 4: "call"}
	var mu sync.Mutex
	var crossed []string
	broker := transport.NewBroker(transport.Options{Frames: func(f transport.FrameEvent) {
		name := names[f.Handle]
		if f.Handle >= 1000 {
			name = "reply"
		}
		mu.Lock()
		defer mu.Unlock()
		crossed = append(crossed, fmt.Sprintf("%s from %s to %s", name, f.Src, f.Dst))
	}})
	defer broker.Shutdown()
	c, _ := transport.NewRouter(broker).Connect(context.Background(), host)
	_, _ = greet.Call(context.Background(), c, "Mary")

	mu.Lock()
	fmt.Println(strings.Join(crossed, "\n"))
	mu.Unlock()
	// Output:
	// greeting from 0 to 0
	// setup from 0 to 0.1
	// call from 0 to 0.1
	// reply from 0.1 to 0
}

// A function in another context sends messages to a receiver here.
func ExampleReceiver() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	c, _ := router.Connect(context.Background(), host)

	numbers := transport.NewReceiver(router)
	defer numbers.Close()
	countTo.CallAsync(context.Background(), c, countIn{To: numbers.Sender(), N: 3})
	for {
		var n int
		if err := numbers.Get(context.Background(), &n); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(n)
	}
	// Output:
	// 1
	// 2
	// 3
	// sender was closed
}

// Received yields what arrives as values of a type, until the sender is closed.
func ExampleReceived() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	c, _ := router.Connect(context.Background(), host)

	numbers := transport.NewReceiver(router)
	defer numbers.Close()
	countTo.CallAsync(context.Background(), c, countIn{To: numbers.Sender(), N: 3})
	for n, err := range transport.Received[int](context.Background(), numbers) {
		fmt.Println(n, err)
	}
	fmt.Println("left:", numbers.Len())
	// Output:
	// 1 <nil>
	// 2 <nil>
	// 3 <nil>
	// left: 0
}

// A Sender may be used in the process that made its Receiver, too.
func ExampleSender() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	numbers := transport.NewReceiver(transport.NewRouter(broker))

	to := numbers.Sender()
	fmt.Println(to.Send(context.Background(), 42))
	var n int
	fmt.Println(numbers.Get(context.Background(), &n), n)
	// Output:
	// <nil>
	// <nil> 42
}

// Select waits for whichever call is answered first. The error of one call hides
// no other result.
func ExampleSelect() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	web, _ := router.Connect(context.Background(), host, transport.WithName("web"))
	db, _ := router.Connect(context.Background(), host, transport.WithName("db"))

	var lines []string
	answers := transport.NewSelect(
		greet.CallAsync(context.Background(), web, "Mary"),
		greet.CallAsync(context.Background(), db, ""),
	)
	for answer, err := range answers.All(context.Background()) {
		lines = append(lines, fmt.Sprintln(answer.Context.Name(), answer.Value, err))
	}
	slices.Sort(lines) // either may be the first
	fmt.Print(strings.Join(lines, ""))
	// Output:
	// db <nil> call greet in context db: nobody to greet
	// web Hello, Mary. <nil>
}

// The error of a function comes back as a *RemoteError, which says where the
// function ran.
func ExampleFunc() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	c, _ := transport.NewRouter(broker).Connect(context.Background(), host, transport.WithName("web"))

	fmt.Println(greet.Call(context.Background(), c, "Mary"))
	_, err := greet.Call(context.Background(), c, "")
	var remote *transport.RemoteError
	fmt.Println(errors.As(err, &remote), err)
	// Output:
	// Hello, Mary. <nil>
	// true call greet in context web: nobody to greet
}

// A call that comes after one that failed does not run. The context sees to that
// by itself: both calls are sent at once.
func ExampleResult() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	c, _ := transport.NewRouter(broker).Connect(context.Background(), host, transport.WithName("web"))

	first := greet.CallAsync(context.Background(), c, "")
	second := greet.CallAsync(context.Background(), c, "Mary", transport.After(first))
	_, err := second.Get(context.Background())
	fmt.Println(err)
	<-first.Done() // it has ended by now
	_, err = first.Value()
	fmt.Println(err)
	// Output:
	// call greet skipped: call greet in context web: nobody to greet
	// call greet in context web: nobody to greet
}

// announced is a Connector that wraps another one: it tells when a context is
// started, and leaves the rest to it.
type announced struct{ transporttest.Agent }

// Start implements transport.Connector.
func (a announced) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	fmt.Println("starting a context of kind", a.Kind())
	return a.Agent.Start(ctx, s)
}

// A Connector is all that it takes to reach a place. A context in another context
// is started in the same way; its parent runs the Connector then.
func ExampleConnector() {
	broker := transport.NewBroker(transport.Options{})
	defer broker.Shutdown()
	outer, _ := transport.NewRouter(broker).Connect(context.Background(), announced{host})
	inner, _ := outer.Connect(context.Background(), host)

	fmt.Println(place.Call(context.Background(), outer, struct{}{}))
	fmt.Println(place.Call(context.Background(), inner, struct{}{}))
	// Output:
	// starting a context of kind test
	// 0.1 <nil>
	// 0.1.1 <nil>
}
