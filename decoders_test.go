package mitoplan_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryDecoderIsFuzzed: testdata/decoders.txt has a line for each function of the
// programs that makes something of bytes, and says by which fuzz target it is tried, or
// why by none. No line is of a function or a target that is not there, and no target is
// in no line.
//
// A decoder is known by its name, or by what it calls:
//
//   - its name begins with parse, decode, unmarshal, unescape or unquote, or with read,
//     split or cut, and it takes a text or bytes;
//   - it calls a decoder, a scanner or a buffered reader of another package, or makes a
//     number of the bytes of one.
//
// What goes through text by itself and has another name is not found. It may be listed all
// the same.
func TestEveryDecoderIsFuzzed(t *testing.T) {
	listed, err := readDecoders("testdata/decoders.txt")
	if err != nil {
		t.Fatal(err)
	}
	targets, used := fuzzTargets(t), map[string]bool{}
	found, others := map[string]token.Position{}, map[string]bool{}
	for dir := range linkedByPrograms(t) {
		eachFuncIn(t, dir, func(name string, at token.Position, f *ast.FuncDecl) {
			if decodes(f) {
				found[name] = at
			}
			others[name] = true
		})
	}
	for name, at := range found {
		if _, ok := listed[name]; !ok {
			t.Errorf("%s: %s makes something of bytes and is not in testdata/decoders.txt: name the fuzz target that tries it, or say why none has to", at, name)
		}
	}
	for name, by := range listed {
		if !others[name] {
			t.Errorf("testdata/decoders.txt has %s, and there is no such function: remove the line, or name the one that took its place", name)
		}
		for _, target := range by {
			if used[target] = true; targets[target] == "" {
				t.Errorf("testdata/decoders.txt: %s is tried by %s, and there is no such fuzz target", name, target)
			}
		}
	}
	for target := range targets {
		if !used[target] {
			t.Errorf("the fuzz target %s is in no line of testdata/decoders.txt: add it to those of the functions that it tries", target)
		}
	}
	if len(found) < 100 {
		t.Errorf("only %d decoders were found", len(found))
	}
}

// A fuzz target says in its comment whether it is slow, so that who sees it run knows
// that this is meant. .ci/fuzz, which measures, looks for the same words.
func TestSlowFuzzTargetsSayWhy(t *testing.T) {
	script, err := os.ReadFile(".ci/fuzz")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(script), slowWords) {
		t.Errorf(".ci/fuzz does not look for %q", slowWords)
	}
	slow := 0
	for target, doc := range fuzzTargets(t) {
		_, why, says := strings.Cut(strings.Join(strings.Fields(doc), " "), slowWords)
		if says {
			slow++
		}
		if says && (!strings.HasPrefix(why, ": ") || len(why) < 20) {
			t.Errorf("%s says that it runs %s and not why, as in \"%s: it starts a program\"", target, slowWords, slowWords)
		}
	}
	if slow == 0 {
		t.Error("no target says that it is slow")
	}
}

// slowWords are in the comment of a target that is slow.
const slowWords = "fewer than 10,000 times a second"

// readDecoders reads lines such as "planner.decodeFile FuzzPlanFile" and "planner.canonical
// - a reason". It returns the targets by function, each with the directory of its package.
func readDecoders(name string) (map[string][]string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	out := map[string][]string{}
	for n, line := range strings.Split(string(content), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		var targets []string
		switch {
		case len(words) > 3 && words[1] == "-": // and the reason
		case len(words) > 1 && words[1] != "-":
			for _, target := range words[1:] {
				if !strings.Contains(target, ".") {
					target = packageOf(words[0]) + "." + target
				}
				targets = append(targets, target)
			}
		default:
			return nil, fmt.Errorf("%s:%d: %q names neither targets nor a reason", name, n+1, line)
		}
		if _, twice := out[words[0]]; twice {
			return nil, fmt.Errorf("%s:%d: %s is listed twice", name, n+1, words[0])
		}
		out[words[0]] = targets
	}
	if len(out) == 0 {
		return nil, errors.New(name + " is empty")
	}
	return out, nil
}

// packageOf is the directory in "transport/connect.Bootstrap.parse".
func packageOf(name string) string {
	dir, base := path.Split(name)
	base, _, _ = strings.Cut(base, ".")
	return dir + base
}

// fuzzTargets are the comments of the fuzz targets of this module, by directory and name.
func fuzzTargets(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for dir := range ours(t) {
		files, _ := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "*_test.go"))
		for _, file := range files {
			eachFunc(t, file, func(_ *token.FileSet, f *ast.FuncDecl) {
				if f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
					out[dir+"."+f.Name.Name] = f.Doc.Text() + "."
				}
			})
		}
	}
	return out
}

// linkedByPrograms are the packages of this module that a host, a file or a user can
// reach.
func linkedByPrograms(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, program := range []string{"cmd/mitoplan", "cmd/mitoplan-agent", "transport/logger"} {
		out[program] = true
		for _, dep := range ours(t)[program].Deps {
			if dir, ok := strings.CutPrefix(dep, module); ok {
				out[dir] = true
			}
		}
	}
	return out
}

// eachFuncIn calls do for each function of a package, with a name such as
// "transport.frameReader.parse".
func eachFuncIn(t *testing.T, dir string, do func(name string, at token.Position, f *ast.FuncDecl)) {
	t.Helper()
	for _, file := range ours(t)[dir].GoFiles {
		eachFunc(t, filepath.Join(filepath.FromSlash(dir), file), func(set *token.FileSet, f *ast.FuncDecl) {
			name := f.Name.Name
			if f.Recv != nil {
				name = receiverOf(f.Recv.List[0].Type) + "." + name
			}
			do(dir+"."+name, set.Position(f.Pos()), f)
		})
	}
}

func eachFunc(t *testing.T, file string, do func(*token.FileSet, *ast.FuncDecl)) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range parsed.Decls {
		if f, ok := decl.(*ast.FuncDecl); ok && f.Body != nil {
			do(set, f)
		}
	}
}

var (
	decoderNames = regexp.MustCompile(`^(?i:parse|decode|unmarshal|unescape|unquote)`)
	// cutterNames are those of decoders only where bytes or a text are taken.
	cutterNames = regexp.MustCompile(`^(?i:read|split|cut)[A-Z]`)
	// ofReaders are methods of an io.Reader, which hands over what it has.
	ofReaders = []string{"ReadAt", "ReadByte", "ReadDir"}
	// decoderCalls are functions of other packages that decode; of decoderPackages, all that
	// begin so.
	decoderCalls    = regexp.MustCompile(`^(\w*Unmarshal\w*|NewDecoder|NewScanner|Uint(16|32|64)|DecodeString|[SF]scan\w*)$`)
	decoderPackages = map[string]string{
		"bufio": "NewReader", "gzip": "NewReader", "pem": "Decode", "ssh": "Parse", "x509": "Parse", "hclsyntax": "Parse", "hcljson": "Parse",
	}
)

// decodes reports whether a function is a decoder.
func decodes(f *ast.FuncDecl) (yes bool) {
	name := f.Name.Name
	if decoderNames.MatchString(name) || cutterNames.MatchString(name) && !slices.Contains(ofReaders, name) && takesBytes(f) {
		return true
	}
	ast.Inspect(f.Body, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return !yes
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok {
			from, _ := s.X.(*ast.Ident)
			yes = yes || decoderCalls.MatchString(s.Sel.Name) || from != nil && decoderPackages[from.Name] != "" && strings.HasPrefix(s.Sel.Name, decoderPackages[from.Name])
		}
		return !yes
	})
	return yes
}

// takesBytes reports whether a function has an argument that is a text, or bytes.
func takesBytes(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool {
		switch ty := p.Type.(type) {
		case *ast.Ident:
			return ty.Name == "string"
		case *ast.ArrayType:
			of, _ := ty.Elt.(*ast.Ident)
			return of != nil && of.Name == "byte"
		}
		return false
	})
}
