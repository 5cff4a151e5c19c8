package view

import (
	"io"
	"strings"
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

// TestAfterAStopTheOldLimitsAreOver: what ran when the user asked to stop is shown as being
// ended, by the time that is left for that, and not by what bounded it before.
func TestAfterAStopTheOldLimitsAreOver(t *testing.T) {
	tr := &tracker{sink: &Lines{Human: &Human{}, W: io.Discard}, running: map[string]started{}, contexts: map[string]bool{}, finished: map[string]int{}}
	moved := func() (int64, int64, bool) { return 1000, 2000, true }
	tr.event(executor.Event{Type: executor.ContextStarting, Address: "context.ssh.web", Limit: "given up after 10s", Until: func() string { return "7m6s left" }})
	tr.event(executor.Event{Type: executor.ApplyStart, Address: "file.a", Context: "context.ssh.web", Limit: "given up after 24h", Moved: moved})
	tr.event(executor.Event{Type: executor.Stopping, Until: func() string { return "being ended, given up in 7s" }})
	b := tr.beat("", time.Now())
	if b.Limit != "being ended, given up in 7s" || !b.Ending || len(b.Transfers) > 0 {
		t.Errorf("it is shown as %+v", b)
	}
	var out strings.Builder
	(&Lines{Human: &Human{}, W: &out}).Beat(b)
	if got := out.String(); !strings.HasPrefix(got, "Ending what runs: 1 of 1 context, 0 done, ") || !strings.Contains(got, "given up in 7s)") {
		t.Errorf("the line is %q", got)
	}
}

// TestWhatWaitsForItsContextDoesNotRun: a call of a context that is being started is not
// counted beside the start.
func TestWhatWaitsForItsContextDoesNotRun(t *testing.T) {
	tr := &tracker{sink: noSink{}, running: map[string]started{}, contexts: map[string]bool{}, finished: map[string]int{}}
	tr.event(executor.Event{Type: executor.ReadStart, Address: "file.a", Context: "context.ssh.web"})
	tr.event(executor.Event{Type: executor.ContextStarting, Address: "context.ssh.web"})
	if b := tr.beat("", time.Now()); b.Running != 1 {
		t.Errorf("%d are running, want the start", b.Running)
	}
	tr.event(executor.Event{Type: executor.ContextStatus, Address: "context.ssh.web"})
	if b := tr.beat("", time.Now()); b.Running != 1 {
		t.Errorf("%d are running, want the call", b.Running)
	}
}
