package mitoplan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"
)

const addressFile = "config/address.go"

// addressPart matches a text that can only be there to put an address together or
// take one apart: its first word, or the keys at its end.
var addressPart = regexp.MustCompile("^[\"`](?:(?:local|var|call|context|resource)\\.|%s\\[%[qsdv]\\])[\"`]$")

// Addresses are put together and taken apart in one file and nowhere else.
func TestAddressesAreMadeInOnePlace(t *testing.T) {
	eachFile(t, func(path string, f *ast.File) {
		if path == addressFile || matchesAny(path, testOnly) || strings.HasPrefix(path, "transport/") {
			return // What transport calls a context is no address.
		}
		for _, text := range addressTexts(f) {
			t.Errorf("%s writes %s: use what %s has", path, text, addressFile)
		}
	})
}

func TestAddressTextsAreSeen(t *testing.T) {
	for code, want := range map[string]int{
		`_ = strings.TrimPrefix(address, "local.")`:            1,
		`_ = strings.HasPrefix(address, "context.")`:           1,
		`_ = "var." + name`:                                    1,
		`_ = fmt.Sprintf("%s[%q]", address, key)`:              1,
		`block, rest, _ := strings.Cut(address, "[")`:          1,
		`at := strings.IndexByte(address, '[')`:                1,
		`_ = address + "[" + key + "]"`:                        1,
		`_ = "Write it as local.NAME."`:                        0,
		`_ = "[" + strings.Join(parts, ", ") + "]"`:            0,
		`closing := map[string]string{"{": "}", "[": "]"}[at]`: 0,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc f() {\n"+code+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := addressTexts(f); len(got) != want {
			t.Errorf("in %s the texts %q are found, want %d", code, got, want)
		}
	}
}

// addressTexts returns the texts of a file that are parts of addresses.
func addressTexts(f *ast.File) (out []string) {
	bracket := func(x ast.Expr) bool {
		lit, ok := x.(*ast.BasicLit)
		return ok && (lit.Value == `"["` || lit.Value == `'['`)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if addressPart.MatchString(n.Value) {
				out = append(out, n.Value)
			}
		case *ast.CallExpr:
			if len(n.Args) > 1 && isAddress(n.Args[0]) && bracket(n.Args[1]) {
				out = append(out, "[")
			}
		case *ast.BinaryExpr:
			if n.Op == token.ADD && isAddress(n.X) && bracket(n.Y) {
				out = append(out, "[")
			}
		}
		return true
	})
	return out
}

// isAddress reports whether the name of an expression, or of the function that it
// calls, says that it is an address.
func isAddress(x ast.Expr) bool {
	if call, ok := x.(*ast.CallExpr); ok {
		return isAddress(call.Fun)
	}
	return calledLike(x, "address")
}
