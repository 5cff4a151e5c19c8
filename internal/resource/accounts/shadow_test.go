package accounts_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// The hashes of the table below. H stands for the one that is there, N for the one
// that is asked for.
const hashThere, hashNew = "$6$salt$there", "$6$salt$new"

// passwordsBefore are the forms of a password as the field in shadow(5) has them.
// "none" is an account without a line in shadow, "absent" is no account at all.
var passwordsBefore = []string{"", "*", "!", "!!", "!*", "!H", "!!H", "H", "none", "absent"}

// passwordRows say what the field becomes for each of passwordsBefore, and with
// which arguments. "=" stands for no change, "error" for a refusal.
//
// usermod(8): -L "puts a '!' in front of the encrypted password", -U "removes the
// '!' in front of the encrypted password". It refuses -U if that would leave no
// password at all.
var passwordRows = []struct {
	hash, locked string
	want         []string
}{
	{"*", "", []string{"*", "=", "*", "*", "=", "!*", "!*", "*", "*", "*"}},
	{"!", "", []string{"!", "!", "=", "=", "!", "!", "!", "!", "!", "!"}},
	{"N", "", []string{"N", "N", "N", "N", "!N", "!N", "!N", "N", "N", "N"}},
	{"H", "", []string{"H", "H", "H", "H", "!H", "=", "=", "=", "H", "H"}},
	{"", "true", []string{"!", "!*", "=", "=", "=", "=", "=", "!H", "!", "!"}},
	{"", "false", []string{"=", "=", "error", "error", "*", "H", "H", "=", "=", "error"}},
	{"*", "true", []string{"!*", "!*", "!*", "!*", "=", "!*", "!*", "!*", "!*", "!*"}},
	{"*", "false", []string{"*", "=", "*", "*", "*", "*", "*", "*", "*", "*"}},
	{"!", "true", []string{"!", "!", "=", "=", "!", "!", "!", "!", "!", "!"}},
	{"!", "false", []string{"error", "error", "error", "error", "error", "error", "error", "error", "error", "error"}},
	{"N", "true", []string{"!N", "!N", "!N", "!N", "!N", "!N", "!N", "!N", "!N", "!N"}},
	{"N", "false", []string{"N", "N", "N", "N", "N", "N", "N", "N", "N", "N"}},
	{"H", "true", []string{"!H", "!H", "!H", "!H", "!H", "=", "=", "!H", "!H", "!H"}},
	{"H", "false", []string{"H", "H", "H", "H", "H", "H", "H", "=", "H", "H"}},
}

// passwords tries every form of a password with every way to ask for one, on real
// files and with the machine's own programs. The second plan is empty.
func (s stage) passwords(t *testing.T) {
	spell := strings.NewReplacer("H", hashThere, "N", hashNew)
	for _, row := range passwordRows {
		for i, before := range passwordsBefore {
			t.Run(fmt.Sprintf("%q to hash %q locked %q", before, row.hash, row.locked), func(t *testing.T) {
				s.setup(t)
				setPassword(t, before, spell.Replace(before))
				a := args{"name": "old", "create_home": false}
				if row.hash != "" {
					a["password_hash"] = spell.Replace(row.hash)
				}
				if row.locked != "" {
					a["locked"] = row.locked == "true"
				}
				s.becomes(t, a, before, spell.Replace(row.want[i]))
			})
		}
	}
}

// setPassword gives the account old a password of one of passwordsBefore.
func setPassword(t *testing.T, before, field string) {
	line := "old:" + field + ":19000:0:99999:7:::\n"
	switch before {
	case "none":
		line = ""
	case "absent":
		line = ""
		must(t, os.WriteFile("/etc/passwd", []byte("root:x:0:0:root:/root:/bin/sh\n"), 0o644))
	}
	must(t, os.WriteFile("/etc/shadow", []byte("root:*:19000:0:99999:7:::\n"+line), 0o640))
}

// becomes checks and applies, and compares the field of shadow(5).
func (s stage) becomes(t *testing.T, a args, before, want string) {
	svc := newService()
	if want == "error" {
		resourcetest.Problem(t, "user", a, "locked", "no_password")
		return
	}
	unchanged := want == "="
	c := mustCheck(t, svc, "p", step{Address: "u", Kind: "user", Args: a})
	if (c.Op == resource.NoOp) != unchanged {
		t.Fatalf("the check says %s\nbefore %v\nafter  %v", c.Op, c.Before, c.After)
	}
	if said := fmt.Sprint(c); strings.Contains(said, "$6$") {
		t.Errorf("the check shows a hash: %s", said)
	}
	was := passwordField(t, "/etc/shadow")
	_, err := svc.Apply(t.Context(), resource.ApplyRequest{
		Session: "r", Kind: "user", Args: resourcetest.Encode(t, a), Fingerprint: c.Fingerprint, Key: planKey,
	})
	must(t, err)
	got := passwordField(t, "/etc/shadow")
	if unchanged {
		want = was
	}
	if got != want {
		t.Errorf("%q became %q, want %q", before, got, want)
	}
	if again := mustCheck(t, svc, "again", step{Address: "u", Kind: "user", Args: a}); again.Op != resource.NoOp {
		t.Errorf("the second plan says %s\nbefore %v\nafter  %v", again.Op, again.Before, again.After)
	}
}

// passwordField returns the password field of the account old, or "none" if it has
// no line.
func passwordField(t *testing.T, file string) string {
	b, err := os.ReadFile(file)
	must(t, err)
	for line := range strings.Lines(string(b)) {
		if f := strings.Split(line, ":"); f[0] == "old" {
			return f[1]
		}
	}
	return "none"
}

// passwordInPasswd holds that a password in passwd(5) itself counts, whatever
// shadow(5) says. Programs that compare passwords look there first.
func (s stage) passwordInPasswd(t *testing.T) {
	for _, hash := range []string{"*", "!", hashNew} {
		s.setup(t)
		open := strings.Replace(files["passwd"], "old:x:", "old::", 1)
		must(t, os.WriteFile("/etc/passwd", []byte(open), 0o644))
		a := args{"name": "old", "password_hash": hash}
		must(t, apply(t, newService(), "user", a))
		if got := passwordField(t, "/etc/passwd"); got == "" {
			t.Errorf("with %q anybody can still log in to the account", hash)
		}
		if c := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: a}); c.Op != resource.NoOp {
			t.Errorf("with %q the second plan says %s", hash, c.Op)
		}
	}
	s.setup(t)
	open := strings.Replace(files["passwd"], "old:x:", "old::", 1)
	must(t, os.WriteFile("/etc/passwd", []byte(open), 0o644))
	c := mustCheck(t, newService(), "p", step{Address: "u", Kind: "user", Args: args{"name": "old", "locked": false}})
	var p *kind.Problem
	if len(c.Warnings) != 1 || !errors.As(&c.Warnings[0], &p) || p.Code != "open" {
		t.Errorf("no warning says that anybody can log in: %v", c.Warnings)
	}
}
