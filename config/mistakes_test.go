package config

import (
	"fmt"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// told returns the diagnostics of loading a source, one on each line.
func told(src string) string {
	_, diags := LoadSources("/nonexistent", map[string][]byte{"main.mito.hcl": []byte(src)}, testCatalogue())
	var out []string
	for _, d := range diags {
		out = append(out, d.Summary+": "+d.Detail)
	}
	return strings.Join(out, "\n")
}

// TestMistakesOfSyntax: a habit from another language gets a message that names it.
// Each mistake is reported once.
func TestMistakesOfSyntax(t *testing.T) {
	for src, want := range map[string]string{
		"- name: x\n":                              "Not a definition: This looks like YAML.",
		"---\n":                                    "Not a definition: This looks like YAML.",
		"locals {\n  a: 1\n}\n":                    "An argument is written with an equals sign, not with a colon",
		"locals {\n  a = 1\n}\n}\n":                "Unexpected bracket: This } closes nothing",
		"locals {\n  5\n}\n":                       "Not a definition: An argument is expected here",
		"locals {\n  a =\n}\n":                     "Missing value: A value is expected here, and the line ends.",
		"locals {\n  a = ~/x\n}\n":                 `A path is written in quotes. The home directory of who runs mitoplan is found by pathexpand("~/x").`,
		"locals {\n  a = ~\n}\n":                   `A path is written in quotes.`,
		"locals {\n  a = [~web/x]\n}\n":            `A path is written in quotes.`,
		"locals {\n  a = ~5\n}\n":                  `Bitwise operators are not supported.`,
		"locals {\n  a = /etc/motd\n}\n":           `A path is written in quotes: "/etc/motd".`,
		"locals {\n  a = << EOT\nx\nEOT\n}\n":      "begins with << and a word directly after it",
		"locals {\n  a = [1, , 2]\n}\n":            "Missing value: A value is expected here, and , follows.",
		"locals {\n  a = %\n}\n":                   "A value is expected here, such as",
		"locals {\n  a = true and false\n}\n":      `The word "and" is not an operator.`,
		"locals {\n  a = 1 b = 2\n}\n":             "Missing line end: Each argument needs a line of its own",
		`locals { a = 1, b = 2 }`:                  "Block on one line: A block on one line can contain one argument",
		`locals { a = true or false }`:             `The word "or" is not an operator.`,
		"locals {\n  a = \"say \"x\" now\"\n}\n":   `A quote inside a string is written \".`,
		"locals {\n  a = \"\\d+\"\n}\n":            "In a string a backslash begins an escape",
		"locals {\n  a = 1\n  a = 2\n}\n":          `Argument set twice: The argument "a" was already set above`,
		"locals {\n  a = 'x'\n}\n":                 "Write strings in double quotes",
		"locals {\n  a = “x”\n}\n":                 "Write strings in straight quotes",
		"locals {\n  a = `date`\n}\n":              "Backquotes have no meaning here.",
		"locals {\n  a = {{ x }}\n}\n":             "{{ }} has no meaning here.",
		"locals {\n  a = \"%{ xyzzy }\"\n}\n":      "The keywords are if, else, endif, for and endfor.",
		"locals {\n  a = \"%{ edif }\"\n}\n":       "To write %{ itself, as curl -w takes it",
		"locals {\n  a = \"${x y}\"\n}\n":          "This text cannot be in a ${ } of a template.",
		"locals {\n  a = \"${#x}\"\n}\n":           "To write ${ itself, as a shell takes it",
		"locals = {\n}\n":                          `The argument "locals" is outside of all blocks.`,
		"context \"local\" \"x\"\n{\n}\n":          "The opening { of a block must be on the same line",
		"context \"local\" \"x\" = {\n}\n":         "A block has no equals sign",
		"locals {\n  a = (1\n}\n":                  "Unclosed bracket: The ( here is never closed: a ) is missing.",
		"/* never closed\n":                        "Unclosed comment",
		"locals {\n  a = <<EOT\nx\nEOT and more\n": "Line 4 contains more.",
	} {
		got := told(src)
		if !strings.Contains(got, want) || strings.Count(got, "\n") > 1 {
			t.Errorf("%q:\n got  %s\n want %s", src, got, want)
		}
	}
}

// A time in which no context can come up is a mistake of the configuration, and no host that is
// away.
func TestATimeThatIsTooShortToConnectIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"99ms":  `Too little time to connect: The argument "connect_timeout" is less than 100ms`,
		"100ms": "",
	} {
		if got := told("mitoplan {\n  connect_timeout = \"" + text + "\"\n}\n"); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

const several = `
variable "names" { default = ["a"] }
locals { both = { a = 1, b = 2 } }
context "local" "here" {}
context "local" "other" {}
context "ssh" "web" {
	for_each = { a = 1, b = 2 }
	host     = each.key
}
context "ssh" "num" {
	count = 2
	host  = "h${count.index}"
}
resource "service" "each" {
	on       = context.local.here
	for_each = local.both
	name     = each.key
}
resource "service" "num" {
	on    = context.local.here
	count = 2
	name  = "n${count.index}"
}
resource "service" "one" {
	on   = context.local.here
	name = "one"
}
resource "service" "web" {
	on   = context.ssh.web
	name = "web"
}
call "command" "kernel" {
	on   = context.local.here
	argv = ["uname"]
}
`

// TestMistakesAboutKeys: if a key is missing, or there is one too many, the message
// shows the instance that is most likely meant.
func TestMistakesAboutKeys(t *testing.T) {
	for expr, want := range map[string]string{
		`service.each.name`:                  `service.each has one instance for each element of its argument for_each, so a key is needed before "name".`,
		`service.num.name`:                   `service.num has as many instances as its argument count says, so a key is needed before "name".`,
		`service.web.name`:                   `service.web has one instance in each context of its argument on, so a key is needed before "name".`,
		`service.each["c"].name`:             `service.each has no instance with the key "c". It has the keys "a" and "b".`,
		`service.num[7].name`:                `service.num has no instance with the key 7. It has the keys 0 and 1.`,
		`service.one["x"].name`:              `service.one has a single instance, which has no key. Write service.one.name.`,
		`service.one[0].name`:                `service.one has a single instance, which has no key. Write service.one.name.`,
		`service.each[*].name`:               `The instances of service.each have keys, and [*] works on lists only. Write values(service.each)[*].name`,
		`service.num[*].name`:                ``,
		`service.one.nmae`:                   `service.one has no attribute "nmae". Did you mean "name"?`,
		`service.each["a"].nmae`:             `has no attribute "nmae". Did you mean "name"?`,
		`service.one.zzzzzz`:                 `service.one has no attribute "zzzzzz". It has`,
		`context.ssh.web["a"].password`:      `The argument "password" of context.ssh.web is a secret`,
		`call.command.kernel.rc`:             `Did you mean "exit_code"?`,
		`context.ssh.web["a"].hostnam`:       `has no attribute "hostnam"`,
		`[for s in service.each : s.name]`:   ``,
		`service.each[var.names[0]].name`:    ``,
		`service.one["name"]`:                ``,
		`command.kernel.stdout`:              `Did you mean call.command.kernel?`,
		`ssh.web`:                            `Did you mean context.ssh.web?`,
		`resource.service.one.name`:          `Did you mean service.one?`,
		`command.nothing.stdout`:             `The result of a call is read as call.command.nothing.`,
		`context.web`:                        `Did you mean context.ssh.web?`,
		`context.here`:                       `Did you mean context.local.here?`,
		`call.kernel`:                        `Did you mean call.command.kernel?`,
		`call.kernel.stdout`:                 `Did you mean call.command.kernel?`,
		`here`:                               `Did you mean context.local.here?`,
		`yes`:                                `A bool is written true or false: true for yes.`,
		`hello`:                              `A string is written with quotes: "hello".`,
		`"${HOME}"`:                          `double the dollar sign: $${HOME}.`,
		`vars.names`:                         `Did you mean "var"?`,
		`var.nams`:                           `There is no variable named "nams". Did you mean "names"?`,
		`var.zzzzzz`:                         `Declare it with variable "zzzzzz" { … }.`,
		`local.zzzzzz`:                       `Declare it with locals { zzzzzz = … }.`,
		`service.onne.name`:                  `Did you mean "service.one"?`,
		`context.telnet.web`:                 `There is no context kind "telnet".`,
		`context.telnt.nothing`:              `There is no context kind "telnt".`,
		`call.comand.nothing`:                `There is no function "comand". Did you mean "command"?`,
		`path.modul`:                         `The word path has no attribute "modul". Did you mean "module"?`,
		`path.zzzzzz`:                        `There are module, root and cwd.`,
		`copy.x.path`:                        `Did you mean "file"?`,
		`"${service.one.name} ${self.name}"`: `The word self has a meaning only in a postcondition`,
		`on.os`:                              `has no meaning here. Name a context, context.KIND.NAME.`,
		`each.key`:                           `The word each has a meaning only in a block that has for_each.`,
		`lenght("x")`:                        `There is no function named "lenght". Did you mean "length"?`,
		`to_json("x")`:                       `Did you mean "jsonencode"?`,
		`getenv("X")`:                        `MITOPLAN_VAR_NAME`,
		`frobnicate("X")`:                    `The functions are Terraform's`,
	} {
		got := told(several + "output \"x\" { value = " + expr + " }\n")
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s:\n got  %s\n want %s", expr, got, want)
		}
	}
}

// TestMistakesAboutPartsOfAReference: if a part of a reference is missing or in the
// wrong place, and only one block can be meant, the message shows how it is
// written, with its key.
func TestMistakesAboutPartsOfAReference(t *testing.T) {
	const blocks = `
context "local" "here" {}
context "ssh" "web" {
	for_each = { a = 1, b = 2 }
	host     = each.key
}
context "sudo" "num" {
	count = 2
	via   = context.local.here
}
resource "service" "one" {
	on   = context.local.here
	name = "one"
}
resource "service" "each" {
	on       = context.local.here
	for_each = { a = 1, b = 2 }
	name     = each.key
}
resource "file" "twin" {
	on   = context.local.here
	path = "/x"
}
call "command" "twin" {
	on   = context.local.here
	argv = ["uname"]
}
call "command" "kernel" {
	on   = context.local.here
	argv = ["uname"]
}
`
	for expr, want := range map[string]string{
		// The kind is missing.
		`context.web["a"].host`:   `context.ssh.web["a"]`,
		`context.web["a"]`:        `context.ssh.web["a"]`,
		`context.web.host`:        `context.ssh.web`,
		`context.web`:             `context.ssh.web`,
		`context.num[1].os`:       `context.sudo.num[1]`,
		`call.kernel.stdout`:      `call.command.kernel`,
		`call.twin.stdout`:        `call.command.twin`,
		`resource.one.name`:       `service.one`,
		`resource.each["a"].name`: `service.each["a"]`,
		`context.web[local.k].os`: `context.ssh.web`,
		`context.web[*].host`:     `context.ssh.web`,
		// The name is missing.
		`context.ssh`:           `context.ssh.web`,
		`context.ssh["a"].host`: `context.ssh.web["a"]`,
		`resource.file`:         `file.twin`,
		`call.command`:          ``, // there are two
		// The first word is missing, or the first word and the kind.
		`ssh.web["a"].host`:     `context.ssh.web`,
		`command.kernel.stdout`: `call.command.kernel`,
		`web["a"].host`:         `context.ssh.web["a"]`,
		`web.host`:              `context.ssh.web`,
		`here.os`:               `context.local.here`,
		`here`:                  `context.local.here`,
		`kernel`:                `call.command.kernel`,
		`kernel.stdout`:         `call.command.kernel`,
		`one.name`:              `service.one`,
		`twin.path`:             ``, // there are two
		// Parts are swapped.
		`context.web.ssh`:         `context.ssh.web`,
		`context.web.ssh["a"].os`: `context.ssh.web["a"]`,
		`one.service.name`:        `service.one`,
		`call.kernel.command`:     `call.command.kernel`,
		// The first word is a wrong one.
		`call.ssh.web["a"].host`:   `context.ssh.web["a"]`,
		`context.command.kernel`:   `call.command.kernel`,
		`context.service.one`:      `service.one`,
		`resource.service.one`:     `service.one`,
		`resource.ssh.web["a"].os`: `context.ssh.web["a"]`,
		// A part is in brackets.
		`context["ssh"]["web"]`:   `context.ssh.web`,
		`context["web"].host`:     `context.ssh.web`,
		`context.ssh["web"]["a"]`: `context.ssh.web["a"]`,
		`context.ssh["web"].host`: `context.ssh.web`,
		`service["one"].name`:     `service.one`,
		`service["each"]["a"]`:    `service.each["a"]`,
		`call.command["kernel"]`:  `call.command.kernel`,
	} {
		got := told(blocks + "locals { k = \"a\" }\noutput \"x\" { value = " + expr + " }\n")
		_, asked, found := strings.Cut(got, "Did you mean ")
		asked, _, _ = strings.Cut(asked, "?")
		if asked != want || found != (want != "") || got == "" {
			t.Errorf("%s:\n got  %s\n want %s", expr, got, want)
		}
	}
}

// TestKeysOfTheOwnBlock: if the instances of a block have the same keys as those of
// the block that it refers to, the advice is to use the block's own key.
func TestKeysOfTheOwnBlock(t *testing.T) {
	for body, want := range map[string]string{
		`on = context.local.here
		 for_each = local.both
		 name = service.each.name`: `For the one with the same key write service.each[each.key].name.`,
		`on = context.ssh.web
		 name = service.web.name`: `For the one in the same context write service.web[on.key].name.`,
		`on = context.local.here
		 count = 2
		 name = service.num.name`: `For the one with the same number write service.num[count.index].name.`,
		`on = context.local.here
		 name = service.each.name`: `To refer to one of them, write service.each["a"].name.`,
		`on = context.local.here
		 name = each.key`: `Give service.new one, such as for_each = toset(["a", "b"])`,
		`on = context.local.here
		 count = 1
		 name = each.key`: `This one has count: write count.index.`,
		`on = context.local.here
		 for_each = local.both
		 name = count.index`: `This one has for_each: write each.key or each.value.`,
		`on = context.ssh.web
		 name = each.key`: `write on.key for the key of the context.`,
		`on = context.local.here
		 name = on.hostnam`: `has no attribute "hostnam"`,
	} {
		if got := told(several + "resource \"service\" \"new\" {\n" + body + "\n}\n"); !strings.Contains(got, want) {
			t.Errorf("%s:\n got  %s\n want %s", body, got, want)
		}
	}
}

// TestMistakesAboutPlaces: on and via take contexts. If they have something else,
// the message shows how the context is written.
func TestMistakesAboutPlaces(t *testing.T) {
	resource := func(on string) string { return "resource \"service\" \"new\" {\n name = \"x\"\n on = " + on + "\n}\n" }
	context := func(via string) string { return "context \"sudo\" \"new\" {\n" + via + "\n}\n" }
	for src, want := range map[string]string{
		resource(`"here"`):                                            `and this is a string. Write on = context.local.here, without quotes.`,
		resource(`"local.here"`):                                      `Write on = context.local.here, without quotes.`,
		resource(`"context.local.here"`):                              `Write on = context.local.here, without quotes.`,
		resource(`"nowhere"`):                                         `There is context.local.here, context.local.other, context.ssh.num and context.ssh.web.`,
		resource(`5`):                                                 `takes a context, or a map of contexts, and this is a number.`,
		resource(`["here"]`):                                          `its element [0] is a string. Write on = context.local.here`,
		resource(`{ a = "other" }`):                                   `its element ["a"] is a string. Write on = context.local.other`,
		resource(`service.one`):                                       `takes a context, and service.one is a resource. To run in the same context, write on = context.local.here.`,
		resource(`call.command.kernel`):                               `takes a context, and call.command.kernel is a call.`,
		resource(`context.local.here.os`):                             `takes the context itself: leave out .os.`,
		resource(`null`):                                              `and this is null.`,
		resource(`context.ssh.web["a"]`):                              ``,
		resource(`context.ssh.web`):                                   ``,
		context(`via = context.ssh.web`):                              `For a context on each of them write for_each = context.ssh.web and via = each.value`,
		context(`via = context.ssh.num`):                              `write count = length(context.ssh.num) and via = context.ssh.num[count.index]`,
		context(`via = null`):                                         ``,
		context(`via = "here"`):                                       `Write via = context.local.here, without quotes.`,
		context(`via = { a = 1 }`):                                    `takes a context, and this is an object with a.`,
		context("for_each = context.ssh.web\nvia = context.ssh.web"):  `Write via = each.value.`,
		context("for_each = local.both\nvia = context.ssh.web"):       `For the one with the same key write via = context.ssh.web[each.key].`,
		context("count = 2\nvia = context.ssh.web"):                   `For the one with the same number write via = context.ssh.web[count.index].`,
		context("via = context.local.here\nenabled = on.os == \"x\""): `To use a fact of another context, write context.KIND.NAME.hostname`,
	} {
		got := told(several + src)
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s:\n got  %s\n want %s", src, got, want)
		}
	}
	lonely := resource(`"here"`)
	if got := told(lonely); !strings.Contains(got, `Declare a context, such as context "local" "here" {}`) {
		t.Errorf("the message does not say how to declare a context: %s", got)
	}
}

// TestMistakesOfValues: a message of the evaluator about a value says what there
// is, and how to write what was meant.
func TestMistakesOfValues(t *testing.T) {
	s := scopeFor(t)
	for expr, want := range map[string]string{
		`[for x in null : x]`:             "A for expression iterates over a collection, and this is null.",
		`[for x in 5 : x]`:                "iterates over a list, a set, a map or an object, and this is a number.",
		`[] ? 1 : 2`:                      "A condition is true or false, and this is a list with 0 elements.",
		`true ? [1] : { a = 1 }`:          "and the first is a list with 1 element and the second an object with a.",
		`"a" + "b"`:                       `To join strings, write a template, "${a}${b}"`,
		`"x ${null}"`:                     "A template cannot contain null, and this value is null.",
		`"x ${[1]}"`:                      `Write join(", ", …) or jsonencode(…).`,
		`"x ${{ a = 1 }}"`:                "Refer to a part of it, or write jsonencode(…).",
		`upper(null)`:                     `Give a value for the case that it is null`,
		`{ a = 1 }.b`:                     ``,
		`null.a`:                          ``,
		`{ a = [1, 2] }.a[5]`:             ``,
		`tobool(sensitive("secretword"))`: "",
		`"x ${sensitive([1])}"`:           "",
	} {
		_, diags := EvalExpr(parse(t, expr), s, cty.DynamicPseudoType)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) || strings.Contains(diags.Error(), "secretword") {
			t.Errorf("%s:\n got  %v\n want %s", expr, diags, want)
		}
	}
	cfg := load(t, map[string]string{"main.mito.hcl": `variable "x" {}`})
	for key, want := range map[string]string{
		`var.x.nothing`:               `var.x has no "nothing". It has "none", "list", "set", "text" and "empty".`,
		`var.x.list[7]`:               `var.x.list has 2 elements, counted from 0: the last is [1].`,
		`var.x.empty[0]`:              `var.x.empty is empty.`,
		`var.x.set["a"]`:              `elements of a set have no keys`,
		`var.x.text.part`:             `var.x.text is a string, and has no parts.`,
		`var.x.none.part`:             `as in try(…, null).`,
		`var.x["list"]["a"]`:          `var.x["list"]`,
		`[for k in ["z"] : var.x[k]]`: `var.x has no "z".`,
	} {
		s := NewScope(cfg, map[string]cty.Value{"x": cty.ObjectVal(map[string]cty.Value{
			"list": cty.ListVal([]cty.Value{cty.StringVal("a"), cty.StringVal("b")}), "empty": cty.EmptyTupleVal,
			"set": cty.SetVal([]cty.Value{cty.StringVal("a")}), "text": cty.StringVal("t"), "none": cty.NullVal(cty.DynamicPseudoType),
		})})
		_, diags := EvalExpr(parse(t, key), s, cty.DynamicPseudoType)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s:\n got  %v\n want %s", key, diags, want)
		}
	}
}

// TestConflicts: two blocks that certainly manage the same thing of one context are
// reported while loading. If they may not, the plan decides.
func TestConflicts(t *testing.T) {
	file := func(name, on, more string) string {
		return fmt.Sprintf("resource \"file\" %q {\n on = %s\n %s\n}\n", name, on, more)
	}
	const contexts = "context \"local\" \"a\" {}\ncontext \"local\" \"b\" {}\nvariable \"v\" {}\nvariable \"s\" { sensitive = true }\n"
	a, same := "context.local.a", `path = "/etc/motd"`
	for name, tt := range map[string]struct {
		second   string
		conflict bool
	}{
		"the same path":                {file("two", a, same), true},
		"the same path, written oddly": {file("two", a, `path = "/etc//x/../motd"`), true},
		"another path":                 {file("two", a, `path = "/etc/issue"`), false},
		"another context":              {file("two", "context.local.b", same), false},
		"a path that is not known":     {file("two", a, `path = var.v`), false},
		"a key":                        {file("two", a, same+"\n for_each = toset([\"x\"])"), false},
		"disabled, maybe":              {file("two", a, same+"\n enabled = var.v"), false},
		"enabled":                      {file("two", a, same+"\n enabled = true"), true},
		"a context that is not named":  {file("two", "var.v ? context.local.a : context.local.b", same), false},
		"another sort of thing":        {"resource \"package\" \"two\" {\n on = context.local.a\n name = \"/etc/motd\"\n}\n", false},
		"two more that claim the same": {file("two", a, same) + file("three", a, same), true},
	} {
		c, diags := LoadSources("/nonexistent", map[string][]byte{"main.mito.hcl": []byte(contexts + file("one", a, same) + tt.second)}, testCatalogue())
		if diags.HasErrors() {
			t.Errorf("%s: %v", name, diags)
			continue
		}
		if found := c.Conflicts(); found.HasErrors() != tt.conflict {
			t.Errorf("%s: got %v, want a conflict: %v", name, found, tt.conflict)
		} else if tt.conflict && !strings.Contains(found.Error(), `both manage path "/etc/motd" on context.local.a`) {
			t.Errorf("%s: the message must name the thing and the context, got %v", name, found)
		}
	}
}

// TestNearestNames: the message about a mistyped address names the block that was
// meant, even if the first word is missing. It names none if several may be meant.
func TestNearestNames(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": several})
	for given, want := range map[string]string{
		"ssh.web": "context.ssh.web", "command.kernel": "call.command.kernel", "resource.service.one": "service.one",
		"service.onne": "service.one", "kernel": "call.command.kernel", "web": "", "nothing at all": "",
	} {
		if got := cfg.NearBlock(given); got != want {
			t.Errorf("%s: got %q, want %q", given, got, want)
		}
	}
	if cfg.ResourceKind("service") == nil || cfg.ResourceKind("command") != nil {
		t.Error("ResourceKind must know service, and must not know command, which is no resource")
	}
}

// TestProblemsShowNoSecret: the problem of a kind is shown without the value if the
// value is secret, and unchanged otherwise.
func TestProblemsShowNoSecret(t *testing.T) {
	for name, tt := range map[string]struct {
		problem   kind.Problem
		wire      map[string]any
		sensitive []string
		want      string
	}{
		"no secret":            {kind.Problem{Detail: `"abc" is odd.`}, map[string]any{"x": "abc"}, nil, ""},
		"a text is quoted":     {kind.Problem{Detail: `"abc" is odd.`}, map[string]any{"x": "abc"}, []string{"x"}, "The value is sensitive and is not shown here."},
		"an element is quoted": {kind.Problem{Detail: `"abc" is odd.`}, map[string]any{"x": []any{1, "abc"}}, []string{"x"}, "The value is sensitive"},
		"a key is quoted":      {kind.Problem{Detail: `"abc" is odd.`}, map[string]any{"x": map[string]any{"abc": 1}}, []string{"x"}, "The value is sensitive"},
		"a value of a map":     {kind.Problem{Detail: `"abc" is odd.`}, map[string]any{"x": map[string]any{"k": "abc"}}, []string{"x"}, "The value is sensitive"},
		"not quoted":           {kind.Problem{Detail: `It is odd.`}, map[string]any{"x": "abc"}, []string{"x"}, ""},
		"a masked text":        {kind.Problem{Detail: `"abc" is odd.`, Masked: "It is odd."}, map[string]any{"x": "abc"}, []string{"x"}, "It is odd. The value is sensitive and is not shown here."},
		"never quoted":         {kind.Problem{Detail: `abc.`, Masked: "abc."}, map[string]any{"x": "abc"}, []string{"x"}, "abc."},
	} {
		got := ""
		if quotes(tt.problem.Detail, tt.wire, tt.sensitive) {
			got = withoutValue(tt.problem)
		}
		if !strings.HasPrefix(got, tt.want) || (got == "") != (tt.want == "") {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}

// TestSecretsHaveNoPlace: a value that becomes an address, a key or a decision may
// not be secret, nor new at every apply.
func TestSecretsHaveNoPlace(t *testing.T) {
	const head = "context \"local\" \"here\" {}\ncontext \"local\" \"other\" {}\nvariable \"s\" { sensitive = true }\nvariable \"e\" { ephemeral = true }\n"
	resource := func(body string) string { return "resource \"file\" \"x\" {\n" + body + "\n}\n" }
	for src, want := range map[string]string{
		resource("on = context.local.here\npath = var.s"):                                     "Secret in a name",
		resource("on = context.local.here\npath = var.e"):                                     "Use a value that is not ephemeral.",
		resource("on = context.local.here\npath = nonsensitive(var.s)"):                       "",
		resource("on = var.s == 1 ? context.local.here : context.local.other\npath = \"/x\""): "Secret in an address",
		resource("on = context.local.here\npath = \"/x\"\nenabled = var.s == 1"):              "Invalid enabled value",
		resource("on = context.local.here\npath = \"/x\"\ncount = var.s"):                     "Invalid count value",
		resource("on = context.local.here\npath = \"/x\"\nfor_each = var.s"):                  "Invalid for_each value",
		resource("on = context.local.here\npath = \"/x\"\ntimeout = var.s"):                   "Invalid timeout value",
		resource("on = context.local.here\npath = uuid()"):                                    "Value is new at every apply",
		resource("on = context.local.here\npath = \"/x\"\nowner = timestamp()"):               "Value is new at every apply",
		resource("on = context.local.here\npath = \"/x\"\nenabled = timestamp() == \"\""):     "depends on timestamp(), uuid() or bcrypt()",
		resource("on = context.local.here\npath = \"/x\"\ncontent = uuid()"):                  "",
		"context \"ssh\" \"x\" {\n host = var.s\n}\n":                                         "it says where a context is",
		"context \"ssh\" \"x\" {\n host = uuid()\n}\n":                                        "Value is new at every apply",
	} {
		got := told(head + src)
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%s:\n got  %s\n want %s", src, got, want)
		}
	}
}
