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

// addressPart is a text that only puts an address together or takes one apart: the
// first word of one, or its keys behind it.
var addressPart = regexp.MustCompile("^[\"`](?:(?:local|var|call|context|resource)\\.|%s\\[%[qsdv]\\])[\"`]$")

// Addresses are put together and taken apart in one file alone.
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
			t.Errorf("of %s is seen %q, want %d", code, got, want)
		}
	}
}

// addressTexts are the texts of a file that are parts of addresses.
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

// isAddress reports whether an expression, or the function that it calls, is
// called an address.
func isAddress(x ast.Expr) bool {
	if call, ok := x.(*ast.CallExpr); ok {
		return isAddress(call.Fun)
	}
	return calledLike(x, "address")
}
