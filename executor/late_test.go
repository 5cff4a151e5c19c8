package executor_test

import (
	"strings"
	"testing"
)

// If only the apply tells the path of an edit, the edit comes after those that were
// planned, whichever is declared first. If it would undo one of them, it changes
// nothing.
func TestEditOfAPathKnownAtApply(t *testing.T) {
	late := func(kind, more string) string {
		return `
context "local" "h" {}
call "command" "where" {
  on   = context.local.h
  argv = ["echo", "-n", "$DIR/x"]
}
resource "` + kind + `" "late" {
  on   = context.local.h
  path = call.command.where.stdout
` + more + `
}
resource "line" "a" {
  on     = context.local.h
  path   = "$DIR/x"
  line   = "a"
  regexp = "^a"
  create = true
}
resource "line" "b" {
  on   = context.local.h
  path = "$DIR/x"
  line = "b"
}
`
	}
	for name, tt := range map[string]struct{ kind, more, want, problem string }{
		"an edit":   {"line", `line = "late"`, "a\nb\nlate\n", ""},
		"the whole": {"file", `content = "all"`, "a\nb\n", "Two claims on one thing"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			s := l.session(late(tt.kind, tt.more), nil)
			_, diags := l.apply(t.Context(), s, l.plan(s))
			if got := l.read("x"); got != tt.want {
				t.Errorf("x holds %q, want %q", got, tt.want)
			}
			if tt.problem == "" && diags.HasErrors() || tt.problem != "" && (len(diags) == 0 || !strings.Contains(diags.Error(), tt.problem)) {
				t.Errorf("got the problems %v, want %q", diags, tt.problem)
			}
		})
	}
}
