package transport

import (
	"errors"
	"testing"
)

// A call that was skipped behind others that were keeps the error of the one that
// failed, and not one of each between, of which there may be thousands.
func TestSkippedKeepsTheRoot(t *testing.T) {
	root := errors.New("no space left")
	err := skipped("f0", root)
	for range 3 {
		err = skipped("f", err)
	}
	if err.Cause != root || err.Error() != "call f skipped: no space left" {
		t.Errorf("got %v, caused by %v", err, err.Cause)
	}
}
