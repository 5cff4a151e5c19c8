package executor_test

import (
	"slices"
	"testing"
)

// savingTwo has a command and a file that are saved, and what uses the first of them.
const savingTwo = `
context "local" "h" {}
call "command" "dump" {
  on          = context.local.h
  argv        = ["echo", "dumped"]
  stdout_file = "dump"
}
call "read_file" "log" {
  on      = context.local.h
  path    = "$DIR/from"
  save_as = "log"
}
resource "file" "size" {
  on      = context.local.h
  path    = "$DIR/size"
  content = "${call.command.dump.stdout_size}"
}
resource "file" "other" {
  on   = context.local.h
  path = "$DIR/other"
}
`

// TestTargetsOfWhatIsSaved: only what was asked for is saved, with what that needs. A
// file that a call outside of the targets would save stays as it is.
func TestTargetsOfWhatIsSaved(t *testing.T) {
	const twice = `
call "command" "again" {
  on          = context.local.h
  argv        = ["echo", "again"]
  stdout_file = "dump"
}
`
	for name, c := range map[string]struct {
		more              string
		targets, excludes []string
		dump, log         string   // what these hold afterwards; "before" is there already
		made              []string // what else there is
	}{
		"stdout_file":                      {targets: []string{"call.command.dump"}, dump: "dumped\n", log: "before"},
		"save_as":                          {targets: []string{"call.read_file.log"}, dump: "before", log: "from"},
		"what uses a result":               {targets: []string{"file.size"}, dump: "dumped\n", log: "before", made: []string{"size"}},
		"neither":                          {targets: []string{"file.other"}, dump: "before", log: "before", made: []string{"other"}},
		"both":                             {targets: []string{"call.read_file.log", "call.command.dump"}, dump: "dumped\n", log: "from"},
		"the context":                      {targets: []string{"context.local.h"}, dump: "dumped\n", log: "from", made: []string{"other", "size"}},
		"left out":                         {excludes: []string{"call.read_file.log"}, dump: "dumped\n", log: "before", made: []string{"other", "size"}},
		"left out with what uses it":       {excludes: []string{"call.command.dump"}, dump: "before", log: "from", made: []string{"other"}},
		"one of two that save to one file": {more: twice, targets: []string{"call.command.again"}, dump: "again\n", log: "before"},
		"the other is left out":            {more: twice, excludes: []string{"call.command.again"}, dump: "dumped\n", log: "from", made: []string{"other", "size"}},
	} {
		for _, from := range []string{"", ", from a plan file"} {
			t.Run(name+from, func(t *testing.T) {
				l := newLab(t)
				l.write("from", "from")
				l.write("dump", "before")
				l.write("log", "before")
				o := l.options(savingTwo+c.more, nil)
				o.Targets, o.Excludes = c.targets, c.excludes
				s := l.open(o)
				p := l.plan(s)
				if from != "" {
					s, p = l.reopen(l.savedOf(s, p), l.options(savingTwo+c.more, nil))
				}
				if l.read("dump") != "before" || l.read("log") != "before" {
					t.Error("planning has saved")
				}
				if _, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
					t.Fatal(diags)
				}
				if dump, log := l.read("dump"), l.read("log"); dump != c.dump || log != c.log {
					t.Errorf("dump holds %q and log %q, want %q and %q", dump, log, c.dump, c.log)
				}
				want := append([]string{"dump", "from", "log"}, c.made...)
				slices.Sort(want)
				if got := l.entries(); !slices.Equal(got, want) {
					t.Errorf("there is %q, want %q", got, want)
				}
			})
		}
	}
}

// TestTwoThatSaveToOneFileWithTargets: both are asked for, so it is refused.
func TestTwoThatSaveToOneFileWithTargets(t *testing.T) {
	l := newLab(t)
	o := l.options(savingTwo+`
call "command" "again" {
  on          = context.local.h
  argv        = ["echo", "again"]
  stdout_file = "dump"
}`, nil)
	o.Targets = []string{"call.command.dump", "call.command.again"}
	if _, diags := l.open(o).Plan(t.Context()); len(diags) != 1 || diags[0].Summary != "Two calls save one file" {
		t.Errorf("got %v", diags)
	}
}
