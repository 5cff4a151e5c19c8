package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// TestWarningsOfManyContextsAreOne holds that a fleet gets one warning. It has what
// all hosts say once, what single hosts say up to a bound, and the number of hosts.
func TestWarningsOfManyContextsAreOne(t *testing.T) {
	const hosts = 200
	src := fmt.Sprintf("context \"local\" \"h\" {\n  count = %d\n}\nresource \"file\" \"x\" {\n  on   = context.local.h\n  path = \"/x\"\n}\n", hosts)
	p := planner.New(load(t, src), options())
	p.Next()
	for i := range hosts {
		address := fmt.Sprintf("context.local.h[%d]", hosts-1-i)
		p.Warn(address, &planner.Failure{Summary: "Not honoured", Detail: "config:1: of all."})
		p.Warn(address, &planner.Failure{Summary: "Not honoured", Detail: fmt.Sprintf("config:%d: of one.", hosts+1-i)})
	}
	p.Warn("context.local.h[7]", &planner.Failure{Summary: "Something else", Detail: "alone."})
	d := p.Diagnostics()
	if len(d) != 2 || d[1].Summary != "Something else" || d[1].Detail != "alone." {
		t.Fatalf("want two warnings, the second alone: %v", d)
	}
	if at := d[0].Extra.(planner.Location).Address; at != "context.local.h[0]" {
		t.Errorf("the warning is told of %s, want the first context", at)
	}
	lines := strings.Split(d[0].Detail, "\n")
	if len(lines) != 12 || lines[0] != "config:1: of all." || lines[1] != "config:2: of one." || lines[10] != "And 191 more like these." || lines[11] != "200 contexts have this warning." {
		t.Errorf("got %d lines, want 12: %s", len(lines), d[0].Detail)
	}
}
