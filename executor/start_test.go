package executor_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/executor"
)

// TestStartsAfterWhatComesBefore: actions may be sent together, but the event of a
// start comes when everything before the action has ended. An action that never
// begins has no such event.
func TestStartsAfterWhatComesBefore(t *testing.T) {
	const chain = `
context "local" "h" {}
resource "file" "x" {
  on      = context.local.h
  path    = "$DIR/x"
  content = "one\n"
}
resource "line" "y" {
  on         = context.local.h
  path       = "$DIR/x"
  line       = "two"
  depends_on = [file.x]
}
call "command" "z" {
  on           = context.local.h
  argv         = ["STATUS"]
  triggered_by = [line.y]
}
call "command" "after" {
  on         = context.local.h
  argv       = ["true"]
  depends_on = [call.command.z]
}
`
	const users = `
context "local" "a" {}
context "local" "b" { host = "b" }
resource "user" "first" {
  on   = context.local.a
  name = "first"
}
resource "user" "second" {
  on   = context.local.b
  name = "second"
}
`
	tests := []struct {
		name, source string
		users        *accounts
		want         string
	}{
		{"a chain", strings.ReplaceAll(chain, "STATUS", "true"), nil, "start file.x, start line.y, end file.x, end line.y, start call.command.z, end call.command.z, start call.command.after, end call.command.after"},
		{"one fails", strings.ReplaceAll(chain, "STATUS", "false"), nil, "start file.x, start line.y, end file.x, end line.y, start call.command.z, failed call.command.z, skipped call.command.after"},
		{"turns", users, &accounts{}, "start user.first, end user.first, start user.second, end user.second"},
		{"turns in one context", strings.ReplaceAll(users, "local.b", "local.a"), &accounts{}, "start user.first, end user.first, start user.second, end user.second"},
		{"a turn that fails", users, &accounts{fails: map[string]bool{"first": true}}, "start user.first, failed user.first, start user.second, end user.second"},
	}
	words := map[executor.EventType]string{executor.ApplyStart: "start ", executor.ApplyDone: "end ", executor.ApplyErrored: "failed ", executor.ApplySkipped: "skipped "}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := newLab(t)
			if tt.users != nil {
				l.replace = tt.users.functions()
			}
			s := l.session(tt.source, nil)
			p := l.plan(s)
			l.events = nil
			l.apply(t.Context(), s, p)
			var got []string
			for _, e := range l.events {
				if word := words[e.Type]; word != "" {
					got = append(got, word+e.Address)
				}
			}
			if !slices.Equal(got, strings.Split(tt.want, ", ")) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), tt.want)
			}
		})
	}
}
