package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	kinds "github.com/mitoplan/mitoplan/internal/catalogue"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
)

type testSSH struct {
	Answers  map[string]string `cbor:"answers,omitempty" mito:"secret"`
	Host     string            `cbor:"host" mito:"required"`
	User     string            `cbor:"user,omitempty"`
	Password string            `cbor:"password,omitempty" mito:"secret"`
}

type testFacts struct {
	Hostname string `cbor:"hostname"`
	User     string `cbor:"user"`
	CPUs     int64  `cbor:"cpus"`
}

// valuesOf loads a configuration and expands its blocks as far as possible without
// a host. If listed is not empty, it is what call.command.list has answered.
func valuesOf(t *testing.T, src string, listed ...string) (*values, map[string]*obstacle) {
	t.Helper()
	c := config.NewCatalogue(kinds.Kinds())
	facts := kind.SchemaOf(testFacts{})
	c.Contexts["ssh"] = &kind.Kind{Role: kind.RoleContext, Name: "ssh", Args: kind.SchemaOf(testSSH{}), Results: facts}
	cfg, diags := config.LoadSources("/cfg", map[string][]byte{"main.mito.hcl": []byte(src)}, c)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	g, diags := newGraph(cfg)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	vs := newValues(g, nil, facts)
	stops := map[string]*obstacle{}
	for _, n := range g.nodes {
		members, stop := vs.members(n)
		if stop != nil {
			stops[n.addr] = stop
			continue
		}
		for m := range members {
			i := g.newInstance(n, m)
			if v, diags := i.block().Eval(vs.scopeOf(i)); !diags.HasErrors() {
				i.args = v
			}
			if i.addr == "call.command.list" && len(listed) > 0 {
				i.reply = &function.CallReply{Results: map[string]any{"stdout": kind.Text(listed[0])}}
			}
		}
		n.phase, n.value = nodeExpanded, valueMissing
	}
	return vs, stops
}

const fleet = `
context "ssh" "one" { host = "10.0.0.9" }
context "ssh" "web" {
  for_each = { a = "10.0.0.1", b = "10.0.0.2" }
  host     = each.value
}
context "ssh" "row" {
  count = 2
  host  = "10.0.1.${count.index}"
}
call "command" "list" {
  on        = context.ssh.one
  argv      = ["ls"]
  read_only = true
}
`

// The instances of a block are known, or what is unknown or wrong prevents that.
func TestWhichInstancesABlockHas(t *testing.T) {
	for _, c := range []struct {
		promise, args string
		listed        []string // what a host has answered
		want          []string // addresses, each with its context
		unknown       string   // the argument whose value is not known yet
		problem       string   // or the problem
	}{
		{promise: "one context", args: `on = context.ssh.one`, want: []string{"file.x on context.ssh.one"}},
		{promise: "a collection of contexts", args: `on = context.ssh.web`, want: []string{`file.x["a"] on context.ssh.web["a"]`, `file.x["b"] on context.ssh.web["b"]`}},
		{promise: "a member of a collection", args: `on = context.ssh.web["b"]`, want: []string{`file.x on context.ssh.web["b"]`}},
		{promise: "contexts by count", args: `on = context.ssh.row`, want: []string{`file.x["0"] on context.ssh.row[0]`, `file.x["1"] on context.ssh.row[1]`}},
		{promise: "a collection that is made", args: `on = { z = context.ssh.one }`, want: []string{`file.x["z"] on context.ssh.one`}},
		{promise: "a list of contexts", args: `on = [context.ssh.one, context.ssh.web["a"]]`, want: []string{`file.x["0"] on context.ssh.one`, `file.x["1"] on context.ssh.web["a"]`}},
		{promise: "null in a collection is no place", args: `on = { z = context.ssh.one, y = null }`, want: []string{`file.x["z"] on context.ssh.one`}},
		{promise: "for_each in one context", args: "on = context.ssh.one\n for_each = toset([\"p\", \"q\"])", want: []string{`file.x["p"] on context.ssh.one`, `file.x["q"] on context.ssh.one`}},
		{promise: "each place with each item", args: "on = context.ssh.web\n for_each = toset([\"p\", \"q\"])", want: []string{
			`file.x["a"]["p"] on context.ssh.web["a"]`, `file.x["a"]["q"] on context.ssh.web["a"]`, `file.x["b"]["p"] on context.ssh.web["b"]`, `file.x["b"]["q"] on context.ssh.web["b"]`}},
		{promise: "count", args: "on = context.ssh.one\n count = 2", want: []string{"file.x[0] on context.ssh.one", "file.x[1] on context.ssh.one"}},
		{promise: "count of 0", args: "on = context.ssh.one\n count = 0"},
		{promise: "a context for each item", args: "for_each = context.ssh.web\n on = each.value", want: []string{`file.x["a"] on context.ssh.web["a"]`, `file.x["b"] on context.ssh.web["b"]`}},

		{promise: "for_each is not known", args: "on = context.ssh.one\n for_each = toset(split(\"\\n\", call.command.list.stdout))", unknown: "for_each"},
		{promise: "count is not known", args: "on = context.ssh.one\n count = context.ssh.one.cpus", unknown: "count"},
		{promise: "on is not known", args: `on = context.ssh.web[trimspace(call.command.list.stdout)]`, unknown: "on"},
		{promise: "a place of a collection is not known", args: `on = { z = context.ssh.web[trimspace(call.command.list.stdout)] }`, unknown: "on"},
		{promise: "the place of an item is not known", args: "for_each = toset([\"p\"])\n on = context.ssh.web[each.key == trimspace(call.command.list.stdout) ? \"a\" : \"b\"]", unknown: "on"},
		{promise: "values of for_each need not be known", args: "on = context.ssh.one\n for_each = { p = call.command.list.stdout }", want: []string{`file.x["p"] on context.ssh.one`}},

		{promise: "something that is no context", args: `on = jsondecode(call.command.list.stdout)`, listed: []string{"1"}, problem: "not a context"},
		{promise: "something in a collection that is no context", args: `on = { z = context.ssh.one, y = jsondecode(call.command.list.stdout) }`, listed: []string{"1"}, problem: "not a context"},
		{promise: "an item that names no context", args: "for_each = jsondecode(call.command.list.stdout)\n on = each.value", listed: []string{`{"p":1}`}, problem: "not a context"},
		{promise: "a key that no context has", args: `on = context.ssh.web[call.command.list.stdout]`, listed: []string{"c"}, problem: "c"},
		{promise: "a count below 0", args: "on = context.ssh.one\n count = tonumber(call.command.list.stdout)", listed: []string{"-1"}, problem: "count"},
		{promise: "keys that are no texts", args: "on = context.ssh.one\n for_each = jsondecode(call.command.list.stdout)", listed: []string{"[1]"}, problem: "for_each"},
		{promise: "more instances than a block may have", args: "on = context.ssh.one\n count = 50001", problem: "Too many instances"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			vs, stops := valuesOf(t, fleet+"resource \"file\" \"x\" {\n path = \"/x\"\n"+c.args+"\n}\n", c.listed...)
			n, stop := vs.byAddress["file.x"], stops["file.x"]
			var got []string
			for _, i := range n.insts {
				got = append(got, i.addr+" on "+i.on.addr)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("instances (-want +got):\n%s", diff)
			}
			switch {
			case c.unknown == "" && c.problem == "":
				if stop != nil {
					t.Errorf("the instances are not known because of %+v", stop)
				}
			case stop == nil:
				t.Error("the instances are known, want an obstacle")
			case stop.unknown != c.unknown || !strings.Contains(strings.ToLower(stop.diags.Error()), strings.ToLower(c.problem)):
				t.Errorf("the obstacle is %q, %v; want %q %q", stop.unknown, stop.diags, c.unknown, c.problem)
			}
		})
	}
}

// Expressions see the values of blocks. What a host tells is unknown until it has.
func TestWhatExpressionsSee(t *testing.T) {
	const blocks = fleet + `
resource "file" "single" {
  on   = context.ssh.one
  path = "/single"
}
resource "file" "web" {
  on      = context.ssh.web
  path    = "/web"
  content = on.key
}
resource "file" "pair" {
  on       = context.ssh.web
  for_each = toset(["p"])
  path     = "/pair-${each.key}"
}
resource "file" "row" {
  on    = context.ssh.one
  count = 2
  path  = "/row${count.index}"
}
`
	with := func(address string, change func(i *instance)) func(*values) {
		return func(vs *values) { change(vs.instances[address]) }
	}
	for _, c := range []struct {
		promise, expr string
		state         func(*values)
		want          string // the value as JSON or "unknown", after "sensitive" if it is hidden
	}{
		{"an argument of one instance", `file.single.path`, nil, `"/single"`},
		{"a collection by the keys of its contexts", `{ for k, f in file.web : k => f.content }`, nil, `{"a":"a","b":"b"}`},
		{"a collection by context and key", `file.pair["b"]["p"].path`, nil, `"/pair-p"`},
		{"count is a list", `file.row[*].path`, nil, `["/row0","/row1"]`},
		{"a context by what it was given", `context.ssh.one.host`, nil, `"10.0.0.9"`},
		{"a context has its address, kind, key and name", `[context.ssh.web["a"].address, context.ssh.web["a"].kind, context.ssh.web["a"].key, context.ssh.web["a"].name]`, nil, `["context.ssh.web[\"a\"]","ssh","a","web"]`},
		{"a fact before the host has said it", `context.ssh.one.hostname`, nil, "unknown"},
		{"a fact", `context.ssh.one.hostname`, with("context.ssh.one", func(i *instance) { i.facts = map[string]any{"hostname": "h"} }), `"h"`},
		{"a fact with a secret in it", `context.ssh.one.hostname`, with("context.ssh.one", func(i *instance) {
			i.facts, i.echoed = map[string]any{"hostname": "h"}, map[string]bool{"hostname": true}
		}), `sensitive "h"`},
		{"the secrets of a context are not in its value", `contains(keys(context.ssh.one), "password")`, nil, "false"},
		{"a result before the call has run", `call.command.list.stdout`, nil, "unknown"},
		{"a result", `call.command.list.stdout`, with("call.command.list", func(i *instance) {
			i.reply = &function.CallReply{Results: map[string]any{"stdout": kind.Text("out")}}
		}), `"out"`},
		{"a result that the host left out", `call.command.list.stderr`, with("call.command.list", func(i *instance) {
			i.reply = &function.CallReply{Results: map[string]any{"stdout": kind.Text("out")}}
		}), "null"},
		{"the results of a call with sensitive arguments", `call.command.list.stdout`, with("call.command.list", func(i *instance) {
			i.reply, i.sensitive = &function.CallReply{Results: map[string]any{"stdout": kind.Text("out")}}, []string{"argv"}
		}), `sensitive "out"`},
		{"the results of a call of which it is decided that it does not run", `call.command.list.stdout`, with("call.command.list", func(i *instance) {
			i.end(done)
			i.wire = map[string]any{"creates": "/made"}
			i.decided = &decision{op: NoOp}
		}), "null"},
		{"the results of a call that will run", `call.command.list.stdout`, with("call.command.list", func(i *instance) {
			i.end(done)
			i.decided = &decision{op: Run}
		}), "unknown"},
		{"a result after the apply", `call.command.list.stdout`, with("call.command.list", func(i *instance) {
			i.decided, i.applied = &decision{op: Run}, map[string]any{"stdout": kind.Text("done")}
		}), `"done"`},
		{"a result that came in no usable form", `call.command.list.exit_code`, with("call.command.list", func(i *instance) {
			i.reply = &function.CallReply{Results: map[string]any{"exit_code": "no number"}}
		}), "unknown"},
		{"a disabled instance is null", `file.single`, with("file.single", func(i *instance) { i.end(disabled) }), "null"},
		{"a disabled member is in no collection", `keys(file.web)`, with(`file.web["a"]`, func(i *instance) { i.end(disabled) }), `["b"]`},
		{"nor in a list", `length(file.row)`, with(`file.row[0]`, func(i *instance) { i.end(disabled) }), "1"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			vs, stops := valuesOf(t, fmt.Sprintf("%soutput \"o\" {\n value = %s\n sensitive = %v\n}\n", blocks, c.expr, strings.HasPrefix(c.want, "sensitive")))
			if len(stops) > 0 {
				t.Fatal(stops)
			}
			if c.state != nil {
				c.state(vs)
			}
			for _, n := range vs.nodes {
				for _, i := range n.insts {
					i.value = cty.NilVal
				}
				n.dropValue()
				vs.refresh(n)
			}
			v, diags := vs.cfg.Outputs["o"].Eval(vs.scope)
			if diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := inWords(v); got != c.want {
				t.Errorf("%s is %s, want %s", c.expr, got, c.want)
			}
		})
	}
}

func inWords(v cty.Value) string {
	words := ""
	if config.IsSensitive(v) {
		words = "sensitive "
	}
	plain, _ := v.UnmarkDeep()
	switch {
	case !plain.IsWhollyKnown():
		return words + "unknown"
	case plain.IsNull():
		return words + "null"
	}
	return words + canonical(plain)
}

// The value of a block is made once when it has expanded and again when it has
// settled. An expression that names one member sees that member at once.
func TestMembersAreSeenBeforeTheirCollection(t *testing.T) {
	vs, _ := valuesOf(t, fleet+`
call "command" "role" {
  on        = context.ssh.web
  argv      = ["role"]
  read_only = true
}
resource "file" "own" {
  on      = context.ssh.web
  path    = "/x"
  content = call.command.role[on.key].stdout
}
resource "file" "all" {
  on      = context.ssh.web
  path    = "/y"
  content = jsonencode(call.command.role)
}
`)
	vs.refresh(vs.byAddress["call.command.role"])
	a := vs.instances[`call.command.role["a"]`]
	a.reply = &function.CallReply{Results: map[string]any{"stdout": kind.Text("web")}}
	a.finish(done, "")
	unknown := func(address string) []string {
		i := vs.instances[address]
		args, diags := i.block().Eval(vs.scopeOf(i))
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, unknown, _, _ := args.ToWire()
		return unknown
	}
	for _, c := range []struct {
		address string
		want    []string
	}{
		{`file.own["a"]`, nil},
		{`file.own["b"]`, []string{"content"}},
		{`file.all["a"]`, []string{"content"}},
	} {
		if got := unknown(c.address); !slices.Equal(got, c.want) {
			t.Errorf("of %s, %q is unknown, want %q", c.address, got, c.want)
		}
	}
	b := vs.instances[`call.command.role["b"]`]
	b.reply = a.reply
	b.finish(done, "")
	if got := unknown(`file.all["a"]`); len(got) > 0 {
		t.Errorf("after all have answered, %q is still unknown", got)
	}
}

// The graph puts a block after those that it refers to, and keeps the order of the
// source otherwise. A block that is referred to twice is listed once.
func TestGraphOfBlocks(t *testing.T) {
	vs, _ := valuesOf(t, fleet+`
locals { role = call.command.list.stdout }
resource "file" "b" {
  on      = context.ssh.one
  path    = "/b"
  content = file.c.path
}
resource "file" "a" {
  on         = context.ssh.one
  path       = "/a"
  content    = local.role
  depends_on = [file.b]
}
resource "file" "c" {
  on   = context.ssh.one
  path = "/c"
}
`)
	at := func(address string) int {
		return slices.IndexFunc(vs.nodes, func(n *node) bool { return n.addr == address })
	}
	for _, c := range [][2]string{{"context.ssh.one", "call.command.list"}, {"file.c", "file.b"}, {"file.b", "file.a"}, {"call.command.list", "file.a"}} {
		if at(c[0]) > at(c[1]) {
			t.Errorf("%s comes after %s", c[0], c[1])
		}
	}
	refs := map[string]string{}
	for _, r := range vs.byAddress["file.a"].refs {
		refs[r.to.addr] += fmt.Sprintf("ordered=%v explicit=%v local=%v expansion=%v", r.ordered, r.explicit, r.viaLocal, r.expansion)
	}
	want := map[string]string{
		"file.b":            "ordered=true explicit=true local=false expansion=false",
		"call.command.list": "ordered=true explicit=false local=true expansion=false",
		"context.ssh.one":   "ordered=false explicit=false local=false expansion=true",
	}
	if diff := cmp.Diff(want, refs); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
}
