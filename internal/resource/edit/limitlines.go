package edit

import (
	"slices"
	"strconv"
	"strings"
)

// LimitArgs are the arguments of the kind limits that say what becomes of a content.
type LimitArgs struct {
	Domain string `cbor:"domain"`
	Type   string `cbor:"type"`
	Item   string `cbor:"item"`
	Value  string `cbor:"value,omitempty"`
	// Comment is left alone if it is nil.
	Comment *string `cbor:"comment,omitempty"`
	State   string  `cbor:"state,omitempty"`
}

// Limit is one line of a file of limits.
type Limit struct{ Domain, Type, Item, Value, Comment string }

// ParseLimit reads a line as pam_limits does. ok is false for one that sets nothing.
func ParseLimit(line string) (l Limit, ok bool) {
	line, comment, _ := strings.Cut(line, "#")
	l.Comment = strings.TrimSpace(comment)
	words := strings.Fields(line)
	if len(words) != 4 {
		return l, false
	}
	l.Domain, l.Type, l.Item, l.Value = words[0], words[1], words[2], words[3]
	return l, true
}

func (l Limit) line() []byte {
	s := l.Domain + " " + l.Type + " " + l.Item + " " + l.Value
	if l.Comment != "" {
		s += " # " + l.Comment
	}
	return []byte(s)
}

// Sets reports whether both are about the same limit. Types are words in any case, as pam_limits
// reads them; so are items.
func (l Limit) Sets(o Limit) bool {
	return l.Domain == o.Domain && strings.EqualFold(l.Type, o.Type) && strings.EqualFold(l.Item, o.Item)
}

// NormalLimit is a value in one form: unlimited, or a number without zeroes before it.
func NormalLimit(v string) string {
	switch strings.ToLower(v) {
	case "unlimited", "infinity", "-1":
		return "unlimited"
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	return v
}

// Wanted is the limit that the arguments name.
func (a *LimitArgs) Wanted() Limit {
	l := Limit{a.Domain, a.Type, a.Item, a.Value, ""}
	if a.Comment != nil {
		l.Comment = *a.Comment
	}
	return l
}

// Apply returns the content after the edit. The last line that sets the limit counts for
// pam_limits: it gets the value, and those before it go.
func (a *LimitArgs) Apply(content []byte) []byte {
	want, rows, last := a.Wanted(), RowsOf(content), -1
	is := func(r Row) bool {
		l, ok := ParseLimit(string(r.Text))
		return ok && l.Sets(want)
	}
	for k, r := range rows {
		if is(r) {
			last = k
		}
	}
	if a.State != "absent" {
		if last < 0 {
			return JoinRows(insertRows(rows, a.place(rows), [][]byte{want.line()}))
		}
		now, _ := ParseLimit(string(rows[last].Text))
		same := NormalLimit(now.Value) == NormalLimit(want.Value)
		if a.Comment == nil {
			want.Comment = now.Comment
		}
		if !same || now.Comment != want.Comment {
			rows[last].Text = want.line()
		}
		kept := rows[last]
		head := slices.DeleteFunc(rows[:last:last], is)
		return JoinRows(slices.Concat(head, []Row{kept}, rows[last+1:]))
	}
	return JoinRows(slices.DeleteFunc(rows, is))
}

// place is where a new line goes: before a comment that ends the file, as that of limits.conf
// does.
func (a *LimitArgs) place(rows []Row) int {
	if last := len(rows) - 1; last >= 0 && strings.HasPrefix(strings.TrimSpace(string(rows[last].Text)), "# End of file") {
		return last
	}
	return len(rows)
}

// Limits are the limits in a content, in their order.
func Limits(content []byte) []Limit {
	var out []Limit
	for _, r := range RowsOf(content) {
		if l, ok := ParseLimit(string(r.Text)); ok {
			out = append(out, l)
		}
	}
	return out
}
