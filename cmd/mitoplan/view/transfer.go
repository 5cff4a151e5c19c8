package view

import (
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// Transfer says how far a content has come on its way to a host, or a result of a call
// from it, or how far a source has been read.
type Transfer struct {
	// Address is of the action and Context of its context; for a source, Address is its
	// path.
	Address, Context string
	Done, Of         int64   // bytes; Of is 0 if it is not known, as of a result
	Rate             float64 // bytes a second, lately; 0 if it is not known or nothing comes
}

// text says how much of how much there is, how fast more comes, and how long it takes.
func (t *Transfer) text() string {
	parts := []string{t.amount()}
	if t.Rate >= 1 {
		parts = append(parts, prose.Bytes(int64(t.Rate))+"/s")
		if left := t.left(); left > 0 {
			parts = append(parts, left.String()+" left")
		}
	}
	return strings.Join(parts, ", ")
}

// amount says how much of how much there is, or only how much.
func (t *Transfer) amount() string { return prose.BytesOf(t.Done, t.Of) }

// left is how long the rest takes if it goes on like this, in whole seconds. It is 0 if
// that is not known.
func (t *Transfer) left() time.Duration {
	if t.Rate < 1 || t.Of == 0 {
		return 0
	}
	const most = 1000 * time.Hour
	seconds := float64(t.Of-t.Done) / t.Rate
	if seconds > most.Seconds() {
		return most
	}
	return time.Duration(seconds+0.999) * time.Second
}

// meter measures how fast bytes come. It is read all the time while they may.
type meter struct {
	moved   func() (done, of int64, ok bool)
	samples []sample // the oldest first
}

type sample struct {
	at   time.Time
	done int64
	of   int64
}

// lately is how far back a rate is measured.
const lately = 5 * time.Second

// meterInterval is how often a meter looks anew, so that its words do not flicker.
const meterInterval = time.Second

// read returns nil while nothing is on its way.
func (m *meter) read(now time.Time) *Transfer {
	if m == nil {
		return nil
	}
	done, of, ok := m.moved()
	if !ok {
		m.samples = nil
		return nil
	}
	n := len(m.samples)
	if n > 0 && (done < m.samples[n-1].done || (of == 0) != (m.samples[n-1].of == 0)) { // it began anew, or goes the other way
		n, m.samples = 0, nil
	}
	if n == 0 || now.Sub(m.samples[n-1].at) >= meterInterval {
		m.samples = append(m.samples, sample{now, done, of})
	}
	for len(m.samples) > 2 && now.Sub(m.samples[1].at) >= lately {
		m.samples = m.samples[1:]
	}
	first, last := m.samples[0], m.samples[len(m.samples)-1]
	t := &Transfer{Done: last.done, Of: of}
	if took := last.at.Sub(first.at); took > 0 {
		t.Rate = float64(last.done-first.done) / took.Seconds()
	}
	return t
}
