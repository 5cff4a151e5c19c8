package mitoplan_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	hcl2 "github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// internalWords match words of the program and its libraries. They tell the author
// of a configuration nothing.
var internalWords = regexp.MustCompile(`cbor|strconv|Parse(Int|Uint|Bool|Float)|\btuple\b|\bbytes\b|\[\]|uint8|int64|float64|interface|unmarshal|struct|%!|a bool\b.*a bool\b|cty|dynamic|<nil>|must be an? (bytes|bool|any|float)\b`)

// Whatever the form of a wrong value, the message names the argument and uses the
// words of the language. The first arguments of each type are given all values, and the
// others every fourth, from another one on each.
func TestWrongTypesAreToldInWordsOfTheLanguage(t *testing.T) {
	values := []string{
		`"text"`, `5`, `-1`, `1.5`, `1e40`, `99999999999999999999`, `true`, `["a"]`, `[1.5]`, `[["a"]]`, `[null]`, `{ a = "b" }`, `{ a = ["b"] }`, `{ a = null }`,
		`base64encode("a")`, `"a!"`, `toset(["a"])`, `null`,
	}
	contexts, resources, functions := kinds()
	catalogue, told := controller.Catalogue(), 0
	const tried = 3
	ofType, count := map[string]int{}, 0
	lists := map[string][]kind.Kind{"context": contexts, "resource": resources, "call": functions}
	for _, block := range []string{"context", "resource", "call"} { // each run tries the same
		for _, k := range lists[block] {
			for _, a := range k.Args.Attrs {
				if a.Computed {
					continue
				}
				every := 4
				if ofType[a.Type.String()]++; ofType[a.Type.String()] <= tried {
					every = 1
				}
				count++
				for n := count % every; n < len(values); n += every {
					v := values[n]
					diags := loadWith(catalogue, block, k, a, v)
					for _, d := range diags {
						if internalWords.MatchString(strings.ReplaceAll(d.Detail, "a number of bytes", "a size")) {
							t.Errorf("%s.%s = %s: %s: %s", k.Name, a.Name, v, d.Summary, d.Detail)
						}
						if d.Summary == "Wrong type of value" {
							told++
							if !strings.Contains(d.Detail, fmt.Sprintf("%q", a.Name)) || d.Subject == nil {
								t.Errorf("%s.%s = %s does not name the argument: %s", k.Name, a.Name, v, d.Detail)
							}
						}
					}
				}
			}
		}
	}
	if told < 100 {
		t.Errorf("only %d values have a wrong type", told)
	}
}

// loadWith loads a block of a kind with one argument, and with the other arguments
// that the kind needs.
func loadWith(c config.Catalogue, block string, k kind.Kind, a kind.Attr, v string) hcl2.Diagnostics {
	var b strings.Builder
	b.WriteString("context \"local\" \"here\" {}\n")
	fmt.Fprintf(&b, "%s %q \"x\" {\n", block, k.Name)
	if block != "context" {
		b.WriteString("  on = context.local.here\n")
	}
	for _, other := range k.Args.Attrs {
		if other.Required && other.Name != a.Name {
			fmt.Fprintf(&b, "  %s = %s\n", other.Name, rightValue(other.Type))
		}
	}
	fmt.Fprintf(&b, "  %s = %s\n}\n", a.Name, v)
	_, diags := config.LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(b.String())}, c)
	return diags
}

// rightValue is a value of a type that an argument may need.
func rightValue(t kind.Type) string {
	if t.Base == kind.List {
		return "[" + rightValue(*t.Elem) + "]"
	}
	return map[kind.Base]string{kind.Number: "1", kind.String: `"/x"`, kind.Bool: "true"}[t.Base]
}
