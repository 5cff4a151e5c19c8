package resource

import (
	"context"
	"maps"
	"time"
)

// excerptPatience is how long a check waits for what an excerpt is made of.
const excerptPatience = 10 * time.Second

// bringLong pulls the long texts that a change is about to write over long texts, as
// an excerpt needs both. An excerpt is a courtesy: if they do not come soon, there is
// none.
func (c Change) bringLong(ctx context.Context, h Host) Change {
	if c.Op == NoOp {
		return c
	}
	for name, v := range c.After {
		will, named := v.(Content)
		was, has := c.Before[name].(Content)
		if !named || !has || will.Blob == nil || will.Equal(was) || was.Size <= ShownContent || was.Size > ComparedContent || !was.isText() {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, excerptPatience)
		got, err := Whole(ctx, h, will, ComparedContent)
		cancel()
		if err == nil {
			c.After = maps.Clone(c.After)
			c.After[name] = got
		}
	}
	return c
}
