package view

import (
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/executor"
)

// noSink discards everything.
type noSink struct{}

func (noSink) Event(executor.Event) {}
func (noSink) Beat(Beat)            {}

// TestBeatSaysWhatIsTrueNow: if a start can say when it will be given up, it is
// asked at the moment when that is shown.
func TestBeatSaysWhatIsTrueNow(t *testing.T) {
	tr := &tracker{sink: noSink{}, running: map[string]started{}, contexts: map[string]bool{}}
	now := "given up in 10s"
	tr.event(executor.Event{Type: executor.ContextStarting, Address: "context.ssh.web", Limit: "given up after 10s", Until: func() string { return now }})
	now = "the agent is being built"
	if b := tr.beat("", time.Now()); b.Limit != now {
		t.Errorf("the limit is %q", b.Limit)
	}
}
