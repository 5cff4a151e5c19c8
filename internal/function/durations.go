package function

import (
	"context"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// validDuration returns what is wrong with a duration.
func validDuration(attr string, text *string, least, longest time.Duration) []kind.Problem {
	if text == nil {
		return nil
	}
	if d, err := time.ParseDuration(*text); err == nil && d >= least && d <= longest {
		return nil
	}
	return bad(attr, "Bad duration", "%s is %q; it is a duration such as 30s, from %s to %s.", attr, *text, shortly(least), shortly(longest))
}

// shortly writes a duration without trailing parts that are zero.
func shortly(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// or is the duration that an argument says, or the one without it.
func or(text *string, without time.Duration) time.Duration {
	if text == nil {
		return without
	}
	return duration(*text)
}

// pauseFor waits, unless the call ends first.
func pauseFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
