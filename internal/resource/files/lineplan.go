package files

import (
	"bytes"
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource.
func (l *Line) Thing() kind.Thing { return kind.PathThing(string(l.Path)) }

// Check implements Resource.
func (l *Line) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	return checkEdit(ctx, h, l)
}

// Apply implements Resource.
func (l *Line) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	return applyEdit(ctx, h, l)
}

func (l *Line) target() *target {
	return &target{
		path: l.Path, absent: l.State == "absent", create: l.Create, owners: &l.ownerArgs, writeArgs: l.writeArgs,
		shapes: []string{"line", "regexp", "search", "match", "backrefs", "insert_after", "insert_before", "state"}, part: "this line",
	}
}

func (l *Line) edit() edit.Any { return edit.Any{Args: *l.shape()} }

// adds implements partEdit: no other edit makes more lines.
func (l *Line) adds(was, is []byte) bool { return len(edit.RowsOf(is)) == len(edit.RowsOf(was))+1 }

func (l *Line) restless() *kind.Problem {
	by := "regexp"
	if l.Search != nil {
		by = "search"
	}
	return kind.NewProblem(by, kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. Write a %s that finds only the lines to edit and, of those, leaves the edited line as it is.", kind.Rule(by))
}

// findsSo says of a line that it is one of those that are looked for.
func (l *Line) findsSo() string {
	if l.Search != nil {
		return "search finds"
	}
	return "regexp matches"
}

// traits are those of the line that is edited in a content: the one that is meant of those
// that the expression matches, and whether the line itself is there, as far as both are known.
func (l *Line) traits(content []byte) []resource.Trait {
	rows := edit.RowsOf(content)
	lines, err := l.shape().Finding() // the line may not be known yet
	if err != nil {
		return nil
	}
	var out []resource.Trait
	expr := ""
	if lines.Regexp != nil {
		expr = lines.Regexp.String()
		var match []byte
		for _, i := range lines.Matches(rows) {
			switch text := rows[i].Text; {
			case match == nil:
				match = text
			case !bytes.Equal(match, text): // All of them count.
				match = slices.Concat(match, []byte("\n"), text)
			}
		}
		out = append(out, resource.MatchTrait(expr, several(l.Match), match))
	}
	if l.Line != nil && !l.Backrefs {
		there := slices.ContainsFunc(rows, func(r edit.Row) bool { return string(r.Text) == string(*l.Line) })
		out = append(out, resource.ThereTrait(expr, string(*l.Line), there))
	}
	return out
}
