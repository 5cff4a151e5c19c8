package executor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// savedFile is a file on the controller that gets a result of a call. It is written
// beside its place, and put there by keep, as a whole. Until then, and if it never gets
// there, what was there before stays. newSavedFile makes one for each call, before that
// is sent, and either keep or drop ends it.
type savedFile struct {
	planner.Save
	file   *os.File // beside its place, and locked: see openUnfinished
	sum    hash.Hash
	size   int64
	inflow *inflow
	room   filesystem.Room
	wrong  error // why not all that came could be written
}

// inflow is how much of a result has come. A view reads it, from another goroutine.
type inflow struct {
	size  atomic.Int64 // bytes
	ended atomic.Bool
}

// moved is what Event.Moved tells of it: how much came, of nobody knows how much.
func (a *inflow) moved() (done, of int64, ok bool) {
	done = a.size.Load()
	return done, 0, done > 0 && !a.ended.Load()
}

// newSavedFile makes ready to write a result to a file of the controller. space says how
// much there is room for beside a file. reserved says what a file is that mitoplan uses
// itself, "" for any other: a link may have been made to one since the plan was.
func newSavedFile(s planner.Save, space func(*os.File) (size, free int64, ok bool), reserved func(path string) string) (*savedFile, error) {
	f := &savedFile{Save: s, sum: sha256.New(), inflow: &inflow{}}
	f.Path = files.RealPlace(s.Path)
	if what := reserved(f.Path); what != "" {
		return nil, f.problem("Cannot save there", fmt.Sprintf("is %s, and what a host sends would take its place. Name another file.", what))
	}
	if info, err := os.Lstat(f.Path); err == nil {
		if why := files.NoPlace(info.Mode()); why != "" {
			return nil, f.problem("Not a file", why+".")
		}
	}
	var err error
	if f.file, err = openUnfinished(f.Path); err != nil {
		return nil, f.explain(err)
	}
	f.room = filesystem.Room{File: f.file, Space: space}
	if err := f.leaveRoom(0); err != nil {
		f.drop()
		return nil, err
	}
	return f, nil
}

// openUnfinished makes a file beside a path, with the permissions of what is there. Its name is
// that of what agents have not finished, so that no tree has it that is fetched or synchronized
// meanwhile. It is locked, so none of them removes it before this process has ended.
func openUnfinished(path string) (*os.File, error) {
	file, err := resource.NewTemp(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil {
		_ = file.Chmod(info.Mode().Perm()) // it has 0600 otherwise
	}
	return file, nil
}

// take writes what comes over the pipe of a call, and keeps it if the call succeeds. If
// it cannot be written, the call is cancelled.
func (f *savedFile) take(pipe *transport.Pipe, res *transport.Result[function.CallReply]) (function.CallReply, error) {
	defer f.inflow.ended.Store(true)
	_ = pipe.CloseWrite()
	_, err := io.Copy(f, pipe)
	if err != nil {
		_ = pipe.Close()
	}
	reply, callErr := res.Get(context.Background())
	if f.wrong != nil {
		err = f.wrong // it is the reason of how the call ended
	} else if callErr != nil {
		err = callErr
	}
	if err != nil || !reply.WouldRun {
		f.drop()
		return reply, err
	}
	if err := f.keep(); err != nil {
		return reply, err
	}
	if reply.Results == nil {
		reply.Results = map[string]any{}
	}
	f.results(reply.Results)
	return reply, nil
}

// Write adds what a host sent. It fails if that is more than may be saved.
func (f *savedFile) Write(p []byte) (n int, err error) {
	defer func() { f.wrong = err }()
	if f.Most >= 0 && f.size+int64(len(p)) > f.Most {
		return 0, f.problem("More than may be saved", fmt.Sprintf("was to get more than the %d bytes that this call may save.", f.Most))
	}
	if err := f.leaveRoom(int64(len(p))); err != nil {
		return 0, err
	}
	n, err = f.file.Write(p)
	f.sum.Write(p[:n])
	f.size += int64(n)
	f.inflow.size.Store(f.size)
	if err != nil {
		return n, f.explain(err)
	}
	return n, nil
}

// leaveRoom refuses to take the next bytes if too little of the file system would stay free.
func (f *savedFile) leaveRoom(next int64) error {
	if is := (filesystem.FullError{}); errors.As(f.room.Take(next), &is) {
		return f.problem("The disk is nearly full", fmt.Sprintf("cannot be saved: %s of its file system is free, and %s has to stay free, whatever hosts send. Free some space, or save it elsewhere.", prose.Bytes(is.Free), prose.Bytes(is.Keep)))
	}
	return nil
}

// keep puts the file in its place. It is on the disk when keep returns.
func (f *savedFile) keep() error {
	err := f.file.Sync()
	if err == nil {
		err = os.Rename(f.file.Name(), f.Path) // while it is locked
	}
	if err != nil {
		f.drop()
		return f.explain(err)
	}
	if err := f.file.Close(); err != nil {
		return f.explain(err)
	}
	dir, err := os.Open(filepath.Dir(f.Path))
	if err != nil {
		return nil // it may be entered and not read; the file is there
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return f.explain(err)
	}
	return nil
}

// drop removes what came.
func (f *savedFile) drop() {
	_ = os.Remove(f.file.Name())
	_ = f.file.Close()
}

// results adds what was saved to the results of the call. What a host says of that does
// not count.
func (f *savedFile) results(to map[string]any) {
	for name, what := range f.Results {
		switch what {
		case "size":
			to[name] = f.size
		case "sha256":
			to[name] = hex.EncodeToString(f.sum.Sum(nil))
		}
	}
}

// explain says why the file could not be written.
func (f *savedFile) explain(err error) error {
	return f.problem(notSaved(f.Path, err), fmt.Sprintf("cannot be written: %s.", files.NotMade(f.Path, err)))
}

// notSaved is the summary of why the system wrote no file on this machine.
func notSaved(path string, err error) string {
	switch _, missing := os.Stat(filepath.Dir(path)); {
	case errors.Is(err, fs.ErrNotExist) && missing != nil:
		return "No such directory"
	case errors.Is(err, fs.ErrPermission):
		return "Permission denied"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "The disk is full"
	}
	return "Cannot save there"
}

// problem blames the argument that names the file.
func (f *savedFile) problem(summary, what string) error {
	path := f.Path
	if f.Hidden {
		path = "The file (sensitive)"
	}
	return kind.NewProblem(f.Attr, kind.CodeSave, summary, "%s %s This is on the machine that mitoplan runs on. Nothing was saved, and what was there is as it was.", path, what)
}
