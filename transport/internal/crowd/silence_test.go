package crowd

import (
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// lending is a gate that lets n through at once, and lends slots of silent hosts.
func lending(n int) *Gate {
	g := fixed(n)
	g.silence.first = loginSilence
	return g
}

// TestHostsThatDoNotAnswerHoldNobodyUp: however many hosts are down, who comes behind them
// waits for a quarter of a second for each crowd of them.
func TestHostsThatDoNotAnswerHoldNobodyUp(t *testing.T) {
	for name, gate := range map[string]func(int) *Gate{"place": fixed, "logins": lending} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := gate(4)
				began := time.Now()
				for range 40 {
					enter(t, g).Asked()
				}
				enter(t, g)
				if waited := time.Since(began); waited != 10*firstAnswer {
					t.Errorf("who comes behind 40 of them waited %s, want 10 times %s", waited, firstAnswer)
				}
				if g.waited != leastPatience {
					t.Errorf("the patience with others is %s", g.waited)
				}
			})
		})
	}
}

// TestWhoIsAnsweredCountsAgain: also if that was late, and for no longer than others.
func TestWhoIsAnsweredCountsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := fixed(1)
		late := enter(t, g)
		late.Asked()
		time.Sleep(time.Second) // nobody waits for it
		late.Heard()
		began := time.Now()
		next := enter(t, g)
		next.Asked()
		if waited := time.Since(began); waited != leastPatience {
			t.Errorf("the next one waited %s, want %s", waited, leastPatience)
		}
		last := enter(t, g)
		next.Heard()
		if g.busy != 2 {
			t.Errorf("%f count, want both who may go on", g.busy)
		}
		for _, s := range []*Slot{late, next, last} {
			s.Free()
			s.Heard() // does nothing
		}
		if g.busy != 0 || len(g.held) != 0 {
			t.Errorf("%f still count", g.busy)
		}
	})
}

// TestSilentHostsHoldNobodyUp: 200 hosts that fall silent after they have said something,
// or nothing, are let in in little more time than one crowd of them needs, if
// nobody else gets on. The patience with others stays as it is.
func TestSilentHostsHoldNobodyUp(t *testing.T) {
	for name, first := range map[string]func(*Slot){
		"at once":                 func(*Slot) {},
		"after they were dialled": func(s *Slot) { s.Asked(); s.Heard() },
		"after some words":        func(s *Slot) { s.Asked(); s.Heard(); s.Heard(); s.Heard() },
		"that are far": func(s *Slot) {
			s.Asked()
			s.Heard()
			s.Weigh(time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := lending(16)
				began := time.Now()
				for range 200 {
					first(enter(t, g))
				}
				live := enter(t, g)
				if waited := time.Since(began); waited > 3*time.Second {
					t.Errorf("who comes behind 200 of them waited %s", waited)
				}
				if g.waited != leastPatience {
					t.Errorf("the patience with others is %s", g.waited)
				}
				live.Done(0)
				if g.silence.round != 0 {
					t.Error("somebody got on, and the next silence is taken for one of a dead host")
				}
			})
		})
	}
}

// TestSilentHostsAmongThoseThatGetOn: who gets on says how long a silence is usual. Others
// are lent after four times that, and silent hosts in between hold nobody up.
func TestSilentHostsAmongThoseThatGetOn(t *testing.T) {
	for _, quiet := range []time.Duration{50 * time.Millisecond, time.Second} {
		synctest.Test(t, func(t *testing.T) {
			g := lending(1)
			for range 16 {
				s := enter(t, g)
				for range 3 {
					time.Sleep(quiet)
					s.Heard()
				}
				s.Done(0)
			}
			enter(t, g)
			began := time.Now()
			enter(t, g)
			want := max(leastSilence, usualTimes*quiet)
			if waited := time.Since(began); (waited - want).Abs() > want/50 {
				t.Errorf("after usual silences of %s the next one waited %s, want %s", quiet, waited, want)
			}
		})
	}
}

// TestSlowHostsAreNoSilentOnes: hosts of which each says something every 1.5 s, because
// there are too many at once or because they are slow, are lent once, by mistake. Then it is known
// how slow they are, and there are not more and more of them.
func TestSlowHostsAreNoSilentOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := lending(16)
		most := 0
		for range 200 {
			go func() {
				s, err := g.Enter(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				s.Asked()
				s.Heard()
				for range 5 {
					time.Sleep(1500 * time.Millisecond)
					s.Heard()
				}
				s.Done(0)
			}()
		}
		for range 100 {
			time.Sleep(time.Second)
			g.mu.Lock()
			most = max(most, g.running)
			g.mu.Unlock()
		}
		if most > 80 {
			t.Errorf("%d of 200 were on their way at once", most)
		}
		if g.running > 0 {
			t.Errorf("%d have not ended", g.running)
		}
	})
}

// TestWhoIsHeardCountsAgain: for what it counted before, and its patience has not run
// while it was lent. One whose patience is over does not count again.
func TestWhoIsHeardCountsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := lending(2)
		g.usual = 10 * time.Second // a patience of 40 s
		far, near := enter(t, g), enter(t, g)
		far.Weigh(unknownWork)
		enter(t, g).Free()
		if far.weight != 0 || near.weight != 0 {
			t.Fatal("they were not lent")
		}
		lent := g.now()
		time.Sleep(time.Minute)
		far.Weigh(3 * unknownWork) // counts when it is heard
		far.Heard()
		near.Heard()
		if g.busy != 1.25 {
			t.Errorf("%f count, want 1.25", g.busy)
		}
		if want := time.Minute + usualTimes*g.usual; near.until-lent-want > 0 || near.until-lent < time.Minute {
			t.Errorf("its patience ends after %s, want it to have stood for a minute", near.until-lent)
		}
	})
}

// TestWhoTalksAndDoesNotGetOn: words alone do not make a slot count for longer than its
// patience.
func TestWhoTalksAndDoesNotGetOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := lending(1)
		talks := enter(t, g)
		go func() {
			for range 20 {
				time.Sleep(leastPatience / 10)
				talks.Heard()
			}
		}()
		began := time.Now()
		enter(t, g)
		if waited := time.Since(began); waited != leastPatience || g.waited == leastPatience {
			t.Errorf("the next one waited %s, want %s, and longer after that", waited, leastPatience)
		}
		time.Sleep(2 * time.Second)
		if talks.weight != 0 {
			t.Error("it counts again")
		}
	})
}

// TestABusyMachineIsNoSilentHost: the time in which this process could not go on is no
// silence.
func TestABusyMachineIsNoSilentHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var late atomic.Int64
		began := time.Now()
		g := fixed(1)
		g.silence.first, g.silence.late = loginSilence, func() time.Duration { return time.Duration(late.Load()) }
		g.waited = time.Hour // patience does not end here
		enter(t, g)
		time.AfterFunc(loginSilence/2, func() { late.Store(int64(3 * time.Second)) })
		enter(t, g)
		if waited := time.Since(began); waited != loginSilence+3*time.Second {
			t.Errorf("the next one waited %s, want 3 s more than %s", waited, loginSilence)
		}
	})
}

// TestASilentPlaceIsMetAtOnce: who has not logged in counts at a place also if its
// host is silent. When the first was given up for that, the rest begins together, until one
// gets on or is refused. Who is given up for another reason changes nothing.
func TestASilentPlaceIsMetAtOnce(t *testing.T) {
	for name, ends := range map[string]func(*Slot){
		"until one gets on":    func(s *Slot) { s.Done(0) },
		"until one is refused": (*Slot).Refused,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := NewGates(0, never).Place("host")
				g.usual = time.Hour // patience does not end here
				var first []*Slot
				for range 8 {
					s := enter(t, g)
					s.Asked()
					s.Heard()
					first = append(first, s)
				}
				came := make(chan *Slot, 72)
				for range 72 {
					go func() {
						if s, err := g.Enter(t.Context()); err == nil {
							came <- s
						}
					}()
				}
				for range 10 {
					time.Sleep(time.Second)
					first[0].Heard()
				}
				if len(came) > 0 {
					t.Fatalf("%d more began at an sshd that is silent", len(came))
				}
				first[0].Free()
				synctest.Wait()
				if len(came) != 1 {
					t.Fatalf("%d began after one was heard and given up, want 1", len(came))
				}
				first[1].Free()
				synctest.Wait()
				if len(came) != 72 {
					t.Fatalf("%d of 72 began after one was given up because of its silence", len(came))
				}
				ends(<-came)
				if g.Try() != nil {
					t.Error("as many may begin as want, though the host lives")
				}
			})
		})
	}
}

// TestWhoNeverBeganIsNotSilent: who waits for another slot, or is not wanted any more
// before anything was said, tells nothing of a host.
func TestWhoNeverBeganIsNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewGates(0, never).Place("host")
		s := enter(t, g)
		time.Sleep(time.Minute)
		s.Free()
		if g.silence.mute {
			t.Error("the host counts as silent")
		}
	})
}

// TestGatesLend: each kind of work lends slots of the silent, and a place does not.
func TestGatesLend(t *testing.T) {
	g := NewGates(0, never)
	got := []time.Duration{g.Logins.silence.first, g.Processes.silence.first, g.Pushes.silence.first, g.Place("x").silence.first}
	if want := []time.Duration{loginSilence, processSilence, pushSilence, 0}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
