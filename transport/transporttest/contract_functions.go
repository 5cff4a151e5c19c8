//go:build unix

package transporttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"sync"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Functions are what a context serves for Contract.
func Functions() []transport.Function {
	return []transport.Function{
		contractEcho, contractWhere, contractCount, contractFail, contractHang, contractTalk, contractPrint,
		contractSend, contractListen, contractExit, contractCrash,
	}
}

type contractIn struct {
	Bytes []byte           `cbor:"bytes"`
	N     int              `cbor:"n"`
	Key   string           `cbor:"key"`
	To    transport.Sender `cbor:"to"`
}

type contractPlace struct {
	Address    transport.Address `cbor:"address"`
	Executable string            `cbor:"executable"`
}

var (
	contractEcho = transport.NewFunc("contract.echo", func(_ context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		return in.Bytes, nil
	})
	contractWhere = transport.NewFunc("contract.where", func(_ context.Context, n *transport.Node, _ contractIn) (contractPlace, error) {
		exe, err := os.Executable()
		return contractPlace{n.Address(), exe}, err
	})
	// contractCount returns how often it was called with a key, this call included.
	contractCount = transport.NewFunc("contract.count", func(_ context.Context, _ *transport.Node, in contractIn) (int, error) {
		counts.Lock()
		defer counts.Unlock()
		counts.of[in.Key]++
		return counts.of[in.Key], nil
	})
	contractFail = transport.NewFunc("contract.fail", func(_ context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		if in.N > 0 {
			return nil, fmt.Errorf("wrapped: %w", &kind.Problem{Code: "contract_code", Attr: "mode", Summary: "Bad mode", Detail: "It is 9z.", Said: "no such mode"})
		}
		return nil, errors.New("nothing but words")
	})
	contractHang = transport.NewFunc("contract.hang", func(ctx context.Context, _ *transport.Node, _ contractIn) ([]byte, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	contractTalk = transport.NewFunc("contract.talk", func(_ context.Context, n *transport.Node, in contractIn) ([]byte, error) {
		for i := range in.N {
			n.Log().Info(fmt.Sprintf("entry %d", i))
		}
		return nil, nil
	})
	// contractPrint prints to the process's own output and runs a program that prints
	// there. Code that knows nothing of contexts does both.
	contractPrint = transport.NewFunc("contract.print", func(ctx context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		for i := range in.N {
			fmt.Printf("line %d\n", i)
		}
		c := exec.CommandContext(ctx, "sh", "-c", "echo from a program; echo and its trouble >&2; cat")
		c.Stdin, c.Stdout, c.Stderr = os.Stdin, os.Stdout, os.Stderr
		return nil, c.Run()
	})
	contractSend = transport.NewFunc("contract.send", func(ctx context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		for i := range in.N {
			if err := in.To.Send(ctx, i); err != nil {
				return nil, err
			}
		}
		return nil, in.To.Close(ctx)
	})
	// contractListen accepts one connection and sends back what it reads from it.
	contractListen = transport.NewFunc("contract.listen", func(context.Context, *transport.Node, contractIn) (string, error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		go func() {
			c, err := l.Accept()
			_ = l.Close()
			if err == nil {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}
		}()
		return l.Addr().String(), nil
	})
	contractExit = transport.NewFunc("contract.exit", func(_ context.Context, _ *transport.Node, in contractIn) ([]byte, error) {
		if !inChild() {
			return nil, errNoProcess
		}
		os.Exit(in.N)
		return nil, nil
	})
	contractCrash = transport.NewFunc("contract.crash", func(context.Context, *transport.Node, contractIn) ([]byte, error) {
		if !inChild() {
			return nil, errNoProcess
		}
		go panic("the last words")
		select {}
	})
)

var counts = struct {
	sync.Mutex
	of map[string]int
}{of: map[string]int{}}

var errNoProcess = errors.New("this context is no process of its own")

func inChild() bool { return len(os.Args) > 1 && os.Args[1] == transport.ChildArg }
