package connect

import (
	"errors"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

func wantCode(t *testing.T, err error, code kind.Code) *kind.Problem {
	t.Helper()
	var p *kind.Problem
	if !errors.As(err, &p) {
		t.Fatalf("error %v, want a problem %q", err, code)
	}
	if p.Code != code {
		t.Fatalf("problem %q (%v), want %q", p.Code, p, code)
	}
	return p
}
