package resource

import (
	"reflect"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// FuzzAccounts: any line of passwd or group is a complete account or group, or
// none.
func FuzzAccounts(f *testing.F) {
	for _, seed := range []string{"root:x:0:0:root:/root:/bin/sh", "wheel:x:10:a,,b", "+::::::", ":x:0:0:::", "a:x:4294967296:0:::", "a:x:-1:0:::", "a:x:1:0:\xff:::"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if u := parseUser(line); u != nil && (u.Name == "" || u.UID < 0 || u.GID < 0 || !strings.HasPrefix(line, u.Name+":")) {
			t.Errorf("user %+v", u)
		}
		g := parseGroup(line)
		if g == nil {
			return
		}
		for _, m := range append(g.Members, g.Name) {
			if m == "" || strings.ContainsAny(m, ":,") && m != g.Name {
				t.Errorf("group %+v", g)
			}
		}
	})
}

// FuzzShadow: of the hash in a line of shadow nothing is kept but its digest.
func FuzzShadow(f *testing.F) {
	for _, seed := range []string{"$6$salt$hash", "!$6$salt$hash", "!!", "*", "", "!*LK*"} {
		f.Add(seed, "20000")
	}
	f.Add("x", "99999999999")
	f.Fuzz(func(t *testing.T, field, expires string) {
		s := parseShadow(field, expires)
		if s.Marks < 0 || s.Marks > len(field) || (s.Password == Hashed) != (len(s.HashDigest) == 32) {
			t.Errorf("%q: %+v", field, s)
		}
		if days := parseAge(expires); days < NoAge || s.Expires != "" && days < 0 {
			t.Errorf("%q is an age of %d", expires, days)
		}
		f := fieldsOf([]byte("root:x:1::::::\na:"+field+":1:::::"+expires+":\n"), "a", 8)
		if f != nil && f[0] != "a" {
			t.Errorf("%q", f)
		}
	})
}

// FuzzMounts: what is found to be mounted below a directory is below it.
func FuzzMounts(f *testing.F) {
	f.Add("36 35 98:0 / /mnt/a\\040b rw - ext4 /dev/x rw\n37 36 0:1 / /mnt rw - tmpfs t rw\n", "/mnt")
	f.Add("x y z / /mnt/\\9 \n1 2 3 4\n", "/")
	f.Fuzz(func(t *testing.T, info, dir string) {
		found, _ := mountsBelow(strings.NewReader(info), dir)
		for _, m := range found {
			if !strings.HasPrefix(m.path, strings.TrimSuffix(dir, "/")+"/") {
				t.Errorf("%q is not below %q", m.path, dir)
			}
		}
	})
}

// FuzzDigest: what a host sends as a digest is one in the right form, or none.
func FuzzDigest(f *testing.F) {
	for _, d := range []Digest{{MAC: make([]byte, 32), Size: 1}, {MAC: make([]byte, 32), Excerpt: &Excerpt{Text: "a", Encoding: "UTF-8", Above: 1}}, {MAC: []byte{1}}} {
		raw, err := cbor.Marshal(d)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	mode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any](), DefaultByteStringType: reflect.TypeFor[cbor.ByteString](), IntDec: cbor.IntDecConvertSignedOrFail}.DecMode()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var v any
		if mode.Unmarshal(raw, &v) != nil {
			return
		}
		if d, ok := AsDigest(v); ok && (len(d.MAC) != 32 || d.Size < 0 || d.Excerpt != nil && !d.Excerpt.Valid()) {
			t.Errorf("a digest in the wrong form was accepted: %+v", d)
		}
	})
}
