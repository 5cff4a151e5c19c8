package function

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/pull"
	"github.com/mitoplan/mitoplan/internal/temporary"
)

// TempfileIn are the arguments of tempfile.
type TempfileIn struct {
	Type      string        `cbor:"type,omitempty" mito:"oneof=file|directory,default=file"`
	Name      *kind.Text    `cbor:"name,omitempty" mito:"default=temp"`
	Content   *kind.Content `cbor:"content,omitempty" mito:"content"`
	Mode      *string       `cbor:"mode,omitempty"`
	Directory *kind.Text    `cbor:"directory,omitempty"`
}

// Manual says the texts of these arguments.
func (TempfileIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Makes a file or a directory that is there until the run ends.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "tempfile" "list" {
  on           = context.local.here
  content      = "one\ntwo\n"
  triggered_by = [file.wanted]
}
resource "file" "wanted" {
  on      = context.local.here
  path    = "/etc/wanted"
  content = "2\n"
}
call "command" "count" {
  on           = context.local.here
  argv         = ["wc", "-l", coalesce(call.tempfile.list.path, "-")]
  triggered_by = [file.wanted]
}
`,
			Reads:   "Nothing, and nothing is made while planning. The path is known after the apply has made it.",
			Ansible: "tempfile, whose file stays until a task removes it.",
			Pyinfra: "the method get_temp_filename of a host, with files.put.",
			Limits:  "If a plan finds that the call does not run, path is null: coalesce() gives what refers to it another value. Without triggers or triggered_by every apply makes it, and a plan is never empty. It is removed when the agent of its context ends. An agent that is killed leaves it, and the next call of tempfile or script of the same user in that directory removes it, a minute after it was made at the earliest. A restart of the agent while a run goes on removes it, too.",
		},
		OtherNames: "mktemp temp tmp",
		Attrs: map[string]kind.Entry{
			"type":      {Doc: "What to make.", OtherNames: "state"},
			"name":      {Doc: "The last part of its path, such as app.conf. It is in a directory of its own, so no other can have it.", OtherNames: "prefix suffix filename"},
			"content":   {Doc: "What the file holds. Empty without it."},
			"mode":      {Doc: "Permissions as octal digits, such as 0644. A file has 0600 without it, and a directory 0700.", OtherNames: "permissions"},
			"directory": {Doc: "The directory to make it in. TMPDIR of the context, or /tmp, without it. Other users may not be able to replace what is in it: it has the sticky bit, or only this user and root write there, and in all directories above it.", OtherNames: "path dir"},
		},
	}
}

// TempfileOut are the results of tempfile.
type TempfileOut struct {
	Path kind.Text `cbor:"path" mito:"computed"`
}

// Manual says the texts of these results.
func (TempfileOut) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"path": {Doc: "Where it is, absolute. Null if the call did not run."}}}
}

func tempfileKind() kind.Kind {
	return define("tempfile", func() Function { return &TempfileIn{} }, TempfileOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *TempfileIn) Validate() (out []kind.Problem) {
	if n := in.Name; n != nil && (*n == "" || *n == "." || *n == ".." || len(*n) > 255 || strings.ContainsAny(string(*n), "/\x00")) {
		out = append(out, bad("name", "Bad name", "name is %q; it is the last part of a path, without a slash.", string(*n))...)
	}
	if in.Content != nil && in.Type == "directory" {
		out = append(out, bad("content", "Argument without meaning", "content is set, and a directory has none. Remove it, or set type = \"file\".")...)
	}
	if in.Mode != nil {
		if _, ok := in.mode(); !ok {
			out = append(out, *kind.NewProblem("mode", kind.CodeMode, "Bad mode", "mode is %q; write it as octal digits, such as 0644.", *in.Mode))
		}
	}
	if in.Directory != nil {
		out = append(out, filesystem.CheckPath("directory", *in.Directory)...)
	}
	return out
}

// mode are the permissions, and whether they were understood.
func (in *TempfileIn) mode() (os.FileMode, bool) {
	switch {
	case in.Mode != nil:
		n, err := strconv.ParseUint(*in.Mode, 8, 9)
		return os.FileMode(n), err == nil && len(*in.Mode) >= 3 && len(*in.Mode) <= 4
	case in.Type == "directory":
		return 0o700, true
	}
	return 0o600, true
}

// Call implements Function.
func (in *TempfileIn) Call(ctx context.Context, c Call) (any, error) {
	below, name, advice := kind.Text(""), "temp", temporary.OfContext
	if in.Directory != nil {
		below, advice = *in.Directory, "Name a directory"
	}
	if in.Name != nil {
		name = string(*in.Name)
	}
	t, err := temporary.New("directory", string(below), advice, 0o711)
	if err != nil {
		return nil, explain("directory", "make a directory in", kind.Text(firstOf(string(below), os.TempDir())), err)
	}
	at := filepath.Join(t.Path, name)
	mode, _ := in.mode()
	if in.Type == "directory" {
		err = os.Mkdir(at, 0o700)
	} else {
		err = writeContent(ctx, c.From, "content", in.Content, at)
	}
	if err == nil {
		err = os.Chmod(at, mode) // what the umask takes away is wanted
	}
	if err != nil {
		t.Remove()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, explain("directory", "write in", kind.Text(t.Path), err)
	}
	keep(t)
	return TempfileOut{Path: kind.Text(at)}, nil
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// writeContent writes a content that is given by an argument to a new file.
func writeContent(ctx context.Context, from pull.Puller, attr string, content *kind.Content, at string) error {
	f, err := os.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil || content == nil {
		if err == nil {
			err = f.Close()
		}
		return err
	}
	defer f.Close()
	blob, err := pull.Blob(*content)
	if err != nil {
		return err
	}
	r, err := pull.Open(ctx, from, content.Data, blob)
	if err == nil {
		defer r.Close()
		_, err = io.Copy(f, advancing{ctx, r})
	}
	if err != nil {
		if told := pull.Told(err,
			kind.NewProblem(attr, kind.CodeSource, "The content has changed", "The content is no longer what it was when the plan was made: its file was changed on the machine that mitoplan runs on. Nothing was run. Plan again."),
			kind.NewProblem(attr, kind.CodeSource, "The content cannot be read", "The content cannot be read any more on the machine that mitoplan runs on. Nothing was run. Look whether the file is still there, and plan again."),
			kind.NewProblem(attr, kind.CodeSource, "The content is missing", "The content did not arrive. Nothing was run. Apply again; if it happens again, report it.")); told != nil {
			return told
		}
		return err
	}
	return f.Close()
}
