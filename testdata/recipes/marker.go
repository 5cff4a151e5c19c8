package files

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// markerArgs are what a block of the kind marker may set.
type markerArgs struct {
	Path kind.Text `cbor:"path" mito:"required,claims=path"`
}

// Manual says the texts of these arguments.
func (markerArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc:        "An empty file that says something by being there, such as /etc/nologin.",
		OtherNames: "touch flag",
		End:        "a marker that an apply made is removed.",
		Attrs: map[string]kind.Entry{
			"path": {Doc: "Where the marker is, absolute.", OtherNames: "dest"},
		},
	}
}

func markerKind() kind.Kind {
	return resource.Define("marker", func() resource.Resource { return &Marker{} }, struct{}{})
}

// Marker is the desired state of a marker.
type Marker struct{ markerArgs }

// Validate implements kind.Validator.
func (m *Marker) Validate() []kind.Problem { return filesystem.CheckPath("path", m.Path) }

// Thing implements Resource.
func (m *Marker) Thing() kind.Thing { return kind.PathThing(string(m.Path)) }

// Check implements Resource.
func (m *Marker) Check(_ context.Context, h resource.Host) (resource.Change, error) {
	c, _, err := m.plan(h)
	return c, err
}

// Apply implements Resource.
func (m *Marker) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	c, at, err := m.plan(h)
	if err == nil {
		err = h.Begin(c) // Refuses if the path is not as it was planned.
	}
	if err != nil || c.Op == resource.NoOp {
		return c, err
	}
	empty := resource.ContentOf(nil)
	return c, h.Replace(ctx, at, resource.NewFile{Content: &empty})
}

// End implements Resource. What an apply made is taken away as a file is.
func (m *Marker) End(e resource.End) (resource.Resource, error) {
	if e.Adopted {
		return resource.LeaveAdopted(m.Thing(), "path"), nil
	}
	return (&File{fileArgs: fileArgs{Path: m.Path}}).End(e)
}

// plan is the change, and the path behind all links.
func (m *Marker) plan(h resource.Host) (resource.Change, string, error) {
	at, err := h.Resolve(string(m.Path), true)
	if err != nil {
		return resource.Change{}, "", err
	}
	before, err := h.Lstat(at)
	if err != nil {
		return resource.Change{}, "", err
	}
	c := resource.Change{Op: resource.NoOp, Writes: []kind.Thing{kind.PathThing(at)}}
	if before.Type == resource.TypeAbsent {
		c.Op, c.After = resource.Create, map[string]any{"path": m.Path}
		c.Effects, err = newMarker(h, at)
	}
	return c, at, err
}

// newMarker is what others see of a new marker.
func newMarker(h resource.Host, at string) ([]resource.Effect, error) {
	parent, err := parentOf(h, at)
	if err != nil {
		return nil, err
	}
	e, err := resource.Newborn(h, resource.TypeFile, parent)
	if err != nil {
		return nil, err
	}
	empty := resource.ContentOf(nil)
	e.Content = &empty
	return []resource.Effect{{Thing: kind.PathThing(at), Entry: &e}}, h.Refused(at, true)
}
