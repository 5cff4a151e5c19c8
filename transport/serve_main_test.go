package transport_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// Main is the first line of a program: in the parent it returns, so that the
// program goes on. A process that served instead would end here.
func TestMainReturnsInTheParent(*testing.T) {
	transport.Main()
}
