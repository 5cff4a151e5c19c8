package charset_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/mitoplan/mitoplan/internal/charset"
)

// utf16Of encodes a text as UTF-16 with a byte order mark.
func utf16Of(s string, order binary.AppendByteOrder) []byte {
	out := order.AppendUint16(nil, 0xfeff)
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestTextIsToldFromOtherBytes(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(strings.Repeat("the same text over and over\n", 100)))
	z.Close()
	for name, c := range map[string]struct {
		data []byte
		want charset.Encoding
		text string
	}{
		"nothing":                   {nil, charset.UTF8, ""},
		"UTF-8":                     {[]byte("grün\n"), charset.UTF8, "grün\n"},
		"UTF-8 with its mark":       {[]byte("\ufeffa\n"), charset.UTF8, "\ufeffa\n"},
		"control characters":        {[]byte("a\x00b\x1b[0m"), charset.UTF8, "a\x00b\x1b[0m"},
		"Latin-1":                   {[]byte("gr\xfcn\n"), charset.EightBit, "gr\xfcn\n"},
		"CRLF in Latin-1":           {[]byte("gr\xfcn\r\n"), charset.EightBit, "gr\xfcn\r\n"},
		"UTF-8 with a broken place": {[]byte("grün\xff and more"), charset.EightBit, "grün\xff and more"},
		"UTF-16, little end":        {utf16Of("grün €😀\n", binary.LittleEndian), charset.UTF16LE, "grün €😀\n"},
		"UTF-16, big end":           {utf16Of("grün\r\n", binary.BigEndian), charset.UTF16BE, "grün\r\n"},
		"UTF-16 of U+FFFD":          {utf16Of("😀\ufffd", binary.LittleEndian), charset.UTF16LE, "😀\ufffd"},
		"UTF-16 with half a pair":   {append(utf16Of("a", binary.LittleEndian), 0x00, 0xd8), charset.NoText, ""},
		"UTF-16 with nulls":         {utf16Of("a\x00b", binary.LittleEndian), charset.NoText, ""},
		"odd length":                {[]byte{0xff, 0xfe, 0}, charset.NoText, ""},
		"nulls":                     {[]byte("ELF\x00\xff"), charset.NoText, ""},
		"mostly no ASCII":           {[]byte("\xcf\xf0\xe8\xe2\xe5\xf2 a"), charset.NoText, ""},
		"gzip":                      {packed.Bytes(), charset.NoText, ""},
	} {
		if got := charset.Detect(c.data); got != c.want {
			t.Errorf("%s is %q, want %q", name, got, c.want)
		}
		if text, _ := charset.Decode(c.data); text != c.text {
			t.Errorf("%s reads %q, want %q", name, text, c.text)
		}
	}
}

// Keys and digests are not text. Of a thousand keys of 32 bytes, almost none passes.
func TestRandomBytesAreNoText(t *testing.T) {
	sum, text := sha256.Sum256(nil), 0
	for range 1000 {
		sum = sha256.Sum256(sum[:])
		if charset.Detect(sum[:]) != charset.NoText {
			text++
		}
	}
	if text > 5 {
		t.Errorf("%d of 1000 pass for text", text)
	}
}

func TestReadingsAreWhatSomebodyCanRead(t *testing.T) {
	const secret = "pässword-1"
	for name, c := range map[string]struct {
		data []byte
		want bool
	}{
		"UTF-8":            {[]byte(secret), false}, // it is found as it is
		"Latin-1":          {[]byte("p\xe4ssword-1"), true},
		"UTF-16":           {utf16Of(secret, binary.BigEndian), true},
		"nulls in between": {[]byte("p\x00ä\x00s\x00s\x00w\x00o\x00r\x00d\x00-\x001\x00"), true},
	} {
		got := slices.ContainsFunc(charset.Readings(string(c.data)), func(s string) bool { return strings.Contains(s, secret) })
		if got != c.want {
			t.Errorf("%s: found is %v", name, got)
		}
	}
}

// What is said of a beginning holds for every content that begins so, and the beginnings
// of what is surely no text are known.
func TestBeginningsThatAreNoText(t *testing.T) {
	long := strings.Repeat("Grüße, 日本 🙂\n", 10)
	texts := []string{long, "\x00\x01" + long, long + "\x1b[0m", "caf\xe9 " + strings.Repeat("au lait ", 5), "\xff\xfea\x00", "\xfe\xff\x00a", ""}
	for _, text := range texts {
		if charset.Detect([]byte(text)) == charset.NoText {
			t.Fatalf("%q is no text", text)
		}
		for n := range len(text) + 1 {
			if charset.BeginsNoText([]byte(text[:n])) {
				t.Errorf("no text begins with %q, as this one does", text[:n])
			}
		}
	}
	for _, b := range []string{"\x7fELF\x02\x01\x01\x00\xb8\x00", "\x89PNG\r\n\x1a\n", "\x1f\x8b\x08\x00\xc3("} {
		if !charset.BeginsNoText([]byte(b)) {
			t.Errorf("a text may begin with %q", b)
		}
	}
}

func FuzzBeginsNoText(f *testing.F) {
	f.Add([]byte("a\x00\xc3"), 2)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if n >= 0 && n <= len(b) && charset.BeginsNoText(b[:n]) && charset.Detect(b) != charset.NoText {
			t.Errorf("%q is text, and its beginning %q is said to be of none", b, b[:n])
		}
	})
}
