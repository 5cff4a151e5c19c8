package view

import (
	"fmt"
	"time"
)

// FrameInterval is how often the lines of Live are made anew. They show whole seconds,
// so that most of the time they are the same and nothing is written.
const FrameInterval = 200 * time.Millisecond

// liveAfter is how long something has to go on before it is shown.
const liveAfter = time.Second

// Live is the Sink for people at a terminal. It writes a line for each finished
// action. Below these it shows one line for each group of contexts in which something
// runs; these lines change in place.
type Live struct {
	Lines
	Screen *Screen
	// Rows is the height of the terminal.
	Rows func() int
}

// Beat writes nothing, because the lines that change say it already.
func (l *Live) Beat(Beat) {}

// maxLive is the most lines that change.
const maxLive = 8

// Frame shows what is going on now. If that is nothing, it removes the lines.
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

// margin is the number of columns that stay free at the right. A terminal shows ^C
// there when it is typed.
const margin = 4

// cut returns the first form that fits into a line. If none does, it returns as much
// of the last one as fits.
func (l *Live) cut(forms []string) string {
	width := max(1, l.Human.width()-margin)
	last := ""
	for _, s := range forms {
		if last = s; stringWidth(s) <= width {
			return l.Human.Paint.dim(s)
		}
	}
	return l.Human.Paint.dim(truncate(last, width))
}

// forms returns several ways to say what goes on in a group, the longest first.
func (b Beat) forms() []string {
	if b.Reading != nil {
		what := "Reading " + unbroken(b.Reading.Address) + ": "
		return []string{what + b.Reading.text(), what + b.Reading.amount(), "Reading: " + b.Reading.amount()}
	}
	group, since, slowest := unbroken(b.Group), "("+seconds(b.Elapsed)+")", unbroken(b.Slowest)
	counts := fmt.Sprintf("%d done, %d running", b.Done, b.Running)
	all := counts
	if b.Contexts > 1 {
		all = fmt.Sprintf("%d of %d contexts, %s", b.Busy, b.Contexts, counts)
	}
	at, of := slowest, group+": "
	switch where := unbroken(b.SlowestContext); {
	case b.Slowest == b.SlowestContext:
		slowest = "connecting to " + where
		at, of = slowest, "" // it names the group, too
	case b.Contexts > 1 && where != "":
		at, of = at+" on "+where, ""
	}
	limited := since
	if b.Limit != "" {
		limited = "(" + seconds(b.Elapsed) + ", " + unbroken(b.Limit) + ")"
	}
	short := since
	if t := b.transfer(); t != nil { // it says more than how long it takes already
		limited, short = "("+t.text()+")", "("+t.amount()+")"
		since = limited
	}
	return []string{
		group + ": " + all + ", slowest: " + at + " " + limited,
		group + ": " + all + ", slowest: " + at + " " + since,
		of + all + ", slowest: " + at + " " + since,
		of + counts + ", slowest: " + at + " " + since,
		group + ": " + all + ", slowest: " + slowest + " " + since,
		group + ": " + counts + ", slowest: " + slowest + " " + since,
		group + ": " + slowest + " " + since,
		slowest + " " + since,
		slowest + " " + short,
		seconds(b.Elapsed) + " " + slowest,
	}
}

// seconds is a duration that changes once a second.
func seconds(d time.Duration) string { return d.Truncate(time.Second).String() }
