package transport

import "fmt"

// Hold counts n bytes of values from the context's host as held by the caller,
// who calls Release when they are not held any longer. All that is held of one
// host and the next value from it may take 64 MiB together. With more, the
// host's connection is ended, and the error is the *LostError that says so.
// Result.Size tells how many bytes a value takes.
func (c *Context) Hold(n int64) error {
	if c == nil {
		return errNoContext
	}
	held := c.account.values.Add(n)
	if held <= maxDecoded {
		return nil
	}
	c.account.values.Add(-n)
	return c.overdrawn(fmt.Errorf("%w: its answers take more than %s, which is the most that is held of one host at once", errExcess, size(maxDecoded)))
}

// Release says that n bytes that Hold counted are not held any longer.
func (c *Context) Release(n int64) {
	if c != nil {
		c.account.values.Add(-n)
	}
}

// overdrawn ends the connection to the context's host because the host sent more than
// it may. It returns the error for the callers that wait for the context.
func (c *Context) overdrawn(err error) error {
	c.account.blame(err)
	return &LostError{Context: c.name, Chain: c.chain, Cause: err.Error()}
}
