package files

import (
	"regexp"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// lineArgs are what a block of the kind line may set.
type lineArgs struct {
	Path         kind.Text  `cbor:"path" mito:"required,edits=path"`
	Line         *kind.Text `cbor:"line,omitempty" mito:"shows=content,end"`
	Regexp       *string    `cbor:"regexp,omitempty" mito:"conflicts=search,shows=content,end"`
	Search       *string    `cbor:"search,omitempty" mito:"conflicts=regexp,shows=content,end"`
	Match        string     `cbor:"match,omitempty" mito:"oneof=first|last|all|error,default=last,shows=content,end"`
	Backrefs     bool       `cbor:"backrefs,omitempty" mito:"default=false,end"`
	InsertAfter  *string    `cbor:"insert_after,omitempty" mito:"conflicts=insert_before,shows=content"`
	InsertBefore *string    `cbor:"insert_before,omitempty" mito:"conflicts=insert_after,shows=content"`
	State        string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	ownerArgs
	writeArgs
	Create bool `cbor:"create,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (lineArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "One line of a file; the others are left alone.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "limits" {
  on      = context.local.here
  path    = "/etc/app.conf"
  content = "# Settings of app\nworkers = 4\n"
  replace = false
}
resource "line" "workers" {
  on     = context.local.here
  path   = file.limits.path
  regexp = "^workers\\s*="
  line   = "workers = 8"
}
resource "line" "debug" {
  on     = context.local.here
  path   = file.limits.path
  regexp = "^debug\\s*="
  state  = "absent"
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Edits of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it.",
			Drift:   "The line that the block is about is another one, is gone, or is there again. Other lines do not count. The owner, group and mode of the file count as far as the block sets them.",
			Ansible: "lineinfile, with the same words: the last match is replaced, and without a match the line is added. An edit that would change its own result again, as with a line that regexp does not match where none does, is an error before anything is done: Ansible would add it at every run. firstmatch is match = first here, which has no part in where a new line goes; search_string is search.",
			Pyinfra: "files.line, which takes the line itself as a pattern of grep and edits with sed. Here it is taken character for character. files.replace is backrefs here.",
			Limits:  "A file has 16 MiB at most. regexp is RE2: without lookaround and without references to a group in the pattern itself.",
			Traits:  []string{"line", "owner", "group", "mode", "content"},
		},
		End:        "a line that an apply added is taken out, wherever it is by then, and no other that regexp matches. If it is there several times nobody can tell which one was added, and all stay. A file that was made for the line is removed with it if it holds nothing else. A line that took the place of another is put back to that if backup was set then; otherwise it stays. What cannot be taken back: lines that were removed, owner and permissions of the file, and a line that is a secret, as the record does not hold it.",
		OtherNames: "lineinfile",
		Attrs: map[string]kind.Entry{
			"path":          {Doc: "The file to edit, absolute, of at most 16 MiB. A symbolic link is followed.", OtherNames: "dest name destination filename file target_path"},
			"line":          {Doc: "The line, without its line end, character for character: a dollar or backslash in it means itself unless backrefs is set.", OtherNames: "text replace"},
			"regexp":        {Doc: "Which lines are meant, as an RE2 expression. Of several the one that match names becomes line and the others stay; if none matches, line is added unless it is there. With state absent all that match go, and line does not count.", OtherNames: "regex"},
			"search":        {Doc: "Which lines are meant, by a text that they hold, character for character, instead of regexp.", OtherNames: "search_string literal"},
			"match":         {Doc: "Which line is meant if regexp or search finds several: the first, the last, or all of them; with error it is an error of the plan if there is more than one. Not with state absent, where all that match go.", OtherNames: "firstmatch"},
			"backrefs":      {Doc: "Put what regexp matched into line: $1, ${1}, \\1 or \\g<1> is its first group, ${name} or \\g<name> a named one, $0 all that matched; $$ is a dollar and \\\\ a backslash. If nothing matches the file is left as it is and no line is added. Not with state absent, insert_after or insert_before. In HCL strings, ${ is written $${ and \\ is written \\\\.", OtherNames: "backreferences"},
			"insert_after":  {Doc: "Where a new line goes: after the last line that matches this expression, or EOF.", OtherNames: "insertafter"},
			"insert_before": {Doc: "Where a new line goes: before the last line that matches this expression, or BOF.", OtherNames: "insertbefore"},
			"state":         {Doc: "Whether the line should be there. With absent a missing file is as it should be, and where a new line would go does not count; owner, group and mode of the file do.", OtherNames: "ensure present", Values: resource.Presence(), Instead: elsewhere()},
			"create":        {Doc: "Make the file if it is missing; with backrefs, accept that it is, as no line can match."},
		},
	}
}

// PartResults are those of a kind that edits a part of a file, in this family or another.
type PartResults struct {
	Content kind.Text `cbor:"content" mito:"computed,diff,parts"`
}

// Manual says the texts of these results.
func (PartResults) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"content": {Doc: "What the file holds after the edit. Null if that is no UTF-8 or has more than 1 MiB.", OtherNames: "text data body"},
		},
	}
}

func lineKind() kind.Kind {
	return resource.Define("line", func() resource.Resource { return &Line{} }, PartResults{})
}

// Line is the desired state of one line of a file.
type Line struct{ lineArgs }

// shape are the arguments that say what becomes of the content.
func (l *lineArgs) shape() *edit.Args {
	return &edit.Args{Line: l.Line, Regexp: l.Regexp, Search: l.Search, Match: l.Match, Backrefs: l.Backrefs, InsertAfter: l.InsertAfter, InsertBefore: l.InsertBefore, State: l.State}
}

// Validate implements Validator.
func (l *Line) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", l.Path), resource.CheckState(l.State)...)
	out = append(out, checkWriteArgs(l.ownerArgs, l.writeArgs)...)
	if l.Line != nil && strings.ContainsAny(string(*l.Line), "\n\r") {
		out = append(out, *kind.NewProblem("line", kind.CodeLine, "More than one line", "line contains a line end. Use one resource for each line."))
	}
	if l.Search != nil && (*l.Search == "" || strings.ContainsAny(*l.Search, "\n\r")) {
		out = append(out, *kind.NewProblem("search", kind.CodeLine, "No text of one line", "search is %q. It is text that a line contains, so it is not empty and has no line end.", *l.Search))
	}
	if p := l.shape().LacksLine(); p != nil {
		out = append(out, *p)
	}
	for _, re := range []struct {
		attr string
		expr *string
	}{{"regexp", l.Regexp}, {"insert_after", l.InsertAfter}, {"insert_before", l.InsertBefore}} {
		if _, err := edit.CompileLine(re.attr, re.expr); err != nil {
			out = append(out, *err)
		}
	}
	out = append(out, l.validateMatch()...)
	return append(out, l.validateBackrefs()...)
}

// Part implements Parted.
func (*Line) Part(p *resource.Parts, args map[string]any, unknown []string) resource.Part {
	if slices.Contains(unknown, "state") || slices.Contains(unknown, "regexp") || slices.Contains(unknown, "search") || slices.Contains(unknown, "match") {
		return resource.Part{}
	}
	state, _ := resource.WireText(args["state"])
	out := resource.Part{Absent: state == "absent"}
	expr, ok := resource.WireText(args["regexp"])
	if search, isText := resource.WireText(args["search"]); isText && !ok {
		expr, ok = regexp.QuoteMeta(search), true
	}
	if ok {
		out.Expr, out.Regexp = expr, p.Compile(expr)
	}
	match, _ := resource.WireText(args["match"])
	out.Match = several(match)
	if line, ok := resource.WireText(args["line"]); ok && args["backrefs"] != true {
		out.Line = &line
	}
	return out
}

// validateMatch returns what is wrong with the choice among several lines.
func (l *Line) validateMatch() []kind.Problem {
	switch {
	case l.Match == "":
		return nil
	case !slices.Contains([]string{"first", "last", "all", "error"}, l.Match):
		return []kind.Problem{*kind.NewProblem("match", kind.CodeMatch, "No such choice", "match says which of several lines is meant: first, last or all; or error, if only one may match.")}
	case l.State == "absent":
		return resource.Excluding("match", "match says which of several lines becomes line, and state is absent, so that all that match go. Remove match.")
	case l.Regexp == nil && l.Search == nil:
		out := resource.Excluding("match", "match says which of several lines is meant that regexp or search find, and neither is set. Set one of them, or remove match.")
		out[0].Unless("regexp", "search")
		return out
	}
	return nil
}

func (l *Line) validateBackrefs() []kind.Problem {
	if !l.Backrefs {
		return nil
	}
	switch {
	case l.State == "absent":
		return resource.Excluding("backrefs", "state is absent, so that lines go, and backrefs says what a line becomes. Remove backrefs: with state absent all lines that match regexp go.")
	case l.InsertAfter != nil:
		return resource.Excluding("insert_after", "insert_after says where a new line goes, and with backrefs none is added: if nothing matches regexp the file stays as it is. Remove one of them.")
	case l.InsertBefore != nil:
		return resource.Excluding("insert_before", "insert_before says where a new line goes, and with backrefs none is added: if nothing matches regexp the file stays as it is. Remove one of them.")
	case l.Regexp == nil:
		return []kind.Problem{*kind.NewProblem("backrefs", kind.CodeBackrefs, "Nothing to refer back to", "backrefs puts what regexp matched into line, and regexp is not set. Set it, or take backrefs away.").Unless("regexp")}
	}
	if _, err := l.shape().ParseTemplate(); err != nil {
		return []kind.Problem{*err}
	}
	return nil
}

// several is a match that means another line than the last.
func several(match string) string {
	if match == "first" || match == "all" {
		return match
	}
	return ""
}
