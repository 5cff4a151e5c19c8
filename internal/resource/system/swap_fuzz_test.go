package system

import (
	"strings"
	"testing"
)

// FuzzSwap: what the kernel and the first page of a file say is read without an end in itself,
// and a path of /proc/swaps is the one that was written.
func FuzzSwap(f *testing.F) {
	page := make([]byte, 8192)
	copy(page[4086:], "SWAPSPACE2")
	f.Add(page)
	f.Add([]byte("Filename\tType\tSize\tUsed\tPriority\n/swap\\040file file 1024 0 -2\n/dev/vda2 partition 99 1 5\n"))
	f.Add([]byte("MemTotal: 1 kB\nMemAvailable:    5 kB\n"))
	f.Add([]byte(swapMark))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := parseSwapHeader(b)
		if h.swap && (h.size <= 0 || h.size%h.page != 0 || len(h.label) > 16 || h.uuid != "" && len(h.uuid) != 36) || h.fits(0) {
			t.Errorf("%+v was read", h)
		}
		for _, r := range parseSwaps(b) {
			if r.path == "" {
				t.Errorf("%+v has no path", r)
			}
		}
		if n := parseAvailable(b); n < -1 && !strings.Contains(string(b), "-") {
			t.Errorf("%d KiB are available", n)
		}
	})
}

// TestRoomBesideSwap: what is swapped to a file fits if memory and other swap have room for it.
func TestRoomBesideSwap(t *testing.T) {
	rows := parseSwaps([]byte("Filename\tType\tSize\tUsed\tPriority\n/a\\040b file 1000 900 -2\n/dev/vda2 partition 500 100 5\n"))
	for _, c := range []struct {
		at, meminfo string
		want        int64
	}{
		{"/a b", "MemTotal: 9000 kB\nMemAvailable:   300 kB\n", 700},
		{"/dev/vda2", "MemAvailable: 0 kB\n", 100},
		{"/other", "MemAvailable: 0 kB\n", 500},
		{"/a b", "MemTotal: 9000 kB\n", -1},
	} {
		if got := roomBeside(rows, c.at, []byte(c.meminfo)); got != c.want {
			t.Errorf("beside %s there is room for %d KiB, want %d", c.at, got, c.want)
		}
	}
	if is := rowOf(rows, "/a b"); is == nil || is.used != 900 || is.priority != -2 {
		t.Errorf("%+v was read", is)
	}
}
