package resource

import (
	"bytes"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// Shadow is the part of an account that ordinary users may not read. It never contains the hash
// itself, so no effect of a plan carries it.
type Shadow struct {
	// Password is the form of the password without the marks of a lock.
	Password Password `cbor:"password"`
	// HashDigest is the SHA-256 of the hash if Password is Hashed.
	HashDigest []byte `cbor:"hash_digest,omitempty"`
	// Marks counts the exclamation marks in front. One locks the password, as
	// usermod(8) -L does; -U takes one away.
	Marks int `cbor:"marks,omitempty"`
	// Expires is the day the account ends, as 2027-01-31, or empty.
	Expires string `cbor:"expires,omitempty"`
	// Ages are what shadow(5) says of the age of the password.
	Ages Ages `cbor:"ages,omitempty"`
}

// Ages are the numbers of days that shadow(5) has of a password. One that is not positive
// or zero means that the field is empty, so that there is no such rule; it is NoAge.
type Ages struct {
	// Min is after how many days the password may be changed again, and Max after how many
	// it has to be. Warn is how many days before that the user is told, and Inactive after
	// how many days beyond it the account is closed.
	Min      int64 `cbor:"min"`
	Max      int64 `cbor:"max"`
	Warn     int64 `cbor:"warn"`
	Inactive int64 `cbor:"inactive"`
}

// NoAge is an age that is not limited, as chage(1) is told it.
const NoAge = -1

// NoAges are those of an account whose password may be of any age.
var NoAges = Ages{NoAge, NoAge, NoAge, NoAge}

// Password is the form of a password in shadow(5), without marks of a lock.
type Password string

// The forms. NoPassword is any text that no password hashes to, such as "*". Empty
// lets in whoever comes, if it is not locked. NoEntry is an account that
// shadow(5) has no line for, with which no password can be compared.
const (
	Hashed     Password = "hashed"
	NoPassword Password = "none"
	Empty      Password = "empty"
	NoEntry    Password = "no entry"
)

// Locked reports whether a mark stands in front of the password.
func (s Shadow) Locked() bool { return s.Marks > 0 }

// SamePassword reports whether two accounts have the same password and are both locked
// or both not locked. The number of marks makes no difference.
func (s Shadow) SamePassword(o Shadow) bool {
	return s.Password == o.Password && s.Locked() == o.Locked() && bytes.Equal(s.HashDigest, o.HashDigest)
}

// Field is what shadow(5) holds for it, which is known without the hash only
// if there is none.
func (s Shadow) Field() (text string, known bool) {
	switch s.Password {
	case NoPassword:
		text = "*"
	case Hashed:
		return "", false
	}
	if s.Locked() {
		text = "!" + text
	}
	return text, true
}

// shadow returns the part of an account that only root may read, or nil if this user
// may not read it.
func (a *accounts) shadow(name string) (*Shadow, error) {
	b, err := os.ReadFile(shadowFile)
	switch {
	case os.IsPermission(err):
		return nil, nil
	case err != nil && !filesystem.NotThere(err):
		return nil, err
	}
	s := Shadow{Password: NoEntry, Ages: NoAges}
	if f := fieldsOf(b, name, 8); f != nil {
		s = parseShadow(f[1], f[7])
		s.Ages = Ages{Min: parseAge(f[3]), Max: parseAge(f[4]), Warn: parseAge(f[5]), Inactive: parseAge(f[6])}
	}
	passwd, err := os.ReadFile(passwdFile)
	if err != nil && !filesystem.NotThere(err) {
		return nil, err
	}
	// Only an x sends whoever compares passwords to shadow(5); anything else
	// in passwd(5) is the password itself.
	if f := fieldsOf(passwd, name, 7); f != nil && f[1] != "x" && !strings.HasPrefix(f[1], "##") {
		own := parseShadow(f[1], "")
		own.Expires, own.Ages = s.Expires, s.Ages
		s = own
	}
	return &s, nil
}

// fieldsOf are the fields of the first line of a file of accounts that is
// about a name and has at least so many.
func fieldsOf(content []byte, name string, atLeast int) []string {
	for line := range strings.Lines(string(content)) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
		if len(f) >= atLeast && f[0] == name {
			return f
		}
	}
	return nil
}

func parseShadow(field, expires string) Shadow {
	bare := strings.TrimLeft(field, "!")
	s := Shadow{Password: Hashed, Marks: len(field) - len(bare)}
	switch {
	case bare == "":
		s.Password = Empty
	case strings.HasPrefix(bare, "*"):
		s.Password = NoPassword
	default:
		s.HashDigest = hashDigest(bare)
	}
	if days, err := strconv.ParseInt(expires, 10, 32); err == nil && days >= 0 {
		s.Expires = time.Unix(days*24*60*60, 0).UTC().Format(time.DateOnly)
	}
	return s
}

// parseAge reads a number of days; a field that holds none sets no rule.
func parseAge(field string) int64 {
	if days, err := strconv.ParseInt(field, 10, 32); err == nil && days >= 0 {
		return days
	}
	return NoAge
}

// hashDigest stands for a hashed password in places where the hash itself must not be.
func hashDigest(hash string) []byte { return ContentOf([]byte(hash)).SHA256 }

// With returns what a new password makes of the old one. A lock on a password stays. A
// lock without a password does not count as a wish, because that is how useradd makes
// an account, even if it was cut short.
func (s Shadow) With(field string) Shadow {
	marks := s.Marks
	if s.Password == Empty || s.Password == NoEntry {
		marks = 0
	}
	next := parseShadow(field, "")
	next.Marks, next.Expires, next.Ages = max(marks, next.Marks), s.Expires, s.Ages
	return next
}

// Describe says what a password is, in words that hold no hash. The one that
// the block asks for is "(this hash)" if it is a hash.
func (s Shadow) Describe(wanted []byte) string {
	out := "(another hash)"
	switch {
	case s.Password != Hashed:
		out = "(" + string(s.Password) + ")"
	case bytes.Equal(s.HashDigest, wanted):
		out = "(this hash)"
	}
	if s.Locked() {
		out += " locked"
	}
	return out
}
