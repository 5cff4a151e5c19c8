package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// What a panic holds is masked, wherever it happens: the guard is a function
// value in the goroutines of the transport.
func TestCrashMasksSecrets(t *testing.T) {
	var b bytes.Buffer
	status := -1
	a := &app{stderr: &b, mask: &view.Masker{}, exit: func(code int) { status = code }}
	a.mask.Add("hunter2-very-secret")
	guard := a.guard
	func() {
		defer guard()
		panic("the password is hunter2-very-secret")
	}()
	if got := b.String(); status != exitPanic || strings.Contains(got, "hunter2") || !strings.Contains(got, "panic: the password is (sensitive value)") {
		t.Errorf("status %d:\n%s", status, got)
	}
}
