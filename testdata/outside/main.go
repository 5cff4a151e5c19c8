// Command outside is a program of another module: it uses the public packages of
// mitoplan, and a kind of context of its own. It goes over ssh and sudo to a host, or
// stays on this machine if there is none.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"strconv"
	"strings"

	"example.com/outside/nice"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
	"github.com/mitoplan/mitoplan/transport/process"
)

// place is where a function ran.
type place struct {
	Address string
	Nice    int
}

var (
	// where asks a program of the host for the priority.
	where = transport.NewFunc("where", func(ctx context.Context, n *transport.Node, _ struct{}) (place, error) {
		var out bytes.Buffer
		if e, err := process.Run(ctx, process.Spec{Argv: []string{"nice"}, Stdout: &out}); err != nil || e.Code != 0 {
			return place{}, fmt.Errorf("nice: %v, %w", e, err)
		}
		level, err := strconv.Atoi(strings.TrimSpace(out.String()))
		return place{n.Address().String(), level}, err
	})
	// die runs a program that kills the agent, and leaves another one behind, which runs as
	// long as nobody ends it.
	die = transport.NewFunc("die", func(ctx context.Context, n *transport.Node, left string) (bool, error) {
		_, err := process.Run(ctx, process.Spec{Argv: []string{"sh", "-c", "setsid sleep " + left + " & kill -9 $PPID; wait"}})
		return false, err
	})
)

func main() {
	transport.MainWith(transport.ServeOptions{
		Functions:  []transport.Function{where, die},
		Connectors: append(connect.AgentTypes(), nice.Type()),
		Agents:     connect.Self(),
	})
	host := flag.String("host", "", "address of a host with sshd")
	key := flag.String("key", "", "private key")
	known := flag.String("known-hosts", "", "known hosts")
	other := flag.String("other", "", "this program built for other platforms: OS/ARCH=FILE, between commas")
	left := flag.String("left", "86401", "for how many seconds the last program sleeps if nobody ends it")
	flag.Parse()
	hops := []transport.Connector{connect.Local{}, nice.Nice{Level: 1}}
	if *host != "" {
		login := ssh.SSH{Host: *host, User: "deploy", IdentityFile: *key, KnownHosts: *known, SSHConfig: "false"}
		hops = []transport.Connector{login, connect.Sudo{}, nice.Nice{Level: 1}}
	}
	o := transport.Options{Agents: connect.Executables(builds(*other))}
	if err := transport.RunWith(context.Background(), o, func(ctx context.Context, router *transport.Router) error {
		return visit(ctx, router, hops, *left)
	}); err != nil {
		log.Fatal(err)
	}
}

// builds are the files of a list of OS/ARCH=FILE.
func builds(list string) map[connect.Platform]string {
	files := map[connect.Platform]string{}
	for one := range strings.SplitSeq(list, ",") {
		platform, file, _ := strings.Cut(one, "=")
		if goos, goarch, ok := strings.Cut(platform, "/"); ok {
			files[connect.Platform{OS: goos, Arch: goarch}] = file
		}
	}
	return files
}

// visit starts each context in the one before, and asks all where they are, and how much
// nicer than the one before. Then the last one dies.
func visit(ctx context.Context, router *transport.Router, hops []transport.Connector, left string) error {
	start, last := router.Connect, (*transport.Context)(nil)
	var before *place
	for _, hop := range hops {
		c, err := start(ctx, hop)
		if err != nil {
			return err
		}
		p, err := where.Call(ctx, c, struct{}{})
		if err != nil {
			return err
		}
		up, err := c.Ready().Get(ctx)
		if err != nil {
			return err
		}
		if before == nil {
			before = &p
		}
		fmt.Println(hop.Kind(), up.User, p.Address, p.Nice-before.Nice)
		start, before, last = c.Connect, &p, c
	}
	_, err := die.Call(ctx, last, left)
	var lost *transport.LostError
	if !errors.As(err, &lost) {
		return fmt.Errorf("the last context did not die: %w", err)
	}
	fmt.Println("died", lost.Exit)
	return nil
}
