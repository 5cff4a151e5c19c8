// Command hostile is what a hostile host runs in place of the agent. Package
// e2e builds it and puts it there.
package main

import (
	"os"

	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

func main() { os.Exit(adversary.Main()) }
