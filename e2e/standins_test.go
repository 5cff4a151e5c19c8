//go:build linux

package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// standIns are the programs that take the place of real ones, by the kinds of contexts, and
// what each of them refuses, by names.
var standIns = map[string]struct {
	program, works string
	refusals       map[string]string
}{
	"kubectl": {"kubectl", `pod = "web"`, map[string]string{
		"pod missing":       `pod = "ghost"`,
		"container missing": "pod = \"web\"\n  container = \"ghost\"",
		"context missing":   "pod = \"web\"\n  kube_context = \"ghost\"",
		"pod ended":         `pod = "done"`,
		"without a shell":   `pod = "bare"`,
		"not permitted":     `pod = "others"`,
		"cluster away":      `pod = "far"`,
		"not logged in":     `pod = "login"`,
		"login that fails":  `pod = "plugin"`,
		"certificate bad":   `pod = "forged"`,
		"config unreadable": `pod = "unconfigured"`,
		"namespace missing": "pod = \"lost\"\n  namespace = \"shop\"",
		"program missing":   "pod = \"web\"\n  path = \"/no/such/kubectl\"",
	}},
	"lxc": {"lxc", `instance = "web"`, map[string]string{
		"instance missing":  `instance = "ghost"`,
		"server unknown":    "instance = \"web\"\n  remote = \"ghost\"",
		"project missing":   "instance = \"web\"\n  project = \"ghost\"",
		"instance stopped":  `instance = "stopped"`,
		"machine boots":     `instance = "booting"`,
		"without a shell":   `instance = "bare"`,
		"project forbidden": `instance = "others"`,
		"socket forbidden":  `instance = "closed"`,
		"server away":       `instance = "down"`,
		"program missing":   "instance = \"web\"\n  path = \"/no/such/lxc\"",
	}},
	"incus": {"lxc", `instance = "web"`, map[string]string{
		"instance missing": `instance = "ghost"`,
		"instance frozen":  `instance = "frozen"`,
	}},
	"machinectl": {"systemd-run", `machine = "web"`, map[string]string{
		"machine missing": `machine = "ghost"`,
		"machine boots":   `machine = "booting"`,
		"not permitted":   `machine = "closed"`,
		"without a shell": `machine = "bare"`,
		"user missing":    "machine = \"web\"\n  user = \"ghost\"",
		"program missing": "machine = \"web\"\n  path = \"/no/such/systemd-run\"",
	}},
}

// TestRefusalsOfStandIns holds that each refusal of a program that is not at hand is told as
// what it is, word for word as in its golden file. TestContainers and TestRefusals do so for
// those that are.
func TestRefusalsOfStandIns(t *testing.T) {
	for name, s := range standIns {
		for refusal, arguments := range s.refusals {
			t.Run(name+" "+refusal, func(t *testing.T) {
				w := newWorkspace(t, map[string]string{"main.mito.hcl": standInContext(t, name, arguments) + fmt.Sprintf(`
call "hostname" "it" {
  on = context.%s.place
}
`, name)})
				r := w.must(1, "plan", "-no-color")
				text := strings.ReplaceAll(r.stderr, w.dir, "/WORKSPACE")
				golden(t, filepath.Join("testdata", "refusals", strings.ReplaceAll(name+" "+refusal, " ", "-")+".txt"), text)
			})
		}
	}
}

// TestStandInsArePlannedAndApplied holds that in a context of each of these kinds a file is
// planned, put there, found as it is, and that what somebody else makes of it is seen.
func TestStandInsArePlannedAndApplied(t *testing.T) {
	for name, s := range standIns {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, nil)
			w.write("main.mito.hcl", standInContext(t, name, s.works)+fmt.Sprintf(`
resource "file" "notice" {
  on      = context.%s.place
  path    = %q
  content = "This is a notice.\n"
}
`, name, w.path("notice")))
			w.must(0, "apply", "-auto-approve")
			w.must(0, "plan", "-detailed-exitcode")
			w.write("notice", "Somebody else was here.\n")
			w.must(2, "drift").says(t, "1 drifted outside", "file.notice")
		})
	}
}

// standInContext is a context of a kind, whose program is the one that takes its place unless
// the arguments name another.
func standInContext(t *testing.T, kind, arguments string) string {
	t.Helper()
	program, err := filepath.Abs(filepath.Join("../transport/connect/testdata", standIns[kind].program))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(arguments, "path = ") {
		arguments += fmt.Sprintf("\n  path = %q", program)
	}
	return fmt.Sprintf("context %q \"place\" {\n  %s\n}\n", kind, arguments)
}
