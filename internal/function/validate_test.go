package function

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Relative paths are reported before any machine is asked.
func TestValidatePaths(t *testing.T) {
	for _, in := range []interface{ Validate() []kind.Problem }{&StatIn{Path: "etc/x"}, &ReadFileIn{Path: ""}} {
		if p := in.Validate(); len(p) != 1 || p[0].Attr != "path" {
			t.Errorf("%T: %v", in, p)
		}
	}
	for _, in := range []interface{ Validate() []kind.Problem }{&StatIn{Path: "/etc/x"}, &ReadFileIn{Path: "/"}} {
		if p := in.Validate(); len(p) != 0 {
			t.Errorf("%T: %v", in, p)
		}
	}
}
