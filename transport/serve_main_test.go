package transport_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// Main is the first line of a program's main. In the parent it returns, so that the
// program goes on. In a process that was started as an agent, it would serve and
// then exit, and this test would end here.
func TestMainReturnsInTheParent(*testing.T) {
	transport.Main()
}
