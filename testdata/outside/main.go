// Command outside is a program of another module: it uses the public packages of
// mitoplan, and a kind of context of its own. It goes over ssh and sudo to a host, or
// stays on this machine if there is none.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"strings"
	"syscall"

	"example.com/outside/nice"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
)

// place is where a function ran.
type place struct {
	Address string
	Nice    int
}

var where = transport.NewFunc("where", func(_ context.Context, n *transport.Node, _ struct{}) (place, error) {
	priority, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // the kernel says 20 - niceness
	return place{n.Address().String(), 20 - priority}, err
})

func main() {
	transport.MainWith(transport.ServeOptions{
		Functions:  []transport.Function{where},
		Connectors: append(connect.AgentTypes(), nice.Type()),
		Agents:     connect.Self(),
	})
	host := flag.String("host", "", "address of a host with sshd")
	key := flag.String("key", "", "private key")
	known := flag.String("known-hosts", "", "known hosts")
	other := flag.String("other", "", "this program built for other platforms: OS/ARCH=FILE, between commas")
	flag.Parse()
	hops := []transport.Connector{connect.Local{}, nice.Nice{Level: 1}}
	if *host != "" {
		login := ssh.SSH{Host: *host, User: "deploy", IdentityFile: *key, KnownHosts: *known, SSHConfig: "false"}
		hops = []transport.Connector{login, connect.Sudo{}, nice.Nice{Level: 1}}
	}
	o := transport.Options{Agents: connect.Executables(builds(*other))}
	if err := transport.RunWith(context.Background(), o, func(ctx context.Context, router *transport.Router) error {
		return visit(ctx, router, hops)
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
// nicer than the one before.
func visit(ctx context.Context, router *transport.Router, hops []transport.Connector) error {
	start := router.Connect
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
		start, before = c.Connect, &p
	}
	return nil
}
