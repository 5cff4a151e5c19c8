package view

import (
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/executor"
)

// noSink writes nothing.
type noSink struct{}

func (noSink) Event(executor.Event) {}
func (noSink) Beat(Beat)            {}

// TestBeatSaysWhatIsTrueNow holds that the end of a start is asked for when it is
// shown, where the start can say it.
func TestBeatSaysWhatIsTrueNow(t *testing.T) {
	tr := &tracker{sink: noSink{}, running: map[string]started{}, contexts: map[string]bool{}}
	now := "given up in 10s"
	tr.event(executor.Event{Type: executor.ContextStarting, Address: "context.ssh.web", Limit: "given up after 10s", Until: func() string { return now }})
	now = "the agent is being built"
	if b := tr.beat("", time.Now()); b.Limit != now {
		t.Errorf("limit %q", b.Limit)
	}
}
