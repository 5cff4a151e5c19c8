package view

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with testdata/NAME, which a person can read as prose.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", name, d)
	}
}

// testCatalogue has a file with a long text and a function.
func testCatalogue() config.Catalogue {
	file := struct {
		Path    kind.Text `cbor:"path" mito:"required,claims=path"`
		Content kind.Text `cbor:"content" mito:"diff"`
		Owner   string    `cbor:"owner"`
		Group   string    `cbor:"group"`
		Mode    string    `cbor:"mode"`
		Key     []byte    `cbor:"key"`
		UID     int64     `cbor:"uid" mito:"computed"`
	}{}
	restart := struct {
		Name string   `cbor:"name"`
		Argv []string `cbor:"argv"`
	}{}
	return config.Catalogue{
		Resources: map[string]*kind.Kind{"file": {Name: "file", Args: kind.SchemaOf(file)}},
		Functions: map[string]*kind.Kind{"service_restart": {Name: "service_restart", Args: kind.SchemaOf(restart)}},
	}
}

func file(name, key string, op planner.Op, before, after map[string]any) *planner.Action {
	a := &planner.Action{
		Address: "file." + name, Block: "file." + name, Type: config.ResourceBlock, Kind: "file", Name: name,
		Context: "context.sudo.web", Op: op, Before: before, After: after,
	}
	if key != "" {
		a.Keys = []string{key}
		a.Address += config.Key{Text: key}.String()
		a.Context += config.Key{Text: key}.String()
	}
	return a
}

func contexts() []*planner.Context {
	up := map[string]any{"distro": "debian", "distro_version": "12", "arch": "amd64"}
	return []*planner.Context{
		{Address: "context.ssh.bastion", Machine: "context.ssh.bastion", Kind: "ssh", Name: "bastion", Describe: "deploy@bastion.example.com", Status: planner.ContextUp},
		{Address: `context.ssh.web["a"]`, Parent: "context.ssh.bastion", Machine: `context.ssh.web["a"]`, Kind: "ssh", Name: "web", Key: "a", Describe: "deploy@10.0.0.11", Status: planner.ContextUp, Facts: up},
		{Address: `context.sudo.web["a"]`, Parent: `context.ssh.web["a"]`, Machine: `context.ssh.web["a"]`, Kind: "sudo", Name: "web", Key: "a", Describe: "root", Status: planner.ContextUp, Facts: up},
		{Address: `context.ssh.web["b"]`, Parent: "context.ssh.bastion", Machine: `context.ssh.web["b"]`, Kind: "ssh", Name: "web", Key: "b", Describe: "deploy@10.0.0.12", Status: planner.ContextUnreachable, Reason: "dial tcp 10.0.0.12:22: connection refused"},
	}
}

// refusing are contexts of which one is away, and two did not start for another reason.
func refusing() []*planner.Context {
	return append(contexts(),
		&planner.Context{Address: "context.ssh.db", Machine: "context.ssh.db", Kind: "ssh", Name: "db", Describe: "deploy@10.0.0.13", Status: planner.ContextFailed, Reason: "Key refused"},
		&planner.Context{Address: `context.sudo.other["a"]`, Parent: `context.ssh.web["a"]`, Machine: `context.ssh.web["a"]`, Kind: "sudo", Name: "other", Key: "a", Status: planner.ContextFailed, Reason: "Wrong sudo password"})
}

// documented is the plan that the manual shows.
func documented() *planner.Plan {
	conf := func(workers string) map[string]any {
		return map[string]any{
			"path": cbor.ByteString("/etc/nginx/nginx.conf"), "owner": "root", "group": "root", "mode": "0644",
			"content": cbor.ByteString("user www-data;\nworker_processes " + workers + ";\n"),
		}
	}
	restart := &planner.Action{
		Address: `call.service_restart.nginx["a"]`, Block: "call.service_restart.nginx", Keys: []string{"a"}, Type: config.CallBlock,
		Kind: "service_restart", Name: "nginx", Context: `context.sudo.web["a"]`, Op: planner.Run,
		After: map[string]any{"name": "nginx"}, Reason: `triggered by file.nginx_conf["a"]`, TriggeredBy: []string{`file.nginx_conf["a"]`},
	}
	return &planner.Plan{
		Time: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), Contexts: contexts(),
		Actions: []*planner.Action{file("nginx_conf", "a", planner.Update, conf("1"), conf("4")), restart},
	}
}

// everything has an action and an attribute for each way in which they can be
// shown.
func everything() *planner.Plan {
	long := "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\n"
	create := file("created", "", planner.Create, nil, map[string]any{
		"path": cbor.ByteString("/etc/motd"), "content": cbor.ByteString("Hello \x1b[31mworld\x1b[0m\n${not} a template\n"), "mode": "0644",
	})
	create.Unknown, create.Sensitive = []string{"uid"}, []string{"owner"}
	create.After["owner"] = nil
	binary := file("binary", "", planner.Update,
		map[string]any{"path": "/bin/x", "content": cbor.ByteString("\xff\xfe\x00"), "mode": "0644", "group": nil, "key": []byte("abc")},
		map[string]any{"path": "/bin/x", "content": resource.Digest{MAC: []byte{1, 2}, Size: 2 << 20}, "mode": "0755", "group": "staff", "key": []byte("abcd")})
	binary.Warnings = []string{"the file is in use"}
	context := file("context", "", planner.Update,
		map[string]any{"path": []byte("/a"), "content": []byte(long)}, map[string]any{"path": []byte("/a"), "content": "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nTEN"})
	replaced := file("replaced", "", planner.Replace, map[string]any{"path": "/link", "mode": "0777"}, map[string]any{"path": "/link", "mode": "0644"})
	replaced.Reason = "a symlink is in its place"
	deleted := file("deleted", "", planner.Delete, map[string]any{"path": "/old", "content": "only line\n", "mode": "0600"}, nil)
	always := &planner.Action{
		Address: "call.command.always", Block: "call.command.always", Type: config.CallBlock, Kind: "command", Name: "always", Context: "context.local.here",
		Op: planner.Always, After: map[string]any{
			"argv": []any{"/usr/local/bin/a-rather-long-program-name", "--with", "an argument of some length", "--and", "another one"},
			"env":  map[string]any{"LANG": "C", "odd key": int64(3)}, "stdin": "a\nb\n",
		},
	}
	read := &planner.Action{
		Address: "call.command.read", Block: "call.command.read", Type: config.CallBlock, Kind: "command", Name: "read", Context: "context.local.here",
		Op: planner.Read, Unknown: []string{"argv"}, Reason: "argv is known after apply",
	}
	deferred := file("later", "x", planner.Defer, nil, nil)
	deferred.Reason = "context.sudo.app is deferred: its user is still to be created"
	same := file("same", "", planner.NoOp, map[string]any{"path": "/same"}, map[string]any{"path": "/same"})
	p := &planner.Plan{
		Contexts:  []*planner.Context{{Address: "context.local.here", Machine: "context.local.here", Kind: "local", Name: "here", Status: planner.ContextUp}},
		Actions:   []*planner.Action{create, binary, context, replaced, deleted, always, read, deferred, same},
		Orphans:   []planner.Orphan{{Address: "file.gone", Reason: "Its kind is gone."}},
		Stateless: true,
		Outputs: []*planner.Output{
			{Name: "hosts", Value: cty.ObjectVal(map[string]cty.Value{"a": cty.NumberIntVal(3), "b c": cty.UnknownVal(cty.String)})},
			{Name: "kept", Before: cty.StringVal("a"), Value: cty.StringVal("a")},
			{Name: "password", Sensitive: true, SensitiveBefore: true, Value: cty.StringVal("hunter2")},
			{Name: "release", Before: cty.StringVal("6.1"), Value: cty.StringVal("6.2")},
			{Name: "removed", Removed: true, Before: cty.StringVal("gone"), Value: cty.NullVal(cty.DynamicPseudoType)},
			{Name: "token", Removed: true, Sensitive: true, SensitiveBefore: true, Value: cty.NullVal(cty.DynamicPseudoType)},
			{Name: "told", SensitiveBefore: true, Value: cty.StringVal("in clear")},
		},
		OutputsChanged: []string{"hosts", "password", "release", "removed", "token", "told"},
	}
	return p
}

// alike has the same change on many hosts, and one that differs.
func alike() *planner.Plan {
	p := &planner.Plan{Complete: true}
	for _, key := range []string{"h01", "h02", "h03", "h04", "h05", "h06", "h07", "h08", "h09", "h10"} {
		mode := "0644"
		if key == "h07" {
			mode = "0600"
		}
		a := file("motd", key, planner.Create, nil, map[string]any{"path": "/etc/motd", "mode": mode})
		run := &planner.Action{
			Address: "call.command.warm" + (config.Key{Text: key}).String(), Block: "call.command.warm", Keys: []string{key}, Type: config.CallBlock, Kind: "command", Name: "warm",
			Context: a.Context, Op: planner.Run, After: map[string]any{"argv": []any{"warm"}}, TriggeredBy: []string{a.Address}, Reason: "triggered by " + a.Address,
		}
		p.Actions = append(p.Actions, a, run)
	}
	for _, key := range []string{"alice", "bob"} {
		a := file("home", "", planner.Create, nil, map[string]any{"path": "/home", "mode": "0700"})
		a.Keys = []string{key}
		a.Address += (config.Key{Text: a.Keys[0]}).String()
		p.Actions = append(p.Actions, a)
	}
	return p
}

func TestPlanReadsAsDocumented(t *testing.T) {
	h := &Human{}
	for name, p := range map[string]*planner.Plan{
		"documented.txt": documented(), "everything.txt": everything(), "alike.txt": alike(),
		"empty.txt":      {Complete: true, Contexts: contexts()[:3]},
		"incomplete.txt": {Contexts: contexts(), Time: made},
	} {
		golden(t, name, h.Plan(NewPlan(p, testCatalogue(), "0.1.0", nil)))
	}
}

func TestPlanInColour(t *testing.T) {
	h := &Human{Paint: Paint{On: true}}
	golden(t, "colour.txt", h.Plan(NewPlan(documented(), testCatalogue(), "0.1.0", nil)))
}

func TestDriftTellsWhereDifferencesComeFrom(t *testing.T) {
	p := everything()
	for _, a := range p.Actions[:4] {
		p.Drifts = append(p.Drifts, &planner.Drift{Thing: kind.PathThing(a.Address), Machine: "local", Context: a.Context, Addresses: []string{a.Address}, OutsideKnown: true})
	}
	p.Actions = p.Actions[:4]
	for k, d := range p.Drifts {
		switch k {
		case 0:
			d.Newer, d.NeverApplied = true, d.Addresses
		case 1:
			d.Outside, d.Changed = true, []string{"content", "mode"}
		case 2:
			d.Outside, d.Changed, d.Newer, d.Arguments = true, []string{"type"}, true, []string{"content"}
			d.Beside = []string{"line.a", "line.b", "line.c", "line.d", "line.e", "line.f", "line.g"}
		case 3:
			d.OutsideKnown = false
		}
		p.Actions[k].Drift = d.Origin()
	}
	v := NewPlan(p, testCatalogue(), "0.1.0", nil)
	h := &Human{}
	golden(t, "drift.txt", h.Drift(v, v.Differing()))
	golden(t, "drift_none.txt", h.Drift(&Plan{Complete: true}, nil))
	golden(t, "drift_plan.txt", h.Plan(v))
}
