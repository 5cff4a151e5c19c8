package prose

import "fmt"

// Bytes writes a number of bytes for people, in units of 1,000: "nothing", "512
// bytes", "120 KB", "2.1 MB".
func Bytes(n int64) string {
	unit, names := 1000.0, []string{"KB", "MB", "GB", "TB"}
	switch v := float64(n); {
	case n <= 0:
		return "nothing"
	case n == 1:
		return "1 byte"
	case n < 1000:
		return fmt.Sprintf("%d bytes", n)
	default:
		k := 0
		for v /= unit; v >= 999.5 && k < len(names)-1; k++ {
			v /= unit
		}
		if k == 0 || v >= 99.95 {
			return fmt.Sprintf("%.0f %s", v, names[k])
		}
		return fmt.Sprintf("%.1f %s", v, names[k])
	}
}

// BytesOf writes how many bytes of how many there are: "1.2 MB of 2.1 MB". As long as
// some are missing the two differ; if they do not when rounded, each byte counts.
func BytesOf(done, of int64) string {
	if a, b := Bytes(done), Bytes(of); a != b || done >= of {
		return a + " of " + b
	}
	return fmt.Sprintf("%d of %d bytes", done, of)
}
