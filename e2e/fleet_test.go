//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// shown is the part of the output of `show -json PLANFILE` that these tests read.
type shown struct {
	Complete bool `json:"complete"`
	Actions  []struct {
		Address string         `json:"address"`
		Context string         `json:"context"`
		Action  string         `json:"action"`
		Before  map[string]any `json:"before"`
		After   map[string]any `json:"after"`
	} `json:"actions"`
}

func (w *workspace) show(plan string) shown {
	w.t.Helper()
	var s shown
	r := w.must(0, "show", "-json", plan)
	if err := json.Unmarshal([]byte(r.stdout), &s); err != nil {
		w.t.Fatalf("%v: %v", err, r)
	}
	return s
}

// content returns the content of a resource before and after its action.
func (s shown) content(t *testing.T, address string) (before, after string) {
	t.Helper()
	for _, a := range s.Actions {
		if a.Address == address {
			before, _ = a.Before["content"].(string)
			after, _ = a.After["content"].(string)
			return before, after
		}
	}
	t.Fatalf("the plan has no %s", address)
	return "", ""
}

// fleetWorkspace has the example fleet, with the hosts of a lab behind a bastion.
func fleetWorkspace(t *testing.T, l *lab.Lab) *workspace {
	t.Helper()
	w := exampleWorkspace(t, "fleet")
	var hosts strings.Builder
	for i := 2; i <= l.Hosts(); i++ {
		fmt.Fprintf(&hosts, "  %s = { address = %q }\n", l.Name(i), l.Addr(i))
	}
	w.write("mitoplan.mitovars.hcl", fmt.Sprintf("bastion = { address = %q }\nhosts = {\n%s}\nuser = \"ops\"\nkey = %q\nknown_hosts = %q\n",
		l.Addr(1), hosts.String(), l.Key(), l.KnownHosts()))
	w.setVar("sudo_password", lab.OpsPassword)
	w.env = append(w.env, "MITOPLAN_LOG=io", "MITOPLAN_LOG_PATH="+w.path("log"))
	return w
}

const fleetFile = "/etc/webapp/webapp.conf"

// Ten hosts behind a bastion get a user, a file of that user, a line in that file and a
// directory. This is planned, saved and applied, and then planned again with no
// changes.
func TestFleet(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 11, Bastion: true})
	w := fleetWorkspace(t, l)
	l.Exec(2, "mkdir", "/etc/webapp")
	before := "host = old\nworkers = 1\n"
	l.WriteFile(2, fleetFile, before, 0o644)

	w.setVar("debug", "true")
	plan := w.must(0, "plan", "-out", "fleet.plan")
	plan.says(t, "- host = old", "+ host = h2", "+ debug = true")
	s := w.show("fleet.plan")
	applied := watched(t, l, w.start("apply", "fleet.plan"))
	if applied.status != 0 {
		t.Fatal(applied)
	}
	after := l.ReadFile(2, fleetFile)
	if want := fmt.Sprintf("host = h2\nworkers = %s\ndebug = true\n", strings.TrimSpace(l.Exec(2, "nproc"))); after != want {
		t.Errorf("the file holds %q, not %q", after, want)
	}
	fileBefore, fileAfter := s.content(t, `file.config["h2"]`)
	lineBefore, lineAfter := s.content(t, `line.debug["h2"]`)
	if fileBefore != before || fileAfter != lineBefore || lineAfter != after {
		t.Errorf("planned were %q -> %q, %q -> %q; the disk went %q -> %q", fileBefore, fileAfter, lineBefore, lineAfter, before, after)
	}
	for i := 2; i <= l.Hosts(); i++ {
		if got := strings.TrimSpace(l.Exec(i, "stat", "-c", "%U %a", fleetFile, "/etc/webapp")); got != "webapp 640\nwebapp 750" {
			t.Errorf("%s: %q", l.Name(i), got)
		}
	}
	l.AssertNoAgents(t)
	again := w.must(0, "plan", "-detailed-exitcode")
	again.says(t, "No changes.")
	l.AssertNoAgents(t)
	assertNoKeys(t, l)
	assertNoSecret(t, l, w, plan, applied, again)
}

// watched waits for a run. Meanwhile it looks for the sudo password in the command
// lines and environments of all processes, here and on the hosts.
func watched(t *testing.T, l *lab.Lab, r *running) result {
	t.Helper()
	return r.watch(func(file, argv, content string) {
		if strings.Contains(content, lab.OpsPassword) {
			t.Errorf("the sudo password is in the %s of %q", file, argv)
		}
	})
}

// watch waits for a run. Meanwhile it passes on the command lines and environments of
// all processes, here and on the hosts: which file it is, whose process, and the
// content. The program itself is included only after it has begun its work.
func (r *running) watch(look func(file, argv, content string)) result {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	own := fmt.Sprintf("/proc/%d/environ", r.cmd.Process.Pid)
	for {
		select {
		case err := <-r.done:
			r.done <- err
			return r.wait()
		case <-tick.C:
		}
		for _, file := range []string{"cmdline", "environ"} {
			paths, _ := filepath.Glob("/proc/[0-9]*/" + file)
			for _, path := range paths {
				if path == own && len(childrenOf(r.cmd.Process.Pid)) == 0 {
					continue // it was given its variables there, and may not run yet
				}
				if b, _ := os.ReadFile(path); len(b) > 0 {
					argv, _ := os.ReadFile(filepath.Dir(path) + "/cmdline")
					look(file, string(argv), string(b))
				}
			}
		}
	}
}

// assertNoKeys fails the test if the controller's key is on the bastion.
func assertNoKeys(t *testing.T, l *lab.Lab) {
	t.Helper()
	pem, err := os.ReadFile(l.Key())
	if err != nil {
		t.Fatal(err)
	}
	secret := strings.Split(string(pem), "\n")[3] // past what all keys have alike
	found, _ := l.Run(1, "grep", "-rlF", secret, "/home", "/root", "/tmp", "/var/tmp", "/run", "/dev/shm")
	if found != "" {
		t.Errorf("keys on the bastion: %s", found)
	}
}

// assertNoSecret looks for the sudo password in everything that is left: on the hosts,
// in the directory with plan, record and log, and in the output.
func assertNoSecret(t *testing.T, l *lab.Lab, w *workspace, runs ...result) {
	t.Helper()
	for _, r := range runs {
		if strings.Contains(r.all(), lab.OpsPassword) {
			t.Errorf("the sudo password was printed: %v", r)
		}
	}
	err := filepath.WalkDir(w.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if b, err := os.ReadFile(path); err != nil || strings.Contains(string(b), lab.OpsPassword) {
			t.Errorf("the sudo password is in %s (%v)", path, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for i := 1; i <= l.Hosts(); i++ {
		if found, _ := l.Run(i, "grep", "-rl", lab.OpsPassword, "/home", "/root", "/tmp", "/var/tmp", "/var/log", "/run", "/dev/shm", "/etc/webapp"); found != "" {
			t.Errorf("the sudo password is on %s: %s", l.Name(i), found)
		}
	}
}
