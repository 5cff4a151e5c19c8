package functions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/functions"
)

// scopeFor makes a scope of an empty configuration.
func scopeFor(t testing.TB) *config.Scope {
	cfg, diags := config.LoadSources("/nonexistent", map[string][]byte{"main.mito.hcl": nil}, config.Catalogue{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return config.NewScope(cfg, nil)
}

func parse(t testing.TB, src string) hcl.Expression {
	expr, diags := hclsyntax.ParseExpression([]byte(src), "test.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", src, diags)
	}
	return expr
}

// TestFunctions compares every function with the results that the manual of
// Terraform's language gives, and with corner cases.
func TestFunctions(t *testing.T) {
	for _, tt := range []struct{ expr, want string }{
		{`abs(-12.4)`, `12.4`},
		{`ceil(5.1)`, `6`},
		{`floor(4.9)`, `4`},
		{`log(16, 2)`, `4`},
		{`max(5, 12, 9)`, `12`},
		{`max([5, 12, 9]...)`, `12`},
		{`min(12, 54, 3)`, `3`},
		{`parseint("FF", 16)`, `255`},
		{`parseint("-10", 2)`, `-2`},
		{`pow(3, 2)`, `9`},
		{`pow(4, 0)`, `1`},
		{`signum(-13)`, `-1`},

		{`chomp("hello\r\n")`, `"hello"`},
		{`endswith("hello world", "world")`, `true`},
		{`format("Hello, %s! %03d %#v", "Ander", 7, {a=1})`, `"Hello, Ander! 007 {\"a\":1}"`},
		{`formatlist("Hello, %s!", ["Valentina", "Ander"])`, `["Hello, Valentina!","Hello, Ander!"]`},
		{`indent(2, "[\n  foo,\n]")`, `"[\n    foo,\n  ]"`},
		{`join("-", ["foo", "bar", "baz"])`, `"foo-bar-baz"`},
		{`lower("HELLO")`, `"hello"`},
		{`regex("[a-z]+", "53453453.345345aaabbbccc23454")`, `"aaabbbccc"`},
		{`regex("(\\d\\d\\d\\d)-(\\d\\d)-(\\d\\d)", "2019-02-01")`, `["2019","02","01"]`},
		{`regex("^(?:(?P<scheme>[^:/?#]+):)?", "https://x")`, `{"scheme":"https"}`},
		{`regexall("[a-z]+", "1234abcd5678efgh9")`, `["abcd","efgh"]`},
		{`replace("1 + 2 + 3", "+", "-")`, `"1 - 2 - 3"`},
		{`replace("hello world", "/w.*d/", "everybody")`, `"hello everybody"`},
		{`replace("a/b", "/", "-")`, `"a-b"`},
		{`split(",", "foo,bar,baz")`, `["foo","bar","baz"]`},
		{`split(",", "")`, `[""]`},
		{`startswith("hello world", "hello")`, `true`},
		{`strcontains("hello world", "wor")`, `true`},
		{`strrev("hello")`, `"olleh"`},
		{`substr("hello world", 1, 4)`, `"ello"`},
		{`substr("hello world", -5, -1)`, `"world"`},
		{`title("hello world")`, `"Hello World"`},
		{`trim("?!hello?!", "!?")`, `"hello"`},
		{`trimprefix("helloworld", "hello")`, `"world"`},
		{`trimsuffix("helloworld", "world")`, `"hello"`},
		{`trimspace("  hello\n\n")`, `"hello"`},
		{`upper("hello")`, `"HELLO"`},
		{`shellquote("it's")`, `"'it'\\''s'"`},
		{`shellquote(["echo", "a b", "", "$x", "ok-1"])`, `"echo 'a b' '' '$x' ok-1"`},
		{`shellquote(5)`, `"5"`},
		{`templatestring("Hello, $${name}!", { name = "x" })`, `"Hello, x!"`},

		{`alltrue(["true", true])`, `true`},
		{`alltrue([true, false])`, `false`},
		{`alltrue([])`, `true`},
		{`alltrue([true, null])`, `false`},
		{`anytrue(["true", false])`, `true`},
		{`anytrue([])`, `false`},
		{`all([1])`, `[1]`},
		{`chunklist(["a", "b", "c", "d", "e"], 2)`, `[["a","b"],["c","d"],["e"]]`},
		{`coalesce("a", "b")`, `"a"`},
		{`coalesce("", "b")`, `"b"`},
		{`coalesce(null, 1, 2)`, `1`},
		{`coalesce(["", "b"]...)`, `"b"`},
		{`coalescelist([], ["c", "d"])`, `["c","d"]`},
		{`compact(["a", "", "b", null, "c"])`, `["a","b","c"]`},
		{`concat(["a", ""], ["b", "c"])`, `["a","","b","c"]`},
		{`contains(["a", "b"], "a")`, `true`},
		{`contains(["a", "b"], "d")`, `false`},
		{`distinct(["a", "b", "a", "c"])`, `["a","b","c"]`},
		{`element(["a", "b", "c"], 1)`, `"b"`},
		{`element(["a", "b", "c"], 3)`, `"a"`},
		{`element(["a", "b", "c"], -1)`, `"c"`},
		{`flatten([["a", "b"], [], ["c"], [["d"]]])`, `["a","b","c","d"]`},
		{`index(["a", "b", "c"], "b")`, `1`},
		{`keys({a=1, c=2, d=3})`, `["a","c","d"]`},
		{`length([])`, `0`},
		{`length({"a" = "b"})`, `1`},
		{`length("hello")`, `5`},
		{`length("👾🕴️")`, `2`},
		{`lookup({a="ay", b="bee"}, "a", "what?")`, `"ay"`},
		{`lookup({a="ay", b="bee"}, "c", "what?")`, `"what?"`},
		{`lookup(tomap({a="ay"}), "a")`, `"ay"`},
		{`lookup({a="ay"}, "a")`, `"ay"`},
		{`lookup({a="ay"}, "b", null)`, `null`},
		{`lookup({a=sensitive("ay")}, "a")`, `sensitive`},
		{`matchkeys(["i-123", "i-abc", "i-def"], ["us-west", "us-east", "us-east"], ["us-east"])`, `["i-abc","i-def"]`},
		{`merge({a="b", c="d"}, {e="f", c="z"})`, `{"a":"b","c":"z","e":"f"}`},
		{`merge({a=1}, null)`, `{"a":1}`},
		{`one([])`, `null`},
		{`one(["hello"])`, `"hello"`},
		{`one(toset(["x"]))`, `"x"`},
		{`range(3)`, `[0,1,2]`},
		{`range(1, 4)`, `[1,2,3]`},
		{`range(1, 8, 2)`, `[1,3,5,7]`},
		{`range(4, 1)`, `[4,3,2]`},
		{`reverse([1, 2, 3])`, `[3,2,1]`},
		{`setintersection(["a", "b"], ["b", "c"], ["b", "d"])`, `["b"]`},
		{`setproduct(["development", "staging"], ["app1", "app2"])`, `[["development","app1"],["development","app2"],["staging","app1"],["staging","app2"]]`},
		{`setsubtract(["a", "b", "c"], ["a", "c"])`, `["b"]`},
		{`setunion(["a", "b"], ["b", "c"], ["d"])`, `["a","b","c","d"]`},
		{`slice(["a", "b", "c", "d"], 1, 3)`, `["b","c"]`},
		{`sort(["e", "d", "a", "x"])`, `["a","d","e","x"]`},
		{`sum([10, 13, 6, 4.5])`, `33.5`},
		{`sum(["1", 2])`, `3`},
		{`transpose({"a" = ["1", "2"], "b" = ["2", "3"]})`, `{"1":["a"],"2":["a","b"],"3":["b"]}`},
		{`values({a=3, c=2, d=1})`, `[3,2,1]`},
		{`zipmap(["a", "b"], [1, 2])`, `{"a":1,"b":2}`},

		{`base64decode("SGVsbG8gV29ybGQ=")`, `"Hello World"`},
		{`base64encode("Hello World")`, `"SGVsbG8gV29ybGQ="`},
		{`base64gunzip(base64gzip("Hello World"))`, `"Hello World"`},
		{`csvdecode("a,b,c\n1,2,3\n4,5,6")`, `[{"a":"1","b":"2","c":"3"},{"a":"4","b":"5","c":"6"}]`},
		{`jsondecode("{\"hello\": \"world\", \"n\": [1, null]}")`, `{"hello":"world","n":[1,null]}`},
		{`jsonencode({"hello"="world"})`, `"{\"hello\":\"world\"}"`},
		{`textencodebase64("Hello World", "UTF-16LE")`, `"SABlAGwAbABvACAAVwBvAHIAbABkAA=="`},
		{`textdecodebase64("SABlAGwAbABvACAAVwBvAHIAbABkAA==", "UTF-16LE")`, `"Hello World"`},
		{`urlencode("Hello World!")`, `"Hello+World%21"`},
		{`urldecode("Hello+World%21")`, `"Hello World!"`},
		{`yamldecode("a: 1\nb: [x, true]")`, `{"a":1,"b":["x",true]}`},
		{`yamldecode("--------------------")`, `"--------------------"`},
		{`yamlencode({"a":"b", "c":[1]})`, `"\"a\": \"b\"\n\"c\":\n- 1\n"`},

		{`abspath("/a/../b")`, `"/b"`},
		{`basename("foo/bar/baz.txt")`, `"baz.txt"`},
		{`dirname("foo/bar/baz.txt")`, `"foo/bar"`},
		{`pathexpand("/etc/resolv.conf")`, `"/etc/resolv.conf"`},
		{`pathexpand("~/.ssh/id_rsa")`, `"/home/x/.ssh/id_rsa"`},

		{`formatdate("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z")`, `"02 Jan 2018 23:12 UTC"`},
		{`formatdate("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00")`, `"Tuesday, 02-Jan-18 23:12:01 -0800"`},
		{`timeadd("2017-11-22T00:00:00Z", "10m")`, `"2017-11-22T00:10:00Z"`},
		{`timecmp("2017-11-22T00:00:00Z", "2017-11-22T01:00:00Z")`, `-1`},
		{`timecmp("2017-11-22T01:00:00Z", "2017-11-22T00:00:00-01:00")`, `0`},

		{`base64sha256("hello world")`, `"uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek="`},
		{`base64sha512("hello world")`, `"MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw=="`},
		{`md5("hello world")`, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`},
		{`sha1("hello world")`, `"2aae6c35c94fcfb415dbe95f408b9ce91ee846ed"`},
		{`sha256("hello world")`, `"b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"`},
		{`substr(sha512("hello world"), 0, 16)`, `"309ecc489c12d6eb"`},
		{`uuidv5("dns", "www.terraform.io")`, `"a5008fae-b28c-5ba5-96cd-82b4c53552d6"`},
		{`uuidv5("url", "https://www.terraform.io/")`, `"9db6f67c-dd95-5ea0-aa5b-e70e5c5f7cf5"`},
		{`uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.terraform.io")`, `"a5008fae-b28c-5ba5-96cd-82b4c53552d6"`},

		{`cidrhost("10.12.112.0/20", 16)`, `"10.12.112.16"`},
		{`cidrhost("10.12.112.0/20", 268)`, `"10.12.113.12"`},
		{`cidrhost("10.12.112.0/20", -1)`, `"10.12.127.255"`},
		{`cidrhost("fd00:fd12:3456:7890:00a2::/72", 34)`, `"fd00:fd12:3456:7890::22"`},
		{`cidrnetmask("172.16.0.0/12")`, `"255.240.0.0"`},
		{`cidrsubnet("172.16.0.0/12", 4, 2)`, `"172.18.0.0/16"`},
		{`cidrsubnet("10.1.2.0/24", 4, 15)`, `"10.1.2.240/28"`},
		{`cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)`, `"fd00:fd12:3456:7800:a200::/72"`},
		{`cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)`, `["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]`},
		{`cidrsubnets("fd00:fd12:3456:7890::/56", 16, 16, 16, 32)`, `["fd00:fd12:3456:7800::/72","fd00:fd12:3456:7800:100::/72","fd00:fd12:3456:7800:200::/72","fd00:fd12:3456:7800:300::/88"]`},
		{`cidrcontains("192.168.2.0/20", "192.168.2.1")`, `true`},
		{`cidrcontains("192.168.2.0/20", "192.168.0.0/16")`, `false`},

		{`can(regex("^a", "b"))`, `false`},
		{`convert("5", number)`, `5`},
		{`convert(["a"], set(string))`, `["a"]`},
		{`convert({a = "1"}, object({a = number}))`, `{"a":1}`},
		{`issensitive(sensitive("secret"))`, `true`},
		{`issensitive("x")`, `false`},
		{`nonsensitive(sensitive("x"))`, `"x"`},
		{`nonsensitive("x")`, `"x"`},
		{`ephemeralasnull("x")`, `"x"`},
		{`sensitive(1)`, `sensitive`},
		{`sha256(sensitive("x"))`, `sensitive`},
		{`tobool("true")`, `true`},
		{`tolist(["a", 3])`, `["a","3"]`},
		{`tomap({"a" = "foo", "b" = true})`, `{"a":"foo","b":"true"}`},
		{`tonumber("1.5")`, `1.5`},
		{`tonumber(null)`, `null`},
		{`toset(["c", "b", "b"])`, `["b","c"]`},
		{`tostring(1)`, `"1"`},
		{`try(jsondecode("{"), "fallback")`, `"fallback"`},
		{`type({a = [1]})`, `"object({a=tuple([number])})"`},

		{`bcrypt("x")`, `unknown string`},
		{`timestamp()`, `unknown string`},
		{`uuid()`, `unknown string`},
		{`plantimestamp()`, `"2026-01-02T03:04:05Z"`},
		{`length(timestamp()) > 0 ? 1 : 1`, `1`},
	} {
		t.Run(tt.expr, func(t *testing.T) {
			t.Setenv("HOME", "/home/x")
			s := scopeFor(t)
			s.SetTimes(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), time.Time{})
			v, diags := config.EvalExpr(parse(t, tt.expr), s, cty.DynamicPseudoType)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := show(v); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

// TestFunctionErrors: a wrong call is an error that says what is wrong, and nothing
// runs for long.
func TestFunctionErrors(t *testing.T) {
	for _, tt := range []struct{ expr, want string }{
		{`tonumber("1e2000000000")`, "out of bounds"},
		{`convert("1e90000", number)`, "out of bounds"},
		{`convert(["1", "1e90000"], set(number))`, "out of bounds"},
		{`convert({ a = "1e90000" }, map(number))`, "out of bounds"},
		{`convert({ a = ["1e90000"] }, object({ a = list(number) }))`, "out of bounds"},
		{`sum(["1e90000", "1"])`, "out of bounds"},
		{`jsondecode("1e2000000000")`, "out of bounds"},
		{`jsondecode(join("", [for i in range(1000) : "["]))`, "nested too deeply"},
		{`yamldecode(join("", [for i in range(1000) : "["]))`, "nested too deeply"},
		{`yamldecode(join("", [for i in range(1000) : "- "]))`, "nested too deeply"},
		{`base64decode("AP/+")`, "not valid UTF-8"},
		{`base64decode("!")`, "not valid base64"},
		{`cidrsubnet("10.0.0.0/8", 129, 1)`, "0 to 128 bits"},
		{`cidrhost("10.0.0.0/30", 4)`, "host"},
		{`cidrnetmask("fd00::/8")`, "only an IPv4 network"},
		{`cidrsubnets("10.0.0.0/30", 1, 1, 1)`, "no room left"},
		{`coalesce("", null)`, "neither null nor an empty string"},
		{`index(["a"], "b")`, "no such element"},
		{`lookup({a = 1}, "b")`, "has no key \"b\""},
		{`lookup(tomap({a = 1}), "b")`, "has no key \"b\""},
		{`one(["a", "b"])`, "no or one element"},
		{`sum([])`, "no sum of nothing"},
		{`uuidv5("nothing", "x")`, "must be dns, url, oid, x500 or a UUID"},
		{`textencodebase64("x", "nothing")`, "no character encoding"},
		{`timecmp("now", "now")`, "RFC 3339"},
		{`rsadecrypt("AAAA", "secret key material")`, "not a private key in PEM form"},
		{`shellquote({a = 1})`, "string or a list of strings"},
		{`templatestring("$${x}", {})`, `"x" is not among the variables`},
		{`templatestring("x", [])`, "must be an object or a map"},
		{`templatestring(join("", [for i in range(1000) : "$${("]), {})`, "deep"},
		{`file("/dev/zero")`, "was not read when the plan was made"},
		{`replace("x", "/(/", "")`, "what stands between the slashes is no regular expression: missing closing ) in `(`. To replace a text with slashes around it, write the first slash as [/]: \"/[/]…[/]/\""},
		{`replace("x", "/a\\/", "")`, `no regular expression: trailing backslash at end of expression. To replace`},
		{`bcrypt("x", 99)`, "the cost must be"},
	} {
		t.Run(tt.expr, func(t *testing.T) {
			_, diags := config.EvalExpr(parse(t, tt.expr), scopeFor(t), cty.DynamicPseudoType)
			if !diags.HasErrors() || !strings.Contains(diags.Error(), tt.want) {
				t.Errorf("got %v, want %q", diags, tt.want)
			}
			if strings.Contains(diags.Error(), "secret key material") {
				t.Error("the error shows the key")
			}
		})
	}
}

// TestTimesAtApply: what is unknown while planning is known at apply, and
// plantimestamp() is the time of the plan.
func TestTimesAtApply(t *testing.T) {
	s := scopeFor(t)
	plan := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s.SetTimes(plan, plan.Add(time.Hour))
	v, diags := config.EvalExpr(parse(t, `[plantimestamp(), timestamp(), length(uuid()), substr(bcrypt("x", 4), 0, 4)]`), s, cty.DynamicPseudoType)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	if got, want := show(v), `["2026-01-02T03:04:05Z","2026-01-02T04:04:05Z",36,"$2a$"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestTerraformNames: every built-in function of Terraform's language exists here.
func TestTerraformNames(t *testing.T) {
	const names = `abs ceil floor log max min parseint pow signum chomp endswith format formatlist indent join lower regex regexall replace split
		startswith strcontains strrev substr templatestring title trim trimprefix trimsuffix trimspace upper alltrue anytrue chunklist coalesce coalescelist
		compact concat contains distinct element flatten index keys length lookup matchkeys merge one range reverse setintersection setproduct setsubtract
		setunion slice sort sum transpose values zipmap base64decode base64encode base64gzip csvdecode jsondecode jsonencode textdecodebase64 textencodebase64
		urlencode yamldecode yamlencode abspath dirname pathexpand basename file fileexists fileset filebase64 templatefile formatdate plantimestamp timeadd
		timecmp timestamp base64sha256 base64sha512 bcrypt filebase64sha256 filebase64sha512 filemd5 filesha1 filesha256 filesha512 md5 rsadecrypt sha1 sha256
		sha512 uuid uuidv5 cidrhost cidrnetmask cidrsubnet cidrsubnets can ephemeralasnull issensitive nonsensitive sensitive tobool tolist tomap tonumber toset
		tostring try type`
	for _, name := range strings.Fields(names) {
		if !functions.Is(name) {
			t.Errorf("%s is missing", name)
		}
	}
}

// TestVolatileIsOneValueInAnApply: an expression has the same value however often
// it is evaluated for one instance. It has another value in another instance,
// expression, call or apply.
func TestVolatileIsOneValueInAnApply(t *testing.T) {
	s := scopeFor(t)
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	eval := func(instance, expr string) string {
		t.Helper()
		in := s.Child()
		in.Instance = instance
		v, diags := config.EvalExpr(parse(t, expr), in, cty.DynamicPseudoType)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		return show(v)
	}
	for _, expr := range []string{`uuid()`, `bcrypt("x", 4)`, `[uuid(), uuid()]`, `templatestring("$${a} ${uuid()}", { a = uuid() })`} {
		s.SetTimes(now, now)
		first := eval("a", expr)
		if again := eval("a", expr); again != first {
			t.Errorf("%s is %s and then %s", expr, first, again)
		}
		if other := eval("b", expr); other == first {
			t.Errorf("%s is %s for both of two instances", expr, first)
		}
		s.SetTimes(now, now)
		if later := eval("a", expr); later == first {
			t.Errorf("%s is %s in both of two applies", expr, first)
		}
	}
	if two := eval("a", `length(distinct([for n in range(5) : uuid()]))`); two != "5" {
		t.Errorf("5 calls gave %s different values, want 5", two)
	}
}

// TestVolatileIsNoSecret: a value that is new at every apply is marked as long as
// it is unknown, and never counts as a secret.
func TestVolatileIsNoSecret(t *testing.T) {
	s := scopeFor(t)
	for _, tt := range []struct {
		expr             string
		volatile, secret bool
	}{
		{`timestamp()`, true, false},
		{`{ a = ["x", upper(uuid())] }`, true, false},
		{`"${formatdate("YYYY", timestamp())}-x"`, true, false},
		{`jsonencode({ id = uuid() })`, true, false},
		{`templatestring("$${id}", { id = uuid() })`, true, false},
		{`nonsensitive(sensitive(uuid()))`, true, false},
		{`sensitive(uuid())`, true, true},
		{`bcrypt(sensitive("x"))`, true, true},
		{`length([timestamp()])`, false, false},
		{`plantimestamp()`, false, false},
		{`timestamp() == "" ? 1 : 1`, false, false},
	} {
		v, diags := config.EvalExpr(parse(t, tt.expr), s, cty.DynamicPseudoType)
		if diags.HasErrors() || config.IsVolatile(v) != tt.volatile || config.IsSecret(v) != tt.secret {
			t.Errorf("%s: volatile is %v and secret is %v, %v", tt.expr, config.IsVolatile(v), config.IsSecret(v), diags)
		}
	}
}

// show writes a value as JSON, with words for what JSON cannot express.
func show(v cty.Value) string {
	switch {
	case config.IsSensitive(v):
		return "sensitive"
	case config.IsEphemeral(v):
		return "ephemeral"
	case !v.IsWhollyKnown():
		return "unknown " + typeexpr.TypeString(v.Type())
	}
	v, _ = v.UnmarkDeep() // what is left is no secret
	b, err := ctyjson.Marshal(v, v.Type())
	if err != nil {
		return err.Error()
	}
	return string(b)
}
