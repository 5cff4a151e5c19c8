package transport

import (
	"context"
	"errors"
	"iter"
)

// Received yields what arrives at a Receiver, each as a T, until a sender is closed, which
// is no error. Any other end is its last error: of ctx, of the Receiver, of a message that is
// no T, or of a context that was given the sender. Who wants to go on after one of these, or
// after the first of several senders, calls Get.
func Received[T any](ctx context.Context, r *Receiver) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			var v T
			err := r.Get(ctx, &v)
			if errors.Is(err, ErrSenderClosed) || !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// Len is the number of messages that wait in the receiver, the closing of a sender counted as
// one. Another goroutine may have taken them when it returns.
func (r *Receiver) Len() int {
	if r == nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.queue)
}
