package resource

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// lineArgs are what a block of the kind line may set.
type lineArgs struct {
	Path         kind.Text  `cbor:"path" mito:"required,edits=path" doc:"The file to edit, absolute. A symbolic link is followed."`
	Line         *kind.Text `cbor:"line,omitempty" mito:"shows=content" doc:"The line, without its line end, character for character: a dollar or backslash in it means itself unless backrefs is set."`
	Regexp       *string    `cbor:"regexp,omitempty" mito:"shows=content" doc:"Which lines are meant, as an RE2 expression. Of several the last one becomes line and the others stay; where none matches, line is added unless it is there. With state absent all that match go."`
	Backrefs     bool       `cbor:"backrefs,omitempty" mito:"default=false" doc:"Put what regexp matched into line: $1, ${1}, \\1 or \\g<1> is its first group, ${name} or \\g<name> a named one, $0 all that matched; $$ is a dollar and \\\\ a backslash. Where nothing matches the file is left as it is and no line is added. In HCL strings, ${ is written $${ and \\ is written \\\\."`
	InsertAfter  *string    `cbor:"insert_after,omitempty" mito:"conflicts=insert_before,shows=content" doc:"Where a new line goes: after the last line that matches this expression, or EOF."`
	InsertBefore *string    `cbor:"insert_before,omitempty" mito:"conflicts=insert_after,shows=content" doc:"Where a new line goes: before the last line that matches this expression, or BOF."`
	State        string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present" doc:"Whether the line should be there."`
	Create       bool       `cbor:"create,omitempty" mito:"default=false" doc:"Make the file where it is missing, with mode 0644."`
}

type lineResults struct {
	Content kind.Text `cbor:"content" mito:"computed,diff" doc:"What the file holds after the edit."`
}

func lineKind() Definition {
	return define("line", "One line of a file; the others are left alone.", lineArgs{}, lineResults{},
		func() Resource { return &Line{} },
		map[string]string{
			"dest": "path", "name": "path", "regex": "regexp", "search_string": "regexp", "match": "regexp",
			"insertafter": "insert_after", "insertbefore": "insert_before", "after": "insert_after",
			"before": "insert_before", "replace": "line", "backreferences": "backrefs", "ensure": "state", "present": "state",
		})
}

// editable is the longest file that a line is edited in.
const editable = 16 << 20

// Line is the desired state of one line of a file.
type Line struct{ lineArgs }

// Validate implements Validator.
func (l *Line) Validate() []kind.Problem {
	out := append(checkPath(l.Path), checkState(l.State)...)
	if l.Line != nil && strings.ContainsAny(string(*l.Line), "\n\r") {
		out = append(out, *problem("line", "line", "More than one line", "line holds a line end. Use one resource for each line."))
	}
	for _, re := range []struct {
		attr string
		expr *string
	}{{"regexp", l.Regexp}, {"insert_after", l.InsertAfter}, {"insert_before", l.InsertBefore}} {
		if _, err := compileLine(re.attr, re.expr); err != nil {
			out = append(out, *err)
		}
	}
	return append(out, l.validateBackrefs()...)
}

func (l *Line) validateBackrefs() []kind.Problem {
	if !l.Backrefs || l.State == "absent" {
		return nil
	}
	if l.Regexp == nil {
		return []kind.Problem{*problem("regexp", "backrefs", "Nothing to refer back to", "backrefs puts what regexp matched into line, and regexp is not set. Set it, or take backrefs away.")}
	}
	if _, err := l.template(); err != nil {
		return []kind.Problem{*err}
	}
	return nil
}

// template is the line with its references; nil where none are asked for, or
// where the expression is wrong.
func (l *Line) template() (lineTemplate, *kind.Problem) {
	re, _ := compileLine("regexp", l.Regexp)
	if !l.Backrefs || l.Line == nil || re == nil {
		return nil, nil
	}
	t, err := parseLineTemplate([]byte(*l.Line), re)
	if err != nil {
		return nil, problem("line", "no_group", "No such group", "%v. Name one of those that it has, or write $$ for a dollar and \\\\ for a backslash.", err)
	}
	return t, nil
}

func compileLine(attr string, expr *string) (*regexp.Regexp, *kind.Problem) {
	if expr == nil || attr == "insert_after" && *expr == "EOF" || attr == "insert_before" && *expr == "BOF" {
		return nil, nil
	}
	re, err := regexp.Compile(*expr)
	if err != nil {
		return nil, badExpression(attr, err)
	}
	return re, nil
}

// badExpression says what is wrong with an expression, and where in it.
func badExpression(attr string, err error) *kind.Problem {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return problem(attr, "regexp", "Bad regular expression", "%v. Expressions are those of RE2.", err)
	}
	return problem(attr, "regexp", "Bad regular expression", "%s: `%s`. Expressions are those of RE2.", kind.Rule("error parsing regexp: "+bad.Code.String()), bad.Expr)
}

// edit makes the arguments ready to run.
func (l *Line) edit() (*lineEdit, error) {
	if l.Line == nil && l.State != "absent" {
		return nil, problem("line", "line", "No line", "line is what should be in the file; set it, or set state to absent and regexp.")
	}
	if l.Line == nil && l.Regexp == nil {
		return nil, problem("line", "line", "No line", "Set line or regexp to say which lines to remove.")
	}
	e := &lineEdit{absent: l.State == "absent", atBegin: l.InsertBefore != nil && *l.InsertBefore == "BOF"}
	if l.Line != nil {
		e.line = []byte(*l.Line)
		e.template, _ = l.template()
	}
	e.regexp, _ = compileLine("regexp", l.Regexp)
	e.after, _ = compileLine("insert_after", l.InsertAfter)
	e.before, _ = compileLine("insert_before", l.InsertBefore)
	return e, nil
}

// Thing implements Resource.
func (l *Line) Thing() string { return string(l.Path) }

// Check implements Resource.
func (l *Line) Check(ctx context.Context, h Host) (Change, error) {
	c, _, _, err := l.plan(ctx, h)
	return c, err
}

// Apply implements Resource.
func (l *Line) Apply(ctx context.Context, h Host) (Change, error) {
	c, at, content, err := l.plan(ctx, h)
	if err != nil {
		return Change{}, err
	}
	if err := h.Begin(c); err != nil || c.Action == None {
		return c, err
	}
	return c, h.Replace(ctx, at, NewFile{Content: bytes.NewReader(content)})
}

// plan returns the Change, the file that is meant, and what it then holds.
func (l *Line) plan(ctx context.Context, h Host) (c Change, at string, content []byte, err error) {
	if err := first(h, l.Validate()); err != nil {
		return c, "", nil, err
	}
	if at, err = h.Resolve(string(l.Path), true); err != nil {
		return c, "", nil, err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return c, "", nil, err
	}
	c.Writes = []string{pathThing(at)}
	now := contentOf(nil)
	base := before
	switch before.Type {
	case Plain:
		if now, err = h.Read(ctx, at, editable); err != nil {
			return c, "", nil, err
		}
		c.Before = map[string]any{"path": l.Path, "content": now}
	case Absent:
		if l.State == "absent" {
			c.Action = None
			return c, at, nil, nil
		}
		if base, err = l.planNew(h, at); err != nil {
			return c, "", nil, err
		}
	default:
		return c, "", nil, problem("path", "in_the_way", "Not a file", "%s is a %s, which has no lines.", at, before.Type.noun())
	}
	content, err = l.planContent(h, &c, at, now, base)
	if err != nil {
		return c, "", nil, err
	}
	return c, at, content, l.permitted(h, c, at, base)
}

func (l *Line) planNew(h Host, at string) (Entry, error) {
	if !l.Create {
		return Entry{}, problem("path", "missing", "The file does not exist", "%s does not exist, and no resource before this one makes it. Set create to make it with this line alone.", at)
	}
	parent, err := parentOf(h, at)
	if err != nil {
		return Entry{}, err
	}
	return newborn(h, Plain, parent)
}

// planContent runs the edit and fills in what the Change says.
func (l *Line) planContent(h Host, c *Change, at string, now Content, base Entry) ([]byte, error) {
	after, err := l.edited(h, now)
	if err != nil {
		return nil, err
	}
	c.unsure = now.Unknown
	c.After = map[string]any{"path": l.Path, "content": after}
	c.Results = map[string]any{"content": after}
	switch {
	case c.Before == nil && l.Backrefs && !after.Unknown && after.Size == 0:
		c.Action, c.After = None, nil // Nothing can match in a file that is not there.
	case c.Before == nil:
		c.Action = Create
	case after.Equal(now):
		c.Action = None
	default:
		c.Action = Update
	}
	base.Content = &after
	c.Effects = []Effect{{Thing: pathThing(at), Entry: &base}}
	return after.Data, nil
}

// edited is what the file holds after the edit; unknown where the file or the
// arguments are.
func (l *Line) edited(h Host, now Content) (Content, error) {
	for _, attr := range []string{"line", "regexp", "backrefs", "insert_after", "insert_before", "state"} {
		if h.Unknown(attr) {
			return Content{Unknown: true}, nil
		}
	}
	edit, err := l.edit()
	if err != nil {
		return Content{}, err
	}
	if !now.Unknown && now.Size > editable {
		return Content{}, problem("path", "too_long", "The file is too long", "Lines are edited in files of at most %d bytes; this one has %d.", editable, now.Size)
	}
	if !now.Whole {
		return Content{Unknown: true}, nil
	}
	once := edit.apply(now.Data)
	if twice := edit.apply(once); !bytes.Equal(once, twice) {
		return Content{}, problem("regexp", "not_idempotent", "The edit would never end",
			"After the edit, the same edit would change the file again: regexp matches other lines, or the result, in a way that line does not settle. Make regexp match the line that it makes, and only lines that are meant.")
	}
	return contentOf(once), nil
}

func (l *Line) permitted(h Host, c Change, at string, base Entry) error {
	if c.Action == None {
		return nil
	}
	if err := h.Refused(at, true); err != nil {
		return err
	}
	if uid, _ := h.Self(); uid != 0 && base.Owner.ID != uid {
		return problem("path", "permission", "Only root can edit the file of another",
			"%s belongs to %s and the agent runs as user %d, so that the edited file could not keep its owner. Use a context that runs as the owner or as root.", at, base.Owner, uid)
	}
	return nil
}
