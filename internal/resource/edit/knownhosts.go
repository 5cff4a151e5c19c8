package edit

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// HostArgs are the arguments of the kind known_host that say what becomes of a content.
type HostArgs struct {
	Name string `cbor:"name"`
	Port int64  `cbor:"port,omitempty"`
	// Key are lines as of a .pub file, or as ssh-keyscan prints them. It may be empty if State is
	// absent: then all keys of the host are meant.
	Key    kind.Text `cbor:"key,omitempty"`
	Hashed *bool     `cbor:"hashed,omitempty"`
	State  string    `cbor:"state,omitempty"`
}

// hostRow is one line of a file of known hosts that has no marker.
type hostRow struct {
	names []string
	key   PublicKey
	rest  string // a comment
}

// parseHostRow reads a line. ok is false for a comment, a line with a marker, such as @revoked,
// and what is no key of a host.
func parseHostRow(line string) (h hostRow, ok bool) {
	if isNote(line) || strings.HasPrefix(strings.TrimLeft(line, " \t"), "@") {
		return h, false
	}
	names, rest := cutWord(line)
	h.names = strings.Split(names, ",")
	h.key, h.rest, ok = cutKey(rest)
	return h, ok
}

func (h hostRow) line() []byte {
	s := strings.Join(h.names, ",") + " " + h.key.Type + " " + h.key.Base64
	if h.rest != "" {
		s += " " + h.rest
	}
	return []byte(s)
}

// Host is the name as the file has it: with the port in brackets if that is not 22.
func (a *HostArgs) Host() string {
	name := strings.ToLower(a.Name)
	if a.Port == 0 || a.Port == 22 {
		return name
	}
	return "[" + name + "]:" + strconv.FormatInt(a.Port, 10)
}

const hashMark = "|1|"

// hashedName is a name that can be compared, and not be read. The salt is made of the name and
// the key, so that a plan knows the line that an apply writes.
func hashedName(host string, k PublicKey) string {
	salt := sha256.Sum256([]byte("mitoplan known_host\x00" + host + "\x00" + k.Base64))
	return hashMark + base64.StdEncoding.EncodeToString(salt[:sha1.Size]) + "|" + base64.StdEncoding.EncodeToString(hashOf(host, salt[:sha1.Size]))
}

func hashOf(host string, salt []byte) []byte {
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(host))
	return mac.Sum(nil)
}

// isName reports whether a name in a line is that of the host and no other.
func isName(name, host string) bool {
	rest, hashed := strings.CutPrefix(name, hashMark)
	if !hashed {
		return strings.EqualFold(name, host)
	}
	salt, sum, _ := strings.Cut(rest, "|")
	s, err := base64.StdEncoding.DecodeString(salt)
	h, err2 := base64.StdEncoding.DecodeString(sum)
	return err == nil && err2 == nil && hmac.Equal(hashOf(host, s), h)
}

// about returns where in a line the host is named, or -1.
func (h hostRow) about(host string) int {
	return slices.IndexFunc(h.names, func(n string) bool { return isName(n, host) })
}

// Wanted are the keys that the arguments name.
func (a *HostArgs) Wanted() ([]PublicKey, *kind.Problem) {
	if name, port, one := strings.Cut(a.Name, ":"); one && name != "" && port != "" && strings.Trim(port, "0123456789") == "" {
		return nil, kind.NewProblem("name", kind.ArgumentCode("name"), "Not a name of one host", "%q holds a port. Write that in the argument port.", a.Name)
	}
	if a.Name == "" || Broken(a.Name) || strings.ContainsAny(a.Name, ",|*?!#@[]") {
		return nil, kind.NewProblem("name", kind.ArgumentCode("name"), "Not a name of one host", "%q is not the name or address of one host. Patterns and several names are none, and the port has an argument of its own.", a.Name)
	}
	if a.Port < 0 || a.Port > 65535 {
		return nil, kind.NewProblem("port", kind.ArgumentCode("port"), "Not a port", "port is %d; it has to be between 1 and 65535.", a.Port)
	}
	var out []PublicKey
	for _, line := range notesAside(string(a.Key)) {
		k, _, ok := cutKey(line)
		if !ok {
			var h hostRow
			if h, ok = parseHostRow(line); ok && h.about(a.Host()) < 0 {
				return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "The key is of another host", "key has a line for %q, and name and port say %s. Correct one of them, or leave the name in key out.", strings.Join(h.names, ","), a.Host())
			}
			k = h.key
		}
		if !ok {
			return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "Not a public key", "key has a line that is no public key: %q. Write each as in a .pub file, or as ssh-keyscan prints it.", clipped(line))
		}
		if slices.ContainsFunc(out, func(o PublicKey) bool { return o.Type == k.Type }) {
			return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "Two keys of one type", "key has two keys of the type %s. A host has one of each type: remove one of the lines.", k.Type)
		}
		out = append(out, k)
	}
	if len(out) == 0 && a.State != "absent" {
		return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "No key", "key names no public key. Set it to what ssh-keyscan prints, or to the host's .pub file, once you know that it is the right one; or set state to absent.")
	}
	return out, nil
}

// Broken reports whether a program that reads a word at a time would not read this text as one:
// it has blanks, of whichever script, or control characters.
func Broken(word string) bool {
	return strings.ContainsFunc(word, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}

// Apply returns the content after the edit. Lines of other hosts and of other types of keys, those
// with a marker, patterns and comments stay as they are.
func (a *HostArgs) Apply(content []byte) ([]byte, *kind.Problem) {
	wanted, p := a.Wanted()
	if p != nil {
		return nil, p
	}
	host, rows := a.Host(), RowsOf(content)
	if a.State == "absent" {
		rows = a.without(rows, host, func(k PublicKey) bool {
			return len(wanted) == 0 || slices.ContainsFunc(wanted, func(w PublicKey) bool { return w.Base64 == k.Base64 })
		})
		return JoinRows(rows), nil
	}
	var more [][]byte
	for _, k := range wanted {
		var found bool
		if rows, found = a.set(rows, host, k); !found {
			more = append(more, a.newLine(host, k))
		}
	}
	if len(more) > 0 {
		rows = insertRows(rows, len(rows), more)
	}
	return JoinRows(rows), nil
}

// newLine is the line that is added for a key.
func (a *HostArgs) newLine(host string, k PublicKey) []byte {
	name := host
	if a.Hashed != nil && *a.Hashed {
		name = hashedName(host, k)
	}
	return hostRow{names: []string{name}, key: k}.line()
}

// without takes the host out of the lines with such a key. Other names in them stay.
func (a *HostArgs) without(rows []Row, host string, is func(PublicKey) bool) []Row {
	out := rows[:0:0]
	for _, r := range rows {
		h, ok := parseHostRow(string(r.Text))
		at := -1
		if ok && is(h.key) {
			at = h.about(host)
		}
		if at >= 0 {
			h.names = slices.DeleteFunc(h.names, func(n string) bool { return isName(n, host) })
			if len(h.names) == 0 {
				continue
			}
			r.Text = h.line()
		}
		out = append(out, r)
	}
	return out
}

// set makes a key the only one of its type for the host. The first line that is of the host
// alone gets it; others of that type lose the host.
func (a *HostArgs) set(rows []Row, host string, k PublicKey) (out []Row, found bool) {
	for at, r := range rows {
		h, ok := parseHostRow(string(r.Text))
		if ok && h.key.Type == k.Type && h.about(host) >= 0 && (h.key.Base64 == k.Base64 && a.formed(h) || len(h.names) == 1) {
			if found = true; h.key.Base64 != k.Base64 || !a.formed(h) {
				rows = slices.Clone(rows)
				rows[at].Text = append(a.newLine(nameKept(a, h, host), k), restOf(h)...)
			}
			head := a.without(rows[:at], host, func(o PublicKey) bool { return o.Type == k.Type })
			tail := a.without(rows[at+1:], host, func(o PublicKey) bool { return o.Type == k.Type })
			return slices.Concat(head, rows[at:at+1], tail), true
		}
	}
	return a.without(rows, host, func(o PublicKey) bool { return o.Type == k.Type }), false
}

// nameKept is the name that a line gets which had one already: the same, unless it is to be in
// the other form.
func nameKept(a *HostArgs, h hostRow, host string) string {
	if a.Hashed == nil {
		return h.names[0]
	}
	return host
}

func restOf(h hostRow) string {
	if h.rest == "" {
		return ""
	}
	return " " + h.rest
}

// formed reports whether the names in a line have the form that hashed asks for.
func (a *HostArgs) formed(h hostRow) bool {
	return a.Hashed == nil || !slices.ContainsFunc(h.names, func(n string) bool { return strings.HasPrefix(n, hashMark) != *a.Hashed })
}

// Known is what a content says of the host: for each type the key, and whether the name is
// hashed. Of several lines of one type the first counts.
func (a *HostArgs) Known(content []byte) (keys map[string]string, hashed bool) {
	keys = map[string]string{}
	for _, r := range RowsOf(content) {
		h, ok := parseHostRow(string(r.Text))
		if !ok {
			continue
		}
		if at := h.about(a.Host()); at >= 0 {
			hashed = hashed || strings.HasPrefix(h.names[at], hashMark)
			if keys[h.key.Type] == "" {
				keys[h.key.Type] = h.key.Base64
			}
		}
	}
	return keys, hashed
}

// Revoked reports whether a content revokes one of these keys for the host.
func (a *HostArgs) Revoked(content []byte, keys []PublicKey) bool {
	for _, r := range RowsOf(content) {
		mark, rest := cutWord(string(r.Text))
		h, ok := parseHostRow(rest)
		if mark == "@revoked" && ok && slices.ContainsFunc(keys, func(k PublicKey) bool { return k.Base64 == h.key.Base64 }) {
			return true
		}
	}
	return false
}
