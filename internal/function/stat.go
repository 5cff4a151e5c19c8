package function

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/process"
)

// StatIn are the arguments of stat.
type StatIn struct {
	Path   kind.Text `cbor:"path" mito:"required"`
	Follow bool      `cbor:"follow,omitempty" mito:"default=false"`
	Hash   *string   `cbor:"hash,omitempty" mito:"oneof=sha256|sha512"`
	Mime   bool      `cbor:"mime,omitempty" mito:"default=false"`
}

// Manual says the texts of these arguments.
func (StatIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Says what is at a path.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "stat" "shadow" {
  on   = context.local.here
  path = "/etc/shadow"
}
output "mode" {
  value = call.stat.shadow.mode
  precondition {
    condition     = call.stat.shadow.exists
    error_message = "There is no /etc/shadow."
  }
}
`,
			Reads:   "What lstat(2) or, with follow, stat(2) says. The content is read for hash and mime alone.",
			Ansible: "stat, which computes a SHA-1 of each file unless told not to, and has more results made of the mode, such as isdir and readable. Here type and mode say it, and nothing is hashed unless hash is set.",
			Pyinfra: "the facts files.File, files.Directory and files.Link, and those for checksums.",
			Limits:  "It says how things are at that moment of the plan. Attributes of chattr, access lists and capabilities are not read.",
		},
		Attrs: map[string]kind.Entry{
			"path":   {Doc: "What to look at, absolute.", OtherNames: "dest name file destination filename target_path"},
			"follow": {Doc: "Look at what a symbolic link points to. A link of another user may lead only to what that user owns, in path, too."},
			"hash":   {Doc: "Read a regular file to its end for the result checksum, however long it is: only the bound on the call, call_timeout or timeout, ends that earlier. For md5 and sha1, which can be forged, use a call of command with md5sum or sha1sum.", OtherNames: "get_checksum checksum checksum_algorithm algorithm", Instead: map[string]string{"md5": "For that, run md5sum in a call of command.", "sha1": "For that, run sha1sum in a call of command."}},
			"mime":   {Doc: "Read the first 512 bytes of a regular file for the result mime_type.", OtherNames: "get_mime mime_type"},
		},
	}
}

// StatOut are the results of stat. If nothing exists at the path, all others are empty.
type StatOut struct {
	Exists   bool      `cbor:"exists" mito:"computed"`
	Type     string    `cbor:"type" mito:"computed"`
	Size     int64     `cbor:"size" mito:"computed"`
	Mode     string    `cbor:"mode" mito:"computed"`
	UID      int64     `cbor:"uid" mito:"computed"`
	GID      int64     `cbor:"gid" mito:"computed"`
	Owner    string    `cbor:"owner" mito:"computed"`
	Group    string    `cbor:"group" mito:"computed"`
	Modified string    `cbor:"modified" mito:"computed"`
	Changed  string    `cbor:"changed" mito:"computed"`
	Accessed string    `cbor:"accessed" mito:"computed"`
	Links    int64     `cbor:"links" mito:"computed"`
	Inode    string    `cbor:"inode" mito:"computed"`
	Device   string    `cbor:"device" mito:"computed"`
	Major    int64     `cbor:"major" mito:"computed"`
	Minor    int64     `cbor:"minor" mito:"computed"`
	Target   kind.Text `cbor:"target" mito:"computed"`
	Checksum string    `cbor:"checksum" mito:"computed"`
	MimeType string    `cbor:"mime_type" mito:"computed"`
}

// Manual says the texts of these results.
func (StatOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"exists":    {Doc: "Whether there is anything. If there is not, texts are empty and numbers 0."},
			"type":      {Doc: "file, directory, link, fifo (a named pipe), socket, block or char (devices), or other."},
			"size":      {Doc: "Size in bytes."},
			"mode":      {Doc: "Permissions as four octal digits.", OtherNames: "permissions perms file_permission"},
			"uid":       {Doc: "Number of the owner."},
			"gid":       {Doc: "Number of the group."},
			"owner":     {Doc: "Name of the owner, or its number if it has none."},
			"group":     {Doc: "Name of the group, or its number if it has none."},
			"modified":  {Doc: "When its content was last changed (mtime): UTC, as in RFC 3339, to the nanosecond."},
			"changed":   {Doc: "When its content, owner, permissions or names were last changed (ctime), in the same form."},
			"accessed":  {Doc: "When it was last read (atime), in the same form. Many file systems write that once a day at most, or never."},
			"links":     {Doc: "How many names it has; of a directory, whatever its file system counts."},
			"inode":     {Doc: "Number of the file on its file system, as decimal digits: it may be greater than numbers of many programs."},
			"device":    {Doc: "Number of the device that its file system is on, as MAJOR:MINOR, which is how /proc/self/mountinfo and lsblk name it."},
			"major":     {Doc: "Major number of the device that a block or char is; 0 for all others."},
			"minor":     {Doc: "Minor number of the device that a block or char is; 0 for all others."},
			"target":    {Doc: "Where a link points."},
			"checksum":  {Doc: "What hash gives for the content of a regular file, as hex. Empty if hash is not set, and for all others."},
			"mime_type": {Doc: "Media type, as file --mime-type names it, told from the first 512 bytes alone: text/plain for UTF-8 that is nothing else, application/octet-stream for what is not known. Empty if mime is not set."},
		},
	}
}

func statKind() kind.Kind {
	return reads("stat", func() Function { return &StatIn{} }, StatOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *StatIn) Validate() []kind.Problem {
	out := filesystem.CheckPath("path", in.Path)
	if in.Hash != nil && newHash(*in.Hash) == nil {
		out = append(out, *kind.NewProblem("hash", kind.CodeHash, "Unknown hash", "hash is %q; it can be sha256 or sha512. For others use a call of command, such as with md5sum.", *in.Hash))
	}
	return out
}

// Call implements Function.
func (in *StatIn) Call(ctx context.Context, _ Call) (any, error) { return in.stat(ctx) }

func (in *StatIn) stat(ctx context.Context) (StatOut, error) {
	var st unix.Stat_t
	at, err := reach(string(in.Path), in.Follow)
	if err == nil {
		defer at.close()
		err = at.stat(&st)
	}
	switch {
	case filesystem.NotThere(err):
		return StatOut{}, nil
	case err != nil:
		return StatOut{}, explain("path", "look at", in.Path, err)
	}
	out := statOut(ctx, &st)
	if out.Type == "link" {
		target, err := at.target()
		if err != nil {
			return StatOut{}, explain("path", "look at", in.Path, err)
		}
		out.Target = kind.Text(target)
	}
	if in.Mime {
		out.MimeType = mimeOfSpecial(uint32(st.Mode))
	}
	if out.Type != "file" || in.Hash == nil && !in.Mime {
		return out, nil
	}
	return out, in.look(ctx, &out)
}

// statOut returns the results that one stat(2) gives.
func statOut(ctx context.Context, st *unix.Stat_t) StatOut {
	out := StatOut{
		Exists: true, Type: string(filesystem.TypeOf(uint32(st.Mode))), Size: st.Size, Mode: modeText(uint32(st.Mode)),
		UID: int64(st.Uid), GID: int64(st.Gid),
		Owner: nameOf(ctx, "passwd", int64(st.Uid)), Group: nameOf(ctx, "group", int64(st.Gid)),
		Modified: moment(st.Mtim), Changed: moment(st.Ctim), Accessed: moment(st.Atim),
		Links: int64(st.Nlink), Inode: strconv.FormatUint(st.Ino, 10), Device: deviceName(uint64(st.Dev)),
	}
	if out.Type == "block" || out.Type == "char" {
		out.Major, out.Minor = int64(unix.Major(uint64(st.Rdev))), int64(unix.Minor(uint64(st.Rdev)))
	}
	return out
}

func modeText(mode uint32) string { return fmt.Sprintf("%04o", mode&0o7777) }

func moment(t unix.Timespec) string { return time.Unix(t.Unix()).UTC().Format(time.RFC3339Nano) }

func deviceName(dev uint64) string {
	return strconv.FormatUint(uint64(unix.Major(dev)), 10) + ":" + strconv.FormatUint(uint64(unix.Minor(dev)), 10)
}

// look adds the results that need the content of a file: the checksum, which reads all
// of it, and the media type, which reads its beginning.
func (in *StatIn) look(ctx context.Context, out *StatOut) error {
	f, err := openPlain(in.Path, in.Follow)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, sniffed)
	r := advancing{ctx, f}
	n, err := io.ReadFull(r, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	if in.Mime {
		out.MimeType = mimeOf(head[:n])
	}
	if err == nil && in.Hash != nil {
		sum := newHash(*in.Hash)
		sum.Write(head[:n])
		_, err = io.CopyBuffer(sum, r, make([]byte, 128<<10))
		out.Checksum = hex.EncodeToString(sum.Sum(nil))
	}
	return readFailure(ctx, in.Path, err)
}

// newHash returns nil if there is no hash with a name.
func newHash(name string) hash.Hash {
	switch name {
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	}
	return nil
}

// nameOf finds the name of a user or group by its number. It looks into the file first
// and then asks getent(1), which knows other sources.
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
