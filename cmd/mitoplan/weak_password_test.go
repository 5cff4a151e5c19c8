package main

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
)

// TestWeakPasswordsLeaveOwnWords: what is shown of a refusal has all its words, though a
// password is spelt like one of them.
func TestWeakPasswordsLeaveOwnWords(t *testing.T) {
	for _, password := range []string{"password", "accepted", "Correct password", "Becoming"} {
		a := newApp(nil)
		a.mask.Add(password)
		for _, own := range append(controller.Sentences(), "Becoming user app with su: ") {
			if got := a.mask.Text(own); got != own {
				t.Errorf("password %q: %q, want %q", password, got, own)
			}
		}
	}
}
