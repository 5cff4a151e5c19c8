package files

import (
	"bytes"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// outsideOfMarks returns the problem of an edit that changes what another block keeps between its
// markers: that would count as changed there, and be put back at the next apply.
func outsideOfMarks(h resource.Host, now, after resource.Content) error {
	if !now.Whole || !after.Whole || after.Equal(now) {
		return nil
	}
	for _, m := range h.Marked() {
		shape := edit.BlockArgs{Marker: m.Marker, Content: new(kind.Text)}
		was, there := linesOf(&shape, now.Data)
		if !there {
			continue
		}
		if is, still := linesOf(&shape, after.Data); !still || !bytes.Equal(was, is) {
			return kind.NewProblem("path", kind.CodeMarkers, "The place belongs to another block",
				"The edit would change what is between the lines with the marker %q, and %s keeps those lines. Each would undo what the other did at every apply. Name a line outside of the markers, have the edit find only lines outside, or put its line into the content of that block.", m.Marker, m.By)
		}
	}
	return nil
}

// linesOf are the lines between the markers in a content; there is false if it has no block.
func linesOf(shape *edit.BlockArgs, content []byte) (texts []byte, there bool) {
	e, p := shape.Compile()
	if p != nil {
		return nil, false
	}
	rows := edit.RowsOf(content)
	from, to, p := e.Find(rows)
	if p != nil || from < 0 {
		return nil, false
	}
	var out bytes.Buffer
	for _, r := range rows[from+1 : to] {
		out.Write(r.Text)
		out.WriteByte('\n')
	}
	return out.Bytes(), true
}
