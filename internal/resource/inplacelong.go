package resource

import (
	"context"
	"io"
	"os"
	"path/filepath"
)

// overwriteLong does the same as overwriteAt, with a content that would take too much memory. It is
// completed in a temporary file first, without a name if none can be made beside the path.
func (m *Machine) overwriteLong(ctx context.Context, p anchored, found *Entry, f NewFile) error {
	t, err := m.createTemp(p, false)
	if err != nil && f.Validate == nil {
		t, err = m.anonymous()
	}
	if err != nil {
		return err
	}
	defer t.Close()
	defer m.do("discard", t.path, func() error { return os.Remove(t.at) })
	if err := m.fill(ctx, t, p, Entry{}, f); err != nil {
		return err
	}
	if f.Validate != nil {
		if err := f.Validate(ctx, t.path); err != nil {
			return err
		}
	}
	// Once begun, it is not cancelled: the file would be neither old nor new.
	going := context.WithoutCancel(ctx)
	return m.overwriteWith(ctx, p, found, f, false, func(file *os.File, _ int) error {
		_, err := io.Copy(file, &ctxReader{going, io.NewSectionReader(t, 0, f.Content.Size)})
		return err
	})
}

// anonymous makes a temporary file without a name, for what cannot lie beside a path.
func (m *Machine) anonymous() (temp, error) {
	dir := string(m.cache())
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "t.")
	if err != nil {
		return temp{}, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return temp{}, err
	}
	return temp{f, anchored{path: filepath.Join(dir, "t")}}, nil
}
