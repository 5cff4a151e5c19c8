package accounts_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestProblems: each bad argument of an account is a problem of that argument.
func TestProblems(t *testing.T) {
	for _, c := range []struct {
		kind string
		args args
		attr string
		code kind.Code
	}{
		{"user", args{"name": "a:b"}, "name", "name"},
		{"user", args{"name": "app", "password_hash": "secret"}, "password_hash", "password_hash"},
		{"user", args{"name": "app", "comment": text("An: App")}, "comment", "comment"},
		{"user", args{"name": "app", "comment": text("An\nApp")}, "comment", "comment"},
		{"user", args{"name": "app", "groups": []string{"-G"}}, "groups", "groups"},
		{"user", args{"name": "app", "groups": []string{"a,b"}}, "groups", "groups"},
		{"user", args{"name": "app", "groups": []string{""}}, "groups", "groups"},
		{"user", args{"name": "app", "uid": -1}, "uid", "uid"},
		{"user", args{"name": "app", "uid": int64(1<<32 - 1)}, "uid", "uid"},
		{"user", args{"name": "app", "expires": "tomorrow"}, "expires", "expires"},
		{"user", args{"name": "app", "home": text("home")}, "home", "home"},
		{"user", args{"name": "app", "uid": 0}, "uid", "uid_taken"},
		{"user", args{"name": "app", "group": "no-such-group"}, "group", "no_group"},
		{"user", args{"name": "app", "groups": []string{"no-such-group"}}, "groups", "no_group"},
		{"user", args{"name": "app", "locked": false}, "locked", "no_password"},
	} {
		t.Run(c.kind+" "+c.attr+" "+string(c.code), func(t *testing.T) { resourcetest.Problem(t, c.kind, c.args, c.attr, c.code) })
	}
}
