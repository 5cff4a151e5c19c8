//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/internal/terminaltest"
)

// recorded is a configuration for three hosts. It has a file that is the same on
// all of them, a call that a change of it triggers, a file that exists already, and
// a call that takes as long as the test wants.
const recorded = `
resource "file" "motd" {
  for_each = context.sudo.host
  on       = each.value
  path     = "/etc/motd"
  content  = <<-EOT
    Welcome.
    This machine is managed.
  EOT
}

resource "file" "app" {
  on      = context.sudo.host["%[1]s"]
  path    = "/etc/app.conf"
  mode    = "0640"
  content = <<-EOT
    # The application.
    listen  = 0.0.0.0
    workers = 8
    name    = "grün"
    log     = /var/log/app.log
  EOT
}

call "command" "reload" {
  on           = context.sudo.host["%[1]s"]
  argv         = ["sh", "-c", "while ! test -e /tmp/go; do sleep 0.1; done"]
  triggered_by = [file.app]
}
`

// before is the content of the file before the apply. It has other line ends, a
// letter in another encoding, and a colour that would be invisible.
const before = "# The application.\r\nlisten  = 127.0.0.1\nworkers = 4 \nname    = \"gr\xfcn\"\nlog     = \x1b[31m/var/log/app.log\x1b[0m\n"

// Plan, apply and drift of three hosts can be read well, at a small and at a large
// terminal. The recordings have what a person sees who scrolls up, and what the
// screen shows while something takes long.
func TestRecordings(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 3})
	for _, size := range []struct{ columns, rows int }{{80, 24}, {200, 50}} {
		t.Run(fmt.Sprintf("%dx%d", size.columns, size.rows), func(t *testing.T) {
			l := l.For(t)
			w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 3) + fmt.Sprintf(recorded, l.Name(1))})
			w.env = append(slices.DeleteFunc(w.env, func(v string) bool { return v == "CI=true" }), "TERM=xterm-256color")
			for i := 1; i <= 3; i++ {
				l.Exec(i, "rm", "-f", "/etc/motd", "/tmp/go")
			}
			l.WriteFile(1, "/etc/app.conf", before, 0o644)
			var r recorder
			r.title("mitoplan plan")
			s := w.at(size.columns, size.rows, "plan")
			r.end(t, s, 0)

			r.title("mitoplan apply, while a call takes long")
			s = w.at(size.columns, size.rows, "apply")
			if _, err := s.Until(runLimit, func(screen string) bool { return strings.Contains(screen, "Enter a value:") }); err != nil {
				t.Fatal(err)
			}
			s.Type("yes\n")
			screen, err := s.Until(runLimit, func(screen string) bool {
				return strings.Contains(screen, "4 done, 1 running, slowest: call.command.reload") && strings.Count(screen, ": created after") == 3
			})
			if err != nil {
				t.Fatal(err)
			}
			r.text.WriteString(screen)
			l.WriteFile(1, "/tmp/go", "", 0o644)
			r.title("mitoplan apply, at its end")
			r.end(t, s, 0)

			l.WriteFile(2, "/etc/motd", "Welcome.\nThis machine was managed.\n", 0o644)
			r.title("mitoplan drift")
			s = w.at(size.columns, size.rows, "drift")
			r.end(t, s, 2)
			r.compare(t, l, fmt.Sprintf("%dx%d.txt", size.columns, size.rows))
		})
	}
}

// at starts the program at a terminal.
func (w *workspace) at(columns, rows int, args ...string) *terminaltest.Session {
	w.t.Helper()
	cmd, _, _ := w.command(args...)
	s, err := terminaltest.Start(cmd, columns, rows)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// recorder collects what terminals show.
type recorder struct{ text strings.Builder }

func (r *recorder) title(s string) { fmt.Fprintf(&r.text, "\n=== %s\n\n", s) }

// end waits until a program ends, and records everything that it has shown.
func (r *recorder) end(t *testing.T, s *terminaltest.Session, status int) {
	t.Helper()
	if got := s.Wait(); got != status {
		t.Fatalf("the status is %d at\n%s", got, s.Text())
	}
	if faults := s.Faults(); faults != nil {
		t.Errorf("the terminal was sent %q", faults)
	}
	r.text.WriteString(s.Text())
}

// clock matches what differs in each run.
var clock = regexp.MustCompile(`\b[0-9]+\.[0-9]s|\([0-9]+s\b`)

// system matches what a host says of its system, at the end of its line in the
// tree.
var system = regexp.MustCompile(`(?m)  [a-z]+ [0-9.]+, [a-z0-9_]+$`)

// finished matches lines that come in the order in which actions end.
var finished = regexp.MustCompile(`(?m)(^\S+: (?:created|changed|ran) after 0.1s\n)+`)

// compare compares the recording with the golden file.
func (r *recorder) compare(t *testing.T, l *lab.Lab, name string) {
	t.Helper()
	got := r.text.String()
	for i := 1; i <= l.Hosts(); i++ {
		got = strings.ReplaceAll(got, l.Addr(i), fmt.Sprintf("10.0.0.%d", i))
	}
	got = system.ReplaceAllString(got, "  debian 12, amd64")
	got = clock.ReplaceAllStringFunc(got, func(s string) string {
		if s[0] == '(' {
			return "(9s"
		}
		return "0.1s"
	})
	got = finished.ReplaceAllStringFunc(got, func(s string) string {
		lines := strings.SplitAfter(s, "\n")
		slices.Sort(lines)
		return strings.Join(lines, "")
	})
	path := filepath.Join("testdata", "recordings", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s (-want +got):\n%s", path, d)
	}
	if strings.Contains(got, terminaltest.Wrapped) {
		t.Errorf("a line is too long for the terminal:\n%s", got)
	}
}
