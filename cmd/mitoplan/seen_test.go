package main

import (
	"encoding/json"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view/viewtest"
)

// seenIn is the variable that names the directory in which all that commands of scripts write
// with -json is kept.
const seenIn = "MITOPLAN_TEST_SEEN"

// mainThatIsSeen is main, and keeps what it writes with -json.
func mainThatIsSeen() {
	dir := os.Getenv(seenIn)
	if isAgent(os.Args) || dir == "" || !wantsJSON(os.Args[1:]) {
		main()
	}
	a := newApp(takeEnvironment())
	f, err := os.CreateTemp(dir, "*.json")
	if err != nil {
		panic(err)
	}
	args, err := json.Marshal(os.Args)
	if err != nil {
		panic(err)
	}
	if _, err := f.Write(append(args, '\n')); err != nil {
		panic(err)
	}
	out := a.stdout.(*stream)
	out.w = io.MultiWriter(out.w, f)
	os.Exit(a.run(os.Args))
}

// neverSeen are the members that docs/json.schema.json documents and no script makes a command
// write, with what else holds them to the schema. Of the values that a member may have, not each
// comes in a script.
var neverSeen = map[string]string{
	"action.along":                      inViews,
	"action.warnings":                   inViews,
	"along.bytes":                       inViews,
	"along.count":                       inViews,
	"along.entries":                     inViews,
	"along.more":                        inViews,
	"along_entry.action":                inViews,
	"along_entry.after":                 inViews,
	"along_entry.before":                inViews,
	"along_entry.bytes":                 inViews,
	"along_entry.path":                  inViews,
	"along_entry.type":                  inViews,
	"diagnostic.details":                inViews,
	"diagnostic.instances":              inViews,
	"hook.interrupted":                  inViews,
	"message_apply_progress.@level":     afterAWhile,
	"message_apply_progress.@message":   afterAWhile,
	"message_apply_progress.@module":    afterAWhile,
	"message_apply_progress.@timestamp": afterAWhile,
	"message_apply_progress.progress":   afterAWhile,
	"message_apply_progress.type":       afterAWhile,
	"output.ephemeral":                  inViews,
	"plan.destroying":                   inViews,
	"plan.not_compared":                 inViews,
	"progress.busy_contexts":            afterAWhile,
	"progress.contexts":                 afterAWhile,
	"progress.done":                     afterAWhile,
	"progress.elapsed_seconds":          afterAWhile,
	"progress.limit":                    afterAWhile,
	"progress.reading":                  afterAWhile,
	"progress.running":                  afterAWhile,
	"progress.slowest":                  afterAWhile,
	"progress.slowest_context":          afterAWhile,
	"progress.transfers":                afterAWhile,
	"resource_drift.never_applied":      inViews,
	"resource_drift.shared_with":        inViews,
	"transfer.address":                  afterAWhile,
	"transfer.bytes":                    afterAWhile,
	"transfer.bytes_per_second":         afterAWhile,
	"transfer.context":                  afterAWhile,
	"transfer.of":                       afterAWhile,
	"transfer.path":                     afterAWhile,
	"transfer.seconds_left":             afterAWhile,
}

const (
	afterAWhile = "comes after 10 s of a run: the tests of package view have it"
	inViews     = "needs what no script has: the tests of package view, and those on hosts, have it"
)

// asDocumented holds all that commands wrote with -json to the schema, and that to what they
// wrote: what is documented is there, in the output of some command.
func asDocumented(t *testing.T, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var seen viewtest.Seen
	for _, file := range files {
		args, out, _ := strings.Cut(readFile(t, file), "\n")
		document, told := documentOf(t, args, out)
		if !told {
			continue
		}
		if err := seen.Add(document, []byte(out)); err != nil {
			t.Errorf("%s writes what is not documented: %v", args, err)
		}
	}
	if flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.skip").Value.String() != "" || t.Failed() {
		return // not all scripts have run
	}
	unseen, err := seen.Unseen()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range unseen {
		if neverSeen[part] == "" && !strings.Contains(part, " = ") {
			t.Errorf("%s is documented in docs/json.schema.json, and no script makes a command write it", part)
		}
	}
	for part := range neverSeen {
		if !slices.Contains(unseen, part) {
			t.Logf("%s is written by a command of a script: take it out of neverSeen", part)
		}
	}
}

// documentOf is the name of the document that a command wrote, "" for lines. told is false if it
// wrote nothing that has a schema.
func documentOf(t *testing.T, args, out string) (name string, told bool) {
	t.Helper()
	var all []string
	if err := json.Unmarshal([]byte(args), &all); err != nil {
		t.Fatal(err)
	}
	command := ""
	named := false
	for _, arg := range all[1:] {
		switch {
		case strings.HasPrefix(arg, "-"):
		case command == "":
			command = arg
		default:
			named = true
		}
	}
	switch {
	case out == "", strings.HasPrefix(out, `{"@level"`), strings.Contains(out, `"type":"version"`):
		return "", out != ""
	case command == "show" && strings.Contains(out, "\"actions\""):
		return "plan", true
	case command == "output":
		return "outputs", !named
	}
	name, told = map[string]string{"show": "record", "validate": "validation", "kinds": "kinds", "version": "version"}[command]
	return name, told
}
