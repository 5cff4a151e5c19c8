package system

import (
	"path"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// mountArgs are what a block of the kind mount may set.
type mountArgs struct {
	Path    kind.Text  `cbor:"path" mito:"required,over=path,public,end,shows=content|mounted"`
	Source  kind.Text  `cbor:"src,omitempty" mito:"needs=path,itself,end,shows=content|mounted"`
	Type    string     `cbor:"fstype,omitempty" mito:"default=auto,shows=content|mounted"`
	Options string     `cbor:"opts,omitempty" mito:"default=defaults,shows=content|mounted"`
	Dump    int64      `cbor:"dump,omitempty" mito:"default=0,shows=content"`
	Pass    int64      `cbor:"passno,omitempty" mito:"default=0,shows=content"`
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Persist *bool      `cbor:"persist,omitempty" mito:"end,default=true,shows=content"`
	Runtime *bool      `cbor:"runtime,omitempty" mito:"end,default=true,shows=mounted"`
	Fstab   *kind.Text `cbor:"fstab,omitempty" mito:"edits=path,default=/etc/fstab"`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (mountArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A file system that is mounted: now, and when the machine starts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "mount" "scratch" {
  on     = context.local.here
  path   = "/mnt/scratch"
  src    = "tmpfs"
  fstype = "tmpfs"
  opts   = "size=16m,mode=0755,nosuid,nodev"
}
resource "mount" "seen" {
  on   = context.local.here
  path = "/mnt/seen"
  src  = "/usr/share"
  opts = "bind,ro"
}
`,
			Reads:   "The list of what is mounted, which the kernel keeps, and all of /etc/fstab, with its owner, group and permissions. UUID= and the like are looked up in /dev/disk, or by findfs where that does not have them. The attribute mounted of the difference is what is mounted at path, content what /etc/fstab holds.",
			Drift:   "Something else is mounted at path, or nothing, or it has other options than opts says; or the line of path in /etc/fstab says something else, or is gone or there again. Blanks and all other lines do not count. Of the options of what is mounted those count that the kernel shows in one form: ro, nosuid, nodev, noexec, nosymfollow, sync, dirsync and their opposites, those about the times of access if opts names one, and the size, nr_inodes, mode, uid, gid, hidepid, errors, and of btrfs the subvol and subvolid that opts names. Where opts changes in another option, the plan sees that by the line in /etc/fstab.",
			Ansible: "ansible.posix.mount. Its state mounted is what this kind does by itself; present is runtime = false, ephemeral is persist = false, unmounted is state absent with persist = false, and remounted is not needed, as options that differ are set by a remount. The options of what is mounted are compared there only if the line changes. The directory at path stays with state absent. A file system is mounted before its line is written, so that no line is left that the machine cannot start with.",
			Pyinfra: "server.mount, of which device is src and fs_type is fstype. It mounts and writes no /etc/fstab.",
			Limits:  "What is on a file system that is not mounted yet no plan sees: blocks of paths below it are planned upon what is in the directory, and an apply refuses where that is otherwise. They come after the mount without being told so, but for those whose path leads there through a link, and where path is known only when the plan is applied: give these depends_on. Nothing is ever unmounted by force, or lazily. A plan warns of a path that others than root may have lead elsewhere. Where several file systems are mounted over each other at path, only the uppermost is seen, and none is unmounted. An automount of systemd is left alone: with x-systemd.automount in opts and nothing mounted yet, the line counts. Units that systemd makes of /etc/fstab are made anew when it changes. Another file system check, an initramfs and quotas are not seen to. What was tested: tmpfs, bind mounts, and an ext4 file system in a file, by its path, its label and its UUID, on Linux 6.18; network file systems only by what they would show.",
			Traits:  []string{"runtime", "src", "content"},
		},
		End:        "what an apply mounted is unmounted, if it is still what was mounted, and the line that it added to /etc/fstab is taken out, if it says what the last apply left. Directories that were made for it go with it if they are empty. What cannot be taken back: other options of what was mounted before, and what was unmounted because something else was to be there.",
		OtherNames: "mounts filesystem fstab",
		Attrs: map[string]kind.Entry{
			"path":    {Doc: "Where it is mounted, absolute. Directories that are missing are made. All blocks of what is at this path or below it come after this one.", OtherNames: "name dest mountpoint mount_point target"},
			"src":     {Doc: "What is mounted: a device, UUID=, LABEL=, PARTUUID= or PARTLABEL= and a name, a file with a file system in it, a directory with bind in opts, or what the file system wants, as server:/path for nfs. Required, but with state absent.", OtherNames: "device source spec what"},
			"fstype":  {Doc: "The type of the file system. With auto it is found out; a bind mount has none.", OtherNames: "fs_type type vfstype"},
			"opts":    {Doc: "The options, separated by commas, as /etc/fstab has them. What differs from what is mounted is set by a remount.", OtherNames: "options mntops"},
			"dump":    {Doc: "The fifth field of the line, for dump(8)."},
			"passno":  {Doc: "The sixth field of the line: when the file system is checked as the machine starts. 0 is never.", OtherNames: "pass fsck"},
			"state":   {Doc: "Whether it should be mounted. With absent it is unmounted, whatever it is, and its line taken out; the directory stays.", OtherNames: "ensure present", Values: resource.Presence(), Instead: map[string]string{"mounted": "That is what present does.", "unmounted": "Set state to absent and persist to false.", "remounted": "Leave state out: options that differ are set by a remount.", "ephemeral": "Leave state out, and set persist to false."}},
			"persist": {Doc: "Keep it in /etc/fstab, so that it is mounted when the machine starts.", OtherNames: "boot"},
			"runtime": {Doc: "Mount it now.", OtherNames: "live now"},
			"fstab":   {Doc: "The file that is in place of /etc/fstab, absolute. It is made if it is missing."},
			"backup":  {Doc: "Keep what /etc/fstab held, beside it, with the time in its name, before it is changed."},
		},
	}
}

func mountKind() kind.Kind {
	return resource.Define("mount", func() resource.Resource { return &Mount{} }, files.PartResults{})
}

// Mount is the desired state of what is mounted at a path.
type Mount struct{ mountArgs }

// Validate implements kind.Validator.
func (m *Mount) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", m.Path), resource.CheckState(m.State)...)
	if m.Fstab != nil {
		out = append(out, filesystem.CheckPath("fstab", *m.Fstab)...)
	}
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, wrong(attr, summary, detail, args...)...)
	}
	if !oneLine(string(m.Path)) {
		bad("path", "No path of a line", "The path has a character that ends a line or that nobody sees, which no line of /etc/fstab can hold.")
	}
	switch {
	case !m.persists() && !m.runs():
		return append(out, resource.Excluding("runtime", "persist and runtime are both false, so that nothing would be done. Remove one of them.")...)
	case m.gone():
		if path.Clean(string(m.Path)) == "/" && m.runs() {
			bad("state", "The root is not unmounted", "Nothing runs without what is mounted at /. To take its line out of /etc/fstab alone set runtime to false.")
		}
		return out
	}
	switch s := string(m.Source); {
	case s == "":
		bad("src", "Nothing to mount", "Nothing says what is mounted at path. Set src, or set state to absent to have it unmounted.")
	case !oneLine(s), strings.HasPrefix(s, "-"):
		bad("src", "Nothing that can be mounted", "src begins with a hyphen, or has a character that ends a line or that nobody sees. Name a device, a file, a directory, or what the file system wants.")
	case m.binds() && !path.IsAbs(s):
		bad("src", "No directory to bind", "opts has bind, by which a directory is seen at path, too. Name that in src, beginning with a slash.")
	}
	out = append(out, m.checkOptions()...)
	number := func(attr string, n int64) {
		if n < 0 || n > 9 {
			bad(attr, "No such number", "%s is %d. It is 0, 1 or 2 in nearly all lines of /etc/fstab.", kind.Rule(attr), n)
		}
	}
	number("dump", m.Dump)
	number("passno", m.Pass)
	return out
}

// checkOptions returns what is wrong with the type and the options.
func (m *Mount) checkOptions() []kind.Problem {
	if t := m.Type; strings.ContainsAny(t, " \t,#\\") || !oneLine(t) || strings.HasPrefix(t, "-") {
		return wrong("fstype", "No type of a file system", "fstype is %q. Write one word, as ext4, xfs, nfs or tmpfs.", t)
	}
	if t := m.Type; t == "swap" {
		return wrong("fstype", "Swap is not mounted", "What the kernel swaps to is mounted nowhere, and this kind does not keep its line. Use a resource \"swap\" for a file. For a partition use a resource \"line\", and a call \"command\" with swapon.")
	}
	if strings.ContainsAny(m.Options, " \t") || !oneLine(m.Options) || strings.HasPrefix(m.Options, "-") {
		return wrong("opts", "No options of a mount", "opts has a blank, begins with a hyphen, or has a character that nobody sees. Separate options by commas alone, as in noexec,nosuid.")
	}
	for _, o := range m.options() {
		name, _, _ := strings.Cut(o, "=")
		switch name {
		case "":
			return wrong("opts", "An option without a name", "opts has two commas in a row, or one at an end. Remove it.")
		case "password", "pass", "passwd", "password2":
			return wrong("opts", "A password everybody could read", "Everybody may read /etc/fstab, and what a program is started with. Put user and password into a file of root alone, and name that with credentials= in opts.")
		case "remount":
			return wrong("opts", "remount is no option to keep", "Options that differ are set by a remount without being told so. Remove remount.")
		}
	}
	return nil
}

// Part implements Parted.
func (*Mount) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	if args["persist"] == false {
		return resource.Part{}
	}
	return part(edit.Mounts, "path", args, unknown, edit.MountPath)
}

func (m *Mount) persists() bool { return m.Persist == nil || *m.Persist }

func (m *Mount) runs() bool { return m.Runtime == nil || *m.Runtime }

func (m *Mount) gone() bool { return m.State == "absent" }

// options are those that opts has.
func (m *Mount) options() []string {
	if m.Options == "" {
		return []string{"defaults"}
	}
	return splitOptions(m.Options)
}

// binds reports whether a directory is seen at another place, too.
func (m *Mount) binds() bool {
	for _, o := range m.options() {
		if o == "bind" || o == "rbind" {
			return true
		}
	}
	return false
}

// line is the line in /etc/fstab.
func (m *Mount) line() edit.MountLine {
	l := edit.MountLine{
		Source: string(m.Source), Path: edit.MountPath(string(m.Path)), Type: m.Type, Options: strings.Join(m.options(), ","),
		Dump: strconv.FormatInt(m.Dump, 10), Pass: strconv.FormatInt(m.Pass, 10),
	}
	if l.Type == "" {
		l.Type = "auto"
		if m.binds() {
			l.Type = "none"
		}
	}
	return l
}

// splitOptions takes options apart. A comma between quotes belongs to an option, as in labels of
// SELinux.
func splitOptions(s string) []string {
	quoted, from := false, 0
	var out []string
	for i := range len(s) {
		switch s[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				out, from = append(out, s[from:i]), i+1
			}
		}
	}
	return append(out, s[from:])
}
