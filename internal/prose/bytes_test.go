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
