package planner_test

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/planner"
)

// reloads is a file, and a call on another host that the file triggers. $V stands
// for the version of the file. $CALL, $OTHER and $MORE stand for what a row adds to
// the call, to its context and beside them.
const reloads = `
context "ssh" "h" { host = "h" }
context "ssh" "other" {
  host = "other"
  $OTHER
}
resource "file" "conf" {
  on      = context.ssh.h
  path    = "/conf"
  content = "$V"
}
call "command" "reload" {
  on           = context.ssh.other
  argv         = ["$V"]
  triggered_by = [file.conf]
  $CALL
}
$MORE`

type source struct{ call, more, other string }

func (s source) version(v string) string {
	src := strings.NewReplacer("$CALL", s.call, "$MORE", s.more, "$OTHER", s.other).Replace(reloads)
	return strings.ReplaceAll(src, "$V", v)
}

const gate = `
call "command" "gate" {
  on         = context.ssh.other
  argv       = ["gate"]
  depends_on = [file.conf]
}`

var gated = source{call: "depends_on = [call.command.gate]", more: gate}

// elsewhere is a call whose instances only a host can tell.
const elsewhere = `
call "command" "list" {
  on        = context.ssh.other
  argv      = ["list"]
  read_only = true
}
call "command" "each" {
  on           = context.ssh.h
  for_each     = toset(split(",", call.command.list.stdout))
  argv         = ["${each.key}$V"]
  triggered_by = [file.conf]
}`

// If something keeps a triggered call from running, the call is owed. The next plan
// in which nothing keeps it from running has it, once, and the plan after that is
// empty.
func TestATriggerThatDidNotRunIsOwed(t *testing.T) {
	no := fails(planner.Failure{Summary: "No"})
	gone := fails(planner.Failure{Kind: planner.FailureLost, Summary: "Connection lost"})
	cancelled := fails(planner.Failure{Kind: planner.FailureStopped, Summary: "Cancelled"})
	down := fails(planner.Failure{Kind: planner.FailureLost, Summary: "Refused", NotBegun: true})
	late := strings.NewReplacer("context.ssh.h\n  for_each", "context.ssh.other\n  for_each", "on        = context.ssh.other", "on        = context.ssh.h").Replace(elsewhere)
	second := source{more: strings.Replace(elsewhere, "read_only = true", "read_only = true\n  depends_on = [file.conf]", 1)}
	named := "call \"command\" \"name\" {\n  on = context.ssh.h\n  argv = [\"name\"]\n  triggers = { v = \"$V\" }\n}\n"
	fail := func(address string, r planner.Result) func(*history) {
		return func(h *history) { h.fails[address] = r }
	}
	kill := func(after int) func(*history) {
		return func(h *history) { h.killed, h.fails["call.command.gate"] = after, no }
	}
	for name, row := range map[string]struct {
		source
		set   func(*planner.Options)
		with  func(*history)
		after source // what is planned after that
		want  string // what runs then, "2" if it is empty
		early string // what runs in the apply that is kept from running it
	}{
		"-target leaves it out":                 {set: func(o *planner.Options) { o.Targets = []string{"file.conf"} }},
		"-exclude leaves it out":                {set: func(o *planner.Options) { o.Excludes = []string{"call.command.reload"} }},
		"it is disabled":                        {source: source{call: "enabled = false"}},
		"it is disabled by what its context is": {source: source{call: `enabled = on.hostname == "nobody"`}},
		"its context is disabled":               {source: source{other: "enabled = false"}},
		"its context is disabled before its instances are known": {
			source: source{other: "enabled = false", more: late}, after: source{more: late}, want: "2 x2 y2",
		},
		"its context is deferred":                    {source: source{other: "user = call.command.name.stdout", more: named}, after: source{more: named}, early: "name"},
		"it fails half-way":                          {with: fail("call.command.reload", no)},
		"its precondition fails":                     {source: source{call: "lifecycle {\n precondition {\n condition = call.command.gate.stdout == \"no\"\n error_message = \"No.\"\n}\n}", more: gate}, early: "gate"},
		"its postcondition fails":                    {source: source{call: "lifecycle {\n postcondition {\n condition = self.stdout == \"no\"\n error_message = \"No.\"\n}\n}"}, early: "2"},
		"what comes before it fails":                 {source: gated, with: fail("call.command.gate", no)},
		"what comes before it is excluded":           {source: gated, set: func(o *planner.Options) { o.Excludes = []string{"call.command.gate"} }},
		"its guard says no":                          {source: source{call: `creates = "/there"`}, with: func(h *history) { h.guarded["call.command.reload"] = true }},
		"its host cannot be reached":                 {with: fail("context.ssh.other", down)},
		"its host is lost":                           {source: gated, with: fail("call.command.gate", gone)},
		"Ctrl-C while what is before it runs":        {source: gated, with: fail("call.command.gate", cancelled)},
		"Ctrl-C before it is sent":                   {with: func(h *history) { h.stops = true }},
		"killed before the first answer":             {source: gated, with: kill(0)},
		"killed after the first answer":              {source: gated, with: kill(1)},
		"killed after the second answer":             {source: gated, with: kill(2)},
		"what is before it is refused":               {source: gated, with: fail("call.command.gate", fails(planner.Failure{Code: "moved", Summary: "Changed"}))},
		"its instances are known in the second wave": {source: second, after: second, early: "2", want: "x2 y2"},
		"its instances cannot be known, as a host is away": {
			source: source{more: elsewhere}, with: fail("context.ssh.other", down), after: source{more: elsewhere}, want: "2 x2 y2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			h.says["call.command.list"] = "x,y"
			h.settle(row.after.version("1"))
			if got := h.took(); !strings.Contains(got, "1") {
				t.Fatalf("the first apply did not run it: %q", got)
			}
			if row.with != nil {
				row.with(h)
			}
			if row.set == nil {
				row.set = func(*planner.Options) {}
			}
			h.apply(row.source.version("2"), row.set)
			if got := h.took(); got != row.early || h.files["/conf"] != "2" {
				t.Fatalf("the second apply ran %q; %s", got, h)
			}
			h.settle(row.after.version("2"))
			if row.want == "" {
				row.want = "2"
			}
			if got := strings.TrimSuffix(h.took(), " name"); got != row.want {
				t.Errorf("then ran %q, want %q; %s", got, row.want, h)
			}
		})
	}
}

// A block that is removed is no longer owed, and a block that is added later is not
// owed yet. A key that is renamed keeps its debt.
func TestDebtsFollowTheConfiguration(t *testing.T) {
	const (
		alone = "context \"ssh\" \"h\" { host = \"h\" }\n"
		file  = alone + "resource \"file\" \"conf\" {\n  on = context.ssh.h\n  path = \"/conf\"\n  content = \"$V\"\n}\n"
		files = alone + "resource \"file\" \"conf\" {\n  on = context.ssh.h\n  for_each = { KEY = \"\" }\n  path = \"/conf\"\n  content = \"$V\"\n}\n"
		other = "resource \"file\" \"other\" {\n  on = context.ssh.h\n  path = \"/other\"\n  content = \"$V\"\n}\n"
		call  = "call \"command\" \"reload\" {\n  on = context.ssh.h\n  argv = [\"reload\"]\n  triggered_by = [file.conf]\n}\n"
		keyed = "call \"command\" \"reload\" {\n  on = context.ssh.h\n  for_each = toset([KEYS])\n  argv = [each.key]\n  triggered_by = [file.conf]\n}\n"
	)
	keys := func(s string) string { return strings.Replace(keyed, "KEYS", s, 1) }
	key := func(s string) string { return strings.Replace(files, "KEY", s, 1) }
	instead := func(s string) string { return strings.Replace(call, "triggered_by = [file.conf]", s, 1) }
	both := strings.Replace(call, "[file.conf]", "[file.conf, file.other]", 1)
	for name, c := range map[string]struct {
		first string   // applied first; then its version 2 is applied to the file alone
		then  []string // applied one after the other
		want  string
	}{
		"added later":                        {file, []string{file + call}, ""},
		"removed and added again":            {file + call, []string{file, file + call}, ""},
		"no longer triggered and then again": {file + call, []string{file + instead(`triggers = { v = "1" }`), file + call}, "reload"},
		"it only reads from now on":          {file + call, []string{file + strings.Replace(call, "triggered_by", "read_only = true\n  triggered_by", 1), file + call}, ""},
		"renamed, which is another block":    {file + call, []string{file + strings.Replace(call, `"reload" {`, `"restart" {`, 1)}, ""},
		"a key is renamed":                   {file + keys(`"a"`), []string{file + keys(`"b"`)}, "b"},
		"a key is renamed in both":           {key("a") + keys(`"a"`), []string{key("b") + keys(`"b"`)}, "b"},
		"a key is renamed in the file":       {key("a") + call, []string{key("b") + call}, "reload"},
		"one becomes many":                   {file + call, []string{file + keys(`"a", "b"`)}, "a b"},
		"many become one":                    {file + keys(`"a", "b"`), []string{file + call}, "reload"},
		"a key goes away and comes back":     {file + keys(`"a", "b"`), []string{file + keys(`"a"`), file + keys(`"a", "b"`)}, "a b"},
		"a key is added":                     {file + keys(`"a"`), []string{file + keys(`"a", "b"`)}, "a"},
		"what triggered it is gone":          {file + other + both, []string{alone + other + strings.Replace(call, "file.conf", "file.other", 1)}, "reload"},
	} {
		t.Run(name, func(t *testing.T) {
			at := func(v, src string) string { return strings.ReplaceAll(src, "$V", v) }
			h := newHistory(t)
			h.settle(at("1", c.first))
			h.apply(at("2", c.first), func(o *planner.Options) { o.Targets = []string{"file.conf"} })
			h.took()
			if h.files["/conf"] != "2" {
				t.Fatalf("the file was not changed: %s", h)
			}
			h.files["/other"] = "2"
			for _, src := range c.then {
				h.settle(at("2", src))
			}
			if got := h.took(); got != c.want {
				t.Errorf("ran %q, want %q; %s", got, c.want, h)
			}
		})
	}
}

// One run of a call answers the changes of two things in two applies.
func TestTwoDebtsAreAnsweredAtOnce(t *testing.T) {
	src := func(v string) string {
		other := "resource \"file\" \"other\" {\n  on = context.ssh.h\n  path = \"/other\"\n  content = \"$V\"\n}\n"
		return strings.Replace(source{more: strings.ReplaceAll(other, "$V", v)}.version(v), "[file.conf]", "[file.conf, file.other]", 1)
	}
	h := newHistory(t)
	h.settle(src("1"))
	h.took()
	for _, target := range []string{"file.conf", "file.other"} {
		h.apply(src("2"), func(o *planner.Options) { o.Targets = []string{target} })
	}
	plan, _ := h.plan(src("2"))
	if a := plan.Action("call.command.reload"); a.Reason != "owed since an earlier apply to file.conf, file.other" {
		t.Errorf("reason = %q", a.Reason)
	}
	h.settle(src("2"))
	if got := h.took(); got != "2" {
		t.Errorf("then ran %q, want 2", got)
	}
}

// The recorded value of triggers is that of the last run, whatever kept the call
// from running since.
func TestTriggersAreRecordedByARunOnly(t *testing.T) {
	at := func(v, more string) string {
		return twoHosts + block("call.build", onA, "triggers = { version = \""+v+"\" }\n  "+more)
	}
	no := fails(planner.Failure{Summary: "No"})
	for name, c := range map[string]struct {
		more string
		with func(*history)
		set  func(*planner.Options)
	}{
		"disabled":       {more: "enabled = false"},
		"excluded":       {set: func(o *planner.Options) { o.Excludes = []string{"call.command.build"} }},
		"failed":         {with: func(h *history) { h.fails["call.command.build"] = no }},
		"guarded":        {more: `creates = "/there"`, with: func(h *history) { h.guarded["call.command.build"] = true }},
		"context failed": {with: func(h *history) { h.fails[onA] = no }},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHistory(t)
			h.settle(at("1", ""))
			if c.with != nil {
				c.with(h)
			}
			if c.set == nil {
				c.set = func(*planner.Options) {}
			}
			h.apply(at("2", c.more), c.set)
			if got := h.took(); got != "build" {
				t.Fatalf("the apply ran %q, want build", got)
			}
			h.settle(at("2", ""))
			if got := h.took(); got != "build" {
				t.Errorf("then ran %q, want build", got)
			}
		})
	}
}

// A call whose postcondition failed did not succeed. So every later plan has the
// call until it succeeds, and what it triggers after it.
func TestACallWhosePostconditionFailedIsOwed(t *testing.T) {
	const src = reloads + `
call "command" "after" {
  on           = context.ssh.other
  argv         = ["after$V"]
  triggered_by = [call.command.reload]
}`
	const kept = `
  lifecycle {
    postcondition {
      condition     = self.stdout == ""
      error_message = "It did not come up."
    }
  }`
	for name, why := range map[string]string{
		"triggered_by":          `triggered_by = [file.conf]`,
		"triggers":              `triggers = { v = "$V" }`,
		"triggers and a change": `triggers = { v = "$V" }` + "\n" + `triggered_by = [file.conf]`,
		"every apply":           ``,
	} {
		for which, first := range map[string]bool{"the first apply": true, "a later apply": false} {
			t.Run(name+", "+which, func(t *testing.T) {
				at := func(v string) string {
					return strings.NewReplacer("$CALL", kept, "$OTHER", "", "$MORE", "", "$V", v).Replace(strings.Replace(src, "triggered_by = [file.conf]", why, 1))
				}
				h := newHistory(t)
				if !first {
					h.apply(at("1"))
					h.took()
				}
				for range 3 {
					h.says["call.command.reload"] = "broken"
					h.apply(at("2"))
					if got := h.took(); got != "2" {
						t.Fatalf("ran %q, want 2; %s", got, h)
					}
				}
				h.says["call.command.reload"] = ""
				h.apply(at("2"))
				if got := h.took(); got != "2 after2" {
					t.Errorf("then ran %q, want \"2 after2\"; %s", got, h)
				}
				if plan, _ := h.plan(at("2")); why != "" && !plan.Empty() {
					t.Errorf("the plan after that is not empty: %v", ops(plan))
				}
			})
		}
	}
}

// What a resource wrote is recorded even if its postcondition fails. The next plan
// checks the postcondition again and has what the resource triggers.
func TestAResourceWhosePostconditionFailedIsRecorded(t *testing.T) {
	src := func(want string) string {
		return twoHosts + block("file.seed", onA, `content = "s"`) + block("call.seed", onA, "read_only = true\n"+after("file.seed")) + block("file.conf", onA, `content = call.command.seed.stdout
  lifecycle {
    postcondition {
      condition     = self.content == "`+want+`"
      error_message = "It holds something else."
    }
  }`) + block("call.reload", onA, "triggered_by = [file.conf]")
	}
	h := newHistory(t)
	h.says["call.command.seed"] = "x"
	h.apply(src("y"))
	if _, recorded := h.fakePrior["file.conf"]; !recorded || h.files["/conf"] != "x" {
		t.Errorf("what was written is not recorded: %s", h)
	}
	if got := h.debts["call.command.reload"]; len(got) != 1 {
		t.Errorf("the call that it triggers owes %q, want one thing", got)
	}
	if _, p := h.plan(src("y")); problems(p) != "Postcondition failed: It holds something else." {
		t.Errorf("the next plan does not check the postcondition: %q", problems(p))
	}
	h.apply(src("x"))
	if got := h.took(); got != "reload" {
		t.Errorf("then ran %q, want reload", got)
	}
}
