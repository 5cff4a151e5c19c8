package prose

import (
	"slices"
	"testing"
)

func TestNatural(t *testing.T) {
	want := []string{"", "3", "file.a", "file.a1", "file.a01b", "file.a1c", "file.a2", "file.a10", "file.a010x", "file.b", `w["a"]`, "w[2]", "w[10]", "w[99999999999999999999]", "w[100000000000000000000]", "x1y2", "x1y10", "x01y11"}
	for i, a := range want {
		for j, b := range want {
			if got := sign(Natural(a, b)); got != sign(i-j) {
				t.Errorf("Natural(%q, %q) is %d, want %d", a, b, got, sign(i-j))
			}
		}
	}
	for _, same := range [][2]string{{"a1", "a01"}, {"1a", "001a"}} {
		if Natural(same[0], same[1]) == 0 || Natural(same[0], same[1])+Natural(same[1], same[0]) != 0 {
			t.Errorf("%q and %q have no order", same[0], same[1])
		}
	}
	names := []string{"w[10]", "w[9]", "w[1]"}
	slices.SortFunc(names, Natural)
	if !slices.Equal(names, []string{"w[1]", "w[9]", "w[10]"}) {
		t.Error(names)
	}
}

func sign(n int) int { return min(max(n, -1), 1) }
