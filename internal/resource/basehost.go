package resource

import (
	"context"
	"io"
	"os"
	"os/exec"
	"slices"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/pull"
)

// baseHost is the part that planHost and applyHost have in common: unknown names
// the arguments of the action that are known only after the apply, marked is what the
// request says of other blocks, and from is where contents are pulled from. With paranoid,
// every file is read. login is how the connection logged in.
type baseHost struct {
	unknown  []string
	marked   []Marked
	from     pull.Puller
	paranoid bool
	login    *Login
}

// Login implements Host.
func (r *baseHost) Login() *Login { return r.login }

// Open implements Reader.
func (r *baseHost) Open(ctx context.Context, c Content) (io.ReadCloser, error) {
	return open(ctx, r.from, c)
}

// OpenAt implements Reader.
func (r *baseHost) OpenAt(ctx context.Context, c Content, offset int64) (io.ReadCloser, error) {
	switch {
	case c.Whole:
		return pull.Open(ctx, nil, c.Data[min(offset, int64(len(c.Data))):], nil)
	case c.Blob == nil || r.from == nil:
		return open(ctx, r.from, c)
	}
	in, err := r.from.Pull(ctx, *c.Blob, offset)
	if err != nil {
		return nil, notPulled(err)
	}
	return pulled{in}, nil
}

// ProcessesOf implements Reader.
func (r *baseHost) ProcessesOf(uid int64) ([]Process, error) { return processesOf(uid) }

// HoldersOf implements Reader.
func (r *baseHost) HoldersOf(path string) []Process { return holdersOf(path) }

// Room implements Reader.
func (r *baseHost) Room(dir string) (free int64, known bool) {
	f, err := filesystem.OpenDirectory(dir)
	if err != nil || f == nil {
		return 0, false
	}
	defer f.Close()
	_, free, known = filesystem.FreeSpace(f)
	return free, known
}

// HasProgram implements Reader.
func (r *baseHost) HasProgram(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// Ask implements Reader.
func (r *baseHost) Ask(ctx context.Context, t Tool) ([]byte, error) { return ask(ctx, t) }

// Unknown implements Host.
func (r *baseHost) Unknown(attr string) bool { return slices.Contains(r.unknown, attr) }

// Marked implements Host.
func (r *baseHost) Marked() []Marked { return r.marked }

// Self implements Host.
func (r *baseHost) Self() (uid int64, gids []int64) {
	gids = []int64{int64(os.Getegid())}
	more, _ := os.Getgroups()
	for _, g := range more {
		gids = append(gids, int64(g))
	}
	return int64(os.Geteuid()), gids
}
