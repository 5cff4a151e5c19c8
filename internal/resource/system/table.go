package system

import (
	"context"
	"errors"
	"strings"
	"unicode"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// checkTable returns what is wrong with the path of a table, if one is given.
func checkTable(path *kind.Text) []kind.Problem {
	if path == nil {
		return nil
	}
	return filesystem.CheckPath("path", *path)
}

// wrong is a problem of an argument, in a list of problems.
func wrong(attr, summary, detail string, args ...any) []kind.Problem {
	return []kind.Problem{*kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...)}
}

// oneLine reports whether a text has no character that ends a line, or that nobody sees.
func oneLine(s string) bool { return !strings.ContainsFunc(s, unicode.IsControl) }

// wanted is a path, or the one that counts without.
func wanted(path *kind.Text, otherwise string) kind.Text {
	if path == nil {
		return kind.Text(otherwise)
	}
	return *path
}

// part is the Part of a block that manages one item, told by the argument name.
func part(table, name string, args map[string]any, unknown []string, form func(string) string) resource.Part {
	for _, attr := range unknown {
		if attr == name || attr == "state" {
			return resource.Part{}
		}
	}
	key, _ := resource.WireText(args[name])
	state, _ := resource.WireText(args["state"])
	return resource.Part{Item: table + " " + form(key), Absent: state == "absent"}
}

// after is what the file holds after a plan; ok is false if that is not known.
func after(p *files.ItemPlan) (content []byte, ok bool) {
	c, there := p.Change().After["content"].(resource.Content)
	return c.Data, there && c.Whole
}

// asExisting has a change be one of a thing that exists, as what the kernel has does, though the
// file that keeps it may be made.
func asExisting(c *resource.Change) {
	if c.Op == resource.Create {
		c.Op, c.Made = resource.Update, true
	}
	if c.Before == nil {
		c.Before = map[string]any{}
	}
	if c.After == nil {
		c.After = map[string]any{}
	}
}

// blamed has a problem with the file of the kernel be one of the name, or of the argument that
// has the value if that is what the kernel refuses.
func blamed(err error, value string) error {
	var why *kind.Problem
	if !errors.As(err, &why) || why.Attr != "path" && why.Attr != "content" {
		return err
	}
	named := *why
	if named.Attr = "name"; named.Code == kind.CodeRefusedValue || named.Code == kind.CodeNotIdempotent {
		named.Attr = value
	}
	return &named
}

// shownValue is a value as people are shown it.
func shownValue(c resource.Content) kind.Text {
	return kind.Text(strings.TrimSuffix(string(c.Data), "\n"))
}

// word reports whether a text has letters, digits and some other characters alone, and cannot be
// taken for an option.
func word(s, others string) bool {
	return s != "" && len(s) <= 253 && s[0] != '-' && !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune(others, r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// hostName reports whether a text can be a name in /etc/hosts.
func hostName(s string) bool {
	return word(s, ".-_") && strings.Trim(s, ".-") == s && !strings.Contains(s, "..")
}

// begin has the apply begin, unless planning it failed or it was called off.
func begin(ctx context.Context, h resource.Host, c resource.Change, err error) error {
	if err == nil {
		err = h.Begin(c)
	}
	if err == nil {
		err = ctx.Err()
	}
	return err
}

// mayCome returns a problem, or adds it to the warnings of a change if what comes before in the
// plan may make good for it.
func mayCome(h resource.Host, c *resource.Change, why *kind.Problem) error {
	if !h.Behind() {
		return why
	}
	c.Warnings = append(c.Warnings, *why)
	return nil
}

// needsProgram returns the problem that a program is missing that no earlier block may bring.
func needsProgram(h resource.Host, name string) error {
	if h.HasProgram(name) || h.Behind() {
		return nil
	}
	return resource.MissingProgram(name)
}

// begun is a Host whose Begin was called already, with a change that has this one in it.
type begun struct{ resource.Host }

// Begin implements Writer.
func (begun) Begin(resource.Change) error { return nil }

// absent reports whether nothing is at a path.
func absent(h resource.Host, at string) bool {
	is, err := h.Lstat(at)
	return err == nil && is.Type == resource.TypeAbsent
}

// rootsEntry is what root makes at a path, or that nothing is there.
func rootsEntry(typ resource.EntryType, mode int64) *resource.Entry {
	if typ == resource.TypeAbsent {
		return &resource.Entry{Type: typ}
	}
	root := resource.Identity{Name: "root"}
	return &resource.Entry{Type: typ, Mode: mode, Owner: root, Group: root}
}

// foresee adds to a change what will be at a path.
func foresee(c *resource.Change, at string, will *resource.Entry) {
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: will})
}
