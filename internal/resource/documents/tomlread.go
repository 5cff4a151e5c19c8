package documents

import (
	"bytes"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// tomlReader reads a file of TOML for the places of its values.
type tomlReader struct {
	text []byte
	at   int
	deep int
	root *tomlNode
	// header is how many parts that of the present table has, and parts how many the paths of all
	// keys have together, those of the tables on the way included.
	header, parts int
	// first is where the first header begins, -1 if there is none.
	first int
	// lines are how many lines end before counted, an index.
	lines, counted int
}

// read reads the whole file. ok is false if it is none of TOML 1.0, or nested too deep; at is about
// where that shows.
func (r *tomlReader) read() (root *tomlNode, ok bool) {
	ok = seen(r.file)
	return r.root, ok
}

func (r *tomlReader) file() {
	r.first = -1
	r.root = &tomlNode{sort: 'o', lines: true, line: 1, last: -1}
	in := r.root
	for {
		r.gap(true)
		switch {
		case r.at == len(r.text):
			return
		case r.peek() == '[':
			in = r.headerLine()
		default:
			r.member(in, in)
		}
		r.lineEnd()
	}
}

// line is the number of this line. Lines are counted once, from the last time on.
func (r *tomlReader) line() int {
	if at := min(r.at, len(r.text)); at > r.counted {
		r.lines += bytes.Count(r.text[r.counted:at], []byte("\n"))
		r.counted = at
	}
	return 1 + r.lines
}

func (r *tomlReader) fail() { panic(errPlace) }

// peek is the next byte; 0 at the end.
func (r *tomlReader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// is passes a text if it comes next.
func (r *tomlReader) is(text string) bool {
	if !bytes.HasPrefix(r.text[r.at:], []byte(text)) {
		return false
	}
	r.at += len(text)
	return true
}

func (r *tomlReader) want(text string) {
	if !r.is(text) {
		r.fail()
	}
}

// gap passes blanks, and with lines also comments and ends of lines.
func (r *tomlReader) gap(lines bool) {
	for r.at < len(r.text) {
		switch c := r.text[r.at]; {
		case c == ' ' || c == '\t':
			r.at++
		case lines && c == '#':
			r.comment()
		case lines && (c == '\n' || c == '\r'):
			r.newline()
		default:
			return
		}
	}
}

func (r *tomlReader) newline() {
	if !r.is("\n") {
		r.want("\r\n")
	}
}

func (r *tomlReader) comment() {
	for r.at < len(r.text) && r.text[r.at] != '\n' && !bytes.HasPrefix(r.text[r.at:], []byte("\r\n")) {
		r.character()
	}
}

// character passes a character that may stand in a comment or in a text.
func (r *tomlReader) character() rune {
	c, size := utf8.DecodeRune(r.text[r.at:])
	if c < ' ' && c != '\t' || c == 0x7f || c == utf8.RuneError && size < 2 {
		r.fail()
	}
	r.at += size
	return c
}

// lineEnd passes what may stand behind a value or a header in its line.
func (r *tomlReader) lineEnd() {
	if r.gap(false); r.peek() == '#' {
		r.comment()
	}
	if r.at < len(r.text) {
		r.newline()
	}
}

// deeper counts how deep it is nested. The function that it returns comes back up.
func (r *tomlReader) deeper(by int) (back func()) {
	if r.deep += by; r.deep > mostNested {
		r.fail()
	}
	return func() { r.deep -= by }
}

// headerLine reads the header of a table, and returns the table.
func (r *tomlReader) headerLine() *tomlNode {
	head, line := r.at, r.line()
	if r.first < 0 {
		r.first = head
	}
	r.want("[")
	array := r.is("[")
	keys := r.keyPath()
	if r.want("]"); array {
		r.want("]")
	}
	defer r.deeper(len(keys))()
	r.header = len(keys)
	n := r.root
	for _, key := range keys[:len(keys)-1] {
		below := n.child(key)
		switch {
		case below == nil:
			below = &tomlNode{sort: 'o', lines: true, line: line}
			n.add(key, below, -1)
		case below.sort == 'l' && below.lines:
			below = below.items[len(below.items)-1]
		case below.sort != 'o' || !below.lines:
			r.fail()
		}
		n = below
	}
	key := keys[len(keys)-1]
	t := n.child(key)
	if array {
		if t == nil {
			t = &tomlNode{sort: 'l', lines: true, line: line}
			n.add(key, t, -1)
		} else if t.sort != 'l' || !t.lines {
			r.fail()
		}
		item := &tomlNode{sort: 'o', lines: true, line: line}
		t.items = append(t.items, item)
		t = item
	} else if t == nil {
		t = &tomlNode{sort: 'o', lines: true, line: line}
		n.add(key, t, -1)
	} else if t.sort != 'o' || !t.lines || t.header || t.dotted != nil {
		r.fail()
	}
	t.header, t.head, t.behind, t.last = true, head, r.at, r.at
	return t
}

// child is a member of a table; nil if it has none of that key.
func (n *tomlNode) child(key string) *tomlNode {
	if k := n.indexOf(key); k >= 0 {
		return n.items[k]
	}
	return nil
}

// indexOf is which member of a table has a key, -1 if none has.
func (n *tomlNode) indexOf(key string) int {
	if n.known == nil {
		return slices.Index(n.keys, key)
	}
	if k, ok := n.known[key]; ok {
		return k
	}
	return -1
}

// fewKeys are so few that each is looked at.
const fewKeys = 16

func (n *tomlNode) add(key string, item *tomlNode, begin int) {
	n.keys, n.items, n.begin = append(n.keys, key), append(n.items, item), append(n.begin, begin)
	if len(n.keys) == fewKeys {
		n.known = map[string]int{}
		for k, key := range n.keys {
			n.known[key] = k
		}
	} else if n.known != nil {
		n.known[key] = len(n.keys) - 1
	}
}

// member reads a key and a value into a table, which is in the part of the file of home.
func (r *tomlReader) member(n, home *tomlNode) {
	begin, line := r.at, r.line()
	keys := r.keyPath()
	r.want("=")
	r.gap(false)
	// The library keeps the whole path of each key, and of each table that it implies.
	if r.parts += len(keys) * (r.header + r.deep + len(keys)); r.parts > mostParts {
		r.fail()
	}
	defer r.deeper(len(keys))()
	passed := []*tomlNode{n}
	for _, key := range keys[:len(keys)-1] {
		below := n.child(key)
		switch {
		case below == nil:
			below = &tomlNode{sort: 'o', lines: n.lines, line: line, dotted: home}
			n.add(key, below, begin)
		case below.sort != 'o' || below.lines != n.lines || below.dotted == nil || below.dotted != home:
			r.fail()
		}
		n = below
		passed = append(passed, n)
	}
	key := keys[len(keys)-1]
	if n.child(key) != nil {
		r.fail()
	}
	value := r.value()
	n.add(key, value, begin)
	for _, n := range passed {
		n.last = r.at
	}
}

// keyPath reads keys with dots between them, and the blanks around them.
func (r *tomlReader) keyPath() (keys []string) {
	for {
		r.gap(false)
		switch r.peek() {
		case '"':
			keys = append(keys, r.basic())
		case '\'':
			keys = append(keys, r.literal())
		default:
			from := r.at
			for r.at < len(r.text) && isBare(r.text[r.at]) {
				r.at++
			}
			if r.at == from {
				r.fail()
			}
			keys = append(keys, string(r.text[from:r.at]))
		}
		if r.gap(false); !r.is(".") {
			return keys
		}
		if len(keys) > mostNested {
			r.fail()
		}
	}
}

func isBare(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func (r *tomlReader) value() *tomlNode {
	n := &tomlNode{sort: 't', from: r.at, line: r.line()}
	switch {
	case r.is(`"""`):
		n.text = r.many(`"`)
	case r.is(`'''`):
		n.text = r.many(`'`)
	case r.peek() == '"':
		n.text = r.basic()
	case r.peek() == '\'':
		n.text = r.literal()
	case r.is("["):
		n.sort = 'l'
		r.array(n)
	case r.is("{"):
		n.sort = 'o'
		r.inlineTable(n)
	default:
		n.sort, n.text = r.plain()
	}
	n.to = r.at
	return n
}

func (r *tomlReader) array(n *tomlNode) {
	defer r.deeper(1)()
	for r.gap(true); !r.is("]"); r.gap(true) {
		if len(n.items) > 0 {
			r.want(",")
			if r.gap(true); r.is("]") {
				return
			}
		}
		n.items = append(n.items, r.value())
	}
}

func (r *tomlReader) inlineTable(n *tomlNode) {
	defer r.deeper(1)()
	if r.gap(false); r.is("}") {
		return
	}
	for {
		r.gap(false)
		r.member(n, n)
		if r.gap(false); r.is("}") {
			return
		}
		r.want(",")
	}
}

// basic reads a text between double quotes.
func (r *tomlReader) basic() string {
	var out strings.Builder
	for r.want(`"`); !r.is(`"`); {
		if r.is(`\`) {
			r.escape(&out)
		} else {
			out.WriteRune(r.character())
		}
	}
	return out.String()
}

// literal reads a text between single quotes.
func (r *tomlReader) literal() string {
	var out strings.Builder
	for r.want("'"); !r.is("'"); {
		out.WriteRune(r.character())
	}
	return out.String()
}

// many reads a text of several lines, from behind its three quotes on.
func (r *tomlReader) many(quote string) string {
	if !r.is("\n") {
		r.is("\r\n")
	}
	var out strings.Builder
	for {
		switch {
		case r.is(strings.Repeat(quote, 3)):
			for k := 0; k < 2 && r.is(quote); k++ { // they belong to the text
				out.WriteString(quote)
			}
			return out.String()
		case quote == `"` && r.is(`\`):
			from := r.at
			if r.gap(false); r.peek() == '\n' || r.peek() == '\r' { // a line that goes on in the next
				for strings.IndexByte(" \t\r\n", r.peek()) >= 0 && r.at < len(r.text) {
					if r.gap(false); r.peek() == '\n' || r.peek() == '\r' {
						r.newline()
					}
				}
			} else {
				r.at = from
				r.escape(&out)
			}
		case r.is("\n"):
			out.WriteByte('\n')
		case r.is("\r\n"):
			out.WriteString("\r\n")
		default:
			out.WriteRune(r.character())
		}
	}
}

// escape reads what stands behind a backslash.
func (r *tomlReader) escape(out *strings.Builder) {
	c := r.peek()
	r.at++
	if k := strings.IndexByte(`btnfr"\`, c); k >= 0 && c != 0 {
		out.WriteByte("\b\t\n\f\r\"\\"[k])
		return
	}
	digits := map[byte]int{'u': 4, 'U': 8}[c]
	n, err := strconv.ParseUint(string(r.text[r.at:r.at+digits]), 16, 32)
	if digits == 0 || err != nil || !utf8.ValidRune(rune(n)) || n > utf8.MaxRune {
		r.fail()
	}
	r.at += digits
	out.WriteRune(rune(n))
}

// plain reads what has no quotes and no brackets.
func (r *tomlReader) plain() (sort byte, form string) {
	from := r.at
	for r.at < len(r.text) && (isBare(r.text[r.at]) || strings.IndexByte("+.:", r.text[r.at]) >= 0) {
		r.at++
	}
	if isDate(r.text[from:r.at]) && r.at-from == len("2006-01-02") && r.at+3 < len(r.text) && r.text[r.at] == ' ' && r.text[r.at+3] == ':' {
		for r.at++; r.at < len(r.text) && (isBare(r.text[r.at]) || strings.IndexByte("+.:", r.text[r.at]) >= 0); {
			r.at++
		}
	}
	text := string(r.text[from:r.at])
	if isDate(r.text[from:r.at]) || len(text) > 2 && text[2] == ':' {
		return 'd', text
	}
	if text == "true" || text == "false" {
		return 's', text
	}
	digits, base := strings.ReplaceAll(strings.TrimPrefix(text, "+"), "_", ""), 10
	if len(digits) > 2 && digits[0] == '0' {
		if b := map[byte]int{'x': 16, 'o': 8, 'b': 2}[digits[1]]; b > 0 {
			digits, base = digits[2:], b
		}
	}
	if i, err := strconv.ParseInt(digits, base, 64); err == nil {
		return 's', strconv.FormatInt(i, 10)
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || base != 10 || strings.ContainsAny(digits, "xXpP") {
		r.fail()
	}
	return 's', formOfFloat(f)
}

func isDate(text []byte) bool {
	return len(text) >= len("2006-01-02") && text[4] == '-' && text[7] == '-'
}

// formOfFloat tells a float apart from an integer.
func formOfFloat(f float64) string {
	if math.IsNaN(f) {
		return "float nan"
	}
	return "float " + strconv.FormatFloat(f, 'g', -1, 64)
}
