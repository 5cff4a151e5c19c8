package executor_test

import (
	"strings"
	"testing"
)

// together is a file whose content changes, with a line in another context that
// waits for a call.
const together = `
context "local" "h" {}
context "local" "other" {
  host = "other"
  $OTHER
}
call "command" "first" {
  on    = context.local.h
  shell = "$RUN"
}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = "$V\nPort 22\n"
}
resource "line" "port" {
  on         = context.local.other
  path       = "$DIR/x"
  regexp     = "^Port"
  line       = "Port 2222"
  depends_on = [call.command.first]
}
`

func togetherAt(version, run, other string) string {
	return strings.NewReplacer("$V", version, "$RUN", run, "$OTHER", other).Replace(together)
}

// The content of a file is not written if the apply finds that an edit of it cannot
// follow.
func TestOwnerWaitsForWhatItsEditsNeed(t *testing.T) {
	for name, tt := range map[string]struct {
		run, other, want string
		saved            bool
	}{
		"all goes well":                 {"true", "", "2\nPort 2222\n", false},
		"from a saved plan":             {"true", "", "2\nPort 2222\n", true},
		"its context is broken by then": {"true", `fail = "no password"`, "1\nPort 2222\n", true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.session(togetherAt("1", "true", ""), nil)
			if _, diags := l.apply(t.Context(), s, l.plan(s)); diags.HasErrors() {
				t.Fatal(diags)
			}
			if got := l.read("x"); got != "1\nPort 2222\n" {
				t.Fatalf("x holds %q", got)
			}
			if tt.saved {
				l.applyLater(togetherAt("2", tt.run, ""), tt.other)
			} else {
				l.attempt(t.Context(), l.options(togetherAt("2", tt.run, tt.other), nil), nil)
			}
			if got := l.read("x"); got != tt.want {
				t.Errorf("x holds %q, want %q", got, tt.want)
			}
		})
	}
}

// applyLater saves a plan and applies it in a session of its own. By then it may be
// impossible to reach the context "other".
func (l *lab) applyLater(src, other string) {
	l.t.Helper()
	o := l.options(src, nil)
	s := l.open(o)
	p, diags := s.Plan(l.t.Context())
	if diags.HasErrors() {
		l.t.Fatal(diags)
	}
	if other != "" {
		l.broken = "other"
	}
	l.applySaved(s, p, o)
}
