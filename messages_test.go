package mitoplan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// tellers are the functions that make what a person reads. Their arguments are the
// name of an argument and a code, if they take them, then the summary and the
// detail.
var tellers = map[string]bool{"problem": true, "NewProblem": true, "blame": true}

var code = regexp.MustCompile(`^[a-z_]*$`)

// message is a summary, or the format of a detail, as the source has it.
type message struct {
	at      token.Position
	text    string
	summary bool
}

// messages returns the messages of all packages that say anything to people.
func messages(t *testing.T) (out []message) {
	t.Helper()
	for _, dir := range []string{"config", "planner", "executor", "cmd", "internal", "transport"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				out = append(out, messagesOf(set, n)...)
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func messagesOf(set *token.FileSet, n ast.Node) (out []message) {
	add := func(e ast.Expr, summary bool) {
		if text, ok := formatOf(e); ok {
			out = append(out, message{set.Position(e.Pos()), text, summary})
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if !tellers[called(n)] {
			return nil
		}
		summary := true // where it is no literal, the first one is the detail
		for _, arg := range n.Args {
			if text, ok := formatOf(arg); !ok || code.MatchString(text) {
				continue
			}
			text, _ := formatOf(arg)
			if summary = summary && endsWell.FindString(text) == ""; !summary {
				add(arg, false)
				break
			}
			add(arg, true)
			summary = false
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && (key.Name == "Summary" || key.Name == "Detail") {
			add(n.Value, key.Name == "Summary")
		}
	}
	return out
}

// formatOf returns the text of a literal, or the format of a Sprintf.
func formatOf(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.CallExpr:
		if called(e) == "Sprintf" && len(e.Args) > 0 {
			return formatOf(e.Args[0])
		}
	case *ast.BinaryExpr:
		left, ok1 := formatOf(e.X)
		right, ok2 := formatOf(e.Y)
		return left + right, ok1 && ok2
	}
	return "", false
}

var (
	endsWell  = regexp.MustCompile(`([.?…]|%[svw]|%v)$`)
	beginWell = regexp.MustCompile("^(%|`|\"|[a-z_]+ )") // a value, or the name of an argument
)

// TestMessagesAreSentences: every summary is a few words without a full stop. Every
// detail is one line of sentences and ends with a full stop.
func TestMessagesAreSentences(t *testing.T) {
	all := messages(t)
	if len(all) < 250 {
		t.Fatalf("only %d messages were found", len(all))
	}
	for _, m := range all {
		switch {
		case m.text == "":
		case m.text != strings.TrimSpace(m.text) || strings.Contains(m.text, ".."):
			t.Errorf("%s: the message has blanks at its ends or two full stops: %q", m.at, m.text)
		case m.summary && (strings.ContainsAny(m.text, ".\n") || !unicode.IsUpper([]rune(m.text)[0]) && m.text[0] != '%'):
			t.Errorf("%s: a summary begins with a capital and has no full stop: %q", m.at, m.text)
		case !m.summary && !endsWell.MatchString(m.text):
			t.Errorf("%s: a detail ends with a full stop: %q", m.at, m.text)
		case !m.summary && !unicode.IsUpper([]rune(m.text)[0]) && !beginWell.MatchString(m.text):
			t.Errorf("%s: a detail begins with a capital: %q", m.at, m.text)
		}
	}
}
