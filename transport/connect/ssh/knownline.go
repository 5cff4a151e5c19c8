package ssh

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// marker says what a line of known_hosts means for its key.
type marker int

const (
	markNone    marker = iota
	markCA             // @cert-authority: the key signs certificates of hosts
	markRevoked        // @revoked: the key is never to be accepted
)

// hostLine is one line of a known_hosts file, in the format of sshd(8).
type hostLine struct {
	file string
	line int
	mark marker
	// hosts are the patterns, as written; "" if they cannot be read.
	hosts string
	hash  *hostHash // set if hosts is one hashed name
	key   ssh.PublicKey
	// odd says why the line cannot be used; "" if it can.
	odd string
	// foreign is true if the line cannot be used because its key is of a type
	// that this program does not know. No host can show it such a key.
	foreign bool
}

// at is the place of a line, as messages name it.
func (l *hostLine) at() string { return fmt.Sprintf("%s:%d", l.file, l.line) }

// parseHostLine reads one line; ok is false for a blank one and for a comment. As for OpenSSH,
// the line ends at a zero byte, and spaces and tabs are blanks. A carriage
// return is a blank, too.
func parseHostLine(text string) (l hostLine, ok bool) {
	whole, zero := text, strings.Contains(text, "\x00")
	text, _, _ = strings.Cut(text, "\x00")
	fields := strings.FieldsFunc(text, isBlank)
	if len(fields) > 0 && fields[0][0] == '#' {
		return l, false
	}
	switch {
	case len(fields) > 0:
		l.read(fields)
	case zero:
		l.odd = "begins with a zero byte"
	default:
		return l, false
	}
	if l.odd != "" {
		l.suspect(whole)
		if l.mark == markRevoked && l.foreign {
			l.mark = markNone
		}
	}
	return l, true
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' || r == '\r' }

// read reads the fields of a line: [marker] hosts keytype key [comment].
func (l *hostLine) read(fields []string) {
	for len(fields) > 0 && fields[0][0] == '@' {
		switch {
		case l.mark != markNone:
			l.odd = "has two markers"
		case fields[0] == "@cert-authority":
			l.mark = markCA
		case fields[0] == "@revoked":
			l.mark = markRevoked
		default:
			l.odd = fmt.Sprintf("has the unknown marker %q", clip(fields[0]))
		}
		fields = fields[1:]
	}
	if len(fields) == 0 {
		l.odd = "names no host"
		return
	}
	l.hosts = fields[0]
	if l.odd == "" && l.hosts[0] == '|' {
		l.readHash()
	}
	if l.odd == "" {
		l.readKey(fields[1:])
	}
}

func (l *hostLine) readHash() {
	if l.hash = parseHostHash(l.hosts); l.hash == nil {
		l.hosts, l.odd = "", "has a hashed host name that is not valid"
	}
}

// readKey reads the type of the key and the key.
func (l *hostLine) readKey(fields []string) {
	if len(fields) > 0 && len(fields[0]) < 8 && strings.Trim(fields[0], "0123456789") == "" {
		l.odd = "is of version 1 of the SSH protocol"
		return
	}
	if len(fields) < 2 {
		l.odd = "has no key"
		return
	}
	key, err := parseKeyFields(fields[0], fields[1])
	if err != nil {
		l.odd, l.foreign = err.Error(), errors.As(err, new(foreignKey))
		return
	}
	if cert, ok := key.(*ssh.Certificate); ok {
		if key = cert.Key; l.mark != markRevoked {
			l.odd = "has a certificate in the place of a key"
		}
	}
	l.key = key
}

// parseKeyFields reads a key in the form of .pub files. The error is the end of
// a sentence that begins with the file or line that the key is in.
func parseKeyFields(name, text string) (ssh.PublicKey, error) {
	blob, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("has a key that is not base64")
	}
	key, err := ssh.ParsePublicKey(blob)
	switch is := blobType(blob); {
	case is == "":
		return nil, fmt.Errorf("has a key that is cut off")
	case is != name:
		return nil, fmt.Errorf("says %q but has a key of type %q", clip(name), clip(is))
	case err != nil && strings.Contains(err.Error(), "unknown key algorithm"):
		return nil, foreignKey(clip(name))
	case err != nil:
		return nil, fmt.Errorf("has a key that cannot be read (%s)", strings.TrimPrefix(err.Error(), "ssh: "))
	}
	return key, nil
}

// foreignKey is the error of a key that is well-formed, but of a type that this
// program does not know.
type foreignKey string

func (k foreignKey) Error() string { return fmt.Sprintf("has a key of the unknown type %q", string(k)) }

// blobType is the type that a key says it has, RFC 4253 6.6; "" if the key is
// cut off before that.
func blobType(blob []byte) string {
	if len(blob) < 4 {
		return ""
	}
	n := int64(binary.BigEndian.Uint32(blob))
	if n > int64(len(blob)-4) {
		return ""
	}
	return string(blob[4 : 4+n])
}

// suspect marks a line that cannot be used as a revocation if one of its words
// looks like the marker @revoked. Otherwise a key would be trusted because the line
// that revokes it is damaged. A line whose key is of an unknown type is left as it
// is: no host can show such a key.
func (l *hostLine) suspect(whole string) {
	fields := strings.FieldsFunc(whole, func(r rune) bool { return isBlank(r) || r == 0 })
	revokes := func(f string) bool { return len(f) >= 7 && strings.EqualFold(f[:7], "@revoke") }
	if l.foreign || !slices.ContainsFunc(fields, revokes) {
		return
	}
	l.mark = markRevoked
	if strings.Contains(whole, "\x00") {
		l.hosts = ""
	}
}

// mayMatch reports whether the line may be about a host of that name: name or
// [name]:port, in lower case. If it is not known which hosts the line names, it may
// be about any.
func (l *hostLine) mayMatch(name string) bool {
	switch {
	case l.hosts == "":
		return true
	case l.hash != nil:
		return l.hash.matches(name)
	}
	return hostMatches(strings.Split(strings.ToLower(l.hosts), ","), name)
}

// exact reports whether the line is about names only, and not about patterns.
func (l *hostLine) exact() bool {
	return l.hash != nil || l.hosts != "" && !strings.ContainsAny(l.hosts, "*?!|")
}

// hostHash is a hashed host name: |1|salt|hash, where hash is the HMAC-SHA1 of
// the name.
type hostHash struct{ salt, hash []byte }

func parseHostHash(text string) *hostHash {
	rest, ok := strings.CutPrefix(text, "|1|")
	salt64, hash64, both := strings.Cut(rest, "|")
	salt, err := base64.StdEncoding.DecodeString(salt64)
	hash, err2 := base64.StdEncoding.DecodeString(hash64)
	if !ok || !both || err != nil || err2 != nil || len(salt) != sha1.Size || len(hash) != sha1.Size {
		return nil
	}
	return &hostHash{salt, hash}
}

func (h *hostHash) matches(name string) bool {
	mac := hmac.New(sha1.New, h.salt)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), h.hash)
}
