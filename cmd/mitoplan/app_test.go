package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/planner"
)

// TestLockHolder holds that whoever does not get the lock of a machine learns since when
// another has it.
func TestLockHolder(t *testing.T) {
	at := time.Date(2026, 1, 2, 4, 5, 6, 0, time.FixedZone("", 3600))
	if got, want := lockHolder(at), processName()+" (since 2026-01-02T03:05:06Z)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAPanicFlushesTheJournalAndExitsWith11(t *testing.T) {
	var errs bytes.Buffer
	var order []string
	a := &app{stderr: &errs, mask: &view.Masker{}, exit: func(code int) {
		if code != exitPanic {
			t.Errorf("exit status %d", code)
		}
		order = append(order, "exit")
	}}
	a.mask.Add("hunter2-very-secret")
	a.flush = append(a.flush, func() error { order = append(order, "flush"); return errors.New("disk full") })
	func() {
		defer a.guard()
		panic("hunter2-very-secret was here")
	}()
	if got := strings.Join(order, " "); got != "flush exit" {
		t.Errorf("got %s", got)
	}
	for _, want := range []string{reportAt, "was here", "disk full", "app_test.go", toolVersion()} {
		if !strings.Contains(errs.String(), want) {
			t.Errorf("lacks %q: %s", want, errs.String())
		}
	}
	if strings.Contains(errs.String(), "hunter2-very-secret") {
		t.Error("a secret in the report")
	}
}

func TestTheSecondInterruptLeaves5Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cancelled, exited time.Duration
		start := time.Now()
		a := &app{stderr: &bytes.Buffer{}, exit: func(int) { exited = time.Since(start) }}
		got := make(chan os.Signal, 2)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			a.onSignals(got, nil, func() { cancelled = time.Since(start) })
		}()
		time.Sleep(time.Second)
		got <- os.Interrupt
		time.Sleep(time.Second)
		got <- os.Interrupt
		<-ended
		if cancelled != time.Second || exited != 7*time.Second {
			t.Errorf("cancelled after %s, exited after %s", cancelled, exited)
		}
	})
}

// TestPartialPlanNamesWhatWasMissing holds that a partial plan names what is missing
// and says how many more there are, and that it never says "0 more".
func TestPartialPlanNamesWhatWasMissing(t *testing.T) {
	for want, missing := range map[string][]*planner.Context{
		"when the plan was made, context.ssh.a could not be reached, ":                   {{Address: "context.ssh.a"}},
		"when the plan was made, context.ssh.a and context.ssh.b could not be reached, ": {{Address: "context.ssh.a"}, {Address: "context.ssh.b"}},
	} {
		if got := partial(missing).Error(); !strings.HasPrefix(got, want) {
			t.Errorf("it says %q, not %q", got, want)
		}
	}
}

func TestVersionConstraints(t *testing.T) {
	for constraint, want := range map[string]bool{
		">= 0.1": true, "0.1.0": true, "= 0.1.0": true, "!= 0.1.0": false, "> 0.1.0": false, "< 0.2, >= 0.1": true,
		"~> 0.1": true, "~> 0.1.0": true, "~> 0.0.9": false, "~> 1.0": false, "<= 0.0.9": false, "~> 0": true,
	} {
		if got, err := satisfies("0.1.0", constraint); got != want || err != nil {
			t.Errorf("%q: got %v, %v", constraint, got, err)
		}
	}
	if ok, _ := satisfies("0.10.0", "~> 0.1.0"); ok {
		t.Error("0.10.0 is not a patch of 0.1.0")
	}
	for _, bad := range []string{"", "soon", "=> 0.1", ">= 0.1,"} {
		if _, err := satisfies("0.1.0", bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestUnattended(t *testing.T) {
	for ci, want := range map[string]bool{"": false, "false": false, "0": false, "true": true, "1": true, "yes": true} {
		if got := (&app{inTTY: true, environ: []string{"CI=" + ci}}).unattended(); got != want {
			t.Errorf("CI=%s: %v", ci, got)
		}
	}
	if !(&app{}).unattended() {
		t.Error("without a terminal nobody is there")
	}
}

type saysStuck struct{}

func (saysStuck) Dump(w io.Writer) { io.WriteString(w, "call stuck-for-long waits\n") }

// TestASignalSaysWhoWaits holds that SIGUSR1 prints who waits for what, and that no
// secret is in it.
func TestASignalSaysWhoWaits(t *testing.T) {
	var errs bytes.Buffer
	a := &app{stderr: &errs, mask: &view.Masker{}}
	a.mask.Add("stuck-for-long")
	got, done, ended := make(chan os.Signal), make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); a.dumpOnSignals(got, done) }()
	a.dumps(saysStuck{})
	got <- os.Interrupt
	close(done)
	<-ended
	if s := errs.String(); strings.Count(s, "waits") != 1 || strings.Contains(s, "stuck-for-long") {
		t.Errorf("said %q", s)
	}
}
