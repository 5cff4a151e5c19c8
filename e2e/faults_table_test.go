//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/faults"
)

// faultSeen is what was seen of a cell. Times are from the fault on, or from the shutdown on
// if nothing is lost by the fault.
type faultSeen struct {
	result        string        // "ok", "FAILS", or "not played"
	told          time.Duration // until the last who waited was told
	cause         string        // what the first who waited was told of the first cause
	ended         time.Duration // until no process of the lost contexts was left
	left          int           // processes left in the end
	shutdown      time.Duration
	before, after []faults.Usage // of the agents that go on, from the first hop on
	notes         []string
}

func (c *faultCell) note(format string, args ...any) {
	c.seen.notes = append(c.seen.notes, fmt.Sprintf(format, args...))
}

// faultTitle is the first line of the table.
var faultTitle = fmt.Sprintf("%-16s %-8s %-9s %-10s %6s %6s %8s %4s  %-72s %s",
	"fault", "hop", "during", "result", "told", "ended", "shutdown", "left", "first cause", "agents before the hop, and more")

// row is the line of the cell in the table.
func (c *faultCell) row() string {
	s := &c.seen
	at := fmt.Sprintf("%-16s %-8s %-9s %-10s", c.fault.name, fmt.Sprintf("%d %s", c.hop, faultHopKinds[c.hop]), c.op, s.result)
	if s.result == "not played" {
		return at + " " + strings.Join(s.notes, ", ")
	}
	notes := s.notes
	if len(s.after) > 0 {
		notes = append([]string{"fds" + beforeAndAfter(s, func(u faults.Usage) int { return u.Descriptors }),
			"MiB" + beforeAndAfter(s, func(u faults.Usage) int { return u.Memory >> 10 })}, notes...)
	}
	return fmt.Sprintf("%s %6.2f %6.2f %8.2f %4d  %-72s %s", at, s.told.Seconds(), s.ended.Seconds(), s.shutdown.Seconds(), s.left,
		cutText(s.cause, 72), strings.Join(notes, ", "))
}

// beforeAndAfter is what each agent had and has of something.
func beforeAndAfter(s *faultSeen, of func(faults.Usage) int) string {
	var b strings.Builder
	for i := range s.after {
		fmt.Fprintf(&b, " %d>%d", of(s.before[i]), of(s.after[i]))
	}
	return b.String()
}

func cutText(s string, most int) string {
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > most {
		r = append(r[:most-1], '…')
	}
	return string(r)
}

// table is the whole table, and how many cells of it were played and how many failed.
func (s *faultStage) table(cells []*faultCell) string {
	var b strings.Builder
	played, failed := 0, 0
	fmt.Fprintln(&b, faultTitle)
	for _, c := range cells {
		fmt.Fprintln(&b, c.row())
		switch c.seen.result {
		case "FAILS":
			failed++
			fallthrough
		case "ok":
			played++
		}
	}
	for _, row := range s.ours {
		fmt.Fprintln(&b, row)
	}
	fmt.Fprintf(&b, "%d cells, %d played, %d failed", len(cells), played, failed)
	return b.String()
}
