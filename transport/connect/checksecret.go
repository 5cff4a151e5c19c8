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

// checkPassword says what keeps a password from being typed on a terminal.
func checkPassword(code kind.Code, password string) []kind.Problem {
	if ends := CheckTyped("password", kind.CodePasswordLineEnd, password); len(ends) > 0 {
		return ends
	}
	if !strings.ContainsAny(password, "\x00\r\n") {
		return nil
	}
	return []kind.Problem{*blame("password", code, "Password cannot be typed",
		"The password holds a line break, which would end it early. Give it without, for instance through trimspace().")}
}
