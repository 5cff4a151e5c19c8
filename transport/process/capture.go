package process

// Capture is a writer that keeps the first bytes that are written to it, up to Limit,
// and the last 4 KiB. A write never fails. The zero value keeps the last bytes only.
type Capture struct {
	Limit int64
	head  []byte
	tail  []byte
	more  bool
}

// tailSize is how many of the last bytes are kept for error messages.
const tailSize = 4 << 10

// Write keeps the bytes that still fit.
func (c *Capture) Write(p []byte) (int, error) {
	room := c.Limit - int64(len(c.head))
	if int64(len(p)) > room {
		c.more = true
	}
	c.head = append(c.head, p[:min(room, int64(len(p)))]...)
	c.keepTail(p)
	return len(p), nil
}

func (c *Capture) keepTail(p []byte) {
	if len(p) > tailSize {
		p = p[len(p)-tailSize:]
	}
	c.tail = append(c.tail, p...)
	if over := len(c.tail) - tailSize; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
}

// Bytes returns the first bytes that were written, at most Limit.
func (c *Capture) Bytes() []byte { return c.head }

// Truncated reports whether more was written than Bytes.
func (c *Capture) Truncated() bool { return c.more }

// Tail returns the last bytes that were written, at most 4 KiB.
func (c *Capture) Tail() []byte { return c.tail }
