package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/functions"
)

// testSecret is in every secret value of these tests, also in keys, and in no
// expression.
const testSecret = "hunter2-is-secret"

// secretScope has these variables. s is a text. n is a number that is given as a
// text. list, map and doc have secret keys and elements. plain is an object with
// one secret part. The times are set, so that nothing is unknown.
func secretScope(t testing.TB, m Mark) *Scope {
	dir := t.TempDir()
	files := map[string]string{"template": "${x}", "broken": "${" + testSecret, "loop": "%{ for k in keys(x) }${tobool(k)}%{ endfor }"}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src := `variable "s" {}
variable "n" {}
variable "list" {}
variable "map" {}
variable "doc" {}
variable "plain" {}
`
	if err := os.WriteFile(filepath.Join(dir, "main.mito.hcl"), []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, diags := Load(dir, testCatalogue())
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	secret := cty.StringVal(testSecret)
	s := NewScope(cfg, map[string]cty.Value{
		"s": secret.Mark(m), "n": cty.StringVal("-7").Mark(m),
		"list":  cty.ListVal([]cty.Value{secret, cty.StringVal(testSecret + "2")}).Mark(m),
		"map":   cty.MapVal(map[string]cty.Value{testSecret: secret}).Mark(m),
		"doc":   cty.StringVal(fmt.Sprintf(`{%q:{"x":%[1]q}}`, testSecret)).Mark(m),
		"plain": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("web"), "pw": secret.Mark(m)}),
	})
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.SetTimes(now, now)
	return s
}

// secretCalls has for every function calls with secrets as arguments. Some fail and
// some do not. No text that comes of them may have the secret. A result must be
// marked, unless the call begins with "public:" because its result says nothing of
// the secret.
var secretCalls = map[string][]string{
	"abs": {`abs(var.s)`, `abs(var.n)`}, "ceil": {`ceil(var.s)`, `ceil(var.n)`}, "floor": {`floor(var.s)`, `floor(var.n)`},
	"log": {`log(var.n, 2)`, `log(8, var.s)`, `log(8, var.n)`}, "max": {`max(var.s, 1)`, `max(var.n, 1)`, `max(var.list...)`}, "min": {`min(var.s)`, `min(var.n)`, `min(var.list...)`},
	"parseint": {`parseint(var.s, 10)`, `parseint("z", var.n)`, `parseint(var.n, 10)`}, "pow": {`pow(var.s, 1)`, `pow(var.n, 2)`}, "signum": {`signum(var.s)`, `signum(var.n)`},

	"chomp": {`chomp(var.s)`}, "endswith": {`endswith(var.s, "x")`, `endswith("x", var.s)`},
	"format":     {`format("%d", var.s)`, `format("%s", var.s)`, `format(var.s)`, `format("%z${var.s}", 1)`, `format("%s", keys(var.map)[0])`},
	"formatlist": {`formatlist("%d", var.list)`, `formatlist("%s", var.list)`, `formatlist("%z${var.s}", [1])`},
	"indent":     {`indent(var.s, "x")`, `indent(2, var.s)`}, "join": {`join(var.s, ["a", "b"])`, `join(",", var.list)`, `join(",", var.s)`},
	"lower": {`lower(var.s)`}, "regex": {`regex("[${var.s}", "x")`, `regex("q", var.s)`, `regex(".*", var.s)`, `regex("(?P<${var.s}", "x")`},
	"regexall": {`regexall("[${var.s}", "x")`, `regexall(".", var.s)`}, "replace": {`replace("a", "/[${var.s}/", "b")`, `replace(var.s, "a", "b")`},
	"shellquote": {`shellquote(var.s)`, `shellquote(var.map)`, `shellquote(var.list)`, `shellquote([var.s])`}, "split": {`split("-", var.s)`, `split(var.s, "x")`},
	"startswith": {`startswith(var.s, "h")`}, "strcontains": {`strcontains("x", var.s)`}, "strrev": {`strrev(var.s)`},
	"substr": {`substr(var.s, 0, 3)`, `substr("abc", var.s, 1)`}, "title": {`title(var.s)`}, "trim": {`trim(var.s, "h")`}, "trimprefix": {`trimprefix(var.s, "h")`},
	"trimspace": {`trimspace(var.s)`}, "trimsuffix": {`trimsuffix(var.s, "t")`}, "upper": {`upper(var.s)`},

	"all": {`all(var.s)`, `all(var.list)`, `all(var.plain)`}, "alltrue": {`alltrue(var.list)`, `alltrue([var.s])`}, "anytrue": {`anytrue(var.list)`, `anytrue([var.n])`},
	"chunklist": {`chunklist(var.list, 1)`, `chunklist(["a"], var.s)`, `chunklist(["a"], var.n)`}, "coalesce": {`coalesce(var.s, "x")`, `coalesce(var.list, var.map)`, `coalesce("", var.s)`},
	"coalescelist": {`coalescelist(var.list, [])`, `coalescelist(var.s)`}, "compact": {`compact(var.list)`, `compact([var.s])`, `compact(var.map)`}, "concat": {`concat(var.list, ["x"])`, `concat(var.s)`},
	"contains": {`contains(var.list, "x")`, `contains(["x"], var.s)`, `contains(var.s, "x")`}, "distinct": {`distinct(var.list)`, `distinct([var.s, var.s])`, `distinct(var.s)`},
	"element": {`element(var.list, 0)`, `element(["a"], var.s)`, `element(var.s, 0)`, `element([var.s], 0)`}, "flatten": {`flatten([var.list, [var.s]])`, `flatten(var.s)`},
	"index": {`index(var.list, "x")`, `index(["x"], var.s)`, `index(var.s, "x")`}, "keys": {`keys(var.map)`, `keys(var.s)`, `keys(jsondecode(var.doc))`, `public:keys(var.plain)`, `keys({ (var.s) = 1 })`},
	"length":    {`length(var.s)`, `length(var.map)`, `length(var.list)`, `length(tonumber(var.n))`, `public:length([var.s])`},
	"lookup":    {`lookup(var.map, "x")`, `lookup({ a = 1 }, var.s)`, `lookup({ a = 1 }, var.s, 2)`, `lookup(var.map, "x", "y")`, `lookup(jsondecode(var.doc), var.s)`, `lookup(var.plain, "pw")`, `public:lookup(var.plain, "name")`},
	"matchkeys": {`matchkeys(var.list, ["a", "b"], ["a"])`, `matchkeys(["a"], var.list, ["a"])`, `matchkeys(var.s, ["a"], ["a"])`}, "merge": {`merge(var.map, {})`, `merge(var.s)`, `merge({ a = var.s }, {})`, `merge(jsondecode(var.doc), { a = 1 })`},
	"one": {`one([var.s])`, `one(var.list)`, `one(var.s)`}, "range": {`range(var.n)`, `range(var.s)`}, "reverse": {`reverse(var.list)`, `reverse(var.s)`},
	"setintersection": {`setintersection(var.list, ["x"])`, `setintersection(var.s)`}, "setproduct": {`setproduct(var.list, ["x"])`, `setproduct(["x"], [var.s])`, `setproduct(var.s)`},
	"setsubtract": {`setsubtract(var.list, ["x"])`, `setsubtract(["x"], var.s)`}, "setunion": {`setunion(var.list, ["x"])`, `setunion(var.s)`}, "slice": {`slice(var.list, 0, 1)`, `slice(["a"], 0, var.n)`, `slice(var.list, 0, 9)`, `slice(var.s, 0, 1)`},
	"sort": {`sort(var.list)`, `sort([var.s])`, `sort(var.s)`}, "sum": {`sum(var.list)`, `sum([var.s])`, `sum([var.n])`}, "values": {`values(var.map)`, `values(var.plain)`, `values(var.s)`},
	"transpose": {`transpose(var.map)`, `transpose({ (var.s) = [null] })`, `transpose({ (var.s) = null })`, `transpose({ a = var.list })`},
	"zipmap":    {`zipmap(var.list, ["a", "b"])`, `zipmap(var.list, ["a"])`, `zipmap(["a"], [var.s])`, `zipmap(var.s, [])`},

	"base64decode": {`base64decode(var.s)`, `base64decode(base64encode(var.s))`}, "base64encode": {`base64encode(var.s)`}, "base64gunzip": {`base64gunzip(var.s)`, `base64gunzip(base64gzip(var.s))`},
	"base64gzip": {`base64gzip(var.s)`}, "csvdecode": {`csvdecode("${var.s}\n\"${var.s}")`, `csvdecode("${var.s},${var.s}\nx,y")`, `csvdecode("a\n${var.s}")`},
	"jsondecode": {`jsondecode(var.s)`, `jsondecode("{\"a\": ${var.s}}")`, `jsondecode(var.doc)`}, "jsonencode": {`jsonencode(var.map)`, `jsonencode(var.plain)`, `jsonencode([var.s])`},
	"textdecodebase64": {`textdecodebase64("eA==", var.s)`, `textdecodebase64(var.s, "UTF-8")`}, "textencodebase64": {`textencodebase64("x", var.s)`, `textencodebase64("\u20ac", "iso-8859-1${substr(var.s, 0, 0)}")`, `textencodebase64(var.s, "UTF-8")`},
	"urldecode": {`urldecode("%${var.s}")`, `urldecode(var.s)`}, "urlencode": {`urlencode(var.s)`}, "yamldecode": {`yamldecode("a: [${var.s}")`, `yamldecode("*${var.s}")`, `yamldecode(var.doc)`}, "yamlencode": {`yamlencode(var.map)`, `yamlencode(var.plain)`},

	"formatdate": {`formatdate("YYYY", var.s)`, `formatdate(var.s, "2020-02-22T00:00:00Z")`, `formatdate("'${var.s}", "2020-02-22T00:00:00Z")`}, "timeadd": {`timeadd(var.s, "1h")`, `timeadd("2020-02-22T00:00:00Z", var.s)`},
	"timecmp": {`timecmp(var.s, "2020-02-22T00:00:00Z")`, `timecmp("2020-02-22T00:00:00Z", var.s)`}, "timestamp": {`timestamp(var.s)`}, "plantimestamp": {`plantimestamp(var.s)`},

	"base64sha256": {`base64sha256(var.s)`}, "base64sha512": {`base64sha512(var.s)`}, "md5": {`md5(var.s)`}, "rsadecrypt": {`rsadecrypt(var.s, "x")`, `rsadecrypt("eA==", var.s)`}, "sha1": {`sha1(var.s)`},
	"sha256": {`sha256(var.s)`}, "sha512": {`sha512(var.s)`}, "uuidv5": {`uuidv5(var.s, "x")`, `uuidv5("dns", var.s)`}, "uuid": {`uuid(var.s)`}, "bcrypt": {`bcrypt(var.s, 4)`, `bcrypt("x", var.s)`, `bcrypt("x", var.n)`, `bcrypt(join("", [for i in range(9) : var.s]), 4)`},

	"cidrcontains": {`cidrcontains(var.s, "10.0.0.1")`, `cidrcontains("10.0.0.0/8", var.s)`}, "cidrhost": {`cidrhost(var.s, 1)`, `cidrhost("10.0.0.0/8", var.s)`, `cidrhost("10.0.0.0/31", 9 - var.n)`, `cidrhost("10.0.0.0/8", var.n)`},
	"cidrnetmask": {`cidrnetmask(var.s)`}, "cidrsubnet": {`cidrsubnet(var.s, 1, 1)`, `cidrsubnet("10.0.0.0/8", var.n, 1)`, `cidrsubnet("10.0.0.0/8", 1, 99 - var.n)`}, "cidrsubnets": {`cidrsubnets(var.s, 1)`, `cidrsubnets("10.0.0.0/8", var.s)`, `cidrsubnets("10.0.0.0/8", 99 - var.n)`},

	"can": {`can(tobool(var.s))`, `can(var.s)`, `can(var.map.nothing)`}, "try": {`try(tobool(var.s), file(var.s))`, `try(tobool(var.s), "x")`, `try([for s in var.list : tobool(s)], [for s in var.list : file(s)])`, `try(var.s, 1)`, `public:try(nonsensitive(var.n), 1)`},
	"convert":         {`convert(var.s, number)`, `convert(var.map, object({ a = string }))`, `convert(var.s, string)`, `convert(var.map, map(number))`},
	"ephemeralasnull": {`public:ephemeralasnull(var.s) == null`, `public:length(ephemeralasnull([var.s]))`}, "issensitive": {`public:issensitive(var.s)`, `public:issensitive(var.map)`},
	"nonsensitive": {`public:nonsensitive(length(var.list))`, `nonsensitive(var.plain)`}, "sensitive": {`sensitive(var.s)`, `tobool(sensitive(file("broken")))`, `file(sensitive(file("broken")))`},
	"tobool": {`tobool(var.s)`, `tobool(jsondecode(var.doc))`}, "tolist": {`tolist(var.s)`, `tolist(jsondecode(var.doc))`, `tolist(var.list)`}, "tomap": {`tomap(var.s)`, `tomap(jsondecode(var.doc))`, `tomap({ a = var.s, b = [] })`},
	"tonumber": {`tonumber(var.s)`, `tonumber(var.n)`, `tonumber("1e${var.n}99999")`}, "toset": {`toset(var.s)`, `toset(var.list)`, `toset([var.s])`}, "tostring": {`tostring(var.list)`, `tostring(var.s)`, `tostring(jsondecode(var.doc))`},
	"type": {`type(var.s)`, `type(jsondecode(var.doc))`, `type({ a = jsondecode(var.doc) })`, `type([jsondecode(var.doc)])`},

	"abspath": {`abspath(var.s)`}, "basename": {`basename(var.s)`}, "dirname": {`dirname(var.s)`}, "pathexpand": {`pathexpand("~${var.s}/x")`, `pathexpand(var.s)`},
	"file": {`file("/run/${var.s}")`, `file("/run/${keys(jsondecode(var.doc))[0]}")`, `file("/run/${jsondecode(var.doc)["hunter2-is-secret"].x}")`, `file(var.list...)`}, "filebase64": {`filebase64(var.s)`},
	"fileexists": {`fileexists(var.s)`, `fileexists(".${substr(var.s, 0, 0)}")`, `fileexists("\u0000${var.s}")`}, "fileset": {`fileset(".", "[${var.s}")`, `fileset(var.s, "*")`, `fileset(".", "{${var.s}")`, `fileset(".", "*${substr(var.s, 0, 0)}")`},
	"filebase64sha256": {`filebase64sha256(var.s)`}, "filebase64sha512": {`filebase64sha512(var.s)`}, "filemd5": {`filemd5(var.s)`}, "filesha1": {`filesha1(var.s)`}, "filesha256": {`filesha256(var.s)`}, "filesha512": {`filesha512(var.s)`},
	"templatefile":   {`templatefile(var.s, {})`, `templatefile("template", { x = var.s })`, `templatefile("template", { x = jsondecode(var.doc) })`, `templatefile("template", { (var.s) = 1 })`, `templatefile("template", var.map)`, `templatefile("loop", { x = var.map })`, `templatefile("template", var.s)`, `templatefile("${substr(var.s, 0, 0)}broken", {})`},
	"templatestring": {`templatestring(var.s, {})`, `templatestring("$${${var.s}", {})`, `templatestring("$${tobool(\"${var.s}\")}", {})`, `templatestring("$${x}", { x = var.s })`, `templatestring("$${file(x)}", { x = var.s })`, `templatestring("$${ tobool(sensitive(file(\"broken\"))) }", {})`, `templatestring("$${[for k, v in x : tobool(k)]}", { x = var.map })`, `templatestring("$${x.y}", { x = var.map })`},
}

// A function that is given a secret shows it neither in an error nor in a value
// without a mark. A new function needs a row.
func TestFunctionsKeepSecrets(t *testing.T) {
	for _, m := range []Mark{Sensitive, Ephemeral} {
		s := secretScope(t, m)
		for _, name := range functions.Names() {
			if len(secretCalls[name]) == 0 {
				t.Errorf("%s() has no row: say with which secrets it fails, and with which it does not", name)
			}
			for _, call := range secretCalls[name] {
				src, public := strings.CutPrefix(call, "public:")
				if !strings.Contains(src, name+"(") {
					t.Errorf("%s: the row of %s() does not call it", src, name)
				}
				keepsSecret(t, s, src, public || m == Ephemeral && strings.Contains(src, "sensitive("))
				keepsSecret(t, s, "[for s in var.list : "+strings.ReplaceAll(src, "var.s", "s")+"]", public)
				keepsSecret(t, s, "{ for k, s in var.map : k => "+strings.ReplaceAll(src, "var.s", "s")+" if can("+strings.ReplaceAll(src, "var.s", "k")+") }", public)
			}
		}
	}
}

// keepsSecret evaluates an expression in the native syntax and in JSON.
func keepsSecret(t *testing.T, s *Scope, src string, public bool) {
	t.Helper()
	for form, expr := range map[string]hcl.Expression{"native": parse(t, src), "json": parseJSON(t, src)} {
		v, diags := s.eval(expr)
		for _, d := range diags {
			noSecretIn(t, form+" "+src, d)
		}
		if path := unmarkedSecret(v, nil); path != nil {
			t.Errorf("%s %s: the secret is unmarked in %#v", form, src, v)
		}
		if !diags.HasErrors() && !public && !v.ContainsMarked() {
			t.Errorf("%s %s: the result %#v is not marked", form, src, v)
		}
	}
}

// noSecretIn holds that nothing that is shown of a diagnostic has the secret.
func noSecretIn(t *testing.T, src string, d *hcl.Diagnostic) {
	t.Helper()
	for what, text := range map[string]string{"summary": d.Summary, "detail": d.Detail, "range": fmt.Sprint(d.Subject, d.Context), "extra": fmt.Sprintf("%+v", d.Extra)} {
		if strings.Contains(strings.ToLower(text), testSecret) {
			t.Errorf("%s: the %s holds the secret: %s", src, what, text)
		}
	}
	if d.Detail == "" {
		t.Errorf("%s: the diagnostic has no detail", src)
	}
	if d.Expression == nil || d.EvalContext == nil {
		return
	}
	for _, tr := range d.Expression.Variables() {
		v, diags := tr.TraverseAbs(d.EvalContext)
		if !diags.HasErrors() && unmarkedSecret(v, nil) != nil {
			t.Errorf("%s: the line of the value %s holds the secret", src, tr.RootName())
		}
	}
}

// unmarkedSecret returns the path at which a value shows the secret without a mark,
// or nil.
func unmarkedSecret(v cty.Value, path cty.Path) cty.Path {
	switch {
	case v == cty.NilVal || v.IsMarked() || !v.IsKnown() || v.IsNull():
	case v.Type() == cty.String && strings.Contains(strings.ToLower(v.AsString()), testSecret):
		return append(path, cty.GetAttrStep{Name: "."})
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			k, e := it.Element()
			step := append(path, cty.IndexStep{Key: k})
			if k.Type() == cty.String && unmarkedSecret(k, step) != nil {
				return step
			}
			if found := unmarkedSecret(e, step); found != nil {
				return found
			}
		}
	}
	return nil
}

// parseJSON parses the expression as it stands in a string of JSON.
func parseJSON(t testing.TB, src string) hcl.Expression {
	file, diags := parseFile("test.mito.json", []byte(fmt.Sprintf(`{"x": %s}`, mustJSON("${"+src+"}"))))
	if diags.HasErrors() {
		t.Fatal(src, diags)
	}
	attrs, diags := file.Body.JustAttributes()
	if diags.HasErrors() {
		t.Fatal(src, diags)
	}
	return attrs["x"].Expr
}

func mustJSON(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
