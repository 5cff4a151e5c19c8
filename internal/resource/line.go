package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// lineArgs are what a block of the kind line may set.
type lineArgs struct {
	Path         kind.Text  `cbor:"path" mito:"required,edits=path" doc:"The file to edit, absolute. A symbolic link is followed."`
	Line         *kind.Text `cbor:"line,omitempty" doc:"The line, without its line end. With regexp, $1 or ${name} in it are what the expression's groups matched and $$ is a dollar sign; without, it is taken as it is."`
	Regexp       *string    `cbor:"regexp,omitempty" doc:"Which lines are meant, as an RE2 expression. Of several the last one becomes line and the others stay; with state absent all of them go."`
	InsertAfter  *string    `cbor:"insert_after,omitempty" mito:"conflicts=insert_before" doc:"Where a new line goes: after the last line that matches this expression, or EOF."`
	InsertBefore *string    `cbor:"insert_before,omitempty" mito:"conflicts=insert_after" doc:"Where a new line goes: before the last line that matches this expression, or BOF."`
	State        string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present" doc:"Whether the line should be there."`
	Create       bool       `cbor:"create,omitempty" mito:"default=false" doc:"Make the file where it is missing, with mode 0644."`
}

type lineResults struct {
	Content kind.Text `cbor:"content" mito:"computed,diff" doc:"What the file holds after the edit."`
}

func lineKind() Definition {
	return define("line", "One line of a file; the others are left alone.", lineArgs{}, lineResults{},
		nil,
		map[string]string{
			"dest": "path", "name": "path", "regex": "regexp", "search_string": "regexp", "match": "regexp",
			"insertafter": "insert_after", "insertbefore": "insert_before", "after": "insert_after",
			"before": "insert_before", "replace": "line", "ensure": "state", "present": "state",
		})
}
