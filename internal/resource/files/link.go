package files

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// linkArgs are what a block of the kind link may set.
type linkArgs struct {
	Path   kind.Text  `cbor:"path" mito:"required,claims=path"`
	Target *kind.Text `cbor:"target,omitempty" mito:"needs=path,end"`
	Hard   bool       `cbor:"hard,omitempty" mito:"default=false,end"`
	Owner  *string    `cbor:"owner,omitempty" mito:"needs=user"`
	Group  *string    `cbor:"group,omitempty" mito:"needs=group"`
	Force  bool       `cbor:"force,omitempty" mito:"default=false"`
	State  string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (linkArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A symbolic link: where it leads, and who owns it. What it leads to is never touched. With hard, another name of a file. " +
			"It comes after the blocks that make its target, and the directories above that.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "directory" "release" {
  on   = context.local.here
  path = "/srv/app-2.1"
}
resource "link" "current" {
  on     = context.local.here
  path   = "/srv/app"
  target = directory.release.path
}
`,
			Reads:   "What is at the path, where a link there leads, and its owner and group. What it leads to is looked at only to warn where nothing is. With hard the device and the number of both files.",
			Drift:   "The link leads elsewhere, its owner or group is another one as far as the block sets it, or it is gone. With hard: the two names are of different files.",
			Ansible: "file with state link or hard. It needs no force to lead where nothing is, never changes the owner of what it leads to, and never replaces a directory that holds something.",
			Pyinfra: "files.link, whose argument symbolic is the opposite of hard here. It makes no directories above itself, and its end takes away only a link that still leads where it did.",
			Limits:  "A hard link has no owner of its own, and is one of a file only. Whoever puts a new file in the place of its target, as most programs and the kind file do, parts the two: the next plan says so, and with force joins them again. Where it is a block before this one that does so, the name follows its target in the same apply, without force. A link cannot be in the place of a directory that holds something, with force neither. On an overlay, as in a container, a file of its lower layer becomes another one with its first change, so that its hard links are parted then.",
			Traits:  []string{"target", "hard", "owner", "group"},
		},
		End:        "a link that an apply made is removed if it still leads to the target that it was given. One that leads elsewhere, or something else at the path, stays, and is forgotten. With hard it is removed if it is still the same file as the target, which keeps its own name. What it leads to stays in any case. A link that was there before stays as it is. What cannot be taken back: where such a link led before, who owned it, and what a link took the place of with force.",
		OtherNames: "symlink",
		Attrs: map[string]kind.Entry{
			"path":   {Doc: "Where the link is, absolute. The directory has to exist.", OtherNames: "dest name destination filename file link_name"},
			"target": {Doc: "Where the link leads, kept character for character: a relative target begins in the directory of the link. Nothing has to be there. Required, but with state absent, where it does not count.", OtherNames: "src source to points_to"},
			"hard":   {Doc: "Make path another name of the file that target is, on the same file system, instead of a link that leads there. The file has to exist, and neither name is the real one. owner and group are then those of the file and cannot be set.", OtherNames: "symbolic"},
			"owner":  {Doc: "Name or number of the owner of the link itself. Left alone when not set.", OtherNames: "user"},
			"group":  {Doc: "Name or number of the group of the link itself. Left alone when not set."},
			"force":  {Doc: "Replace what is in the way though it is no link: a file, a pipe, an empty directory. A link that leads elsewhere is replaced without it. With hard it also replaces another file; a name that only this plan parts from its target needs no force. A directory that holds something is never replaced. With state absent it does not count."},
			"state":  {Doc: "Whether the link should be there. With absent it is removed wherever it leads; something else at the path is an error. With hard the name is removed if it is one of the target, and not its only one.", OtherNames: "ensure present", Values: resource.Presence(), Instead: map[string]string{"link": "This is one already: leave state out.", "directory": `A directory is a resource "directory".`, "hard": "Set hard = true, and leave state out."}},
		},
	}
}

type linkResults struct{}

func linkKind() kind.Kind {
	return resource.Define("link", func() resource.Resource { return &Link{} }, linkResults{})
}

// Link is the desired state of a symbolic link.
type Link struct{ linkArgs }

// mostTarget is the length of the longest target that a system keeps.
const mostTarget = 4095

// Validate implements Validator.
func (l *Link) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", l.Path), resource.CheckState(l.State)...)
	if len(out) == 0 && strings.HasSuffix(string(l.Path), "/") {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The path ends in a slash", "That names what the link leads to. Name the link itself."))
	}
	out = append(out, l.checkHard()...)
	if l.State == "absent" {
		return out
	}
	problem := func(code kind.Code, summary, detail string) {
		out = append(out, *kind.NewProblem("target", code, summary, "%s", kind.Rule(detail)))
	}
	switch {
	case l.Target == nil:
		problem(kind.ArgumentCode("target"), "No target is given", "Say with target where the link leads, or set state to absent to remove it.")
	case *l.Target == "":
		problem(kind.ArgumentCode("target"), "The target is empty", "No system keeps such a link. Name where it leads: a path that begins with a slash, or one that begins in the directory of the link.")
	case strings.ContainsRune(string(*l.Target), 0):
		problem(kind.ArgumentCode("target"), "The target contains a zero byte", "No file can have such a name.")
	case len(*l.Target) > mostTarget:
		problem(kind.CodeNameTooLong, "The target is too long", "Systems keep links to paths of at most 4095 bytes. Name a shorter one.")
	case len(out) == 0 && passes(from(path.Dir(path.Clean(string(l.Path))), *l.Target), path.Clean(string(l.Path))):
		problem(kind.CodeLinkLoop, "The link would lead to itself", "The way to target goes through path, so that nothing could ever be reached through the link. Name another target.")
	}
	return out
}

// from is where a target leads, from a directory. It is not cleaned: what ".." means
// depends on the links before it.
func from(dir string, target kind.Text) string {
	if strings.HasPrefix(string(target), "/") {
		return string(target)
	}
	return dir + "/" + string(target)
}

// passes reports whether the way to a path goes through another path, as far as the names
// tell it: they do not tell where ".." leads.
func passes(to, at string) bool {
	cur := "/"
	for _, part := range strings.Split(to, "/") {
		if part == ".." {
			return false
		}
		if cur = path.Join(cur, part); cur == at {
			return true
		}
	}
	return false
}

// checkHard returns what is wrong with the arguments of a hard link.
func (l *Link) checkHard() []kind.Problem {
	switch {
	case !l.Hard:
		return nil
	case l.Target == nil && l.State == "absent":
		return []kind.Problem{*kind.NewProblem("target", kind.ArgumentCode("target"), "No target is given", "A hard link is told from other files by its target. Say with target which file it is a name of.")}
	case l.Owner != nil:
		return resource.Excluding("owner", "With hard, path is another name of the target, which has one owner. Set it with the kind file, or remove owner.")
	case l.Group != nil:
		return resource.Excluding("group", "With hard, path is another name of the target, which has one group. Set it with the kind file, or remove group.")
	}
	return nil
}
