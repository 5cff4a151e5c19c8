package mitoplan_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const here = "context \"local\" \"here\" {\n  agent_path = \"AGENT\"\n}\n"

// each writes a text once for each of n things, with NUM, NEXT and COUNT replaced.
func each(n int, text string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.NewReplacer("NUM", fmt.Sprint(i), "NEXT", fmt.Sprint(i+1)).Replace(text))
	}
	return b.String()
}

// blocks are one file: a head, and a block n times.
func blocks(head, block string) func(int) map[string]string {
	return func(n int) map[string]string {
		return map[string]string{"main.mito.hcl": strings.ReplaceAll(head, "COUNT", fmt.Sprint(n)) + each(n, block)}
	}
}

// aFile is a block of the kind file.
func aFile(path, more string) string {
	return "resource \"file\" \"fNUM\" {\n  on      = context.local.here\n  path    = \"" + path + "\"\n  content = \"x\\n\"\n" + more + "}\n"
}

// forEach is one block for n things.
func forEach(path, content string) string {
	return "resource \"file\" \"each\" {\n  for_each = { for i in range(COUNT) : \"k${i}\" => i }\n  on = context.local.here\n  path = \"" + path + "${each.key}\"\n  content = " + content + "\n}\n"
}

func command(args ...string) func(int) []string { return func(int) []string { return args } }

// flags are a command with one flag for each thing.
func flags(flag string) func(int) []string {
	return func(n int) []string { return append([]string{"plan"}, strings.Fields(each(n, flag+" "))...) }
}

var applied = [][]string{{"apply", "-auto-approve"}}

var files = blocks(here, aFile("DIR/fNUM", ""))

// declared are variables of many types, each with one value for each thing.
var declared = map[string]struct{ ty, before, element, after string }{
	"list":    {"list(string)", "[", `"xNUM",`, "]"},
	"numbers": {"list(number)", "[", `"NUM",`, "]"},
	"set":     {"set(string)", "[", `"xNUM",`, "]"},
	"sets":    {"set(object({ a = string, b = optional(number, 3), c = optional(set(string), []) }))", "[", `{"a": "xNUM", "c": ["NUM"]},`, "]"},
	"setset":  {"set(set(string))", "[", `["xNUM", "y"],`, "]"},
	"deep":    {"map(object({ a = optional(object({ b = optional(set(number), [1]) }), {}) }))", "{", `"xNUM": {"a": {}},`, "}"},
	"map":     {"map(string)", "{", `"xNUM": "x",`, "}"},
	"objects": {"map(object({ a = string, b = optional(number, 3), c = optional(list(string), []) }))", "{", `"xNUM": {"a": "NUM", "c": ["a"]},`, "}"},
	"maps":    {"list(map(string))", "[", `{"aNUM": "NUM"},`, "]"},
	"lists":   {"map(list(string))", "{", `"xNUM": ["NUM"],`, "}"},
	"mixed":   {"list(any)", "[", `NUM, "NUM",`, "]"},
	"any":     {"any", "[", `NUM,`, "]"},
	"nested":  {"list(list(list(string)))", "[", `[["NUM"], [NUM]],`, "]"},
	"tuple":   {"tuple([list(string), string])", "[[", `"NUM",`, `], "x"]`},
}

// declaring declares the variables. Each is used, but for sets of objects and of sets: the
// evaluator sorts those anew whenever it looks at their elements, and stably, in
// n log² n comparisons.
func declaring() string {
	text := ""
	for name, v := range declared {
		text += "variable \"" + name + "\" {\n  type = " + v.ty + "\n"
		if !strings.HasPrefix(v.ty, "set(") || v.ty == "set(string)" {
			text += "  validation {\n    condition = length(var." + name + ") > 1\n    error_message = \"No.\"\n  }\n"
		}
		text += "}\n"
	}
	return text
}

// valueOf writes the value of a variable, as HCL and as JSON.
func valueOf(name string, n int) string {
	v := declared[name]
	return v.before + strings.TrimSuffix(each(n, v.element), ",") + v.after
}

func valuesInHCL(n int) map[string]string {
	text := ""
	for name := range declared {
		text += name + " = " + valueOf(name, n) + "\n"
	}
	return map[string]string{"main.mito.hcl": declaring(), "mitoplan.mitovars.hcl": text}
}

func valuesInJSON(n int) map[string]string {
	values := map[string]json.RawMessage{}
	for name := range declared {
		values[name] = json.RawMessage(valueOf(name, n))
	}
	text, err := json.Marshal(values)
	if err != nil {
		panic(err)
	}
	return map[string]string{"main.mito.hcl": declaring(), "mitoplan.mitovars.json": string(text)}
}

func defaults(n int) map[string]string {
	text := ""
	for name, v := range declared {
		text += "variable \"" + name + "\" {\n  type = " + v.ty + "\n  default = " + valueOf(name, n) + "\n}\n"
	}
	return map[string]string{"main.mito.hcl": text}
}

// expressions each have a part for each thing.
var expressions = []string{
	"tolist(local.big)", "toset(local.big)", "tomap(local.map)", "convert(local.big, list(string))", "distinct(local.big)", "sort(local.big)",
	"concat([for i in local.big : [i]]...)", "merge([for i in local.big : { (i) = i }]...)", "setunion([for i in local.big : toset([i])]...)",
	"setsubtract(toset(local.big), toset(local.big))", "flatten([for i in local.big : [i, [i]]])", "zipmap(local.big, local.big)", "compact(local.big)",
	"reverse(local.big)", "slice(local.big, 0, COUNT)", "chunklist(local.big, 2)", "transpose({ for k in local.big : k => [k] })", "values(local.map)",
	"[coalesce(local.big...)]", "[for k in keys(local.map) : local.map[k]]", "[for i in range(COUNT) : local.big[i]]", "local.big[*]",
	"join(\"\", [for k in local.big : \"${k}-\"])", "\"%{ for k in local.big }${k}%{ endfor }\"", "jsondecode(jsonencode(local.map))",
	"yamldecode(yamlencode(local.map))", "{ for k in local.big : substr(k, 0, 1) => k... }",
}

func evaluated(n int) map[string]string {
	text := "locals {\n  big = [for i in range(COUNT) : \"x${i}\"]\n  map = { for i in range(COUNT) : \"x${i}\" => i }\n}\n"
	for i, e := range expressions {
		text += fmt.Sprintf("output \"o%d\" {\n  value = length(%s)\n}\n", i, e)
	}
	return map[string]string{"main.mito.hcl": strings.ReplaceAll(text, "COUNT", fmt.Sprint(n))}
}

// mistakes are some that are found without a host.
var mistakes = aFile("DIR/aNUM", "  mod = \"0644\"\n") + strings.ReplaceAll(aFile("DIR/bNUM", "  mode = [1]\n"+strings.Repeat("  # a comment\n", 20)), "\"fNUM\"", "\"gNUM\"") +
	strings.ReplaceAll(aFile("DIR/cNUM", "  owner = tostring(tonumber(\"xNUM\"))\n  group = var.nothing\n"), "\"fNUM\"", "\"hNUM\"") +
	strings.ReplaceAll(aFile("DIR/cNUM", "  owner = file.hNUM.nothing\n"), "\"fNUM\"", "\"h0\"")

// wipe leaves nothing of the configuration but a context.
func wipe(t *testing.T, dir string, _ int) {
	if err := os.WriteFile(filepath.Join(dir, "work", "main.mito.hcl"), []byte("output \"x\" {\n  value = 1\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// spoil changes every file that was applied.
func spoil(t *testing.T, dir string, n int) {
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d", i)), []byte("spoiled\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// aLink is a link to another one, which its file is behind.
const aLink = "resource \"link\" \"lNUM\" {\n  on = context.local.here\n  path = \"DIR/lNUM\"\n  target = \"toNUM\"\n}\n" +
	"resource \"link\" \"toNUM\" {\n  on = context.local.here\n  path = \"DIR/toNUM\"\n  target = \"fNUM\"\n}\n" +
	"resource \"file\" \"fNUM\" {\n  on = context.local.here\n  path = \"DIR/fNUM\"\n  content = \"x\\n\"\n}\n"

// lead has every link of aLink lead elsewhere.
func lead(t *testing.T, dir string, n int) {
	for i := range n {
		at := filepath.Join(dir, fmt.Sprintf("l%d", i))
		if err := errors.Join(os.Remove(at), os.Symlink("elsewhere", at)); err != nil {
			t.Fatal(err)
		}
	}
}

// aCandidate is one of a name, which a file comes before that may bring the program.
const aCandidate = "resource \"file\" \"first\" {\n  on = context.local.here\n  path = \"DIR/first\"\n  content = \"x\"\n}\n" +
	"resource \"alternatives\" \"one\" {\n  for_each = toset([\"many\", \"led\"])\n  on = context.local.here\n  name = each.key\n  path = \"DIR/c0\"\n  priority = 2\n" +
	"  altdir = \"DIR/alt\"\n  admindir = \"DIR/admin\"\n  depends_on = [file.first]\n}\n"

// candidates makes a name with many candidates, of which half are not there, and one with many
// followers.
func candidates(t *testing.T, dir string, n int) {
	err := errors.Join(os.Mkdir(filepath.Join(dir, "admin"), 0o755), os.Mkdir(filepath.Join(dir, "alt"), 0o755))
	for i := range n / 2 {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, fmt.Sprintf("c%d", i)), nil, 0o755))
	}
	for name, rest := range map[string]string{"many": "\n" + each(n, "DIR/cNUM\n1\n"), "led": each(n, "fNUM\nDIR/fNUM\n") + "\nDIR/c0\n1\n" + each(n, "DIR/c0\n")} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, "admin", name), []byte(strings.ReplaceAll("auto\nDIR/"+name+"\n"+rest+"\n", "DIR", dir)), 0o644))
	}
	if err != nil {
		t.Fatal(err)
	}
}

// chains are one of depends_on, one of references, and one of locals, and a block that
// depends on all.
func chains(n int) map[string]string {
	head := here + aFile("DIR/f0", "") + "locals {\n  l0 = 1\n}\noutput \"last\" {\n  value = local.l" + fmt.Sprint(n) + "\n}\n" +
		"resource \"file\" \"all\" {\n  on = context.local.here\n  path = \"DIR/all\"\n  content = \"x\"\n  depends_on = [" + each(n, "file.fNUM, ") + "]\n}\n" +
		"resource \"file\" \"g0\" {\n  on = context.local.here\n  path = \"DIR/g0\"\n  content = \"x\"\n}\n"
	link := strings.ReplaceAll(aFile("DIR/fNEXT", "  depends_on = [file.fOLD]\n"), "fNUM", "fNEXT") +
		"resource \"file\" \"gNEXT\" {\n  on = context.local.here\n  path = \"DIR/gNEXT\"\n  content = file.gNUM.content\n}\nlocals {\n  lNEXT = local.lNUM\n}\n"
	return blocks(strings.ReplaceAll(head, "fNUM\" {", "f0\" {"), strings.ReplaceAll(link, "fOLD", "fNUM"))(n)
}

// failing are the same chains, of which the first link fails.
func failing(n int) map[string]string {
	files := chains(n)
	for _, first := range []string{"DIR/f0", "DIR/g0"} {
		files["main.mito.hcl"] = strings.Replace(files["main.mito.hcl"], first, "DIR/none", 1)
	}
	return files
}

// aLine is an edit of one file.
func aLine(more string) string {
	return "resource \"line\" \"lNUM\" {\n  on   = context.local.here\n  path = \"DIR/one\"\n" + more + "}\n"
}

// one makes the file that is edited.
func one(t *testing.T, dir string, _ int) {
	if err := os.WriteFile(filepath.Join(dir, "one"), []byte("x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ofOneFile is executed for each line of a file that many edit, once for each edit:
// each reads and writes all of it, and a plan has it before and after, and compares the two.
var ofOneFile = []string{"internal/resource/edit/lineedit.go:", "internal/resource/edit/rows.go:", "internal/resource/files/lineplan.go:", "internal/resource/excerpt.go:", "cmd/mitoplan/view/strip.go:", "cmd/mitoplan/view/visible.go:", "cmd/mitoplan/view/edits.go:"}

var loads = []load{
	{name: "values in HCL", always: true, files: valuesInHCL},
	{name: "values in JSON", files: valuesInJSON},
	{name: "values by default", files: defaults},
	{name: "values in the environment and in an option", files: blocks("variable \"list\" {\n  type = list(string)\n}\nvariable \"map\" {\n  type = map(string)\n}\n", ""),
		env:     func(n int) []string { return []string{"MITOPLAN_VAR_map=" + valueOf("map", n)} },
		command: func(n int) []string { return []string{"plan", "-var", "list=" + valueOf("list", n)} }},
	{name: "values of no variable", files: func(n int) map[string]string {
		return map[string]string{"main.mito.hcl": "variable \"v\" {\n  default = 1\n}\n", "mitoplan.mitovars.hcl": each(n, "xNUM = 1\n")}
	}},
	{name: "a value that does not fit", exit: 1, files: func(n int) map[string]string {
		return map[string]string{"main.mito.hcl": "variable \"v\" {\n  type = list(number)\n}\n", "mitoplan.mitovars.hcl": "v = [" + each(n, "NUM, ") + "\"x\"]\n"}
	}},
	{name: "expressions", always: true, files: evaluated},
	{name: "outputs and variables", files: blocks("", "variable \"vNUM\" {\n  type = string\n  default = \"x\"\n}\noutput \"oNUM\" {\n  value = var.vNUM\n}\n"), command: command("apply", "-auto-approve")},
	{name: "files of the configuration", files: func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprintf("f%d.mito.hcl", i)] = fmt.Sprintf("output \"o%d\" {\n  value = %d\n}\n", i, i)
		}
		return m
	}},
	{name: "mistakes", always: true, exit: 1, files: blocks(here, mistakes)},
	{name: "mistakes in JSON", exit: 1, files: blocks(here, mistakes), command: command("validate", "-json")},

	{name: "new blocks", always: true, files: files, command: command("apply", "-auto-approve", "-json")},
	{name: "unchanged blocks", files: files, before: applied},
	{name: "secrets", files: blocks(here, "variable \"vNUM\" {\n  type = string\n  sensitive = true\n  default = \"xyzzy-secret-NUM\"\n}\n"+strings.ReplaceAll(aFile("DIR/fNUM", ""), "\"x\\n\"", "var.vNUM"))},
	{name: "keys of for_each", always: true, files: blocks(here+forEach("DIR/", "\"x\"")+strings.ReplaceAll(forEach("DIR/o", "file.each[each.key].content"), "\"each\"", "\"other\""), "")},
	{name: "keys of for_each in a directory that is not there", exit: 1, files: blocks(here+forEach("DIR/none/", "\"x\""), ""), command: command("plan", "-json")},
	{name: "chains", files: chains, command: command("apply", "-auto-approve")},
	{name: "disabled blocks and calls that only read", files: blocks(here, aFile("DIR/fNUM", "  enabled = false\n")+"call \"stat\" \"sNUM\" {\n  on = context.local.here\n  path = \"/\"\n}\n")},

	{name: "a directory that is not there", always: true, exit: 1, files: blocks(here, aFile("DIR/none/fNUM", ""))},
	{name: "a directory that is not there in JSON", exit: 1, files: blocks(here, aFile("DIR/none/fNUM", "")), command: command("plan", "-json")},
	{name: "preconditions", exit: 1, files: blocks(here, aFile("DIR/fNUM", "  lifecycle {\n    precondition {\n      condition = false\n      error_message = \"No.\"\n    }\n  }\n"))},
	{name: "skipped blocks", always: true, exit: 1, files: blocks(here+"resource \"file\" \"bad\" {\n  on = context.local.here\n  path = \"DIR/none/bad\"\n  content = \"x\"\n}\n", aFile("DIR/fNUM", "  depends_on = [file.bad]\n")), command: command("plan", "-json")},
	{name: "deferred blocks", files: blocks(here+"call \"command\" \"first\" {\n  on = context.local.here\n  argv = [\"true\"]\n}\n", aFile("DIR/fNUM${call.command.first.stdout}", "")), command: command("apply", "-auto-approve")},
	{name: "contexts that do not start", exit: 1, files: blocks("", "context \"local\" \"cNUM\" {\n  agent_path = \"/nothing/there\"\n}\n"+strings.ReplaceAll(aFile("DIR/fNUM", ""), "local.here", "local.cNUM"))},
	{name: "calls that fail and what is behind one", exit: 1, command: command("apply", "-auto-approve"),
		files: blocks(here, "call \"command\" \"fNUM\" {\n  on = context.local.here\n  argv = [\"false\"]\n}\n"+aFile("DIR/fNUM", "  depends_on = [call.command.f0]\n"))},

	{name: "chains whose first fails", exit: 1, files: failing},
	{name: "edits of one file", always: true, files: blocks(here, aLine("  line = \"xNUM\"\n")), then: one, inherent: ofOneFile},
	{name: "edits that look for one line", always: true, exit: 1, files: blocks(here, aLine("  regexp = \"^x\"\n  line   = \"xNUM\"\n")), then: one},
	{name: "blocks that claim one path", always: true, exit: 1, files: blocks(here, aFile("DIR/one", ""))},

	{name: "links", files: blocks(here, aLink), command: command("apply", "-auto-approve")},
	{name: "links that lead elsewhere now", files: blocks(here, aLink), before: applied, then: lead, command: command("drift", "-json"), exit: 2},
	{name: "candidates and followers of a name", files: blocks(here+aCandidate, ""), then: candidates},
	{name: "groups that are not there", files: blocks(here, "resource \"group\" \"gNUM\" {\n  on = context.local.here\n  name = \"mitoplan-gNUM\"\n  state = \"absent\"\n}\n")},
	{name: "drift", files: files, before: applied, then: spoil, command: command("drift", "-json"), exit: 2},
	{name: "drift in a plan", files: files, before: applied, then: spoil},
	{name: "blocks that are gone", files: files, before: applied, then: wipe, command: command("apply", "-auto-approve")},
	{name: "targets", always: true, files: files, command: flags("-target=file.fNUM")},
	{name: "targets by key", files: blocks(here+forEach("DIR/", "\"x\""), ""), command: flags("-target=file.each[\"kNUM\"]")},
	{name: "exclusions", files: files, command: flags("-exclude=file.fNUM")},
	{name: "targets that are not there", exit: 1, files: files, command: flags("-target=file.gNUM")},
	{name: "a plan file is written", files: files, command: command("plan", "-out", "../plan")},
	{name: "a plan file is shown", files: files, before: [][]string{{"plan", "-out", "../plan"}}, command: command("show", "-json", "../plan")},
	{name: "a plan file is applied", files: files, before: [][]string{{"plan", "-out", "../plan"}}, command: command("apply", "../plan")},
	{name: "the record is shown", files: files, before: applied, command: command("show")},
}
