// Command agent is what the fault table of package e2e has on its hosts.
package main

import (
	"os"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

func main() {
	transport.MainWith(faults.Served())
	os.Exit(2)
}
