package edit

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Item is the edit of one item of a table: a file whose lines each stand for a thing that
// is told by a key, as those of /etc/hosts are by their addresses. It leaves all other lines
// as they are, byte for byte.
type Item struct {
	// Table names how items are told; see tables.
	Table string `cbor:"table"`
	Key   string `cbor:"key"`
	// Lines are those that stand for the item afterwards; none if it is to be gone.
	Lines []string `cbor:"lines,omitempty"`
	// First has a new item come before the first line that is one of the table, and not
	// behind the last line.
	First bool `cbor:"first,omitempty"`
}

// The tables.
const (
	// Hosts is /etc/hosts: the key is an address.
	Hosts = "hosts"
	// Settings are the files of sysctl(8): the key is the name of a setting.
	Settings = "settings"
	// Jobs are the files of cron: the key is the name in the line before a job.
	Jobs = "jobs"
	// Hostname is /etc/hostname, all of whose lines are one item but remarks: the key is this
	// word.
	Hostname = "hostname"
	// Locales is /etc/locale.gen: the key is the name of a locale, as LocaleName has it.
	Locales = "locales"
	// Modules are files with the names of modules that are loaded when a machine starts: the
	// key is the name, as ModuleName has it.
	Modules = "modules"
	// ModuleOptions are files of modprobe(8): the key is the name of a module.
	ModuleOptions = "module options"
	// Mounts is /etc/fstab: the key is where something is mounted.
	Mounts = "mounts"
	// Swaps is /etc/fstab, too: the key is the file that is swapped to.
	Swaps = "swaps"
	// Variables are lines NAME=VALUE: the key is the name.
	Variables = "variables"
)

// table says of a sort of file how its items are told.
type table struct {
	// lines is how many lines from the first of rows on are the item of the key; 0 is none.
	lines func(key string, rows []Row) int
	// form is what a line says, without what is for people alone.
	form func(line string) string
	// remark is what is for people at the end of a line, and stays there.
	remark func(line string) string
	// gap is set if the blanks behind the first word of a line stay in the one that replaces it.
	gap bool
}

// tableOf returns a table by its name.
func tableOf(name string) (table, bool) {
	t := table{form: strings.TrimSpace, remark: func(string) string { return "" }}
	switch name {
	case Hosts:
		t.lines = one(func(key, line string) bool { return sameAddress(key, firstField(withoutRemark(line))) })
		t.form, t.remark, t.gap = hostsForm, remarkOf, true
	case Settings:
		t.lines = one(func(key, line string) bool { name, _, ok := Setting(line); return ok && name == key })
		t.form = func(line string) string { name, value, _ := Setting(line); return name + "=" + fields(value) }
	case Jobs:
		t.lines = jobLines
		t.form = func(line string) string { return strings.TrimRight(line, " \t") }
	case Hostname:
		t.lines = one(func(_, line string) bool { line = strings.TrimSpace(line); return line != "" && line[0] != '#' })
	case Locales:
		t.lines = one(func(key, line string) bool {
			f := strings.Fields(line)
			return len(f) == 2 && f[0][0] != '#' && LocaleName(f[0]) == key
		})
		t.form = fields
	case Modules:
		t.lines = one(func(key, line string) bool { f := strings.Fields(line); return len(f) == 1 && ModuleName(f[0]) == key })
		t.form = func(line string) string { return ModuleName(strings.TrimSpace(line)) }
	case ModuleOptions:
		t.lines = one(func(key, line string) bool { name, _ := moduleOptions(line); return name == key })
		t.form = func(line string) string {
			name, options := moduleOptions(line)
			return "options " + name + " " + options
		}
	case Mounts:
		t.lines = one(func(key, line string) bool { m, ok := ParseMountLine(line); return ok && m.Path == key })
		t.form = func(line string) string { m, _ := ParseMountLine(line); return m.String() }
	case Swaps:
		t.lines = one(func(key, line string) bool {
			m, ok := ParseMountLine(line)
			return ok && m.Type == "swap" && MountPath(m.Source) == key
		})
		t.form = swapForm
	case Variables:
		t.lines = one(func(key, line string) bool { name, _, ok := Variable(line); return ok && name == key })
		t.form = func(line string) string { name, value, _ := Variable(line); return name + "=" + value }
	default:
		return table{}, false
	}
	return t, true
}

// one is for tables whose items have one line each.
func one(is func(key, line string) bool) func(string, []Row) int {
	return func(key string, rows []Row) int {
		if is(key, string(rows[0].Text)) {
			return 1
		}
		return 0
	}
}

// Apply makes the edit.
func (r *Item) Apply(content []byte) ([]byte, error) {
	if p := r.problem(); p != nil {
		return nil, p
	}
	rows := RowsOf(content)
	spans := r.find(rows)
	switch {
	case len(r.Lines) == 0:
		return JoinRows(cutSpans(rows, spans)), nil
	case len(spans) == 0:
		return JoinRows(insertRows(rows, r.place(rows), r.texts())), nil
	case len(spans) == 1 && slices.Equal(r.said(rows[spans[0].from:spans[0].to]), r.forms(r.Lines)):
		return content, nil
	}
	return JoinRows(r.replace(rows, spans, r.Lines)), nil
}

// problem is that of arguments that make no edit.
func (r *Item) problem() *kind.Problem {
	_, known := tableOf(r.Table)
	if known && r.Key != "" && !slices.ContainsFunc(r.Lines, func(line string) bool { return strings.ContainsAny(line, "\n\r") }) {
		return nil
	}
	return kind.NewProblem("", kind.CodeArgument, "No such edit", "An edit of a table has an unknown form.")
}

// place is where a new item goes.
func (r *Item) place(rows []Row) int {
	if !r.First {
		return len(rows)
	}
	at := slices.IndexFunc(rows, func(r Row) bool {
		line := strings.TrimSpace(string(r.Text))
		return strings.HasPrefix(line, JobMark) || line != "" && line[0] != '#'
	})
	if at < 0 {
		return len(rows)
	}
	return at
}

// replace puts lines where the item first is, and takes it out elsewhere.
func (r *Item) replace(rows []Row, spans []span, lines []string) []Row {
	t, _ := tableOf(r.Table)
	first := spans[0]
	out := slices.Clone(rows[:first.from])
	for k, line := range lines {
		if k < first.to-first.from {
			was := string(rows[first.from+k].Text)
			if t.gap {
				line = withGapOf(line, was)
			}
			line += t.remark(was)
		}
		out = append(out, Row{[]byte(line), lineEnd(rows)})
	}
	out[len(out)-1].End = rows[first.to-1].End // The last line may have none.
	rest := slices.Clone(spans[1:])
	for k := range rest {
		rest[k].from -= first.to
		rest[k].to -= first.to
	}
	return append(out, cutSpans(rows[first.to:], rest)...)
}

// withGapOf is a line with those blanks behind its first word that another line has there.
func withGapOf(line, was string) string {
	const blanks = " \t"
	rest := strings.TrimLeft(was, blanks)
	behind := strings.IndexAny(rest, blanks)
	from := strings.IndexAny(line, blanks)
	if behind < 0 || from < 0 {
		return line
	}
	rest = rest[behind:]
	names := strings.TrimLeft(rest, blanks)
	return line[:from] + rest[:len(rest)-len(names)] + strings.TrimLeft(line[from:], blanks)
}

// Without returns the content without the item. ok is false if it is there several times.
func (r *Item) Without(rows []Row) (out []Row, wasLast, ok bool) {
	spans := r.find(rows)
	if len(spans) != 1 {
		return rows, false, len(spans) == 0
	}
	return cutSpans(rows, spans), spans[0].to == len(rows), true
}

// With returns the content with the item as another content has it. ok is false if that
// content, or this one, does not have it once.
func (r *Item) With(rows, was []Row) (out []Row, ok bool) {
	spans, old := r.find(rows), r.find(was)
	if len(spans) != 1 || len(old) != 1 {
		return rows, false
	}
	out = slices.Clone(rows[:spans[0].from])
	for _, row := range was[old[0].from:old[0].to] {
		out = append(out, Row{row.Text, lineEnd(rows)})
	}
	out[len(out)-1].End = rows[spans[0].to-1].End
	return append(out, rows[spans[0].to:]...), true
}

// Said is what the item says in a content, each line in a form without what is for people
// alone. It is nil if the content has no such item.
func (r *Item) Said(content []byte) []string {
	rows := RowsOf(content)
	var out []string
	for _, s := range r.find(rows) {
		out = append(out, r.said(rows[s.from:s.to])...)
	}
	return out
}

func (r *Item) said(rows []Row) []string {
	lines := make([]string, len(rows))
	for k, row := range rows {
		lines[k] = string(row.Text)
	}
	return r.forms(lines)
}

func (r *Item) forms(lines []string) []string {
	t, _ := tableOf(r.Table)
	out := make([]string, len(lines))
	for k, line := range lines {
		out[k] = t.form(line)
	}
	return out
}

func (r *Item) texts() [][]byte {
	out := make([][]byte, len(r.Lines))
	for k, line := range r.Lines {
		out[k] = []byte(line)
	}
	return out
}

// find returns where the item is. A span ends before its to.
func (r *Item) find(rows []Row) []span {
	t, known := tableOf(r.Table)
	if !known {
		return nil
	}
	var out []span
	for k := 0; k < len(rows); {
		n := t.lines(r.Key, rows[k:])
		if n > 0 {
			out = append(out, span{k, k + n})
		}
		k += max(n, 1)
	}
	return out
}

// cutSpans are lines without some of them.
func cutSpans(rows []Row, spans []span) []Row {
	out, at := make([]Row, 0, len(rows)), 0
	for _, s := range spans {
		out, at = append(out, rows[at:s.from]...), s.to
	}
	return append(out, rows[at:]...)
}

// JobMark begins the line before a job, which has its name. It is that of Ansible, so that
// both know each other's jobs.
const JobMark = "#Ansible: "

// jobLines is how many lines are the job of a name: the one that has the name, and the next.
func jobLines(key string, rows []Row) int {
	switch {
	case strings.TrimRight(string(rows[0].Text), " \t") != JobMark+key:
		return 0
	case len(rows) == 1 || strings.HasPrefix(string(rows[1].Text), JobMark):
		return 1 // The job itself is gone.
	}
	return 2
}

// Setting takes a line of a file of sysctl(8) apart. The name has dots, also where the line
// has slashes. ok is false for a line that sets nothing.
func Setting(line string) (name, value string, ok bool) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' || line[0] == ';' {
		return "", "", false
	}
	name, value, ok = strings.Cut(line, "=")
	name = SettingName(strings.TrimSpace(strings.TrimPrefix(name, "-")))
	return name, strings.TrimSpace(value), ok && name != ""
}

// SettingName is the name of a setting with dots between its parts. Where the first separator
// is a slash, slashes separate, and a dot is a part of a name, as in net/ipv4/conf/eth0.100:
// that one is written as a slash then.
func SettingName(name string) string {
	if at := strings.IndexAny(name, "./"); at < 0 || name[at] == '.' {
		return name
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case '/':
			return '.'
		case '.':
			return '/'
		}
		return r
	}, name)
}

// LocaleName is the name of a locale with its charset as locale -a writes it: de_DE.utf8@euro.
func LocaleName(s string) string {
	name, mod, hasMod := strings.Cut(s, "@")
	lang, charset, hasCharset := strings.Cut(name, ".")
	if hasCharset {
		lang += "." + strings.Map(func(r rune) rune {
			if (r < '0' || r > '9') && (r < 'a' || r > 'z') {
				return -1
			}
			return r
		}, strings.ToLower(charset))
	}
	if hasMod {
		lang += "@" + mod
	}
	return lang
}

// ModuleName is the name of a module in the form that the kernel shows.
func ModuleName(s string) string { return strings.ReplaceAll(s, "-", "_") }

// moduleOptions takes a line "options NAME PARAMETERS" apart. name is "" for others.
func moduleOptions(line string) (name, options string) {
	f := strings.Fields(line)
	if len(f) < 3 || f[0] != "options" {
		return "", ""
	}
	return ModuleName(f[1]), strings.Join(f[2:], " ")
}

// Variable takes a line NAME=VALUE apart, with the quotes of a shell taken off the value.
func Variable(line string) (name, value string, ok bool) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", "", false
	}
	name, value, ok = strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		value = value[1 : n-1]
	}
	return name, value, ok && name != "" && !strings.ContainsAny(name, " \t\"'")
}

func fields(line string) string { return strings.Join(strings.Fields(line), " ") }

func firstField(line string) string { first, _, _ := strings.Cut(fields(line), " "); return first }

func withoutRemark(line string) string { line, _, _ = strings.Cut(line, "#"); return line }

// remarkOf is what stands behind a number sign, with the blanks before it.
func remarkOf(line string) string {
	head, _, found := strings.Cut(line, "#")
	if !found {
		return ""
	}
	return line[len(strings.TrimRight(head, " \t")):]
}

// hostsForm is an address in the form that all its writings have, and the names.
func hostsForm(line string) string {
	first, names, _ := strings.Cut(fields(withoutRemark(line)), " ")
	if addr, err := netip.ParseAddr(first); err == nil {
		first = addr.String()
	}
	return first + " " + names
}

// sameAddress reports whether two texts are one address, however they are written.
func sameAddress(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := netip.ParseAddr(a)
	y, errY := netip.ParseAddr(b)
	return errX == nil && errY == nil && x == y
}
