package resource

import "context"

// leastRemembered is the length in bytes from which on a content is kept. What is shorter comes
// in as many turns as a name.
const leastRemembered = 8 << 10

// Remembered implements Reader.
func (h *planHost) Remembered(ctx context.Context, c Content, limit int64) (Content, error) {
	return h.m.remembered(ctx, h, c, limit)
}

// Remembered implements Reader.
func (h *applyHost) Remembered(ctx context.Context, c Content, limit int64) (Content, error) {
	return h.m.remembered(ctx, h, c, limit)
}

func (m *Machine) remembered(ctx context.Context, h Host, c Content, limit int64) (Content, error) {
	if c.Whole || c.Blob == nil || c.Blob.Secret || c.Size < leastRemembered || c.Size > limit {
		return Whole(ctx, h, c, limit)
	}
	if data := m.cache().Remembered(c.Blob.Sum, c.Size); data != nil {
		c.Data, c.Whole = data, true
		return c, nil
	}
	c, err := Whole(ctx, h, c, limit)
	if err == nil {
		m.cache().Remember(c.Blob.Sum, c.Data)
	}
	return c, err
}
