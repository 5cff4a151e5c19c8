package system

import (
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
