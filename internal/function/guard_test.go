package function

import (
	"errors"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// A guard that hangs is ended at its timeout, and this counts neither as success nor as
// failure of the guard.
func TestAGuardIsBounded(t *testing.T) {
	for _, guard := range []string{"unless", "only_if"} {
		for _, checks := range []bool{true, false} {
			req := request(t, "command", args{"argv": argv("true"), guard: argv("sleep", "1000")})
			req.Check, req.GuardTimeout = checks, 50*time.Millisecond
			_, err := runIt(t, req)
			var p *kind.Problem
			if !errors.As(err, &p) || p.Attr != guard || p.Code != "timeout" {
				t.Errorf("%s, check %v: %v", guard, checks, err)
			}
		}
	}
}
