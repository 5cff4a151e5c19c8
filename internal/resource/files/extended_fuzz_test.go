package files

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzAccessList reads what a file system has for an access list. What was read is written so
// that it is read as the same.
func FuzzAccessList(f *testing.F) {
	f.Add(accessList{{tagUser, 6, 12345}, {tagGroup, 4, 54321}}.encode(0o664, 4))
	f.Add([]byte{2, 0, 0, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		list := decodeList(b)
		if again := decodeList(list.encode(0o664, 4)); !slices.Equal(list, again) {
			t.Fatalf("%v is read again as %v", list, again)
		}
		if g := listedGroup(b, 5); g < 0 || g > 7 {
			t.Fatalf("the group may %d", g)
		}
	})
}

// FuzzCapabilities reads what a file system has for capabilities, and what people write.
func FuzzCapabilities(f *testing.F) {
	f.Add([]byte("cap_net_bind_service,cap_net_raw=+ep"))
	f.Add([]byte("cap_chown+i cap_kill=p"))
	f.Add(capabilities{1 << 10, 1 << 40, true}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		if c := decodeCapabilities(b); c.permitted|c.inheritable != 0 {
			if again := decodeCapabilities(c.encode()); again != c {
				t.Fatalf("%v is read again as %v", c, again)
			}
		}
		c, why := parseCapabilities(string(b))
		if why != "" {
			return
		}
		if again, why := parseCapabilities(c.String()); why != "" || again != c {
			t.Fatalf("%q is shown as %q, which is %v: %s", b, c, again, why)
		}
		if !bytes.Equal(c.encode(), decodeCapabilities(c.encode()).encode()) {
			t.Fatalf("%v is written and read as another", c)
		}
	})
}
