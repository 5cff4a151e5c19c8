package kinds_test

import (
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/childtest"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

var contractAll = flag.Bool("contract.all", false, "TestContract tries every kind under every condition")

var contractMany = flag.Int("contract.many", 4, "how many blocks of each kind TestContract has at once")

var contractOnly = flag.String("contract.only", "", "TestContract tries what has this in its name: KIND/CONDITION")

// contractRow is what TestContract has of a kind: many blocks of things that are not there yet.
type contractRow struct {
	// args are those of the n-th block, and setup makes what it needs.
	args  func(w *world, n int) args
	setup func(t *testing.T, w *world, n int)
	// updates is set if a check calls it an update of what is there, and stays if no end takes it away.
	updates, stays bool
	// program is the one that it runs, and busybox the one of a busybox that does the same. speaks is
	// set if what it says is in the language of its environment.
	program, busybox string
	speaks           bool
	// blind is set if nobody but the block knows what it writes, so that it fails only then.
	blind bool
	// leaves is what the end leaves, in the root of the world.
	leaves string
	// halves is set if a half is let stand where an apply is cut short.
	halves bool
	// not says of a condition why it is none for the kind.
	not map[string]string
}

const rootsAlone = "only root has such things"

// contractRows has each kind.
var contractRows = map[string]contractRow{
	"file":           {args: numbered("x", args{"content": text("a\n")})},
	"directory":      {args: numbered("x", args{"mode": "0750"})},
	"archive":        {args: numbered("x", synced(nil))},
	"directory_sync": {args: numbered("x", synced(nil))},
	"link":           {args: numbered("x", args{"target": text("nowhere")})},
	"line":           {args: numbered("x", args{"line": text("a"), "create": true})},
	"block":          {args: numbered("x", args{"content": text("a"), "create": true})},
	"replace": {args: numbered("x", args{"regexp": "old", "replace": text("new")}), updates: true, stays: true, setup: func(t *testing.T, w *world, n int) {
		w.Write(t, fmt.Sprint("x", n), "old\n", 0o644)
	}},
	"ini":        {args: numbered("x", args{"key": "k", "value": text("v"), "create": true})},
	"json_value": {args: numbered("x", args{"pointer": "/k", "value": text("1"), "create": true})},
	"toml_value": {args: numbered("x", args{"pointer": "/k", "value": text("1"), "create": true})},
	"yaml_value": {args: numbered("x", args{"pointer": "/k", "value": text("1"), "create": true})},
	"download": {args: func(w *world, n int) args {
		return args{"path": w.Arg(fmt.Sprint("x", n)), "url": w.url, "from": "host", "checksum": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}
	}, program: "curl"},
	"sudoers":        {args: numbered("x", args{"user": "daemon", "commands": []string{"/bin/true"}}), program: "visudo", speaks: true, not: map[string]string{"a plain user": rootsAlone}},
	"authorized_key": {args: numbered("x", args{"user": "root", "key": text(pubKey)}), not: map[string]string{"a plain user": "the account is root's"}},
	"known_host":     {args: numbered("x", args{"name": "h", "key": text(pubKey)})},
	"limits":         {args: numbered("x", args{"domain": "a", "type": "-", "item": "core", "value": "1"})},
	"group":          {args: func(_ *world, n int) args { return args{"name": fmt.Sprint("app", n)} }, program: "groupadd", speaks: true, busybox: "addgroup", not: map[string]string{"a plain user": rootsAlone}},
	"user":           {args: func(_ *world, n int) args { return args{"name": fmt.Sprint("app", n)} }, program: "useradd", speaks: true, leaves: "home/app0", not: map[string]string{"a plain user": rootsAlone}},
	"script": {args: func(w *world, n int) args {
		return args{
			"name": fmt.Sprint("s", n), "inputs": map[string]any{"is": text("made")}, "env": map[string]any{"AT": w.Arg(fmt.Sprint("x", n))},
			"read": text(`[ ! -s "$AT" ] || echo "{\"is\": \"made\"}"`), "apply": text(`printf %s "$INPUT_is" >"$AT"`), "destroy": text(`rm -f "$AT"`),
		}
	}, blind: true, program: "sh", busybox: "sh"},
	"cron":          {args: numbered("x", args{"name": "job", "command": text("true")})},
	"hosts_entry":   {args: numbered("x", args{"address": "10.0.0.1", "names": []string{"a"}})},
	"sysctl":        {args: numbered("x", args{"name": "vm.x", "value": "1", "runtime": false})},
	"hostname":      {args: numbered("x", args{"name": "a", "runtime": false})},
	"timezone":      {args: numbered("x", args{"name": "UTC"})},
	"locale":        {args: numbered("x", args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false})},
	"kernel_module": {args: numbered("x", args{"name": "nothing_is_here", "runtime": false})},
	"mount": {args: func(w *world, n int) args {
		return args{"fstab": w.Arg(fmt.Sprint("x", n)), "path": text("/nothing-is-here"), "src": text("tmpfs"), "fstype": "tmpfs", "runtime": false}
	}, updates: true},
	// The world is in memory, where no swap file is made: there is one, and its line is not.
	"swap": {args: func(w *world, n int) args {
		return args{"fstab": w.Arg(fmt.Sprint("x", n)), "path": w.Arg(fmt.Sprint("s", n)), "size": "1M", "runtime": false}
	}, updates: true, setup: func(t *testing.T, w *world, n int) {
		const size = 1 << 20
		b := make([]byte, os.Getpagesize())
		binary.NativeEndian.PutUint32(b[1024:], 1)
		binary.NativeEndian.PutUint32(b[1028:], uint32(size/len(b)-1))
		copy(b[len(b)-10:], "SWAPSPACE2")
		name := fmt.Sprint("s", n)
		w.Write(t, name, string(b), 0o600)
		must(t, os.Truncate(w.At(name), size)) // a thousand of them are not to fill the world
	}, program: "head", busybox: "head", not: map[string]string{"a plain user": rootsAlone}},
	"alternatives": {args: func(w *world, n int) args {
		name := fmt.Sprint("ed", n)
		return args{"name": name, "path": w.Arg("program"), "link": w.Arg(name), "priority": 10, "altdir": w.Arg("alt"), "admindir": w.Arg("admin")}
	}, setup: func(t *testing.T, w *world, _ int) {
		w.Write(t, "program", "", 0o755)
		for _, name := range []string{"alt", "admin"} {
			must(t, os.MkdirAll(w.At(name), 0o755))
		}
	}, program: "update-alternatives", speaks: true, halves: true},
}

// numbered are arguments with a path of its own for each block.
func numbered(path string, more args) func(*world, int) args {
	return func(w *world, n int) args {
		out := maps.Clone(more)
		out["path"] = w.Arg(fmt.Sprint(path, n))
		return out
	}
}

// contractCell is a kind under a condition.
type contractCell struct {
	*world
	contractRow
	kind string
	def  kind.Kind
	// user is who plans and applies it, if not root.
	user int
}

// conditions are those that every kind is tried under. sample is set if every run of the tests does.
var conditions = []struct {
	name   string
	sample bool
	holds  func(t *testing.T, c *contractCell)
}{
	{"root", true, asRoot},
	{"a plain user", true, asPlainUser},
	{"a full disk", true, onFullDisk},
	{"a read-only root", true, onReadOnly},
	{"a missing tool", true, withoutTool},
	{"cut short at each step", false, func(t *testing.T, c *contractCell) { resourcetest.CutShort(t, c.asCase(t)) }},
	{"called off at each step", false, func(t *testing.T, c *contractCell) { resourcetest.CalledOff(t, c.asCase(t)) }},
	{"twice at once", true, twiceAtOnce},
	{"among neighbours", false, func(t *testing.T, c *contractCell) { resourcetest.AmongNeighbours(t, c.asCase(t)) }},
	{"busybox", false, onBusybox},
	{"another locale", true, inAnotherLocale},
	{"many at once", true, manyAtOnce},
}

// TestContract tries every kind under every condition: what cannot be done is a problem, while
// planning already, and nothing is written; what can be done is done once, and is as it was
// planned. Every run of the tests has a sample. All, and the table:
//
//	go test ./internal/resource/kinds -run TestContract -v -contract.all
func TestContract(t *testing.T) {
	const inside = "MITOPLAN_TEST_CONTRACT"
	if dir := os.Getenv(inside); dir != "" {
		testContract(t, newWorld(t, dir))
		return
	}
	for _, def := range kinds.Kinds() {
		if contractRows[def.Name].args == nil {
			t.Errorf("contractRows has no row of the kind %s", def.Name)
		}
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can have mounts of its own and become a plain user")
	}
	dir := t.TempDir()
	for at := dir; at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		must(t, os.Chmod(at, 0o755)) // A plain user looks into it.
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestContract$", "-contract.only="+*contractOnly, fmt.Sprint("-contract.all=", *contractAll), fmt.Sprint("-contract.many=", *contractMany), "-test.timeout=0")
	cmd.Env = append(os.Environ(), inside+"="+dir)
	cmd.SysProcAttr = resourcetest.OwnMounts()
	err := childtest.Run(t, cmd)
	if errors.Is(err, syscall.EPERM) {
		t.Skip("no mount namespaces here")
	}
	must(t, err)
}

func testContract(t *testing.T, w *world) {
	said := map[string][]string{}
	for _, def := range kinds.Kinds() {
		row := contractRows[def.Name]
		for _, c := range conditions {
			said[def.Name] = append(said[def.Name], w.cell(t, def, row, c.name, c.sample, c.holds))
		}
	}
	printContract(t, said)
}

// cell tries a kind under a condition, and returns what the table says of it.
func (w *world) cell(t *testing.T, def kind.Kind, row contractRow, condition string, sample bool, holds func(*testing.T, *contractCell)) string {
	name := def.Name + "/" + condition
	switch {
	case row.program != "" && !hasProgram(row.program):
		return "no " + row.program + " here"
	case *contractOnly != "" && !strings.Contains(name, *contractOnly) || *contractOnly == "" && !sample && !*contractAll:
		return "-"
	}
	said := "held"
	held := t.Run(name, func(t *testing.T) {
		defer func() {
			if t.Skipped() {
				said = "left out"
			}
		}()
		w.reset(t)
		holds(t, &contractCell{world: w, contractRow: row, kind: def.Name, def: def})
	})
	if !held {
		said = "see above"
	}
	if why := row.not[condition]; why != "" {
		return said + ": " + why
	}
	return said
}

func hasProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// printContract prints the table of kinds and conditions.
func printContract(t *testing.T, said map[string][]string) {
	var b strings.Builder
	for i, c := range conditions {
		fmt.Fprintf(&b, "\n%2d %s", i+1, c.name)
	}
	fmt.Fprintf(&b, "\n\n%-16s", "")
	for i := range conditions {
		fmt.Fprintf(&b, " %2d", i+1)
	}
	notes := ""
	for _, name := range slices.Sorted(maps.Keys(said)) {
		fmt.Fprintf(&b, "\n%-16s", name)
		for i, s := range said[name] {
			word, why, _ := strings.Cut(s, ": ")
			sign := map[string]string{"held": "+", "-": ".", "see above": "!"}[word]
			if sign == "" {
				sign, why = "?", word
			}
			if why != "" {
				notes += fmt.Sprintf("\n%s, %s: %s", name, conditions[i].name, why)
				sign += "*"
			}
			fmt.Fprintf(&b, " %2s", sign)
		}
	}
	t.Logf("+ holds, . was not tried, ! failed, ? could not be tried, * has a note\n%s\n%s", b.String(), notes)
}

// world is a file system of its own in place of what the kinds may touch.
type world struct {
	testDir
	root, url string
}

// worldDirs are the directories of the machine that it is in place of.
var worldDirs = map[string]string{"etc": "/etc", "home": "/home", "mail": "/var/mail", "spool": "/var/spool", "log": "/var/log"}

// worldEtc are the files of its /etc.
var worldEtc = map[string]string{
	"passwd": "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1::/:/bin/false\n", "group": "root:x:0:\ndaemon:x:1:\n",
	"shadow": "root:*:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n", "gshadow": "root:*::\ndaemon:*::\n",
	"login.defs": "UID_MIN 1000\nUID_MAX 60000\nGID_MIN 1000\nGID_MAX 60000\nUSERGROUPS_ENAB yes\n", "default/useradd": "HOME=/home\nCREATE_MAIL_SPOOL=no\n",
	"nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\n", "hosts": "127.0.0.1 localhost\n", "subuid": "", "subgid": "", "sudoers": "",
}

// worldSize is how much room it has.
const worldSize = "size=256m,nr_inodes=100000"

func newWorld(t *testing.T, dir string) *world {
	t.Helper()
	w := &world{testDir: testDir{Path: filepath.Join(dir, "here")}, root: dir}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("a")) }))
	t.Cleanup(server.Close)
	w.url = server.URL
	must(t, unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	keep := t.TempDir()
	for _, name := range []string{"ld.so.cache", "ld.so.conf", "pam.d", "security"} {
		if _, err := os.Stat("/etc/" + name); err == nil {
			must(t, exec.Command("cp", "-aL", "/etc/"+name, keep).Run())
		}
	}
	must(t, unix.Mount("contract", w.root, "tmpfs", 0, "mode=0755,"+worldSize))
	for name, over := range worldDirs {
		must(t, os.Mkdir(filepath.Join(w.root, name), 0o755))
		must(t, os.MkdirAll(over, 0o755))
		must(t, unix.Mount(filepath.Join(w.root, name), over, "", unix.MS_BIND, ""))
	}
	must(t, exec.Command("sh", "-c", `cp -a "$0"/* /etc`, keep).Run())
	must(t, os.Mkdir(w.Path, 0o755))
	return w
}

// reset makes it as it was, with room and writable.
func (w *world) reset(t *testing.T) {
	t.Helper()
	w.remount(t, 0, worldSize)
	for _, name := range []string{"home", "mail", "spool", "log", "here"} {
		all, err := os.ReadDir(filepath.Join(w.root, name))
		must(t, err)
		for _, e := range all {
			must(t, os.RemoveAll(filepath.Join(w.root, name, e.Name())))
		}
	}
	must(t, os.Chown(w.Path, 0, 0))
	all, err := os.ReadDir("/etc")
	must(t, err)
	for _, e := range all {
		if strings.HasSuffix(e.Name(), "-") || strings.HasSuffix(e.Name(), ".lock") {
			must(t, os.Remove("/etc/"+e.Name()))
		}
	}
	for name, content := range worldEtc {
		must(t, os.MkdirAll(filepath.Dir("/etc/"+name), 0o755))
		must(t, os.WriteFile("/etc/"+name, []byte(content), 0o644))
	}
	must(t, os.Chmod("/etc/shadow", 0o640))
	must(t, os.Chmod("/etc/gshadow", 0o640))
}

// remount changes how its file system is mounted.
func (w *world) remount(t *testing.T, flags uintptr, options string) {
	t.Helper()
	must(t, unix.Mount("", w.root, "", unix.MS_REMOUNT|flags, options))
}

// full leaves no room in it, and room is what takes that back.
func (w *world) full(t *testing.T) (room func()) {
	t.Helper()
	var st unix.Statfs_t
	must(t, unix.Statfs(w.root, &st))
	w.remount(t, 0, fmt.Sprintf("nr_blocks=%d,nr_inodes=%d", st.Blocks-st.Bfree, st.Files-st.Ffree))
	return func() { w.remount(t, 0, worldSize) }
}

// snapshot is all of it but what programs of accounts leave beside their files.
func (w *world) snapshot(t *testing.T, times bool) map[string]string {
	t.Helper()
	all := resourcetest.Tree(t, w.root, times)
	maps.DeleteFunc(all, func(p, _ string) bool {
		return filepath.Dir(p) == filepath.Join(w.root, "etc") && (strings.HasSuffix(p, "-") || strings.HasSuffix(p, ".lock")) || strings.HasPrefix(p, filepath.Join(w.root, "log")+"/")
	})
	return all
}

// prepare resets the world and makes what the first n blocks need.
func (c *contractCell) prepare(t *testing.T, n int) {
	t.Helper()
	c.reset(t)
	if c.setup != nil {
		for k := range n {
			c.setup(t, c.world, k)
		}
	}
}

func (c *contractCell) step(n int) step {
	return step{Address: fmt.Sprint("a", n), Kind: c.kind, Args: c.args(c.world, n)}
}

// asCase is the first block as a case of the contract.
func (c *contractCell) asCase(t *testing.T) resourcetest.Case {
	var leaves []string
	if c.leaves != "" {
		leaves = append(leaves, filepath.Join(c.root, c.leaves))
	}
	op := resource.Create
	if c.updates {
		op = resource.Update
	}
	return resourcetest.Case{
		Leaves: leaves,
		Kind:   c.kind, Args: c.args(c.world, 0), Want: op, Made: c.updates && !c.stays, Halves: c.halves,
		Setup: func(t *testing.T) { c.prepare(t, 3) }, Snapshot: c.snapshot,
		Neighbours: func() []resourcetest.Neighbour {
			again := func(n int, elsewhere bool) resourcetest.Neighbour {
				gone := c.args(c.world, n)
				gone["state"] = "absent"
				return resourcetest.Neighbour{Kind: c.kind, Make: c.args(c.world, n), Undo: gone, Elsewhere: elsewhere}
			}
			file := func(state string) args { return args{"path": c.Arg("neighbour"), "state": state} }
			out := []resourcetest.Neighbour{{Kind: "file", Make: file("present"), Undo: file("absent"), Elsewhere: true}}
			if _, has := c.def.Args.Attr("state"); has {
				out = append(out, again(1, false), again(2, true))
			}
			return out
		},
	}
}

// settled holds that nothing is left to do of the first n blocks.
func (c *contractCell) settled(t *testing.T, n int) {
	t.Helper()
	s := newService()
	for k := range n {
		if again := mustCheck(t, s, "again", c.step(k)); again.Op != resource.NoOp {
			t.Errorf("after the apply of block %d a check says %s\nbefore %v\nafter  %v", k, again.Op, again.Before, again.After)
		}
	}
}

// works holds that a block is planned and applied.
func (c *contractCell) works(t *testing.T) {
	t.Helper()
	c.as(t, func() {
		mustCheck(t, newService(), "p", c.step(0))
		must(t, apply(t, newService(), c.kind, c.args(c.world, 0)))
		c.settled(t, 1)
	})
}

// refused holds that a block cannot be applied, for one of some reasons, which the check says
// already or warns of, and that nothing is written.
func (c *contractCell) refused(t *testing.T, codes ...kind.Code) {
	t.Helper()
	before := c.snapshot(t, true)
	var checked, applied error
	var said resource.Change
	c.as(t, func() {
		said, checked = resourcetest.Check(t, newService(), "p", c.step(0))
		applied = apply(t, newService(), c.kind, c.args(c.world, 0))
	})
	warned := slices.ContainsFunc(said.Warnings, func(p kind.Problem) bool { return slices.Contains(codes, p.Code) })
	switch {
	case c.blind && slices.Contains(codes, kind.CodeScriptFailed):
		must(t, checked)
	case checked != nil || !warned:
		c.wantOneOf(t, "check", checked, codes)
	}
	c.wantOneOf(t, "apply", applied, codes)
	if after := c.snapshot(t, true); !maps.Equal(before, after) {
		t.Errorf("what is refused changed %s", unlike(before, after))
	}
}

// wantOneOf holds that an error is a problem for one of some reasons, that tells what to do.
func (c *contractCell) wantOneOf(t *testing.T, what string, err error, codes []kind.Code) {
	t.Helper()
	p := resourcetest.AsProblem(err)
	if p == nil || p.Summary == "" || p.Detail == "" || !slices.Contains(codes, p.Code) {
		t.Errorf("%s: got %v, want a problem with a code of %q", what, err, codes)
		return
	}
	if _, known := c.def.Args.Attr(p.Attr); !known && p.Attr != "" {
		t.Errorf("%s: the problem is of %q, which is no argument", what, p.Attr)
	}
}

// unlike are the names that two snapshots disagree on.
func unlike(a, b map[string]string) string {
	out := ""
	for _, m := range []map[string]string{a, b} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if a[name] != b[name] && !strings.Contains(out, name+":") {
				out += fmt.Sprintf("\n%s: %q became %q", name, a[name], b[name])
			}
		}
	}
	return out
}

// asRoot: a check writes nothing and says what an apply does, which is done once; the end takes
// it away.
func asRoot(t *testing.T, c *contractCell) {
	resourcetest.Quickly(t, c.asCase(t))
	resourcetest.Undone(t, c.asCase(t))
}

// asPlainUser: what belongs to root is refused while planning; what is the user's own is changed.
func asPlainUser(t *testing.T, c *contractCell) {
	c.prepare(t, 1)
	codes := []kind.Code{kind.CodePermission}
	if c.blind {
		codes = []kind.Code{kind.CodeScriptFailed}
	}
	c.user = childtest.PlainUser
	c.refused(t, codes...)
	if c.not["a plain user"] != "" {
		return
	}
	for p := range resourcetest.Tree(t, c.Path, false) {
		must(t, os.Lchown(p, childtest.PlainUser, childtest.PlainUser))
	}
	c.works(t)
}

// as runs something as the user of the cell, in this process.
func (c *contractCell) as(t *testing.T, f func()) {
	t.Helper()
	if c.user == 0 {
		f()
		return
	}
	user := c.user
	groups, err := syscall.Getgroups()
	must(t, err)
	must(t, syscall.Setgroups([]int{user}))
	must(t, syscall.Setresgid(user, user, 0))
	must(t, syscall.Setresuid(user, user, 0))
	defer func() {
		must(t, syscall.Setresuid(0, 0, 0))
		must(t, syscall.Setresgid(0, 0, 0))
		must(t, syscall.Setgroups(groups))
	}()
	f()
}

// onFullDisk: what does not fit is told, and nothing is half written or left. With room again the
// same apply does it.
func onFullDisk(t *testing.T, c *contractCell) {
	c.prepare(t, 1)
	mustCheck(t, newService(), "p", c.step(0))
	before := c.snapshot(t, true)
	room := c.full(t)
	err := apply(t, newService(), c.kind, c.args(c.world, 0))
	room()
	codes := []kind.Code{kind.CodeNoSpace}
	if c.program != "" || c.blind {
		codes = append(codes, kind.CodeToolFailed, kind.CodeAccountsLocked, kind.CodeScriptFailed)
	}
	c.wantOneOf(t, "apply", err, codes)
	if after := c.snapshot(t, true); !maps.Equal(before, after) {
		t.Errorf("on a full disk it changed %s", unlike(before, after))
	}
	c.works(t)
}

// onReadOnly: that nothing can be written is told while planning.
func onReadOnly(t *testing.T, c *contractCell) {
	c.prepare(t, 1)
	c.remount(t, unix.MS_RDONLY, "")
	codes := []kind.Code{kind.CodeReadOnly}
	if c.blind {
		codes = []kind.Code{kind.CodeScriptFailed}
	}
	c.refused(t, codes...)
	c.remount(t, 0, "")
	c.works(t)
}

// withoutTool: a program that is missing is told while planning. Most kinds need none.
func withoutTool(t *testing.T, c *contractCell) {
	c.prepare(t, 1)
	back := onlyPrograms(t, t.TempDir())
	if c.program == "" {
		c.works(t)
		back()
		return
	}
	c.refused(t, kind.CodeToolMissing)
	back()
	c.works(t)
}

// onlyPrograms puts a directory in place of those that have the programs of the machine, until back is
// called.
func onlyPrograms(t *testing.T, dir string) (back func()) {
	t.Helper()
	var over []string
	for _, bin := range []string{"/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"} {
		if is, err := os.Lstat(bin); err == nil && is.IsDir() {
			must(t, unix.Mount(dir, bin, "", unix.MS_BIND, ""))
			over = append(over, bin)
		}
	}
	return func() {
		for _, bin := range over {
			must(t, unix.Unmount(bin, unix.MNT_DETACH))
		}
	}
}

// twiceAtOnce: two agents of one host apply the same block at once. What comes second finds what
// it wants, or that it moved since the plan.
func twiceAtOnce(t *testing.T, c *contractCell) {
	c.prepare(t, 1)
	must(t, apply(t, newService(), c.kind, c.args(c.world, 0)))
	want := c.snapshot(t, false)
	for _, planned := range []bool{false, true} {
		c.prepare(t, 1)
		agents := []*resource.Service{newService(), newService()}
		said := make([]string, len(agents))
		for k, s := range agents {
			if planned {
				said[k] = mustCheck(t, s, "p", c.step(0)).Fingerprint
			}
		}
		failed := make([]error, len(agents))
		var wg sync.WaitGroup
		for k, s := range agents {
			wg.Go(func() {
				_, failed[k] = s.Apply(t.Context(), resource.ApplyRequest{Session: fmt.Sprint(k), Kind: c.kind, Args: resourcetest.Encode(t, c.args(c.world, 0)), Fingerprint: said[k], Key: planKey})
			})
		}
		wg.Wait()
		did := 0
		for _, err := range failed {
			p := resourcetest.AsProblem(err)
			switch {
			case err == nil:
				did++
			case p == nil || p.Code != kind.CodeMoved && (c.program == "" || p.Code != kind.CodeToolFailed):
				t.Errorf("two at once, planned: %v: %v", planned, err)
			}
		}
		if did == 0 {
			t.Errorf("two at once, and neither is done: %v", failed)
		}
		if is := c.snapshot(t, false); !maps.Equal(want, is) {
			t.Errorf("two at once made another thing than one: %s", unlike(want, is))
		}
		c.settled(t, 1)
	}
}

// onBusybox: where a busybox has all programs, it works, or what is missing is told while planning.
func onBusybox(t *testing.T, c *contractCell) {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		t.Skip("no busybox here")
	}
	bin := t.TempDir()
	must(t, exec.Command("cp", busybox, bin+"/busybox").Run())
	out, err := exec.Command(busybox, "--list").Output()
	must(t, err)
	for _, name := range strings.Fields(string(out)) {
		if name != "busybox" {
			must(t, os.Symlink("busybox", filepath.Join(bin, name)))
		}
	}
	c.prepare(t, 1)
	defer onlyPrograms(t, bin)()
	if c.program != "" && !slices.Contains(strings.Fields(string(out)), c.busybox) {
		c.refused(t, kind.CodeToolMissing)
		return
	}
	c.works(t)
}

// inAnotherLocale: what is planned and made does not depend on the language of the machine, and
// programs are asked in C.
func inAnotherLocale(t *testing.T, c *contractCell) {
	c.prepare(t, 1)
	said := mustCheck(t, newService(), "p", c.step(0))
	must(t, apply(t, newService(), c.kind, c.args(c.world, 0)))
	made := c.snapshot(t, false)
	if c.speaks {
		bin := t.TempDir()
		program, err := exec.LookPath(c.program)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(bin, c.program), []byte("#!/bin/sh\n[ \"$LC_ALL\" = C ] || exit 99\nexec "+program+" \"$@\"\n"), 0o755))
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	}
	for _, name := range []string{"LC_ALL", "LANG", "LANGUAGE"} {
		t.Setenv(name, "tr_TR.UTF-8")
	}
	c.prepare(t, 1)
	other := mustCheck(t, newService(), "p", c.step(0))
	if got, want := fmt.Sprint(other.Op, other.Before, other.After), fmt.Sprint(said.Op, said.Before, said.After); got != want {
		t.Errorf("in another locale is planned\n%s\nand in this\n%s", got, want)
	}
	must(t, apply(t, newService(), c.kind, c.args(c.world, 0)))
	if is := c.snapshot(t, false); !maps.Equal(made, is) {
		t.Errorf("in another locale it made another thing: %s", unlike(made, is))
	}
	c.settled(t, 1)
}

// manyAtOnce: many blocks are checked at once and applied at once by one agent.
func manyAtOnce(t *testing.T, c *contractCell) {
	n := *contractMany
	c.prepare(t, n)
	s := newService()
	said, failed := make([]string, n), make([]error, n)
	atOnce := func(f func(k int)) {
		var wg sync.WaitGroup
		for k := range n {
			wg.Go(func() { f(k) })
		}
		wg.Wait()
		for k, err := range failed {
			if err != nil {
				t.Fatalf("block %d: %v", k, err)
			}
		}
	}
	atOnce(func(k int) {
		var change resource.Change
		change, failed[k] = resourcetest.Check(t, s, "p", c.step(k))
		said[k] = change.Fingerprint
	})
	atOnce(func(k int) {
		_, failed[k] = s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: c.kind, Args: resourcetest.Encode(t, c.args(c.world, k)), Fingerprint: said[k], Key: planKey})
	})
	c.settled(t, n)
}
