package resource

import "testing"

// A value is compared in the form that the kernel gives back. Otherwise every plan
// would write the same value again.
func TestKernelForm(t *testing.T) {
	for _, c := range []struct{ now, want, form string }{
		{"1\n", "1", "1\n"},
		{"0\n", "1", "1\n"},
		{"0\n", "1\n", "1\n"},
		{"16\n", "0x10", "16\n"},
		{"0\n", "010", "8\n"},
		{"0\n", "-1", "-1\n"},
		{"0\n", "1_0", "1_0\n"},
		{"0\n", "0b1", "0b1\n"},
		{"4096\t131072\t6291456\n", "4096 131072 6291456", "4096\t131072\t6291456\n"},
		{"4096\t131072\t6291456\n", "4096 87380\t 16777216\n", "4096\t87380\t16777216\n"},
		{"4 4 1 7\n", "3 4 1 3", "3 4 1 3\n"},
		{"4 4 1 7\n", "3", "3\n"}, // The kernel keeps the others; it says so itself.
		{"always [madvise] never\n", "never", "always madvise [never]\n"},
		{"always [madvise] never\n", "madvise\n", "always [madvise] never\n"},
		{"always [madvise] never\n", "always madvise [never]\n", "always madvise [never]\n"},
		{"always [madvise] never\n", "off", "off\n"},
		{"N\n", "1", "Y\n"},
		{"Y\n", "n", "N\n"},
		{"Y\n", "maybe", "maybe\n"},
		{"core\n", "|/usr/lib/x  %p", "|/usr/lib/x  %p\n"},
		{"host\n", "a\nb", "a\nb"},
		{"", "x", "x"},
		{"no end", "x", "x"},
		{"a\nb\n", "x", "x"},
	} {
		if got := string(KernelForm([]byte(c.now), []byte(c.want))); got != c.form {
			t.Errorf("%q, given that the file holds %q, has the form %q, want %q", c.want, c.now, got, c.form)
		}
		again := KernelForm([]byte(c.form), []byte(c.want))
		if twice := KernelForm(again, []byte(c.want)); string(twice) != string(again) {
			t.Errorf("the form of %q is not stable: %q, then %q", c.want, again, twice)
		}
	}
}
