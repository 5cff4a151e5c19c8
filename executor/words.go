package executor

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Words is the text of an error, and what of it are mitoplan's own words. Of the error of a
// function, and of another one that is not of package transport, none are known.
func Words(err error) kind.Wording {
	switch e := err.(type) {
	case *kind.Problem:
		return kind.TextOf(e)
	case *transport.SkippedError:
		before := &transport.SkippedError{Function: e.Function}
		w := kind.Unquoted(before.Error(), nil)
		if e.Cause != nil {
			w.Add(": %s", Words(e.Cause))
		}
		return w
	case *transport.CancelledError, *transport.TimeoutError:
		return kind.Unquoted(err.Error(), nil)
	case *transport.ConnectError:
		if e.Problem == nil { // otherwise its cause is the text of that
			return ending(e, e.LastWords)
		}
	case *transport.LostError:
		return ending(e, e.LastWords)
	}
	return kind.Say("%s", err)
}

// ending is the text of an error that ends with the last words of a program, if it said any.
func ending(err error, last string) kind.Wording {
	last = strings.TrimSpace(last)
	w := kind.Unquoted(strings.TrimSuffix(err.Error(), last), nil)
	w.Add("%s", last)
	return w
}
