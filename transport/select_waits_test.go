package transport_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/transport"
)

// A select that is waited at yields what was added meanwhile, waits on for the others when a
// source is removed, and wakes with ErrEmpty when the last one is. To remove what is not in it
// changes nothing.
func TestASelectThatIsWaitedAtChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, _ := transport.NewResult[int]()
		second, complete := transport.NewResult[int]()
		never, _ := transport.NewResult[int]()
		sel := transport.NewSelect(first)
		woken := make(chan error, 1)
		got := make(chan any, 1)
		wait := func() {
			go func() {
				ev, err := sel.Next(context.Background())
				got <- ev.Value
				woken <- err
			}()
			synctest.Wait()
			if len(got) > 0 {
				t.Fatalf("nothing has happened, and it is woken with %v", <-got)
			}
		}
		wait()
		if err := sel.Add(second); err != nil {
			t.Fatal(err)
		}
		sel.Remove(never)
		sel.Remove(first)
		synctest.Wait()
		if len(got) > 0 {
			t.Fatalf("one source is left, and it is woken with %v", <-got)
		}
		complete(2, nil)
		if v, err := <-got, <-woken; v != 2 || err != nil {
			t.Errorf("got %v, %v, want what was added while it waited", v, err)
		}
		if err := sel.Add(never); err != nil {
			t.Fatal(err)
		}
		wait()
		sel.Remove(never)
		if v, err := <-got, <-woken; v != nil || !errors.Is(err, transport.ErrEmpty) {
			t.Errorf("got %v, %v, want ErrEmpty when the last source is removed", v, err)
		}
	})
}

// Of many who wait at one select or one receiver each gets another event, in their order, and
// who waits with a ctx is woken at its end, exactly, and takes nothing with it.
func TestEachEventWakesOneWaiter(t *testing.T) {
	for _, what := range []string{"select", "receiver"} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := transport.NewBroker(transport.Options{})
				defer b.Shutdown()
				r := transport.NewReceiver(transport.NewRouter(b))
				defer r.Close()
				next := func(ctx context.Context) (v int64, err error) { return v, r.Get(ctx, &v) }
				if what == "select" {
					sel := transport.NewSelect(r)
					next = func(ctx context.Context) (int64, error) {
						ev, err := sel.Next(ctx)
						v, _ := ev.Value.(int64)
						return v, err
					}
				}
				short, cancel := context.WithTimeout(t.Context(), 7*time.Second)
				defer cancel()
				begin := time.Now()
				if _, err := next(short); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 7*time.Second {
					t.Errorf("got %v after %v, want the end of ctx after 7 s", err, time.Since(begin))
				}
				const waiters = 5
				came := make(chan int64, waiters)
				for range waiters {
					go func() {
						v, err := next(t.Context())
						if err != nil {
							t.Error(err)
						}
						came <- v
					}()
				}
				synctest.Wait()
				var all []int64
				for i := range int64(waiters) {
					if err := r.Sender().Send(t.Context(), i); err != nil {
						t.Fatal(err)
					}
					all = append(all, <-came)
					synctest.Wait()
					if len(came) > 0 {
						t.Fatalf("one message woke two: %d", <-came)
					}
				}
				if want := []int64{0, 1, 2, 3, 4}; !slices.Equal(all, want) {
					t.Errorf("got %v, want %v", all, want)
				}
			})
		})
	}
}

// What waits in a receiver or a select before that becomes a source gives an event each, also
// two selects further out. What is removed keeps the rest, and may have another owner.
func TestWhatWaitedBeforeItWasAdded(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	ctx := within(t, 20*time.Second)
	r := transport.NewReceiver(transport.NewRouter(b))
	defer r.Close()
	for i := range 5 {
		if err := r.Sender().Send(ctx, i); err != nil {
			t.Fatal(err)
		}
	}
	if r.Len() != 5 {
		t.Errorf("%d messages wait, want 5", r.Len())
	}
	inner := transport.NewSelect(r)
	outer := transport.NewSelect(transport.NewSelect(inner))
	expect := func(s *transport.Select, want ...int64) {
		t.Helper()
		for _, w := range want {
			if ev, err := s.Next(ctx); err != nil || ev.Value != w || ev.Source != transport.Source(r) {
				t.Errorf("got %v, %v, want %d from the receiver", ev.Value, err, w)
			}
		}
	}
	expect(outer, 0, 1)
	inner.Remove(r)
	other := transport.NewSelect()
	if err := other.Add(r); err != nil {
		t.Fatalf("what was removed cannot be added elsewhere: %v", err)
	}
	expect(other, 2, 3, 4)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if ev, err := other.Next(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("there is one event too many: %v, %v", ev.Value, err)
	}
}

// What cannot be a source is refused, and the select is as it was: of another owner, one that
// waits for it, and nil.
func TestARefusedSourceLeavesTheSelectAsItWas(t *testing.T) {
	owned := transport.NewSelect()
	owner := transport.NewSelect(owned)
	done, complete := transport.NewResult[int]()
	for name, src := range map[string]transport.Source{"owned": owned, "cycle": owner, "nil": nil} {
		sel := owned
		if name != "cycle" {
			sel = transport.NewSelect()
		}
		before := sel.Len()
		if err := sel.Add(src); err == nil {
			t.Errorf("%s: it was added", name)
		}
		if sel.Len() != before {
			t.Errorf("%s: it has %d sources, want %d", name, sel.Len(), before)
		}
	}
	if err := owned.Add(done); err != nil {
		t.Fatal(err)
	}
	complete(3, nil)
	if ev, err := owner.Next(within(t, 10*time.Second)); ev.Value != 3 || err != nil {
		t.Errorf("got %v, %v afterwards, want 3", ev.Value, err)
	}
}

// A receiver whose ctx has ended gives what is there already, and then the end of the ctx: so
// one looks without waiting.
func TestLookingWithoutWaiting(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	r := transport.NewReceiver(transport.NewRouter(b))
	if err := r.Sender().Send(t.Context(), "there"); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var got string
	if err := r.Get(ended, &got); err != nil || got != "there" {
		t.Errorf("got %q, %v, want what is there", got, err)
	}
	if err := r.Get(ended, &got); !errors.Is(err, context.Canceled) || r.Len() != 0 {
		t.Errorf("got %v with %d waiting, want the end of the ctx", err, r.Len())
	}
	r.Close()
	if err := r.Get(t.Context(), &got); !errors.Is(err, transport.ErrReceiverClosed) || r.Len() != 0 {
		t.Errorf("got %v with %d waiting, want ErrReceiverClosed", err, r.Len())
	}
}

// Received yields the messages until the sender is closed, and any other end as its last error.
func TestReceivedEndsWithItsSender(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	router := transport.NewRouter(b)
	for name, c := range map[string]struct {
		end  func(r *transport.Receiver, cancel func())
		want error
	}{
		"the sender is closed":   {func(r *transport.Receiver, _ func()) { _ = r.Sender().Close(t.Context()) }, nil},
		"the receiver is closed": {func(r *transport.Receiver, _ func()) { r.Close() }, transport.ErrReceiverClosed},
		"ctx ends":               {func(_ *transport.Receiver, cancel func()) { cancel() }, context.Canceled},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		r := transport.NewReceiver(router)
		for i := range 3 {
			if err := r.Sender().Send(ctx, i); err != nil {
				t.Fatal(err)
			}
		}
		c.end(r, cancel)
		var got []int
		var failed error
		for v, err := range transport.Received[int](ctx, r) {
			if err != nil {
				failed = err
				continue
			}
			got = append(got, v)
		}
		if !slices.Equal(got, []int{0, 1, 2}) || !errors.Is(failed, c.want) {
			t.Errorf("%s: got %v, %v, want 0 to 2 and %v", name, got, failed, c.want)
		}
		r.Close()
		cancel()
	}
}

// A receiver that is to listen to one context alone and to all others as well says so.
func TestOptionsOfAReceiverThatContradictEachOther(t *testing.T) {
	b, chain := tree(t, transport.Options{}, agent(), 1)
	var v any
	err := transport.NewReceiver(transport.NewRouter(b), transport.From(chain[0]), transport.FromAnywhere()).Get(t.Context(), &v)
	if err == nil || err.Error() != "receive: From and FromAnywhere are both set: a receiver listens to one context, or to all that it lets send" {
		t.Errorf("got %v", err)
	}
}
