package connect

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// weak are passwords that are spelt like words of programs and of mitoplan.
var weak = []string{"password", "user", "failure", "Authentication", "x", "root", "the", "incorrect", "sudo", "main", "sh"}

// refusing makes a program that asks for a password as one does, on its terminal, says
// what was typed, refuses with words, and ends.
func refusing(t *testing.T, asks, words string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	script := "#!/bin/sh\n" +
		`while [ $# -gt 0 ]; do [ "$1" = -p ] && prompt=$2; shift; done` + "\n" +
		"exec </dev/tty 2>/dev/tty; stty -echo; printf %s \"" + asks + "\" >&2; read -r typed; stty echo\n" +
		"printf 'typed <%s>\\n%s\\n' \"$typed\" '" + words + "' >&2; exit 1\n"
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWeakPasswordsHideNoCause: a password that is spelt like a word of the program that
// refuses it is hidden in what that program said. The cause is found all the same, and
// what mitoplan says of it is the same as with any other password.
func TestWeakPasswordsHideNoCause(t *testing.T) {
	su := func(path, password string) transport.Connector { return Su{Path: path, Password: password} }
	doas := func(path, password string) transport.Connector { return Doas{Path: path, Password: password} }
	sudo := func(path, password string) transport.Connector { return Sudo{Path: path, Password: password} }
	for _, c := range []struct {
		name        string
		of          func(path, password string) transport.Connector
		asks, words string
		code        kind.Code
	}{
		{"su, wrong password", su, "Password: ", "su: Authentication failure", kind.CodeBecomeWrongPassword},
		{"su, unknown user", su, "Password: ", "su: user root does not exist", kind.CodeBecomeUnknownUser},
		{"doas, wrong password", doas, "doas (a@h) password: ", "doas: Authentication failure", kind.CodeBecomeWrongPassword},
		{"sudo, wrong password", sudo, "$prompt", "sudo: 1 incorrect password attempt", kind.CodeSudoWrongPassword},
		{"sudo, no rule", sudo, "$prompt", "root is not in the sudoers file", kind.CodeSudoNotInSudoers},
		{"sudo-rs, expired", sudo, "[sudo: $prompt] Password: ", "sudo: Account expired for the user", kind.CodeSudoAccountExpired},
		{"no Main", su, "Password: ", "connect.Main " + mainFirst, kind.CodeAgentNoMain},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := refusing(t, c.asks, c.words)
			other := refusalOf(t, c.of(path, "Zq7#Zq7#"))
			own, _, _ := strings.Cut(other.Detail, "Its last words: ")
			for _, password := range weak {
				p := refusalOf(t, c.of(path, password))
				if p.Code != c.code || p.Code != other.Code || p.Attr != other.Attr || p.Summary != other.Summary {
					t.Errorf("password %q: %+v, want %s as with %+v", password, *p, c.code, *other)
				}
				said, words, _ := strings.Cut(p.Detail, "Its last words: ")
				if said != own || strings.Contains(words, password) {
					t.Errorf("password %q: %q, want %q, and then words without the password", password, p.Detail, own)
				}
				if own := strings.TrimRight(p.Own, " "); !strings.HasPrefix(p.Own, strings.TrimRight(said, " ")) || len(own) > len(said)+len("Its last words:") {
					t.Errorf("password %q: of %q own is %q, want all but the last words", password, p.Detail, p.Own)
				}
			}
		})
	}
}

// refusalOf is the problem that a start ends with.
func refusalOf(t *testing.T, k transport.Connector) *kind.Problem {
	t.Helper()
	_, err := k.Start(t.Context(), testStart(nil))
	var p *kind.Problem
	if !errors.As(err, &p) {
		t.Fatalf("%v is no problem", err)
	}
	return p
}
