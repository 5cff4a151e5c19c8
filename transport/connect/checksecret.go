package connect

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// CheckTyped says what is wrong with a secret that is typed at a prompt or sent
// as a password. Files, and what programs print, end in a line end; it is no
// part of the secret, and every login with it fails. The secret is never in
// what it says.
func CheckTyped(attr string, code kind.Code, secret string) []kind.Problem {
	if secret == "" || strings.TrimRight(secret, "\r\n") == secret {
		return nil
	}
	return []kind.Problem{*blame(attr, code, "Secret ends in a line end",
		"The value of %s ends in a line end, as a file and what a program prints do, and as no password does. Take it away with chomp(), as in chomp(file(\"secret.txt\")).", attr)}
}
