package files

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// fileArgs are what a block of the kind file may set.
type fileArgs struct {
	Path          kind.Text     `cbor:"path" mito:"required,claims=path"`
	Content       *kind.Content `cbor:"content,omitempty" mito:"content,diff,parts,itself,conflicts=content_base64|source"`
	ContentBase64 *kind.Content `cbor:"content_base64,omitempty" mito:"content,base64,conflicts=content|source,shows=content"`
	Source        *kind.Text    `cbor:"source,omitempty" mito:"conflicts=content|content_base64,shows=content,sends=source_content"`
	CopyFrom      *kind.Text    `cbor:"copy_from,omitempty" mito:"reads=path,conflicts=content|content_base64|source,shows=content"`
	Fragments     []kind.Text   `cbor:"fragments,omitempty" mito:"diff,conflicts=content|content_base64|source|copy_from,shows=content"`
	Checksum      *string       `cbor:"checksum,omitempty"`
	ownerArgs
	extendedArgs
	State   string `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Create  *bool  `cbor:"create,omitempty" mito:"default=true"`
	Replace *bool  `cbor:"replace,omitempty" mito:"default=true"`
	writeArgs
	Force  bool `cbor:"force,omitempty" mito:"default=false"`
	Follow bool `cbor:"follow,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (fileArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A file: its content, owner and permissions.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "motd" {
  on      = context.local.here
  path    = "/etc/motd"
  content = "Changes to this host are made with mitoplan.\n"
  owner   = "root"
  group   = "root"
  mode    = "0644"
}
resource "file" "sshd" {
  on       = context.local.here
  path     = "/etc/ssh/sshd_config.d/10-hardened.conf"
  content  = "PasswordAuthentication no\n"
  mode     = "0600"
  validate = "sshd -t -f %s"
  backup   = true
}
`,
			Reads:   "What is at the path: its type, owner, group, permissions, those attributes, access lists, capabilities and labels that the block sets, and the SHA-256 of its content. The content itself is read where a difference is shown or a later block edits it. Of a file of 1 MiB or more the digest is kept on the host, and it is read again only after it was changed.",
			Drift:   "The content, owner, group or mode, an attribute, the access list, the capabilities or the label is another one than the last apply left, as far as the block sets it; or the file is gone, or something else is at its path. Times do not count.",
			Ansible: "copy, template and, for its states file, touch and absent, file. A template is the function templatefile, so that a plan shows the whole difference. A link at the path is an error unless force or follow is set, and what a block does not set, such as the mode of a file that is there, is left alone. The content is on disk before it is in place.",
			Pyinfra: "files.put, files.template and files.file. They make missing directories above a file; here a directory does.",
			Limits:  "content and content_base64 have 63 MiB at most, fragments 16 MiB together, source and copy_from any length. A file cannot be put in the place of one that is mounted by itself: see in_place.",
			Traits:  []string{"content", "owner", "group", "mode", "attributes", "acl", "capabilities", "selinux"},
		},
		End:        "a file that an apply made is removed, if it holds what the last apply left; with backup it is kept beside, as always. If the block says nothing of the content, it is removed whatever it holds by then. One of other content, or something else that is at the path, stays. A file that was there before stays as it is; if backup was set when it was first changed, what was there is put back from the backup, with its owner, permissions and attributes, if the file holds what the last apply left. So is what a file took the place of with force. What cannot be taken back: what a file took the place of without backup, and other names that a file had.",
		OtherNames: "copy template put",
		Attrs: map[string]kind.Entry{
			"path":           {Doc: "Where the file is, absolute.", OtherNames: "dest name target destination filename file target_path"},
			"content":        {Doc: "What the file holds, at most 63 MiB. Without any content given, what it holds is left alone, and a missing file is made empty. Beyond 1 MiB a plan shows its size and no difference.", OtherNames: "contents template text data body"},
			"content_base64": {Doc: "What the file holds, byte for byte, as base64 of at most 63 MiB."},
			"source":         {Doc: "A file on the controller to copy, byte for byte, of any length. Beyond 1 MiB a saved plan has only its name: see `-bundle` of `plan`.", OtherNames: "src source_path"},
			"copy_from":      {Doc: "A file of the same machine to copy, absolute, byte for byte, of any length. Nothing of it travels. It is compared by its SHA-256, also later: if that file changes, this one differs. The block comes after all that claim or edit that file. A new copy without mode gets at most the permissions of that file. If not everybody may read that, a plan does not show the content, which is treated as sensitive then. Links on the way are followed, but not those of other users in a directory that they may write in.", OtherNames: "remote_src copy"},
			"fragments":      {Doc: "The parts that the file consists of, in their order, each a text: written here, or from file or templatefile. One that does not end with a line end gets one if another follows. The last one gets none: end it with a line end if the file should end with one. A plan shows the content that they make.", OtherNames: "assemble parts", List: `fragments = [file("head"), file("tail")]`},
			"checksum":       {Doc: "The SHA-256 that the content of the block must have, as sha256sum prints it, with or without \"sha256:\" before it. Another content is refused and not written. What is there already is not looked at by this.", OtherNames: "sha256 sha256sum"},
			"state":          {Doc: "Whether the file should be there. With absent it is removed whatever it holds, and what other arguments say of it does not count; backup, force and follow do.", OtherNames: "ensure present", Values: resource.Presence(), Instead: elsewhere()},
			"create":         {Doc: "Make the file if it is missing. With false only a file that exists is managed, and a missing one is an error: use enabled with a call of stat if it may be missing."},
			"replace":        {Doc: "Replace what the file holds if that differs. With false content is written only if the file is missing: what an existing one holds is neither compared nor changed, while owner, group and mode are. Not with state absent."},
			"force":          {Doc: "Replace what is in the way though it is no file: a link, a pipe, an empty directory. With state absent an empty directory is removed, too.", OtherNames: "unsafe_writes"},
			"follow":         {Doc: "If path is a symbolic link, manage the file that it points to."},
		},
	}
}

type fileResults struct{}

func fileKind() kind.Kind {
	return resource.Define("file", func() resource.Resource { return &File{} }, fileResults{})
}

// File is the desired state of a file.
type File struct {
	fileArgs
	// Sent is what the file on the controller holds that source names.
	Sent *kind.Content `cbor:"source_content,omitempty" mito:"sent"`

	// given is what the file should hold, if another kind says it instead of arguments.
	given *resource.Content
	// ends is set if it takes away a file that was made, and nothing else.
	ends bool
}

// Validate implements Validator.
func (f *File) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", f.Path), resource.CheckState(f.State)...)
	out = append(out, checkWriteArgs(f.ownerArgs, f.writeArgs)...)
	if f.contents() > 1 {
		out = append(out, *kind.NewProblem("content", kind.CodeConflict, "More than one content", "Only one of content, content_base64, source, copy_from and fragments can say what the file holds."))
	}
	out = append(out, f.checkFrom()...)
	out = append(out, f.extendedArgs.check(f.State)...)
	if strings.HasSuffix(string(f.Path), "/") {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The path ends in a slash", "That names a directory. Name the file itself, or use the kind directory."))
	}
	return append(out, f.checkWhen()...)
}

// Part implements Parted. A block that says only who owns a file leaves what it
// holds to others.
func (*File) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	state, _ := resource.WireText(args["state"])
	absent := state == "absent"
	return resource.Part{Absent: absent, Whole: absent || args["replace"] != false && hasContent(args, unknown)}
}

// contentArgs are the arguments that say what a file holds.
var contentArgs = []string{"content", "content_base64", "source", "copy_from", "fragments"}

// hasContent reports whether a block says what its file holds.
func hasContent(args map[string]any, unknown []string) bool {
	return slices.ContainsFunc(contentArgs, func(name string) bool {
		return args[name] != nil || slices.Contains(unknown, name)
	})
}

// creates reports whether a missing file is made.
func (f *File) creates() bool { return f.Create == nil || *f.Create }

// replaces reports whether content that differs is replaced.
func (f *File) replaces() bool { return f.Replace == nil || *f.Replace }

// checkWhen finds arguments that say when something is written and leave nothing
// to write.
func (f *File) checkWhen() []kind.Problem {
	switch {
	case !f.replaces() && f.State == "absent":
		return resource.Excluding("replace", "state is absent, which removes what the file holds, and replace is false, which keeps it. Remove one of them.")
	case !f.replaces() && f.Force:
		return resource.Excluding("replace", "force puts a file in place of something else, and replace is false, which keeps what is there. Remove one of them.")
	case !f.creates() && f.Force:
		return resource.Excluding("create", "force makes a file in place of something else, and create is false, so no file is made. Remove one of them.")
	case !f.creates() && !f.replaces() && f.contents() > 0:
		return resource.Excluding("replace", "create is false, so no file is made, and replace is false, so none is changed. The content would never be written. Remove one of the arguments, or the content.")
	}
	return nil
}

func (f *File) contents() (n int) {
	for _, set := range []bool{f.Content != nil, f.ContentBase64 != nil, f.Source != nil, f.CopyFrom != nil, f.Fragments != nil} {
		if set {
			n++
		}
	}
	return n
}
