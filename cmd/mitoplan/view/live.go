package view

import (
	"fmt"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/mitoplan/mitoplan/config"
)

// FrameInterval is how often the lines of Live are looked at. They show whole
// seconds, so that most of the time nothing is written.
const FrameInterval = 200 * time.Millisecond

// liveAfter is how long something has to go on before it is shown.
const liveAfter = time.Second

// Live is the Sink for people at a terminal: lines for finished actions, and
// below them, in place, one for each group of contexts in which something runs.
type Live struct {
	Lines
	Screen *Screen
	// Rows is the height of the terminal.
	Rows func() int
}

// Beat writes nothing: the lines that change say it.
func (l *Live) Beat(Beat) {}

// maxLive is the most lines that change.
const maxLive = 8

// Frame shows what goes on now; nothing takes the lines away.
func (l *Live) Frame(beats []Beat) {
	most := max(1, min(maxLive, l.Rows()-2))
	var lines []string
	for i, b := range beats {
		if rest := len(beats) - i; i == most-1 && rest > 1 {
			lines = append(lines, l.cut([]string{fmt.Sprintf("and %d more groups of contexts", rest)}))
			break
		}
		lines = append(lines, l.cut(b.forms()))
	}
	l.Screen.Show(lines)
}

// margin is left free at the right: a terminal shows ^C there when it is typed.
const margin = 4

// cut takes the first form that fits into a line, or what fits of the last one.
func (l *Live) cut(forms []string) string {
	width := max(1, l.Human.width()-margin)
	last := ""
	for _, s := range forms {
		if last = s; ansi.StringWidth(s) <= width {
			return l.Human.Paint.dim(s)
		}
	}
	return l.Human.Paint.dim(ansi.Truncate(last, width, "…"))
}

// forms are ways to say what goes on in a group, the longest first.
func (b Beat) forms() []string {
	group, since, slowest := unbroken(b.Group), "("+seconds(b.Elapsed)+")", unbroken(b.Slowest)
	counts := fmt.Sprintf("%d done, %d running", b.Done, b.Running)
	all := counts
	if b.Contexts > 1 {
		all = fmt.Sprintf("%d of %d contexts, %s", b.Busy, b.Contexts, counts)
	}
	at := slowest
	switch where := unbroken(config.Label(b.SlowestContext)); {
	case b.Slowest == b.SlowestContext:
		slowest = "connecting to " + where
		at = slowest
	case b.Contexts > 1 && where != "":
		at += " on " + where
	}
	limited := since
	if b.Limit != "" {
		limited = "(" + seconds(b.Elapsed) + ", " + unbroken(b.Limit) + ")"
	}
	return []string{
		group + ": " + all + ", slowest: " + at + " " + limited,
		group + ": " + all + ", slowest: " + at + " " + since,
		group + ": " + all + ", slowest: " + slowest + " " + since,
		group + ": " + counts + ", slowest: " + slowest + " " + since,
		group + ": " + slowest + " " + since,
		slowest + " " + since,
		seconds(b.Elapsed) + " " + slowest,
	}
}

// seconds is a duration that changes once a second.
func seconds(d time.Duration) string { return d.Truncate(time.Second).String() }
