// Command recursion goes through a bastion to a host, and becomes root there.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
)

var where = transport.NewFunc("where", func(_ context.Context, n *transport.Node, _ struct{}) (string, error) {
	return "at " + n.Address().String(), nil
})

func main() {
	connect.Main(where)
	bastion := flag.String("bastion", "", "address of the bastion")
	host := flag.String("host", "", "address of the host behind it")
	user := flag.String("user", "deploy", "user on both")
	key := flag.String("key", "", "private key")
	known := flag.String("known-hosts", "", "known hosts")
	flag.Parse()
	on := func(address string) ssh.SSH {
		return ssh.SSH{Host: address, User: *user, IdentityFile: *key, KnownHosts: *known, SSHConfig: "false"}
	}
	err := transport.Run(context.Background(), func(ctx context.Context, router *transport.Router) error {
		hops := []transport.Connector{connect.Local{}, on(*bastion), on(*host), connect.Sudo{}}
		start := router.Connect
		var chain []*transport.Context
		for _, hop := range hops {
			c, err := start(ctx, hop) // it waits for nothing: all starts are under way at once
			if err != nil {
				return err
			}
			chain, start = append(chain, c), c.Connect
		}
		for _, c := range chain {
			up, err := c.Ready().Get(ctx)
			if err != nil {
				return err
			}
			text, err := where.Call(ctx, c, struct{}{})
			if err != nil {
				return err
			}
			fmt.Println(up.User, text)
		}
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
}
