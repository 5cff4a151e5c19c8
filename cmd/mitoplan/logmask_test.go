package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// What a host said is masked in the log, in text and in JSON; addresses, keys
// and what mitoplan says itself are not.
func TestLogMasksWhatHostsSaid(t *testing.T) {
	const pw = "hunter2-very-secret"
	for _, json := range []bool{false, true} {
		var b bytes.Buffer
		m := &view.Masker{}
		m.Add(pw, "web-server-1", "starting", "direction")
		l := newLogger(hclog.LoggerOptions{Name: "mitoplan", Level: hclog.Debug, Output: &b, JSONFormat: json, DisableTime: true}, m)
		host := l.Named("web-server-1").With("context", "ssh.web-server-1")
		host.Info("the password is "+pw, "line", "x "+pw)
		host.Named("run").Warn("stdout: hunter2-")
		host.Named("run").Warn("stdout: very-secret")
		l.Debug("starting", "direction", "out", "src", "web-server-1", "err", errors.New("it said "+pw), "n", 3, "odd", hclog.Fmt("%s %d", pw, 1))
		l.Trace(pw)
		got := b.String()
		for _, not := range []string{pw, "hunter2", "very-secret"} {
			if strings.Contains(got, not) {
				t.Errorf("the log holds %q:\n%s", not, got)
			}
		}
		for _, want := range []string{"web-server-1", "starting", "direction", view.Masked, "the password is", "it said "} {
			if !strings.Contains(got, want) {
				t.Errorf("the log lacks %q:\n%s", want, got)
			}
		}
		if n := strings.Count(strings.TrimSpace(got), "\n") + 1; n != 4 {
			t.Errorf("%d entries:\n%s", n, got)
		}
		if !l.IsDebug() || l.IsTrace() {
			t.Error("the level got lost")
		}
	}
}
