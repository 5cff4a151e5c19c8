package accounts_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// accountEnds holds what decides whether an account that was made is taken away.
func (s stage) accountEnds(t *testing.T) {
	app := ending{Kind: "user", Args: args{"name": "app"}, End: resource.End{Kept: resource.Kept{Along: []kind.Thing{"group:app"}}}}
	made := func(t *testing.T, enab string) *resource.Service {
		s.setup(t)
		must(t, os.WriteFile("/etc/login.defs", []byte("UID_MIN 1000\nUID_MAX 60000\nUSERGROUPS_ENAB "+enab+"\n"), 0o644))
		svc := newService()
		must(t, apply(t, svc, "user", args{"name": "app"}))
		return svc
	}
	t.Run("it is in use", func(t *testing.T) {
		svc := made(t, "yes")
		cmd := exec.Command("sleep", "600")
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1000, Gid: 1000}}
		must(t, cmd.Start())
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
		_, checked := app.Check(t, svc, "a")
		for _, err := range []error{checked, app.Apply(t, svc, "")} {
			wantProblem(t, err, "name", kind.CodeUserBusy)
			if !strings.Contains(err.Error(), "sleep (") {
				t.Errorf("the refusal does not name the program: %v", err)
			}
		}
		has(t, "passwd", "app:x:1000")
	})
	t.Run("this connection uses it", func(t *testing.T) {
		s.setup(t) // Root is who runs this test.
		var p *kind.Problem
		if _, err := (ending{Kind: "user", Args: args{"name": "root"}, End: resource.End{}}).Check(t, newService(), "a"); !errors.As(err, &p) || p.Code != kind.CodeUserBusy || !strings.Contains(p.Detail, "was reached through the account root") {
			t.Errorf("got %v, want that the connection uses it", err)
		}
	})
	for _, c := range []struct{ enab, group string }{{"yes", "userdel"}, {"no", "groupdel"}} {
		t.Run("its group goes with "+c.group, func(t *testing.T) {
			svc := made(t, c.enab)
			got, err := app.Check(t, svc, "a")
			must(t, err)
			if len(got.Warnings) != 1 || got.Warnings[0].Code != kind.CodeHome || !strings.Contains(got.Warnings[0].Detail, "/home/app") {
				t.Errorf("the warnings are %v, want that the home stays", got.Warnings)
			}
			must(t, app.Apply(t, svc, got.Fingerprint))
			for _, file := range []string{"passwd", "group", "shadow", "gshadow"} {
				b, err := os.ReadFile("/etc/" + file)
				must(t, err)
				if strings.Contains(string(b), "app:") {
					t.Errorf("%s still has it:\n%s", file, b)
				}
			}
			must(t, app.Apply(t, svc, ""))
		})
	}
	t.Run("its group has others", func(t *testing.T) {
		svc := made(t, "no")
		must(t, apply(t, svc, "user", args{"name": "guest", "group": "app", "create_home": false}))
		must(t, app.Apply(t, svc, ""))
		has(t, "group", "app:")
		must(t, app.Apply(t, svc, ""))
		has(t, "group", "app:")
	})
	t.Run("its group became that of others a moment ago", func(t *testing.T) {
		svc, bin := made(t, "no"), t.TempDir()
		must(t, os.WriteFile(bin+"/groupdel", []byte("#!/bin/sh\nexit 8\n"), 0o755))
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		wantProblem(t, app.Apply(t, svc, ""), "name", kind.CodeGroupBusy)
	})
	t.Run("its group is left by an end that was cut short", func(t *testing.T) {
		svc := made(t, "no")
		must(t, exec.Command("userdel", "app").Run())
		must(t, app.Apply(t, newService(), ""))
		if got, err := app.Check(t, svc, "a"); err != nil || got.Op != resource.NoOp {
			t.Errorf("after that it is %s, %v", got.Op, err)
		}
		b, err := os.ReadFile("/etc/group")
		must(t, err)
		if strings.Contains(string(b), "app:") {
			t.Errorf("the group is still there:\n%s", b)
		}
	})
	s.setup(t)
}
