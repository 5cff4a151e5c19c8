package childtest

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// EventuallyGone waits until a process has ended, within a bound that no machine is too slow
// for. One that nobody has waited for yet has ended.
func EventuallyGone(t *testing.T, what string, pid int) {
	t.Helper()
	for until := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		if time.Now().After(until) {
			t.Fatalf("%s, %d, still runs after a minute", what, pid)
		}
	}
}
