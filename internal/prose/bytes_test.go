package prose

import "testing"

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{
		0: "nothing", 1: "1 byte", 999: "999 bytes", 1000: "1 KB", 120_400: "120 KB", 999_499: "999 KB", 999_600: "1.0 MB",
		2_140_000: "2.1 MB", 99_960_000: "100 MB", 50 << 20: "52.4 MB", 10 << 30: "10.7 GB", 5e12: "5.0 TB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}

// What is not complete never reads as if it was.
func TestBytesOf(t *testing.T) {
	for _, c := range []struct {
		done, of int64
		want     string
	}{
		{0, 2_100_000, "nothing of 2.1 MB"},
		{1_200_000, 2_100_000, "1.2 MB of 2.1 MB"},
		{2_099_999, 2_100_000, "2099999 of 2100000 bytes"},
		{2_100_000, 2_100_000, "2.1 MB of 2.1 MB"},
		{1000, 1001, "1000 of 1001 bytes"},
		{998, 999, "998 bytes of 999 bytes"},
		{10_000_000_000, 10_040_000_000, "10000000000 of 10040000000 bytes"},
	} {
		if got := BytesOf(c.done, c.of); got != c.want {
			t.Errorf("%d of %d are %q, want %q", c.done, c.of, got, c.want)
		}
	}
}
