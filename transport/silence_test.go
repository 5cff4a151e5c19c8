package transport

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestALossToSilenceSaysForHowLong: nothing was heard for the time that the error says, which
// may be more than the bound: marks, and a process that was stopped, add to it.
func TestALossToSilenceSaysForHowLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Stream{timeout: 9 * time.Second, frames: newFrameReader(nil, aheadOfChild)}
		time.Sleep(9*time.Second + 340*time.Millisecond)
		err := s.silence()
		if !errors.Is(err, errSilent) || err.Error() != "no sign of life for 9.3s" {
			t.Errorf("after 9.34 s of silence the error is %q", err)
		}
		if err := (&Stream{timeout: 10 * time.Second, frames: s.frames}).silence(); errors.Is(err, errSilent) {
			t.Errorf("after less than the timeout it is %q", err)
		}
	})
}
