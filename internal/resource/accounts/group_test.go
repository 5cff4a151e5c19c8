package accounts_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestGroup runs the cases of groups where TestUser runs those of accounts.
func TestGroup(t *testing.T) { onStage(t, "TestGroup", testGroups) }

// groupCase is a case of the kind group.
type groupCase struct {
	name   string
	args   args
	want   resource.Op
	verify func(t *testing.T)
}

func testGroups(t *testing.T, s stage) {
	for _, c := range []groupCase{
		{"is made", args{"name": "app"}, resource.Create, func(t *testing.T) { has(t, "group", "app:x:1000:") }},
		{"is made with a number", args{"name": "app", "gid": 1234}, resource.Create, func(t *testing.T) { has(t, "group", "app:x:1234:") }},
		{"is made for the system", args{"name": "app", "system": true}, resource.Create, func(t *testing.T) { has(t, "group", "app:x:999:") }},
		{"gets another number", args{"name": "dev", "gid": 1601}, resource.Update, func(t *testing.T) { has(t, "group", "dev:x:1601:") }},
		{"of an account gets another number", args{"name": "old", "gid": 1500}, resource.Update, func(t *testing.T) {
			has(t, "group", "old:x:1500:")
			has(t, "passwd", "old:x:500:1500:Old One:")
		}},
		{"with members keeps them", args{"name": "ops", "gid": 1600}, resource.Update, func(t *testing.T) { has(t, "group", "ops:x:1600:old") }},
		{"is made with members", args{"name": "app", "members": []string{"stray", "old", "old"}}, resource.Create, func(t *testing.T) {
			has(t, "group", "app:x:1000:old,stray")
			has(t, "gshadow", "app:!::old,stray")
		}},
		{"gets other members and a number", args{"name": "ops", "gid": 1600, "members": []string{"stray"}}, resource.Update, func(t *testing.T) { has(t, "group", "ops:x:1600:stray") }},
		{"is as it should be", args{"name": "dev", "gid": 601, "system": true}, resource.NoOp, nil},
		{"is there", args{"name": "ops"}, resource.NoOp, nil},
		{"goes", args{"name": "dev", "state": "absent"}, resource.Delete, nil},
		{"goes with its members", args{"name": "ops", "state": "absent"}, resource.Delete, func(t *testing.T) { has(t, "passwd", "old:") }},
		{"is gone", args{"name": "app", "state": "absent"}, resource.NoOp, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			resourcetest.Run(t, resourcetest.Case{
				Kind: "group", Args: c.args, Want: c.want, Setup: s.setup, Snapshot: s.snapshot, Verify: c.verify, Neighbours: accountNeighbours,
			})
		})
	}
	t.Run("problems", func(t *testing.T) { s.groupProblems(t) })
	t.Run("in the plan", func(t *testing.T) { s.groupsInThePlan(t) })
	t.Run("warnings", func(t *testing.T) { s.groupWarnings(t) })
	t.Run("ends", func(t *testing.T) { s.groupEnds(t) })
	t.Run("of another source", func(t *testing.T) { s.groupElsewhere(t) })
	t.Run("tools", func(t *testing.T) { s.groupTools(t) })
	t.Run("members", func(t *testing.T) { s.groupMembers(t) })
	t.Run("many", func(t *testing.T) { s.manyGroups(t) })
}

// groupProblems: what an apply could not do is a problem of the argument, while planning.
func (s stage) groupProblems(t *testing.T) {
	s.setup(t)
	for _, c := range []struct {
		args args
		attr string
		code kind.Code
	}{
		{args{"name": strings.Repeat("n", 33)}, "name", "name"},
		{args{"name": "-g"}, "name", "name"},
		{args{"name": "a:b"}, "name", "name"},
		{args{"name": "a b"}, "name", "name"},
		{args{"name": "1234"}, "name", "name"},
		{args{"name": "app", "gid": -1}, "gid", "gid"},
		{args{"name": "app", "gid": int64(1<<32 - 1)}, "gid", "gid"},
		{args{"name": "app", "gid": 600}, "gid", kind.CodeGIDTaken},
		{args{"name": "dev", "gid": 600}, "gid", kind.CodeGIDTaken},
		{args{"name": "old", "state": "absent"}, "name", kind.CodeGroupBusy},
		{args{"name": "app", "state": "there"}, "state", kind.CodeState},
		{args{"name": "app", "members": []string{"none"}}, "members", kind.CodeNoUser},
		{args{"name": "app", "members": []string{"-old"}}, "members", "members"},
		{args{"name": "app", "members": []string{"old,stray"}}, "members", "members"},
		{args{"name": "app", "append": true}, "append", "append"},
	} {
		resourcetest.Problem(t, "group", c.args, c.attr, c.code)
	}
}

// groupsInThePlan: a group is seen by what comes after it as it will be, and it sees what
// comes before it.
func (s stage) groupsInThePlan(t *testing.T) {
	group := func(a args) step { return step{Address: fmt.Sprint("g", a), Kind: "group", Args: a} }
	user := func(a args) step { return step{Address: fmt.Sprint("u", a), Kind: "user", Args: a} }
	file := func(group string) step {
		return step{Address: "f", Kind: "file", Args: args{"path": text("/home/x"), "content": text("x"), "group": group}}
	}
	for _, c := range []struct {
		name   string
		before step
		then   step
		code   kind.Code // of the problem, "" for none
		attr   string    // that After has
		want   any
	}{
		{"a file of a new group", group(args{"name": "app", "gid": 1234}), file("app"), "", "group", "app"},
		{"a file of its number", group(args{"name": "app", "gid": 1234}), file("1234"), "", "group", "app"},
		{"a file of a group that goes", group(args{"name": "dev", "state": "absent"}), file("dev"), kind.CodeNoGroup, "", nil},
		{"an account of a new group", group(args{"name": "app"}), user(args{"name": "app", "group": "app", "create_home": false}), "", "group", "app"},
		{"the number of a group that gets another is free", group(args{"name": "dev", "gid": 1601}), group(args{"name": "app", "gid": 601}), "", "gid", 601},
		{"the account that a group belonged to is gone", user(args{"name": "old", "group": "users"}), group(args{"name": "old", "state": "absent"}), "", "", nil},
		{"an account of a group with another number", group(args{"name": "old", "gid": 1500}), user(args{"name": "old", "group": "old", "locked": true}), "", "group", "old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			svc := newService()
			mustCheck(t, svc, "p", c.before)
			c.then.After = []string{c.before.Address}
			got, err := check(t, svc, "p", c.then)
			if c.code != "" {
				wantCode(t, err, c.code)
				return
			}
			must(t, err)
			if c.attr != "" && fmt.Sprint(got.After[c.attr]) != fmt.Sprint(c.want) {
				t.Errorf("%s is %v, want %v: %v", c.attr, got.After[c.attr], c.want, got.After)
			}
		})
	}
	t.Run("a number that is not known yet", func(t *testing.T) {
		s.setup(t)
		c := mustCheck(t, newService(), "p", step{Address: "g", Kind: "group", Args: args{"name": "dev"}, Unknown: []string{"gid"}})
		if _, said := c.Results["gid"]; c.Op != resource.Update || said {
			t.Errorf("the check says %s and the results %v, want an update and no gid", c.Op, c.Results)
		}
	})
}

// groupWarnings: a change says whom it reaches besides the group.
func (s stage) groupWarnings(t *testing.T) {
	for _, c := range []struct {
		args  args
		code  kind.Code
		words []string
	}{
		{args{"name": "old", "gid": 1500}, kind.CodeGroupFiles, []string{"keep the number 500", "old get the new number"}},
		{args{"name": "dev", "gid": 1500}, kind.CodeGroupFiles, []string{"keep the number 601", "next new group may get. Give"}},
		{args{"name": "ops", "state": "absent"}, kind.CodeGroupMembers, []string{"old lose what the group ops may do"}},
	} {
		s.setup(t)
		got := mustCheck(t, newService(), "p", step{Address: "g", Kind: "group", Args: c.args})
		if len(got.Warnings) != 1 || got.Warnings[0].Code != c.code {
			t.Errorf("%v has the warnings %v, want one of the code %s", c.args, got.Warnings, c.code)
			continue
		}
		for _, w := range c.words {
			if !strings.Contains(got.Warnings[0].Detail, w) {
				t.Errorf("%v warns without %q: %s", c.args, w, got.Warnings[0].Detail)
			}
		}
	}
}

// groupEnds: a group that was there before stays, and so does one that an account needs.
func (s stage) groupEnds(t *testing.T) {
	s.setup(t)
	c, err := endOfGroup(t, "dev", resource.End{Adopted: true})
	must(t, err)
	if c.Op != resource.NoOp || len(c.Stays) != 1 {
		t.Errorf("the end of a group that was there is %s, and stays for %v", c.Op, c.Stays)
	}
	_, err = endOfGroup(t, "old", resource.End{})
	wantCode(t, err, kind.CodeGroupBusy)
}

func endOfGroup(t *testing.T, name string, e resource.End) (resource.Change, error) {
	t.Helper()
	reply, err := newService().Check(t.Context(), resource.CheckRequest{
		Plan: "p", Address: "g", Kind: "group", Args: resourcetest.Encode(t, args{"name": name}), End: &e, Key: planKey,
	})
	return reply.Change, err
}

// groupElsewhere: a group that only getent knows counts as there, and is not changed.
func (s stage) groupElsewhere(t *testing.T) {
	s.setup(t)
	bin := t.TempDir()
	must(t, os.WriteFile(bin+"/getent", []byte("#!/bin/sh\ncase $2 in ldap|7000) echo ldap:x:7000:old ;; *) exit 2 ;; esac\n"), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	for _, c := range []struct {
		args args
		code kind.Code
	}{
		{args{"name": "ldap"}, ""},
		{args{"name": "ldap", "gid": 7000}, ""},
		{args{"name": "ldap", "gid": 7001}, kind.CodeGroupElsewhere},
		{args{"name": "ldap", "state": "absent"}, kind.CodeGroupElsewhere},
		{args{"name": "app", "gid": 7000}, kind.CodeGIDTaken},
	} {
		got, err := check(t, newService(), "p", step{Address: "g", Kind: "group", Args: c.args})
		if c.code != "" {
			wantCode(t, err, c.code)
		} else if err != nil || got.Op != resource.NoOp {
			t.Errorf("%v is %s, %v; want no change", c.args, got.Op, err)
		}
	}
}

// groupMembers: the members are exactly those that the block names, or with append at least these.
// An account that is gone and still listed stays with append, and goes without.
func (s stage) groupMembers(t *testing.T) {
	line := func(members string) string { return "ops:x:600:" + members }
	for _, c := range []struct {
		name     string
		have     string
		args     args
		programs map[string]string // in sh, and no others
		want     string
	}{
		{"others", "old", args{"members": []string{"stray"}}, nil, "stray"},
		{"none", "old", args{"members": []string{}}, nil, ""},
		{"more", "old", args{"members": []string{"stray"}, "append": true}, nil, "old,stray"},
		{"more beside one that is gone", "ghost", args{"members": []string{"old"}, "append": true}, nil, "ghost,old"},
		{"all but one that is gone", "ghost,old", args{"members": []string{"old"}}, nil, "old"},
		{"the same in another order", "stray,old", args{"members": []string{"old", "stray"}}, nil, "stray,old"},
		{"those who are in it", "old,stray", args{"members": []string{"old"}, "append": true}, nil, "old,stray"},
		{"with busybox", "old", args{"members": []string{"stray"}}, map[string]string{
			"addgroup": `[ "$*" = "-- stray ops" ] && printf 'ops:x:600:old,stray\n' >/etc/group`,
			"delgroup": `[ "$*" = "-- old ops" ] && printf 'ops:x:600:stray\n' >/etc/group`,
		}, "stray"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			must(t, os.WriteFile("/etc/group", []byte(strings.Replace(files["group"], line("old"), line(c.have), 1)), 0o644))
			must(t, os.WriteFile("/etc/gshadow", []byte(strings.Replace(files["gshadow"], "ops:!::old", "ops:!::"+c.have, 1)), 0o640))
			if c.programs != nil {
				bin := t.TempDir()
				for name, program := range c.programs {
					must(t, os.WriteFile(bin+"/"+name, []byte("#!/bin/sh\n"+program+"\n"), 0o755))
				}
				t.Setenv("PATH", bin)
			}
			c.args["name"] = "ops"
			planned := mustCheck(t, newService(), "p", step{Address: "g", Kind: "group", Args: c.args})
			if (planned.Op == resource.NoOp) != (c.have == c.want) {
				t.Errorf("the plan says %s: %v", planned.Op, planned.After)
			}
			must(t, apply(t, newService(), "group", c.args))
			b, err := os.ReadFile("/etc/group")
			must(t, err)
			if !strings.Contains(string(b), line(c.want)+"\n") {
				t.Errorf("the file has\n%s\nwant %q", b, line(c.want))
			}
			if again := mustCheck(t, newService(), "q", step{Address: "g", Kind: "group", Args: c.args}); again.Op != resource.NoOp {
				t.Errorf("then a plan says %s: %v", again.Op, again.After)
			}
		})
	}
	t.Run("with accounts of the plan", func(t *testing.T) {
		s.setup(t)
		svc := newService()
		mustCheck(t, svc, "p", step{Address: "u", Kind: "user", Args: args{"name": "app"}})
		mustCheck(t, svc, "p", step{Address: "g", Kind: "group", Args: args{"name": "ops", "members": []string{"app"}}, After: []string{"u"}})
		seen := mustCheck(t, svc, "p", step{Address: "o", Kind: "user", Args: args{"name": "old", "groups": []string{"ops"}}, After: []string{"g"}})
		if seen.Op != resource.Update {
			t.Errorf("an account that left the group is not put back: %v", seen.After)
		}
		c := mustCheck(t, svc, "p", step{Address: "k", Kind: "group", Args: args{"name": "dev", "append": true}, Unknown: []string{"members"}})
		if c.Op != resource.Update {
			t.Errorf("members that are not known yet are %s", c.Op)
		}
	})
	s.setup(t)
}

// groupTools: the programs of busybox make and remove a group where the shadow tools are
// missing; a program that is missing or fails is a problem.
func (s stage) groupTools(t *testing.T) {
	for _, c := range []struct {
		name     string
		args     args
		programs map[string]string // in sh
		code     kind.Code
	}{
		{"nothing", args{"name": "app"}, nil, kind.CodeToolMissing},
		{"nothing removes", args{"name": "dev", "state": "absent"}, nil, kind.CodeToolMissing},
		{"busybox has no groupmod", args{"name": "dev", "gid": 1601}, map[string]string{"addgroup": "exit 0"}, kind.CodeToolMissing},
		{"busybox makes", args{"name": "app", "gid": 1234}, map[string]string{"addgroup": `[ "$*" = "-g 1234 -- app" ] && echo app:x:1234: >>/etc/group`}, ""},
		{"busybox makes for the system", args{"name": "app", "system": true}, map[string]string{"addgroup": `[ "$*" = "-S -- app" ] && echo app:x:500: >>/etc/group`}, ""},
		{"busybox removes", args{"name": "dev", "state": "absent"}, map[string]string{"delgroup": `[ "$*" = "-- dev" ]`}, ""},
		{"busybox fails", args{"name": "app"}, map[string]string{"addgroup": "exit 1"}, kind.CodeToolFailed},
		{"the number was taken", args{"name": "app", "gid": 1234}, map[string]string{"groupadd": "exit 4", "addgroup": "exit 0"}, kind.CodeGIDTaken},
		{"the machine wants another name", args{"name": "App"}, map[string]string{"groupadd": "exit 3"}, "name"},
		{"somebody made it", args{"name": "app"}, map[string]string{"groupadd": "exit 9"}, kind.CodeMoved},
		{"somebody removed it", args{"name": "dev", "state": "absent"}, map[string]string{"groupdel": "exit 6"}, kind.CodeMoved},
		{"an account came", args{"name": "dev", "state": "absent"}, map[string]string{"groupdel": "exit 8"}, kind.CodeGroupBusy},
		{"the file is locked", args{"name": "app"}, map[string]string{"groupadd": "exit 10"}, kind.CodeAccountsLocked},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			bin := t.TempDir()
			for name, program := range c.programs {
				must(t, os.WriteFile(bin+"/"+name, []byte("#!/bin/sh\n"+program+"\n"), 0o755))
			}
			t.Setenv("PATH", bin)
			err := apply(t, newService(), "group", c.args)
			if c.code == "" {
				must(t, err)
				return
			}
			wantCode(t, err, c.code)
		})
	}
}

// manyGroups: many groups of one plan are checked by one agent, and none is written.
func (s stage) manyGroups(t *testing.T) {
	s.setup(t)
	svc := newService()
	for i := range 100 {
		c := mustCheck(t, svc, "p", step{Address: fmt.Sprint("g", i), Kind: "group", Args: args{"name": fmt.Sprint("many", i), "gid": 10_000 + i}})
		if c.Op != resource.Create {
			t.Fatalf("group %d: %s", i, c.Op)
		}
	}
	if b, err := os.ReadFile("/etc/group"); err != nil || string(b) != files["group"] {
		t.Errorf("/etc/group was written: %v\n%s", err, b)
	}
}
