package functions_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/config/marks"
)

// filesScope makes a scope whose configuration is in a directory with a few files.
func filesScope(t *testing.T, vars map[string]cty.Value) *config.Scope {
	t.Helper()
	dir := t.TempDir()
	src := ""
	for name := range vars {
		src += fmt.Sprintf("variable %q {}\n", name)
	}
	for name, text := range map[string]string{
		"main.mito.hcl": src, "hello": "hello world", "binary": "\xff\xfe", "t/greet": "Hello, ${name}!", "t/outer": "(${templatefile(\"t/greet\", { name = x })})",
		"t/loop": `${templatefile("t/loop", {})}`, "t/broken": "one\n${", "t/fails": "one\n${tobool(x)}",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(dir, config.Catalogue{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return config.NewScope(c, vars)
}

// TestFileFunctions: what the functions return for files beside the configuration.
func TestFileFunctions(t *testing.T) {
	s := filesScope(t, nil)
	for expr, want := range map[string]string{
		`file("hello")`:                                   `"hello world"`,
		`filebase64("binary")`:                            `"//4="`,
		`fileexists("hello")`:                             `true`,
		`fileexists("nothing")`:                           `false`,
		`fileset("t", "*e*")`:                             `["broken","greet","outer"]`,
		`fileset(".", "*.none")`:                          `[]`,
		`filemd5("hello")`:                                `"5eb63bbbe01eeed093cb22bb8f5acdc3"`,
		`filesha1("hello") == sha1(file("hello"))`:        `true`,
		`filesha256("hello") == sha256("hello world")`:    `true`,
		`filebase64sha256("hello")`:                       `"uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="`,
		`templatefile("t/greet", { name = "you" })`:       `"Hello, you!"`,
		`templatefile("t/outer", { x = "you" })`:          `"(Hello, you!)"`,
		`templatefile("t/greet", { name = timestamp() })`: `unknown string`,
	} {
		v, diags := config.EvalExpr(parse(t, expr), s, cty.DynamicPseudoType)
		if diags.HasErrors() {
			t.Errorf("%s: %v", expr, diags)
		} else if got := show(v); got != want {
			t.Errorf("%s: got %s, want %s", expr, got, want)
		}
	}
}

// TestFileFunctionErrors: the error of what cannot be read or rendered names the
// file, and in a template the line.
func TestFileFunctionErrors(t *testing.T) {
	s := filesScope(t, nil)
	for expr, want := range map[string]string{
		`file("nothing")`:                          "no such file or directory",
		`file("binary")`:                           "the file binary is not valid UTF-8",
		`filebase64("nothing")`:                    "no such file or directory",
		`filesha256("nothing")`:                    "no such file or directory",
		`fileexists("t")`:                          "is not a regular file",
		`fileset(".", "[")`:                        "is not valid",
		`templatefile("nothing", {})`:              "no such file or directory",
		`templatefile("t/greet", {})`:              `in line 1 of t/greet: "name" is not among the variables`,
		`templatefile("t/greet", { nam = 1 })`:     `Did you mean "nam"?`,
		`templatefile("t/broken", {})`:             "in line 2 of t/broken: The ${ here is not closed",
		`templatefile("t/fails", { x = "maybe" })`: "in line 2 of t/fails:",
		`templatefile("t/loop", {})`:               "templates render each other more than 100 levels deep",
		`templatestring("x", { "a b" = 1 })`:       `"a b" cannot be a name in a template`,
		`templatestring("$${HOME}", {})`:           `or write ${HOME} itself as $${HOME}`,
	} {
		_, diags := config.EvalExpr(parse(t, expr), s, cty.DynamicPseudoType)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: got %v, want %q", expr, diags, want)
		}
	}
}

// TestMoreFunctionErrors: an argument of the wrong form is refused with what is
// required. Null and unknown values inside of arguments are handled, too.
func TestMoreFunctionErrors(t *testing.T) {
	s := scopeFor(t)
	for expr, want := range map[string]string{
		`lookup([1], "a")`:                             "a map is required",
		`lookup({ a = 1 }, "a", 2, 3)`:                 "it takes two or three arguments",
		`lookup(tomap({ a = "x" }), "b", [1])`:         "the default must be of the type of the map's elements",
		`lookup({ a = 1 }, sensitive("b"))`:            "because it could contain the value",
		`index("a", "a")`:                              "a list is required",
		`length(5)`:                                    "it must be a string or a collection",
		`sum(5)`:                                       "a list, set or tuple of numbers is required",
		`sum(["x"])`:                                   "every element must be a number",
		`matchkeys(["a"], ["b", "c"], ["b"])`:          "of one length",
		`transpose({ a = [null] })`:                    `the list at "a" holds a null`,
		`cidrhost("nonsense", 1)`:                      "is not a network such as 10.0.0.0/8",
		`cidrhost("10.0.0.0/8", 1.5)`:                  "a whole number is required",
		`cidrcontains("10.0.0.0/8", "x")`:              "x",
		`cidrsubnets("10.0.0.0/8", 200)`:               "0 to 128 bits",
		`shellquote("a\u0000b")`:                       "cannot contain a NUL character",
		`shellquote([{ a = 1 }])`:                      "a string or a list of strings is required",
		`coalesce()`:                                   "all arguments must have the same type",
		`pow(10, 99999)`:                               "out of bounds",
		`urldecode("%zz")`:                             "not valid URL encoding",
		`base64gunzip("AAAA")`:                         "not compressed with gzip",
		`textdecodebase64("!", "UTF-8")`:               "not valid base64",
		`rsadecrypt("!", "x")`:                         "not valid base64",
		`bcrypt(join("", [for i in range(80) : "x"]))`: "at most 72 bytes",
	} {
		_, diags := config.EvalExpr(parse(t, expr), s, cty.DynamicPseudoType)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: got %v, want %q", expr, diags, want)
		}
	}
	for expr, want := range map[string]string{
		`anytrue([timestamp() == ""])`:           "unknown bool",
		`alltrue([false, timestamp() == ""])`:    "false",
		`index([timestamp()], "x")`:              "unknown number",
		`length(timestamp())`:                    "unknown number",
		`sum([length(timestamp())])`:             "unknown number",
		`shellquote([timestamp()])`:              "unknown string",
		`lookup({ a = 1 }, timestamp(), 2)`:      "unknown any",
		`lookup({ a = timestamp() }, "b", 1)`:    "unknown number",
		`transpose({ a = [timestamp()] })`:       "unknown map(list(string))",
		`coalesce(timestamp(), "x")`:             "unknown string",
		`one(toset([timestamp()]))`:              "unknown string",
		`matchkeys(["a"], [timestamp()], ["b"])`: "unknown list(string)",
	} {
		v, diags := config.EvalExpr(parse(t, expr), s, cty.DynamicPseudoType)
		if diags.HasErrors() || show(v) != want {
			t.Errorf("%s: got %s, %v, want %s", expr, show(v), diags, want)
		}
	}
}

// TestRSADecrypt: a key in either of its forms decrypts what was encrypted for it.
// Another key does not.
func TestRSADecrypt(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 rsadecrypt() decrypts exactly this
	cipher, err := rsa.EncryptPKCS1v15(rand.Reader, &key.PublicKey, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	pkcs8 := func(k *rsa.PrivateKey) []byte {
		b, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	text := func(b []byte) string { return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: b})) }
	for want, pemText := range map[string]string{
		`"hello"`:                        text(x509.MarshalPKCS1PrivateKey(key)),
		`"hello" `:                       text(pkcs8(key)),
		"was not encrypted for this key": text(pkcs8(other)),
		"not an RSA private key":         text([]byte("nonsense")),
		"not a private key in PEM form":  "nonsense",
	} {
		s := filesScope(t, map[string]cty.Value{"key": cty.StringVal(pemText)})
		v, diags := config.EvalExpr(parse(t, fmt.Sprintf("rsadecrypt(%q, var.key)", base64.StdEncoding.EncodeToString(cipher))), s, cty.DynamicPseudoType)
		if got := show(v) + diags.Error(); !strings.Contains(got, strings.TrimSpace(want)) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestSecretsLeaveMarked: if a function is given a secret, its result is marked.
// Its error says nothing of the secret, unless it is only about how a template is
// written.
func TestSecretsLeaveMarked(t *testing.T) {
	s := filesScope(t, map[string]cty.Value{"s": cty.StringVal("hunter2").Mark(marks.Sensitive), "n": cty.StringVal("x")})
	for expr, want := range map[string]string{
		`upper(var.s)`:                             "sensitive",
		`try(var.s, "x")`:                          "sensitive",
		`can(tobool(var.s))`:                       "sensitive",
		`can(nonsensitive(var.s))`:                 "true",
		`can(sensitive("x"))`:                      "sensitive",
		`can(var.s.nothing)`:                       "sensitive",
		`tobool(var.s)`:                            "because it could contain the value",
		`templatefile("t/greet", { nme = var.s })`: `"name" is not among the variables`,
		`templatestring(var.s, [])`:                "because it could contain the value",
	} {
		v, diags := config.EvalExpr(parse(t, expr), s, cty.DynamicPseudoType)
		if got := show(v) + diags.Error(); !strings.Contains(got, want) || strings.Contains(strings.ToLower(diags.Error()), "hunter2") {
			t.Errorf("%s: got %s, want %q", expr, got, want)
		}
	}
}

// TestNames: every name is that of a function which expressions may call, and is
// listed once.
func TestNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range functions.Names() {
		if !functions.Is(name) || seen[name] {
			t.Errorf("%s is not a function, or is listed twice", name)
		}
		seen[name] = true
	}
	if functions.Is("nothing") || len(seen) < 100 {
		t.Errorf("there are %d functions, want 100 at least, and none called nothing", len(seen))
	}
}
