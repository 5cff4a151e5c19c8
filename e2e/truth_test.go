//go:build linux

package e2e

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var truthSeeds = flag.Int("truth.seeds", 2, "how many random sequences TestPlansAreTrue tries")

var truthFirst = flag.Uint64("truth.first", 1, "the first of them")

// TestPlansAreTrue plays random sequences of configurations on a lab host: what a plan says of
// before and after is what was there and what is there then, byte for byte; nothing else changes;
// the apply reports what was planned; the next plan is empty; and planning changes nothing. Drift
// after an edit by hand is of the thing that was edited, and of no other. Every run of the tests
// has a sample. More:
//
//	go test ./e2e -run TestPlansAreTrue -v -truth.seeds 100
func TestPlansAreTrue(t *testing.T) {
	l := lab.New(t, lab.Options{})
	furnish(t, l)
	for k := range *truthSeeds {
		seed := *truthFirst + uint64(k)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			tr := &truth{t: t, l: l.For(t), rng: rand.New(rand.NewPCG(seed, 1)), dir: fmt.Sprintf("/srv/truth%d", seed)}
			tr.play()
		})
	}
}

// truth is one sequence on its host.
type truth struct {
	t    *testing.T
	l    *lab.Lab
	rng  *rand.Rand
	dir  string // of everything that the configurations manage
	conf string // the last one
	// whole are the paths whose whole content the last configuration says, edits of it aside.
	whole map[string]bool
	// destroys is set while everything is taken away.
	destroys bool
}

func (tr *truth) play() {
	tr.l.Exec(1, "mkdir", "-p", tr.dir+"/conf", tr.dir+"/p/d0", tr.dir+"/alt", tr.dir+"/altadmin")
	for _, name := range []string{"t0", "t1", "hosts", "cron", "i0", "d0/x"} {
		if tr.chance(2) {
			tr.l.WriteFile(1, tr.dir+"/p/"+name, tr.text(), 0o644)
		}
	}
	for range 3 {
		tr.configure()
		tr.round("plan", "-out", "p.plan")
		tr.handEdit()
		if tr.t.Failed() {
			tr.t.Fatalf("the configuration is\n%s", tr.conf)
		}
	}
	tr.round("plan", "-destroy", "-out", "p.plan")
}

// configure writes a configuration that can be planned. What is random may be wrong in itself,
// such as an edit that its own result would ask for again.
func (tr *truth) configure() {
	tr.t.Helper()
	for range 20 {
		tr.conf = tr.configuration()
		tr.l.WriteFile(1, tr.dir+"/conf/main.mito.hcl", tr.conf, 0o644)
		out, status := tr.run("plan", "-no-color")
		if status == 0 {
			return
		}
		tr.t.Log(out)
	}
	tr.t.Fatal("none of 20 configurations can be planned")
}

// round plans, applies, and compares.
func (tr *truth) round(plan ...string) {
	tr.t.Helper()
	tr.destroys = slices.Contains(plan, "-destroy")
	before := tr.look()
	if out, status := tr.run(plan...); status != 0 {
		tr.t.Fatalf("status %d of %v: %s\n%s", status, plan, out, tr.conf)
	}
	out, _ := tr.run("show", "-json", "p.plan")
	var planned struct{ Actions []truthAction }
	if err := json.Unmarshal([]byte(out), &planned); err != nil {
		tr.t.Fatal(err)
	}
	if changed := unlike(before, tr.look()); len(changed) > 0 {
		tr.t.Errorf("planning changed %q", changed)
	}
	report, status := tr.run("apply", "-json", "p.plan")
	if status != 0 {
		tr.t.Fatalf("status %d of apply: %s\n%s", status, report, tr.conf)
	}
	tr.reported(planned.Actions, report)
	tr.compare(planned.Actions, before, tr.look())
	if tr.destroys {
		return
	}
	if out, status := tr.run("plan", "-detailed-exitcode", "-no-color"); status != 0 {
		tr.t.Errorf("the plan after the apply is not empty: %s", out)
	}
}

// truthAction is what a plan says of an action.
type truthAction struct {
	Address   string         `json:"address"`
	Kind      string         `json:"kind"`
	Action    string         `json:"action"`
	Reason    string         `json:"reason"` // why it leaves the configuration
	Before    map[string]any `json:"before"`
	After     map[string]any `json:"after"`
	DependsOn []string       `json:"depends_on"`
	Along     struct {
		Entries []struct {
			Path string `json:"path"`
		} `json:"entries"`
	} `json:"along"`
}

func (a truthAction) changes() bool {
	return !slices.Contains([]string{"no-op", "read", "forget"}, a.Action)
}

// path is the path that it is about, "" for an account and for what names stand for.
func (a truthAction) path() string {
	if a.Kind == "alternatives" {
		return ""
	}
	for _, side := range []map[string]any{a.After, a.Before} {
		if p, ok := side["path"].(string); ok {
			return p
		}
	}
	return ""
}

// reported holds that the apply did what was planned, and nothing else.
func (tr *truth) reported(planned []truthAction, report string) {
	tr.t.Helper()
	var want, got []string
	for _, a := range planned {
		if a.changes() || a.Action == "forget" {
			want = append(want, a.Address+" "+a.Action)
		}
	}
	for line := range strings.Lines(report) {
		var event struct {
			Type string `json:"type"`
			Hook struct {
				Address string `json:"address"`
				Action  string `json:"action"`
			} `json:"hook"`
		}
		if err := json.Unmarshal([]byte(line), &event); err == nil && event.Type == "apply_complete" {
			got = append(got, event.Hook.Address+" "+event.Hook.Action)
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		tr.t.Errorf("planned was %q, and the apply reports %q", want, got)
	}
}

// seen is what is at a path.
type seen struct {
	meta                       string // type, owner, group and permissions
	owner, group, mode, target string
	content                    []byte
	written                    string // when its content was
}

func (s seen) String() string { return fmt.Sprintf("%s %s %q", s.meta, s.target, s.content) }

// compare holds that of everything that a plan names the first action says what was there and the
// last what is there now, and that nothing else changed: neither another path nor, of one that is
// there before and after, what no action of it names.
func (tr *truth) compare(planned []truthAction, before, after map[string]seen) {
	tr.t.Helper()
	first, last, named := map[string]truthAction{}, map[string]truthAction{}, map[string]bool{}
	sets := map[string]bool{} // paths with attributes
	for _, a := range inOrder(planned) {
		p := a.path()
		if !a.changes() || p == "" {
			continue
		}
		if !named[p] {
			first[p] = a
		}
		last[p], named[p] = a, true
		for attr := range a.After {
			sets[p+" "+attr] = true
		}
		for _, along := range a.Along.Entries {
			named[along.Path] = true
		}
	}
	for p, a := range first {
		tr.is(a.Address+" before", p, a.Before, before)
		z := last[p]
		tr.is(z.Address+" after", p, z.After, after)
		if was, is := before[p], after[p]; was.meta == is.meta && was.target == is.target && bytes.Equal(was.content, is.content) {
			tr.t.Errorf("%s was planned to change, and %s is as before: %+v\n%+v", a.Address, p, a, z)
		}
		tr.keeps(p, before, after, func(attr string) bool { return sets[p+" "+attr] })
	}
	for _, p := range unlike(before, after) {
		of := backupName.ReplaceAllString(p, "")
		if named[p] || of != p && named[of] && (bytes.Equal(after[p].content, before[of].content) || bytes.Equal(before[p].content, after[of].content)) {
			continue // It is kept beside, or was and is put back.
		}
		if of != p && slices.ContainsFunc(planned, func(a truthAction) bool {
			return a.path() == of && (a.Reason != "" || tr.destroys) && a.Before["content"] == string(after[p].content)
		}) {
			continue // Of what leaves the configuration it is what that finds.
		}
		tr.t.Errorf("no action names %s, and it became another: %s\n%s\n(before, %s: %s)", p, before[p], after[p], of, before[of])
	}
}

// keeps holds that what is at a path before and after has the owner, the group and the permissions
// that it had, but for what is set.
func (tr *truth) keeps(p string, before, after map[string]seen, set func(attr string) bool) {
	tr.t.Helper()
	was, there := before[p]
	is, stays := after[p]
	if !there || !stays {
		return
	}
	for attr, of := range map[string][2]string{"owner": {was.owner, is.owner}, "group": {was.group, is.group}, "mode": {was.mode, is.mode}} {
		if of[0] != of[1] && !set(attr) {
			tr.t.Errorf("no action names %s of %s, which was %q and is %q", attr, p, of[0], of[1])
		}
	}
}

// inOrder are actions, each after those that it comes after.
func inOrder(planned []truthAction) []truthAction {
	of := map[string]truthAction{}
	for _, a := range planned {
		of[a.Address] = a
	}
	var out []truthAction
	put := map[string]bool{}
	var visit func(a truthAction)
	visit = func(a truthAction) {
		if put[a.Address] {
			return
		}
		put[a.Address] = true
		for _, address := range a.DependsOn {
			if q, ok := of[address]; ok {
				visit(q)
			}
		}
		out = append(out, a)
	}
	for _, a := range planned {
		visit(a)
	}
	return out
}

var backupName = regexp.MustCompile(`\.\d{8}T\d{6}\.\d+Z\.bak$`)

// is holds that what a plan says of one side of a path is so.
func (tr *truth) is(what, p string, says map[string]any, all map[string]seen) {
	tr.t.Helper()
	is, there := all[p]
	if says == nil {
		if there {
			tr.t.Errorf("%s: nothing is planned at %s, and there is %+v", what, p, is)
		}
		return
	}
	if _, content := says["content"]; !there && !content { // nothing, as an edit of a missing file finds
		tr.t.Errorf("%s: nothing is at %s, and planned is %v", what, p, says)
		return
	}
	for attr, got := range map[string]string{"content": string(is.content), "mode": is.mode, "owner": is.owner, "group": is.group, "target": is.target} {
		if want, ok := says[attr].(string); ok && want != got {
			tr.t.Errorf("%s: %s of %s is %q, and the plan says %q", what, attr, p, got, want)
		}
	}
}

// look sees everything in the directory p, below which all paths of the configurations are. What
// a plan changes elsewhere on the host is not seen.
func (tr *truth) look() map[string]seen {
	tr.t.Helper()
	out := tr.l.Exec(1, "sh", "-c", `cd "$0" && find . -mindepth 1 -printf '%y %U %G %#m %T@ %p\t%u\t%g\t%l\t' \( -type f -exec base64 -w0 {} \; -o -true \) -printf '\n'`, tr.dir+"/p")
	all := map[string]seen{}
	for line := range strings.Lines(out) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		w := strings.SplitN(f[0], " ", 6)
		content, err := base64.StdEncoding.DecodeString(f[4])
		if err != nil || len(f) != 5 || len(w) != 6 {
			tr.t.Fatalf("%v: %q", err, line)
		}
		s := seen{meta: strings.Join(w[:4], " "), owner: f[1], group: f[2], mode: w[3], target: f[3], content: content, written: w[4]}
		if w[0] == "d" {
			s.written = ""
		}
		all[tr.dir+"/p/"+strings.TrimPrefix(w[5], "./")] = s
	}
	return all
}

// unlike are the paths that are not the same in both.
func unlike(a, b map[string]seen) []string {
	var out []string
	for p, was := range a {
		if is, ok := b[p]; !ok || is.meta != was.meta || is.target != was.target || is.written != was.written || !bytes.Equal(is.content, was.content) {
			out = append(out, p)
		}
	}
	for p := range b {
		if _, ok := a[p]; !ok {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return out
}

// handEdit changes something by hand that a block manages, or beside it, and holds that drift
// tells of that thing alone. The next apply mends it.
func (tr *truth) handEdit() {
	tr.t.Helper()
	all := tr.look()
	var paths []string
	for p, s := range all {
		if strings.HasPrefix(s.meta, "f ") && !backupName.MatchString(p) && strings.Contains(tr.conf, `"`+p+`"`) {
			paths = append(paths, p)
		}
	}
	if len(paths) == 0 {
		return
	}
	slices.Sort(paths)
	p := paths[tr.rng.IntN(len(paths))]
	edit := []string{`rm -f "$0"`, `printf '\n# by hand\n' >>"$0"`, `tac "$0" >"$0.new" && cat "$0.new" >"$0" && rm "$0.new"`, `sed -i 's/[0-9]/7/' "$0"`, `chmod 0601 "$0"`}[tr.rng.IntN(5)]
	tr.l.Exec(1, "sh", "-c", edit, p)
	edited := tr.look()
	out, status := tr.run("drift", "-json")
	if status != 0 && status != 2 {
		// What is no document any more is an error, and so is a file that a block edits and does not
		// make, and one whose markers stand in the other order.
		if !strings.HasPrefix(edit, "rm") && !documents[path.Base(p)] && !strings.Contains(out, `"code":"markers"`) {
			tr.t.Errorf("status %d of drift after %s of %s: %s", status, edit, p, out)
		}
	}
	events := 0
	for line := range strings.Lines(out) {
		var event struct {
			Type  string `json:"type"`
			Drift struct {
				Thing     string   `json:"thing"`
				Origin    string   `json:"origin"`
				Addresses []string `json:"addresses"`
			} `json:"drift"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil || event.Type != "resource_drift" {
			continue
		}
		events++
		if event.Drift.Thing != "path:"+p || event.Drift.Origin != "outside" {
			tr.t.Errorf("after %s of %s drift tells of %+v", edit, p, event.Drift)
		}
	}
	is, there := edited[p]
	if tr.whole[p] && (!there || !bytes.Equal(is.content, all[p].content)) && status != 2 {
		tr.t.Errorf("status %d of drift after %s of %s, whose whole content is managed: %s", status, edit, p, out)
	}
	if status == 2 && events == 0 || status == 0 && events > 0 {
		tr.t.Errorf("status %d of drift with %d events after %s of %s: %s", status, events, edit, p, out)
	}
	if changed := unlike(edited, tr.look()); len(changed) > 0 {
		tr.t.Errorf("drift changed %q", changed)
	}
	switch status {
	case 2:
		tr.round("plan", "-out", "p.plan")
	case 0:
		if out, status := tr.run("plan", "-detailed-exitcode", "-no-color"); status != 0 {
			tr.t.Errorf("drift tells of nothing after %s of %s, and a plan does not: %s", edit, p, out)
		}
	default:
		tr.l.Exec(1, "sh", "-c", `printf '%s' "$1" | base64 -d >"$0"; chmod "$2" "$0"; chown "$3:$4" "$0"`, p, base64.StdEncoding.EncodeToString(all[p].content), all[p].mode, all[p].owner, all[p].group)
	}
}

// documents are the files of which an edit by hand may make what cannot be read.
var documents = map[string]bool{"j0": true, "m0": true, "y0": true}

// run runs mitoplan on the host, and returns what it said and its status.
func (tr *truth) run(args ...string) (string, int) {
	tr.t.Helper()
	out, err := tr.l.Run(1, append([]string{"sh", "-c", `cd "$0" && CI=true timeout 60 mitoplan "$@" 2>&1; echo "status $?"`, tr.dir + "/conf"}, args...)...)
	if err != nil {
		tr.t.Fatal(err)
	}
	at := strings.LastIndex(out, "status ")
	status := -1
	fmt.Sscan(out[at+7:], &status)
	return out[:at], status
}

func (tr *truth) chance(n int) bool { return tr.rng.IntN(n) == 0 }

func pick[T any](tr *truth, of ...T) T { return of[tr.rng.IntN(len(of))] }

// text is what a file may hold.
func (tr *truth) text() string {
	var b strings.Builder
	end := pick(tr, "\n", "\n", "\n", "\r\n")
	for range tr.rng.IntN(5) {
		b.WriteString(pick(tr, "k0=1", "k1=a", "# k0", "old", "old old", "", "  indented", "Zürich", "10.0.0.1 one", "[s0]", "$1 \\1 ${x}", "last") + end)
	}
	if tr.chance(4) {
		b.WriteString("no end")
	}
	return b.String()
}

// configuration is a random one.
func (tr *truth) configuration() string {
	var b strings.Builder
	tr.whole = map[string]bool{}
	b.WriteString("context \"local\" \"h\" {}\n")
	add := func(kind, name string, args ...string) {
		fmt.Fprintf(&b, "resource %q %q {\n  on = context.local.h\n", kind, name)
		for k := 0; k+1 < len(args); k += 2 {
			if args[k+1] != "" {
				fmt.Fprintf(&b, "  %s = %s\n", args[k], args[k+1])
			}
		}
		b.WriteString("}\n")
	}
	str := func(s string) string {
		j, _ := json.Marshal(s)
		return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(j)))
	}
	at := func(name string) string { return str(tr.dir + "/p/" + name) }
	maybe := func(v string) string {
		if tr.chance(2) {
			return v
		}
		return ""
	}
	mode := func() string { return maybe(str(pick(tr, "0644", "0600", "0640", "0755", "u+x", "go-rwx"))) }
	state := func() string {
		if tr.chance(6) {
			return str("absent")
		}
		return ""
	}
	backup := func() string {
		if tr.chance(4) {
			return "true"
		}
		return ""
	}
	for k, name := range []string{"t0", "t1", "d0/x"} {
		whole, gone := !tr.chance(3), false
		if whole {
			st := state()
			gone = st != ""
			tr.whole[tr.dir+"/p/"+name] = !gone
			content, fragments := str(tr.text()), ""
			if tr.chance(4) {
				content, fragments = "", "["+str("a\n"+tr.text())+", "+str(tr.text())+"]"
			}
			add("file", fmt.Sprint("f", k), "path", at(name), "content", content, "fragments", fragments, "mode", mode(),
				"owner", maybe(str(pick(tr, "root", "daemon"))), "group", maybe(str(pick(tr, "root", "adm"))), "state", st, "backup", backup())
		}
		if gone {
			continue
		}
		for n := range 2 {
			if tr.chance(2) {
				add("line", fmt.Sprintf("l%d%d", k, n), "path", at(name), "regexp", str(fmt.Sprintf("^#? *k%d", n)), "line", str(fmt.Sprintf("k%d=%d", n, tr.rng.IntN(3))),
					"create", "true", "state", state(), "match", "", "insert_before", maybe(str("BOF")), "backup", backup())
			}
		}
		if tr.chance(3) {
			add("block", fmt.Sprint("b", k), "path", at(name), "content", str(pick(tr, "one", "one\ntwo\n", "")), "create", "true", "state", state(), "backup", backup())
		}
		if whole && tr.chance(3) {
			add("replace", fmt.Sprint("r", k), "path", at(name), "regexp", str(`old\b`), "replace", str(pick(tr, "new", "")), "backup", backup())
		}
	}
	if tr.chance(2) {
		add("directory", "d0", "path", at("d0"), "mode", mode(), "owner", maybe(str("daemon")))
	}
	if tr.chance(2) {
		add("directory", "d1", "path", at("d1/deep"), "mode", mode(), "state", state())
	}
	if tr.chance(2) {
		add("link", "s0", "path", at("s0"), "target", str(pick(tr, "t0", "nowhere", "/etc/passwd")), "state", state())
	}
	for n := range 3 {
		if tr.chance(2) {
			add("ini", fmt.Sprint("i", n), "path", at("i0"), "section", maybe(str(pick(tr, "s0", "s1"))), "key", str(fmt.Sprint("key", n)), "value", str(pick(tr, "1", "two words", "")), "create", "true", "state", state(), "match", "")
		}
		if tr.chance(2) {
			add("json_value", fmt.Sprint("j", n), "path", at("j0"), "pointer", str(fmt.Sprint("/a/", string(rune('x'+n)))), "value", str(pick(tr, "1", `"s"`, "true", `{"b": [1, 2]}`)), "create", "true", "state", state())
		}
		for _, document := range []struct{ kind, path string }{{"toml_value", "m0"}, {"yaml_value", "y0"}} {
			if tr.chance(2) {
				add(document.kind, fmt.Sprint(document.path, n), "path", at(document.path), "pointer", str(fmt.Sprint("/a/", string(rune('x'+n)))), "value", str(pick(tr, "1", `"s"`, "true", `[1, 2]`)), "create", "true", "state", state())
			}
		}
		if tr.chance(2) {
			add("hosts_entry", fmt.Sprint("h", n), "path", at("hosts"), "address", str(fmt.Sprint("10.0.0.", n)), "names", pick(tr, `["one"]`, `["two", "one.example"]`), "state", state(), "backup", backup())
		}
		if tr.chance(2) {
			add("cron", fmt.Sprint("c", n), "path", at("cron"), "name", str(fmt.Sprint("job ", n)), "minute", str(fmt.Sprint(tr.rng.IntN(60))), "command", str(pick(tr, "true", "echo 100\\%")), "disabled", maybe("true"), "state", state())
		}
		if tr.chance(2) {
			add("sysctl", fmt.Sprint("k", n), "path", at("sysctl.conf"), "name", str(fmt.Sprint("net.core.x", n)), "value", str(pick(tr, "1", "2 3")), "runtime", "false", "state", state())
		}
		if tr.chance(2) {
			add("locale", fmt.Sprint("g", n), "path", at("locale.gen"), "name", str(fmt.Sprintf("x%d_XX", n)), "charset", str(pick(tr, "UTF-8", "ISO-8859-1")), "runtime", "false", "state", state())
		}
		if tr.chance(2) {
			add("limits", fmt.Sprint("m", n), "path", at("limits.conf"), "domain", str(fmt.Sprint("u", n)), "type", str("-"), "item", str("nofile"), "value", str(pick(tr, "10", "unlimited")), "comment", maybe(str("why")), "state", state())
		}
		if tr.chance(2) {
			add("known_host", fmt.Sprint("n", n), "path", at("known"), "name", str(fmt.Sprintf("h%d.example", n)), "key", str(pick(tr, aliceKey, bobKey)), "state", state())
		}
	}
	if tr.chance(2) {
		add("authorized_key", "a0", "user", str("root"), "path", at("keys"), "key", str(pick(tr, aliceKey, bobKey)), "comment", maybe(str("a comment")), "options", maybe(str("no-pty")), "exclusive", maybe("true"))
	}
	if tr.chance(2) {
		add("sudoers", "q0", "path", at("sudo"), "user", str("daemon"), "commands", pick(tr, `["/bin/true"]`, `["/bin/true", "/bin/ls /x"]`), "nopasswd", maybe("true"), "state", state(), "backup", backup())
	}
	for n, states := range [][]string{{"selected", "present", "auto", "absent"}, {"present", "absent"}} {
		if tr.chance(2) {
			add("alternatives", fmt.Sprint("e", n), "name", str("pager"), "path", str([]string{"/bin/cat", "/bin/more"}[n]), "link", str(tr.dir+"/alt/link"), "priority", fmt.Sprint(tr.rng.IntN(3)),
				"altdir", str(tr.dir+"/alt"), "admindir", str(tr.dir+"/altadmin"), "state", str(pick(tr, states...)))
		}
	}
	if tr.chance(2) {
		add("hostname", "name", "path", at("hostname"), "name", str(pick(tr, "h1", "h1.example")), "runtime", "false", "backup", backup())
	}
	return b.String()
}
