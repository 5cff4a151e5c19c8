//go:build linux

package lab

// turns tells what had to wait for an answer from what merely crossed it on the line.
type turns struct {
	since int           // how often the counts were set to zero
	in    [back + 1]int // the latest turn in which a chunk came in, by direction
	out   [back + 1]int // the latest turn of a chunk that went out, by direction
}

// turn is when a chunk came in.
type turn struct{ since, n int }

// enter counts a chunk that comes in. It may be an answer to any that has gone out in the
// other direction.
func (t *turns) enter(d direction) turn {
	t.in[d] = max(t.in[d], t.out[d.other()]+1)
	return turn{t.since, t.in[d]}
}

// leave counts a chunk that goes out. One that came in before the counts were set to zero
// is not counted.
func (t *turns) leave(d direction, n turn) {
	if n.since == t.since {
		t.out[d] = max(t.out[d], n.n)
	}
}

func (d direction) other() direction { return back - d }
