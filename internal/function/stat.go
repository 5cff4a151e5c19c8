package function

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/process"
)

// StatIn are the arguments of stat.
type StatIn struct {
	Path   kind.Text `cbor:"path" mito:"required" doc:"What to look at, absolute."`
	Follow bool      `cbor:"follow,omitempty" mito:"default=false" doc:"Look at what a symbolic link points to."`
}

// StatOut are the results of stat. Where nothing exists, the others are empty.
type StatOut struct {
	Exists   bool      `cbor:"exists" mito:"computed" doc:"Whether there is anything."`
	Type     string    `cbor:"type" mito:"computed" doc:"file, directory, link, or other."`
	Size     int64     `cbor:"size" mito:"computed" doc:"Size in bytes."`
	Mode     string    `cbor:"mode" mito:"computed" doc:"Permissions as four octal digits."`
	UID      int64     `cbor:"uid" mito:"computed" doc:"Number of the owner."`
	GID      int64     `cbor:"gid" mito:"computed" doc:"Number of the group."`
	Owner    string    `cbor:"owner" mito:"computed" doc:"Name of the owner, or its number where it has none."`
	Group    string    `cbor:"group" mito:"computed" doc:"Name of the group, or its number where it has none."`
	Modified string    `cbor:"modified" mito:"computed" doc:"When it was last changed, as in RFC 3339."`
	Target   kind.Text `cbor:"target" mito:"computed" doc:"Where a link points."`
}

func statKind() Definition {
	return Definition{
		Kind: kind.Kind{
			Role: kind.RoleFunction, Name: "stat", Doc: "Says what is at a path.",
			Args: kind.SchemaOf(StatIn{}), Results: kind.SchemaOf(StatOut{}),
		},
		run:      runs(stat),
		ReadOnly: true,
		Aliases:  map[string]string{"dest": "path", "name": "path", "file": "path"},
	}
}

// Validate finds what is wrong with the arguments before any machine is asked.
func (in *StatIn) Validate() []kind.Problem { return validPath("path", in.Path) }

func stat(ctx context.Context, in StatIn) (StatOut, error) {
	var out StatOut
	if p := checkPath("path", in.Path); p != nil {
		return out, p
	}
	look := unix.Lstat
	if in.Follow {
		look = unix.Stat
	}
	var st unix.Stat_t
	if err := look(string(in.Path), &st); err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return out, nil
		}
		return out, explain("look at", in.Path, err)
	}
	out = StatOut{
		Exists: true, Type: typeOf(uint32(st.Mode)), Size: st.Size, Mode: fmt.Sprintf("%04o", st.Mode&0o7777),
		UID: int64(st.Uid), GID: int64(st.Gid),
		Owner: nameOf(ctx, "passwd", int64(st.Uid)), Group: nameOf(ctx, "group", int64(st.Gid)),
		Modified: time.Unix(st.Mtim.Unix()).UTC().Format(time.RFC3339Nano),
	}
	if out.Type == "link" {
		target, err := os.Readlink(string(in.Path))
		if err != nil {
			return StatOut{}, explain("read link", in.Path, err)
		}
		out.Target = kind.Text(target)
	}
	return out, nil
}

func typeOf(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "link"
	}
	return "other"
}

// nameOf finds the name of a number: in the file, then with getent, which
// knows other sources.
func nameOf(ctx context.Context, database string, id int64) string {
	number := strconv.FormatInt(id, 10)
	b, _ := os.ReadFile("/etc/" + database)
	for line := range strings.Lines(string(b)) {
		if f := strings.SplitN(line, ":", 4); len(f) == 4 && f[2] == number {
			return f[0]
		}
	}
	out := process.Capture{Limit: 4096}
	e, err := process.Run(ctx, process.Spec{Argv: []string{"getent", database, number}, Stdout: &out})
	if name, _, ok := strings.Cut(string(out.Bytes()), ":"); ok && err == nil && e.Code == 0 {
		return name
	}
	return number
}
