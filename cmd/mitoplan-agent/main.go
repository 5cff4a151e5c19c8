// Command mitoplan-agent is what runs inside a context. Its parent starts it;
// there is nothing in it for a person to call.
package main

import (
	"os"

	"github.com/mitoplan/mitoplan/internal/agent"
)

func main() { os.Exit(agent.Main()) }
