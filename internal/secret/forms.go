package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Forms returns the ways in which programs write a secret. The secret itself is the
// first, and none is there twice.
func Forms(s string) []string {
	out := []string{s}
	for _, form := range slices.Concat(escaped(s), encoded(s), hexed(s)) {
		if form != "" && !slices.Contains(out, form) {
			out = append(out, form)
		}
	}
	return out
}

// escaped are the forms inside quotes, of JSON, Go, HCL and shells, and in URLs.
func escaped(s string) []string {
	q := strconv.Quote(s)
	out := []string{
		q[1 : len(q)-1],
		hcl.Replace(s),
		strings.ReplaceAll(s, "'", `'\''`),
		strings.ReplaceAll(s, "'", `'"'"'`),
		backslashed(s),
		url.QueryEscape(s), url.PathEscape(s),
		strings.ReplaceAll(url.QueryEscape(s), "+", "%20"),
	}
	if j, err := json.Marshal(s); err == nil {
		out = append(out, string(j[1:len(j)-1]))
	}
	return out
}

var hcl = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\r", `\r`, "${", "$${", "%{", "%%{")

// backslashed is what printf %q of a shell makes: a backslash before whatever
// could mean something.
func backslashed(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < 128 && !strings.ContainsRune("%+,-./:=@_", r) && (r < '0' || r > '9' && r < 'A' || r > 'Z' && r < 'a' || r > 'z') {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// encoded returns the texts of which one is in every base64 of a text around the
// secret. Three bytes become four characters, so the secret can begin at three
// places within such a group. Characters that also depend on the bytes beside the
// secret are left out.
func encoded(s string) []string {
	var out []string
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := enc.EncodeToString([]byte(strings.Repeat("\x00", before) + s))
			first := (before*8 + 5) / 6
			last := (before + len(s)) * 8 / 6
			out = append(out, text[first:last])
		}
	}
	return out
}

func hexed(s string) []string {
	h := hex.EncodeToString([]byte(s))
	return []string{h, strings.ToUpper(h)}
}
