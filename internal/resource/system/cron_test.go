package system_test

import (
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

const cronFile = "# ours\nMAILTO=root\n#Ansible: old job\n5 4 * * * root  /bin/old  # kept\n\n* * * * * root /bin/foreign\n"

func TestCron(t *testing.T) {
	job := args{"name": "nightly", "command": text("backup --all"), "minute": "15", "hour": "3", "user": "daemon"}
	old := func(more args) args {
		out := args{"name": "old job", "command": text("/bin/new")}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	is := func(line string) string {
		return strings.Replace(cronFile, "5 4 * * * root  /bin/old  # kept", line, 1)
	}
	runTable(t, "cron", args{"name": "other", "command": text("true"), "special": "reboot"}, []tableCase{
		{name: "makes the file", whole: true, args: job, want: resource.Create, after: "#Ansible: nightly\n15 3 * * * daemon backup --all\n"},
		{name: "is added", whole: true, args: job, holds: holds(cronFile), want: resource.Update, made: true, after: cronFile + "#Ansible: nightly\n15 3 * * * daemon backup --all\n"},
		{name: "is another one", args: old(args{"weekday": "mon-fri", "minute": "*/5"}), holds: holds(cronFile), want: resource.Update, after: is("*/5 * * * mon-fri root /bin/new")},
		{name: "runs at a special time", args: old(args{"special": "daily"}), holds: holds(cronFile), want: resource.Update, after: is("@daily root /bin/new")},
		{name: "is disabled", args: old(args{"disabled": true}), holds: holds(cronFile), want: resource.Update, after: is("#* * * * * root /bin/new")},
		{name: "is as it should be", args: old(args{"minute": "5", "hour": "4", "command": text("/bin/old")}), holds: holds(is("5 4 * * * root /bin/old")), want: resource.NoOp, after: is("5 4 * * * root /bin/old")},
		{name: "goes", args: args{"name": "old job", "state": "absent"}, holds: holds(cronFile), want: resource.Update, after: strings.Replace(cronFile, "#Ansible: old job\n5 4 * * * root  /bin/old  # kept\n", "", 1)},
		{name: "is gone", args: args{"name": "old", "state": "absent"}, holds: holds(cronFile), want: resource.NoOp, after: cronFile},
		{name: "has lost its line", args: old(nil), holds: holds("#Ansible: old job\n#Ansible: b\nx\n"), want: resource.Update, after: "#Ansible: old job\n* * * * * root /bin/new\n#Ansible: b\nx\n"},
		{name: "a variable", whole: true, args: args{"name": "PATH", "value": text("/bin")}, holds: holds(cronFile), want: resource.Update, made: true, after: strings.Replace(cronFile, "MAILTO", "PATH=\"/bin\"\nMAILTO", 1)},
		{name: "a variable that is there", args: args{"name": "MAILTO", "value": text("root")}, holds: holds(cronFile), want: resource.NoOp, after: cronFile},
		{name: "a variable with quotes", args: args{"name": "MAILTO", "value": text(`a"b`)}, holds: holds(cronFile), want: resource.Update, after: strings.Replace(cronFile, "MAILTO=root", `MAILTO='a"b'`, 1)},
		{name: "a variable goes", args: args{"name": "MAILTO", "value": text("x"), "state": "absent"}, holds: holds(cronFile), want: resource.Update, after: strings.Replace(cronFile, "MAILTO=root\n", "", 1)},
	})
}

// TestCronProblems: what cron would not run, or would run at another time, is refused.
func TestCronProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	with := func(more args) args {
		out := args{"path": f.Arg("x"), "name": "job", "command": text("true")}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	list := []badArgs{
		{with(args{"name": ""}), "name", "name"},
		{with(args{"name": "a\nb"}), "name", "name"},
		{with(args{"name": " a"}), "name", "name"},
		{with(args{"command": text("a\nb")}), "command", "command"},
		{with(args{"command": text(" ")}), "command", "command"},
		{args{"path": f.Arg("x"), "name": "job"}, "command", "command"},
		{with(args{"special": "often"}), "special", "special"},
		{with(args{"special": "daily", "hour": "1"}), "hour", kind.CodeExcluded},
		{args{"path": f.Arg("x"), "name": "a job", "value": text("x")}, "name", "name"},
		{with(args{"name": "A", "value": text("x")}), "value", kind.CodeExcluded},
		{args{"path": f.Arg("x"), "name": "A", "value": text("x"), "minute": "1"}, "minute", kind.CodeExcluded},
		{args{"path": f.Arg("x"), "name": "A", "value": text("x\ny")}, "value", "value"},
		{args{"path": f.Arg("x"), "name": "A", "value": text(`"'`)}, "value", "value"},
		{with(args{"user": "a b"}), "user", "user"},
		{with(args{"user": ""}), "user", "user"},
		{with(args{"path": text("/etc/cron.d/app.sh")}), "path", kind.CodePath},
		{with(args{"path": text("app")}), "path", kind.CodePath},
		{with(args{"path": f.Arg("no/x")}), "path", kind.CodeNoParent},
	}
	for attr, values := range map[string][]string{
		"minute":  {"", "60", "-1", "1-", "5-1", "*/0", "1/5", "a", "1,,2", "+1", "* *", "1\n"},
		"hour":    {"24"},
		"day":     {"0", "32"},
		"month":   {"0", "13", "juni"},
		"weekday": {"8", "montag"},
	} {
		for _, v := range values {
			list = append(list, badArgs{with(args{attr: v}), attr, kind.Code(attr)})
		}
	}
	if os.Geteuid() == 0 {
		list = append(list, badArgs{args{"name": "job", "command": text("true"), "user": "no-such-user"}, "user", kind.CodeNoUser})
	}
	problems(t, "cron", list)
	for attr, values := range map[string][]string{
		"minute": {"0", "59", "*/15", "1,2,3", "10-20", "10-20/2", "1,5-7,*/30"}, "hour": {"23"}, "day": {"31", "1-7"},
		"month": {"jan", "DEC", "jan-mar", "1-12/3"}, "weekday": {"0", "7", "mon-fri", "Sun", "1,3,5"},
	} {
		for _, v := range values {
			mustCheck(t, newService(), "p", step{Address: "a", Kind: "cron", Args: with(args{attr: v})})
		}
	}
	for command, want := range map[string]int{"date +%F": 1, `date +\%F`: 0, "true": 0} {
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "cron", Args: with(args{"command": text(command)})})
		if len(c.Warnings) != want || want == 1 && c.Warnings[0].Code != kind.CodePercent {
			t.Errorf("%q: the warnings are %v", command, c.Warnings)
		}
	}
}

// TestCrontab: the crontab of a user is a file of that user, which only cron and they read. A
// plan in which cron comes first waits for it.
func TestCrontab(t *testing.T) {
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		must(t, os.MkdirAll("/var/spool/cron", 0o755))
		etc := newTestDir(t)
		etc.Empty(t)
		for _, name := range []string{"passwd", "group"} {
			b, err := os.ReadFile("/etc/" + name)
			must(t, err)
			etc.Write(t, name, string(b), 0o644)
		}
		resourcetest.Cover(t, map[string]string{"/var/spool": f.Path, "/etc": etc.Path})
		job := args{"name": "job", "command": text("true"), "user": "daemon"}
		resourcetest.Problem(t, "cron", job, "name", kind.CodeNoCrontabs)
		s := newService()
		mustCheck(t, s, "p", step{Address: "m", Kind: "file", Args: args{"path": f.Arg("m"), "content": text("x")}})
		if c := mustCheck(t, s, "p", step{Address: "a", Kind: "cron", Args: job, After: []string{"m"}}); c.Op != resource.Create || c.Fingerprint != "" {
			t.Errorf("before cron is there the plan is %s", c.Op)
		}
		etc.Write(t, "debian_version", "12\n", 0o644)
		must(t, os.Mkdir(f.At("cron"), 0o755)) // as some package has it that is not cron
		resourcetest.Problem(t, "cron", job, "name", kind.CodeNoCrontabs)
		must(t, os.Remove(f.At("cron")))
		must(t, os.Remove(etc.At("debian_version")))
		for _, dir := range []string{"cron", "cron/tabs", "cron/crontabs"} { // of Red Hat, SUSE and Debian
			must(t, os.Mkdir(f.At(dir), 0o755))
			must(t, apply(t, newService(), "cron", job))
			f.Holds(t, dir+"/daemon", "#Ansible: job\n* * * * * true\n", 0o600)
			f.Owned(t, dir+"/daemon", 1, crontabGroup(t, dir))
			if again := mustCheck(t, newService(), "q", step{Address: "a", Kind: "cron", Args: job}); again.Op != resource.NoOp {
				t.Errorf("after the apply a plan is %s", again.Op)
			}
			c := mustCheck(t, newService(), "r", step{Address: "a", Kind: "cron", Args: args{"name": "job", "command": text("true")}})
			if c.Op != resource.Create || resourceText(c.After["path"]) != "/var/spool/"+dir+"/root" {
				t.Errorf("a job of the agent's user is %s at %v", c.Op, c.After)
			}
			must(t, ending{Kind: "cron", Args: job, End: resource.End{Kept: resource.Kept{Along: []kind.Thing{kind.PathThing("/var/spool/" + dir + "/daemon")}}}}.Apply(t, newService(), ""))
			f.Gone(t, dir+"/daemon")
		}
	})
}

// crontabGroup is the group that a crontab belongs to.
func crontabGroup(t *testing.T, dir string) uint32 {
	t.Helper()
	b, err := os.ReadFile("/etc/group")
	must(t, err)
	for _, line := range strings.Split(string(b), "\n") {
		if f := strings.Split(line, ":"); f[0] == "crontab" && dir == "cron/crontabs" {
			n := uint32(0)
			for _, r := range f[2] {
				n = n*10 + uint32(r-'0')
			}
			return n
		}
	}
	return 0
}
