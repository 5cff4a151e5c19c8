package edit

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// KeyArgs are the arguments of the kind authorized_key that say what becomes of a content.
type KeyArgs struct {
	// Key are lines as of a .pub file.
	Key kind.Text `cbor:"key"`
	// Options and Comment are left alone if they are nil.
	Options   *string `cbor:"options,omitempty"`
	Comment   *string `cbor:"comment,omitempty"`
	Exclusive bool    `cbor:"exclusive,omitempty"`
	State     string  `cbor:"state,omitempty"`
}

// AuthorizedKey is one line of a file of authorized keys.
type AuthorizedKey struct {
	PublicKey
	Options, Comment string
}

// ParseAuthorizedKey reads a line as sshd does. ok is false for one without a key.
func ParseAuthorizedKey(line string) (k AuthorizedKey, ok bool) {
	if isNote(line) {
		return k, false
	}
	line = strings.TrimLeft(line, " \t")
	if k.PublicKey, k.Comment, ok = cutKey(line); ok {
		k.Comment = strings.TrimRight(k.Comment, " \t")
		return k, true
	}
	end := optionsEnd(line)
	k.Options = line[:end]
	k.PublicKey, k.Comment, ok = cutKey(line[end:])
	k.Comment = strings.TrimRight(k.Comment, " \t")
	return k, ok
}

// optionsEnd is where the options at the beginning of a line end: at the first blank that is
// not in quotes.
func optionsEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] == '"':
			i++
		case s[i] == '"':
			quoted = !quoted
		case !quoted && (s[i] == ' ' || s[i] == '\t'):
			return i
		}
	}
	return len(s)
}

// KeyOptions are options one by one, sorted by their names, which are in lower case. Those of one
// name stay in their order. ok is false if they are no options, would end before they should, or make a comment of the line.
func KeyOptions(s string) (list []string, ok bool) {
	if s == "" {
		return nil, true
	}
	if s[0] == '#' || optionsEnd(s) != len(s) || strings.ContainsAny(s, "\n\r\x00") {
		return nil, false
	}
	for len(s) > 0 {
		end, quoted := 0, false
		for ; end < len(s) && (quoted || s[end] != ','); end++ {
			if s[end] == '\\' && end+1 < len(s) && s[end+1] == '"' {
				end++
			} else if s[end] == '"' {
				quoted = !quoted
			}
		}
		name, value, has := strings.Cut(s[:end], "=")
		if quoted || name == "" || strings.Contains(name, `"`) {
			return nil, false
		}
		one := strings.ToLower(name)
		if has {
			one += "=" + value
		}
		list = append(list, one)
		if s = s[end:]; s == "," {
			return nil, false
		}
		s = strings.TrimPrefix(s, ",")
	}
	slices.SortStableFunc(list, func(a, b string) int { return strings.Compare(optionName(a), optionName(b)) })
	return list, true
}

func optionName(option string) string {
	name, _, _ := strings.Cut(option, "=")
	return name
}

// sameOptions reports whether options mean the same, in whichever order.
func sameOptions(a, b string) bool {
	x, ok := KeyOptions(a)
	y, too := KeyOptions(b)
	return a == b || ok && too && slices.Equal(x, y)
}

// IsAuthority reports whether the key is one that signs certificates, and not one that logs in.
func (k AuthorizedKey) IsAuthority() bool {
	list, _ := KeyOptions(k.Options)
	return slices.Contains(list, "cert-authority")
}

// Identity tells keys apart, whatever their options and comments.
func (k AuthorizedKey) Identity() string {
	if k.IsAuthority() {
		return "cert-authority " + k.Type + " " + k.Base64
	}
	return k.Type + " " + k.Base64
}

// line is the key as a line.
func (k AuthorizedKey) line() []byte {
	s := k.Type + " " + k.Base64
	if k.Options != "" {
		s = k.Options + " " + s
	}
	if k.Comment != "" {
		s += " " + k.Comment
	}
	return []byte(s)
}

// Wanted are the keys that the arguments name.
func (a *KeyArgs) Wanted() ([]AuthorizedKey, *kind.Problem) {
	var out []AuthorizedKey
	for _, line := range notesAside(string(a.Key)) {
		k, ok := ParseAuthorizedKey(line)
		switch {
		case strings.Contains(line, "PRIVATE KEY-----"):
			return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "This is a private key", "key begins as a private key does, which nobody else should have. Set it to the line of the .pub file beside it.")
		case !ok:
			return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "Not a public key", "key has a line that is no public key: %q. Write each as in a .pub file, with a comment behind it or none.", clipped(line))
		case k.Options != "" && a.Options != nil:
			return nil, kind.NewProblem("options", kind.CodeExcluded, "Options are given twice", "The key begins with options, and options is set, too. Keep one of them.")
		}
		if _, ok := KeyOptions(k.Options); !ok {
			return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "Not a list of options", "The options before the key are no list of options as in sshd(8), AUTHORIZED_KEYS FILE FORMAT.")
		}
		if a.Options != nil {
			k.Options = *a.Options
		}
		if a.Comment != nil {
			k.Comment = *a.Comment
		}
		if slices.ContainsFunc(out, func(o AuthorizedKey) bool { return o.Identity() == k.Identity() }) {
			return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "A key is there twice", "key has the key %s twice. Remove one of the lines.", k.Fingerprint())
		}
		out = append(out, k)
	}
	if len(out) == 0 {
		return nil, kind.NewProblem("key", kind.ArgumentCode("key"), "No key", "key names no public key. Write one as in a .pub file.")
	}
	return out, nil
}

// Apply returns the content after the edit. Lines of other keys stay as they are, byte for byte,
// unless Exclusive takes them out; so do comments and what sshd does not read as a key.
func (a *KeyArgs) Apply(content []byte) ([]byte, *kind.Problem) {
	wanted, p := a.Wanted()
	if p != nil {
		return nil, p
	}
	rows := RowsOf(content)
	if a.State == "absent" || a.Exclusive {
		is := map[string]bool{}
		for _, k := range wanted {
			is[k.Identity()] = true
		}
		rows = slices.DeleteFunc(rows, func(r Row) bool {
			k, ok := ParseAuthorizedKey(string(r.Text))
			return ok && is[k.Identity()] == (a.State == "absent")
		})
	}
	if a.State == "absent" {
		return JoinRows(rows), nil
	}
	var more [][]byte
	for _, k := range wanted {
		var found bool
		if rows, found = a.set(rows, k); !found {
			more = append(more, k.line())
		}
	}
	if len(more) > 0 {
		rows = insertRows(rows, len(rows), more)
	}
	return JoinRows(rows), nil
}

// set gives the line of a key its options and comment, as far as they are set. If options are,
// further lines of that key go: they would let the key in without them.
func (a *KeyArgs) set(rows []Row, want AuthorizedKey) (out []Row, found bool) {
	ours := a.Options != nil || want.Options != ""
	out = rows[:0:0]
	for _, r := range rows {
		is, ok := ParseAuthorizedKey(string(r.Text))
		switch {
		case !ok || is.Identity() != want.Identity():
		case found && ours:
			continue
		case !found:
			found = true
			now := is
			if ours && !sameOptions(is.Options, want.Options) {
				now.Options = want.Options
			}
			if a.Comment != nil {
				now.Comment = want.Comment
			}
			if now.Options != is.Options || now.Comment != is.Comment {
				r.Text = now.line()
			}
		}
		out = append(out, r)
	}
	return out, found
}

// AuthorizedKeys are the keys in a content, in their order.
func AuthorizedKeys(content []byte) []AuthorizedKey {
	var out []AuthorizedKey
	for _, r := range RowsOf(content) {
		if k, ok := ParseAuthorizedKey(string(r.Text)); ok {
			out = append(out, k)
		}
	}
	return out
}
