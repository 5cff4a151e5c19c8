package executor_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
)

// logged is a sink of hclog that keeps each message with the name of its logger.
type logged struct{ lines []string }

func (l *logged) Accept(name string, _ hclog.Level, msg string, _ ...any) {
	l.lines = append(l.lines, name+": "+msg)
}

// The log, and the dump that SIGUSR1 prints, show a context by the name that its
// block gives it, or else by the block.
func TestLogAndDumpShowNames(t *testing.T) {
	l := newLab(t)
	l.replace = []transport.Function{transport.NewFunc(call, func(_ context.Context, n *transport.Node, _ any) (any, error) {
		n.Log().Info("it was said here")
		return nil, errors.New("enough")
	})}
	block := func(name, argument string) string {
		return fmt.Sprintf(`
context "local" %[1]q {
  %[2]s
}
call "command" %[1]q {
  on        = context.local.%[1]s
  argv      = ["true"]
  read_only = true
}`, name, argument)
	}
	o := l.options(block("given", `name = "edge 7"`)+block("plain", ""), nil)
	said := &logged{}
	log := hclog.NewInterceptLogger(&hclog.LoggerOptions{Level: hclog.Info, Output: &bytes.Buffer{}})
	log.RegisterSink(said)
	o.Log = log
	s := l.open(o)
	if _, diags := s.Plan(t.Context()); !diags.HasErrors() {
		t.Fatal("the calls must fail, so that the hosts log something")
	}
	var dump bytes.Buffer
	s.Dump(&dump)
	for _, name := range []string{"edge 7", "local.plain"} {
		if !slices.ContainsFunc(said.lines, func(line string) bool {
			return strings.Contains(line, name+": ") && strings.Contains(line, "it was said here")
		}) {
			t.Errorf("the log does not show %q: %q", name, said.lines)
		}
		if !strings.Contains(dump.String(), "("+name+")") {
			t.Errorf("the dump does not show %q:\n%s", name, dump.String())
		}
	}
	for _, shown := range append(said.lines, dump.String()) {
		if strings.Contains(shown, "local.given") {
			t.Errorf("a context that has a name is shown by its block: %s", shown)
		}
	}
}
