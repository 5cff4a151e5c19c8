package accounts_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// seesPlannedAccounts holds that a check sees accounts and groups as they will be
// after the actions that come before it: with their new names, numbers and members,
// and without those that are removed by then.
func (s stage) seesPlannedAccounts(t *testing.T) {
	user := func(a args) step { return step{Address: fmt.Sprint(a), Kind: "user", Args: a} }
	file := func(a args) step {
		a["path"], a["content"] = text("/home/x"), text("x")
		return step{Address: fmt.Sprint(a), Kind: "file", Args: a}
	}
	for _, c := range []struct {
		name   string
		before []step
		then   step
		code   kind.Code // of the problem, "" for none
		attr   string    // that After has
		want   any
	}{
		{"the number of an account that gets another is free",
			[]step{user(args{"name": "old", "uid": 555})}, user(args{"name": "app", "uid": 500}), "", "uid", 500},
		{"the number that an account gets is taken",
			[]step{user(args{"name": "app", "uid": 1500})}, user(args{"name": "other", "uid": 1500}), kind.CodeUIDTaken, "", nil},
		{"the number of an account that goes is free",
			[]step{user(args{"name": "old", "state": "absent"})}, user(args{"name": "app", "uid": 500}), "", "uid", 500},
		{"an account that goes owns nothing",
			[]step{user(args{"name": "old", "state": "absent"})}, file(args{"owner": "old"}), kind.CodeNoUser, "", nil},
		{"nor does its group",
			[]step{user(args{"name": "old", "state": "absent"})}, file(args{"group": "old"}), kind.CodeNoGroup, "", nil},
		{"a number has the name that the account will have",
			[]step{user(args{"name": "app", "uid": 1500})}, file(args{"owner": "1500"}), "", "owner", "app"},
		{"a number that nobody will have has no name",
			[]step{user(args{"name": "old", "uid": 555})}, file(args{"owner": "500"}), "", "owner", "500"},
		{"a group that goes with its account has no name",
			[]step{user(args{"name": "old", "state": "absent"})}, file(args{"group": "500"}), "", "group", "500"},
		{"another account keeps its name and number",
			[]step{user(args{"name": "app", "uid": 1500})}, file(args{"owner": "501"}), "", "owner", "stray"},
		{"another group keeps its name and number",
			[]step{user(args{"name": "app", "uid": 1500})}, file(args{"group": "600"}), "", "group", "ops"},
		{"groups that an account will be in",
			[]step{user(args{"name": "old", "groups": []string{"dev"}, "append": true})}, user(args{"name": "old", "groups": []string{"left"}, "append": true}), "", "groups", []any{"dev", "left", "ops"}},
		{"groups that an account will have left",
			[]step{user(args{"name": "old", "groups": []string{}})}, user(args{"name": "old", "groups": []string{"left"}, "append": true}), "", "groups", []any{"left"}},
		{"members of a group, whose accounts come in no order of each other",
			[]step{user(args{"name": "old", "groups": []string{}}), user(args{"name": "one", "groups": []string{"ops"}}), user(args{"name": "two", "groups": []string{"ops"}})},
			step{Address: "ops", Kind: "group", Args: args{"name": "ops", "members": []string{"stray"}, "append": true}}, "", "members", []any{"one", "stray", "two"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			svc := newService()
			var after []string
			for _, st := range c.before {
				mustCheck(t, svc, "p", st)
				after = append(after, st.Address)
			}
			c.then.After = after
			got, err := check(t, svc, "p", c.then)
			if c.code != "" {
				wantCode(t, err, c.code)
				return
			}
			must(t, err)
			if fmt.Sprint(got.After[c.attr]) != fmt.Sprint(c.want) {
				t.Errorf("%s is %v, want %v: %v", c.attr, got.After[c.attr], c.want, got.After)
			}
		})
	}
}

// restoresAccounts holds that the last of several changes of an account says so if
// together they leave the account and its groups as they were. None says so
// otherwise.
func (s stage) restoresAccounts(t *testing.T) {
	for _, c := range []struct {
		name        string
		there, back args
		want        []kind.Thing
	}{
		{"a number", args{"name": "old", "uid": 555}, args{"name": "old", "uid": 500}, []kind.Thing{"user:old"}},
		{"a shell", args{"name": "old", "shell": text("/bin/false")}, args{"name": "old", "shell": text("/bin/sh")}, []kind.Thing{"user:old"}},
		{"the members of a group", args{"name": "old", "groups": []string{}}, args{"name": "old", "groups": []string{"ops"}}, []kind.Thing{"group:ops", "user:old"}},
		{"another shell", args{"name": "old", "shell": text("/bin/false")}, args{"name": "old", "shell": text("/bin/bash")}, nil},
		{"other members", args{"name": "stray", "groups": []string{"ops"}}, args{"name": "old", "groups": []string{"dev"}}, nil},
		{"an account that comes and goes", args{"name": "app", "create_home": false}, args{"name": "app", "state": "absent"}, []kind.Thing{"group:app", "user:app"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			svc := newService()
			mustCheck(t, svc, "p", step{Address: "there", Kind: "user", Args: c.there})
			got := mustCheck(t, svc, "p", step{Address: "back", Kind: "user", Args: c.back, After: []string{"there"}}).Restores
			slices.Sort(got)
			if !slices.Equal(got, c.want) {
				t.Errorf("the last check says that it restores %v, want %v", got, c.want)
			}
		})
	}
}

// toolsThatFail holds that a program for accounts that is missing or fails is a
// problem, which quotes what the program said.
func (s stage) toolsThatFail(t *testing.T) {
	for _, c := range []struct {
		name, program string // useradd, in sh; "" where there is none
		code          kind.Code
		said          string
	}{
		{"missing", "", kind.CodeToolMissing, ""},
		{"fails and says nothing", "exit 99", kind.CodeToolFailed, "It printed nothing."},
		{"fails and says why", "echo one; echo two >&2; exit 99", kind.CodeToolFailed, "It said: one; two"},
		{"a known status", "exit 4", kind.CodeUIDTaken, "It printed nothing."},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.setup(t)
			bin := t.TempDir()
			if c.program != "" {
				must(t, os.WriteFile(bin+"/useradd", []byte("#!/bin/sh\n"+c.program+"\n"), 0o755))
			}
			t.Setenv("PATH", bin)
			err := apply(t, newService(), "user", args{"name": "app", "create_home": false})
			wantCode(t, err, c.code)
			if p := asProblem(err); p != nil && p.Said != c.said {
				t.Errorf("the problem quotes the program with %q, want %q", p.Said, c.said)
			}
		})
	}
}

// homesWithoutPlace holds that a home directory that cannot be made is a problem of
// the argument home.
func (s stage) homesWithoutPlace(t *testing.T) {
	s.setup(t)
	must(t, os.WriteFile("/home/file", nil, 0o644))
	for home, code := range map[string]kind.Code{"/home/file/x": kind.CodeNoParent, "/home/file/x/y": kind.CodeNoParent, "/home/file": kind.CodeInTheWay} {
		a := args{"name": "app", "home": text(home), "create_home": true}
		_, err := check(t, newService(), "p", step{Address: "u", Kind: "user", Args: a})
		wantCode(t, err, code)
		if p := asProblem(err); p != nil && p.Attr != "home" {
			t.Errorf("%s: the problem is of %q, want home", home, p.Attr)
		}
	}
}
