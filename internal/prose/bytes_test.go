package prose

import (
	"strings"
	"testing"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 bytes", 1: "1 byte", 999: "999 bytes", 1000: "1.0 KB", 9940: "9.9 KB", 9960: "10 KB", 120_400: "120 KB", 999_400: "999 KB", 999_600: "1.0 MB",
		2_140_000: "2.1 MB", 99_960_000: "100 MB", 50 << 20: "52 MB", 5e9: "5.0 GB", 1 << 62: "4.6 EB", 1<<63 - 1: "9.2 EB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		if got := Number(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}

// TestBytesOf holds that what is not complete never reads as if it was, at every size.
func TestBytesOf(t *testing.T) {
	for _, c := range []struct {
		done, of int64
		want     string
	}{
		{0, 0, "0 bytes"},
		{5000, 0, "5,000 bytes"},
		{0, 2_100_000, "0 of 2,100 KB"},
		{1_200_000, 2_100_000, "1,200 of 2,100 KB"},
		{2_099_999, 2_100_000, "2,099 of 2,100 KB"},
		{1<<20 - 1, 1 << 20, "1,048,575 of 1,048,576 bytes"},
		{10_000_000_000, 10_300_000_000, "10,000 of 10,300 MB"},
		{10_300_000_000, 10_300_000_000, "10 of 10 GB"},
	} {
		if got := BytesOf(c.done, c.of); got != c.want {
			t.Errorf("%d of %d are %q, want %q", c.done, c.of, got, c.want)
		}
	}
	for of := int64(1); of < 1<<62; of = of*3 + 1 {
		for missing := int64(1); missing <= of; missing *= 7 {
			done, all, _ := strings.Cut(BytesOf(of-missing, of), " of ")
			if number, _, _ := strings.Cut(all, " "); done == number {
				t.Errorf("%d bytes of %d are missing, and it says %s of %s", missing, of, done, all)
			}
			if missing > of/7 {
				break
			}
		}
	}
}
