package config

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FuzzSecretSpans: whatever a source is, what may not be quoted of it are parts of it, in
// their order. A secret at its beginning is among them, and known by itself. It runs fewer
// than 10,000 times a second: each value is parsed, and the fuzzer looks through the counters
// of all that is linked, also of HCL.
func FuzzSecretSpans(f *testing.F) {
	kinds := Catalogue{Contexts: map[string]*kind.Kind{"sudo": {Args: kind.Schema{Attrs: []kind.Attr{{Name: "password", Secret: true}}}}}}
	for _, seed := range [][2]string{{"secret", "password = \"x\npassword = <<EOT\n"}, {"a\n${b}", "sensitive(sensitive((1+"}, {`"`, `{"condition": "${a != \"x\"}", "sensitive": true}`}, {"", "condition = 1 == <<E\nx\nE\n != \"${\"a\"}\""}, {"ab", "default = a ? \"b\" : [1, {c = \"d\"}, f(\"e\")]\nephemeral = true"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, secret, rest string) {
		src := []byte(rest)
		if utf8.ValidString(secret) {
			src = slices.Concat([]byte("password = "), hclwrite.TokensForValue(cty.StringVal(secret)).Bytes(), []byte("\n"), src)
		}
		cfg := &Config{catalogue: kinds, Sources: map[string][]byte{"a.mito.hcl": src}}
		at := 0
		spans := cfg.SecretSpans(src)
		for _, s := range spans {
			if s.From < at || s.To < s.From || s.To > len(src) {
				t.Fatalf("of %q, %v may not be quoted", src, spans)
			}
			at = s.From
		}
		literals := cfg.SecretLiterals()
		if want := cty.StringVal(secret).AsString(); utf8.ValidString(secret) && strings.TrimSpace(want) != "" && !slices.Contains(literals, want) {
			t.Fatalf("of %q, the secrets are %q, want %q first", src, literals, want)
		}
		if shown := cover(src, spans); utf8.ValidString(secret) && secret != "" && !strings.HasPrefix(shown, `password = "*"`) {
			t.Fatalf("of %q, %q is quoted", src, shown)
		}
	})
}

// cover is a source with * in the place of each span.
func cover(src []byte, spans []Span) string {
	shown, at := "", 0
	for _, s := range spans {
		if s.From >= at {
			shown += string(src[at:s.From]) + "*"
		}
		at = max(at, s.To)
	}
	return shown + string(src[at:])
}
