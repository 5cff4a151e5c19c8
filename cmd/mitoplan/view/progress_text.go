package view

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

// Lines is the Sink for people: one line for each finished action.
type Lines struct {
	Human *Human
	W     io.Writer
	// Mask is for what hosts said.
	Mask *Masker
}

// Event writes a line if an action has ended. Contexts are shown with the plan.
func (l *Lines) Event(e executor.Event) {
	switch e.Type {
	case executor.ApplyDone:
		l.line(e, l.Human.Paint.green(past(e.Op))+" after "+short(e.Elapsed)+because(l.Mask.reason(e)))
	case executor.ApplyErrored:
		l.line(e, l.Human.Paint.red("failed after "+short(e.Elapsed))+because(l.Mask.reason(e)))
	case executor.ApplyInterrupted:
		l.line(e, l.Human.Paint.yellow("interrupted after "+short(e.Elapsed))+because(e.Reason))
	case executor.ApplySkipped:
		l.line(e, l.Human.Paint.yellow("skipped")+because(e.Reason))
	}
}

func (l *Lines) line(e executor.Event, what string) {
	fmt.Fprintf(l.W, "%s: %s\n", unbroken(e.Address), what)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + oneLine(reason)
}

// maxTransfers is how many transfers a heartbeat tells of.
const maxTransfers = 8

// Beat writes what is waited for, and how far contents are on their way.
func (l *Lines) Beat(b Beat) {
	if b.Reading != nil {
		fmt.Fprintf(l.W, "Reading %s: %s\n", unbroken(b.Reading.Address), b.Reading.text())
	}
	if b.Running == 0 {
		return
	}
	l.waiting(b)
	for i, t := range b.Transfers {
		if rest := len(b.Transfers) - i; i == maxTransfers-1 && rest > 1 {
			fmt.Fprintf(l.W, "%d more transfers\n", rest)
			break
		}
		fmt.Fprintf(l.W, "%s: %s\n", unbroken(t.Address), t.text())
	}
}

// waiting writes what takes longest.
func (l *Lines) waiting(b Beat) {
	slowest := unbroken(b.Slowest)
	if b.SlowestContext != "" && b.SlowestContext != b.Slowest {
		slowest += " on " + unbroken(b.SlowestContext)
	}
	fmt.Fprintf(l.W, "%s: %d of %s, %d done, %d running, slowest: %s (%s)\n",
		b.doing(), b.Busy, plural(b.Contexts, "context", "contexts"), b.Done, b.Running, slowest, b.since())
}

// doing says what goes on, as the beginning of a line.
func (b Beat) doing() string {
	if b.Ending {
		return "Ending what runs"
	}
	return "Still working"
}

// since says how long the slowest has been waited for, and when it is given up.
func (b Beat) since() string {
	if b.Limit == "" {
		return short(b.Elapsed)
	}
	return short(b.Elapsed) + ", " + unbroken(b.Limit)
}

func past(op planner.Op) string {
	switch op {
	case planner.Create:
		return "created"
	case planner.Update:
		return "changed"
	case planner.Replace:
		return "replaced"
	case planner.Delete:
		return "destroyed"
	case planner.Run, planner.Always:
		return "ran"
	case planner.Read:
		return "read"
	case planner.Forget:
		return "forgotten"
	}
	return "done"
}

// short is a duration for people: tenths below a minute, whole seconds above.
func short(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// Applied returns the last line of an apply. failed is true if an error was shown, such
// as that of a context that cannot be reached.
func (h *Human) Applied(p *Plan, s executor.Summary, failed bool) string {
	var extra []string
	for _, c := range []struct {
		n    int
		what string
	}{{s.Failed, "failed"}, {s.Interrupted, "interrupted"}, {s.Refused, "refused"}, {s.Skipped, "skipped"}} {
		if c.n > 0 {
			extra = append(extra, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	what := "Apply"
	if p.Destroying {
		what = "Destroy"
	}
	title := h.Paint.green(what + " complete!")
	switch {
	case failed || extra != nil:
		title = h.Paint.red(what + " incomplete.")
	case !p.unseen.IsZero():
		title = h.Paint.yellow("Nothing was done on any host.")
	case !p.Complete, p.Destroying && p.OrphanCount+p.DisabledCount > 0:
		title = h.Paint.yellow(what + " of a part complete.")
	}
	forgotten := ""
	if s.Forgotten > 0 {
		forgotten = fmt.Sprintf(" %d forgotten.", s.Forgotten)
	}
	tail := ""
	if extra != nil {
		tail = " " + strings.Join(extra, ", ") + "."
	}
	return h.sentence(fmt.Sprintf("%s Resources: %d added, %d changed, %d destroyed. Calls: %d run.%s%s%s Took %s.",
		title, s.Added, s.Changed, s.Destroyed, s.Ran, forgotten, tail, h.incomplete(p), short(s.Elapsed)), "") + "\n"
}
