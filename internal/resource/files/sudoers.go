package files

import (
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// sudoersArgs are what a block of the kind sudoers may set.
type sudoersArgs struct {
	Path     kind.Text     `cbor:"path" mito:"required,claims=path"`
	Content  *kind.Content `cbor:"content,omitempty" mito:"content,diff,parts,itself,conflicts=commands"`
	User     *string       `cbor:"user,omitempty" mito:"needs=user,conflicts=group,shows=content"`
	Group    *string       `cbor:"group,omitempty" mito:"needs=group,conflicts=user,shows=content"`
	Commands []string      `cbor:"commands,omitempty" mito:"conflicts=content,shows=content"`
	Hosts    []string      `cbor:"hosts,omitempty" mito:"shows=content"`
	RunAs    *string       `cbor:"runas,omitempty" mito:"shows=content"`
	NoPasswd bool          `cbor:"nopasswd,omitempty" mito:"default=false,shows=content"`
	NoExec   bool          `cbor:"noexec,omitempty" mito:"default=false,shows=content"`
	SetEnv   bool          `cbor:"setenv,omitempty" mito:"default=false,shows=content"`
	State    string        `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Backup   bool          `cbor:"backup,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (sudoersArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A file of rules for sudo, which visudo has checked before it is in place.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "sudoers" "deploy" {
  on       = context.local.here
  path     = "/etc/sudoers.d/restart-app"
  user     = "deploy"
  runas    = "root"
  nopasswd = true
  commands = [
    "/usr/bin/systemctl restart app",
    "/usr/bin/systemctl status app",
  ]
}
resource "sudoers" "timeout" {
  on      = context.local.here
  path    = "/etc/sudoers.d/timeout"
  content = "Defaults timestamp_timeout = 5\n"
}
`,
			Reads:   "What is at the path: its type, owner, group, permissions and content; and whether visudo is installed.",
			Drift:   "The content, owner, group or mode is another one than the last apply left, or the file is gone.",
			Ansible: "community.general.sudoers, of which name is the last part of path here, sudoers_path the rest, host is hosts, and nopassword is nopasswd, which is false unless it is set: there every rule spares the password unless it says otherwise. Several rules, Defaults and aliases are content here. The check by visudo cannot be left out. Owner, group and mode are set and compared too.",
			Pyinfra: "There is no such operation. files.put or files.template write such a file, and nothing checks it.",
			Limits:  "The file is checked by itself: that /etc/sudoers includes its directory, and that no other file defines the same alias, is not looked at. A rule that takes away the right by which mitoplan itself became root is not found.",
			Traits:  []string{"content", "owner", "group", "mode"},
		},
		End:        "a file that an apply made is removed, if it holds what the last apply left; with backup it is kept beside, under a name that sudo ignores. One of other content stays. A file that was there before stays as it is; if backup was set when it was first changed, what was there is put back.",
		OtherNames: "sudo sudoer sudo_rule",
		Attrs: map[string]kind.Entry{
			"path":     {Doc: "The file, absolute, in a directory that /etc/sudoers includes, as /etc/sudoers.d/deploy. Its name has no dot and does not end in ~: sudo ignores such files. It belongs to root, and its mode is 0440.", OtherNames: "name dest filename file sudoers_path target_path"},
			"content":  {Doc: "What the file holds, in the syntax of sudoers(5). It is for what commands and the arguments beside it cannot say.", OtherNames: "contents template text data body"},
			"user":     {Doc: "Who may run the commands: the name of an account, ALL, #1000 for its number, or the name of an alias. Only with commands.", OtherNames: "users username"},
			"group":    {Doc: "The group whose members may run the commands, without the percent sign of sudoers. Only with commands.", OtherNames: "groups"},
			"commands": {Doc: "What may be run: each an absolute path, with arguments if only these are allowed, or ALL, or sudoedit with a path. A comma, colon, equals sign or number sign in arguments is written with a backslash before it, as sudoers(5) wants it. The file then has one rule.", OtherNames: "command cmd cmds"},
			"hosts":    {Doc: "On which hosts the rule counts. On all when not set. Only with commands.", OtherNames: "host"},
			"runas":    {Doc: "As whom the commands may be run: a user, user:group, :group or ALL. As root when not set. Only with commands.", OtherNames: "run_as"},
			"nopasswd": {Doc: "Whether sudo asks for no password. Only with commands.", OtherNames: "nopassword"},
			"noexec":   {Doc: "Whether sudo keeps the commands from running further programs, as far as it can. Only with commands."},
			"setenv":   {Doc: "Whether the user may set variables of the environment of the commands. Only with commands."},
			"state":    {Doc: "Whether the file should be there. With absent it is removed whatever it holds, and what other arguments say of it does not count; backup does.", OtherNames: "ensure present", Values: resource.Presence()},
			"backup":   {Doc: "Keep what was there, beside the file, with the time in its name, before it is replaced or removed. sudo ignores the name, as it has dots."},
		},
	}
}

type sudoersResults struct{}

func sudoersKind() kind.Kind {
	return resource.Define("sudoers", func() resource.Resource { return &Sudoers{} }, sudoersResults{})
}

// Sudoers is the desired state of a file of rules for sudo.
type Sudoers struct{ sudoersArgs }

// Validate implements Validator.
func (s *Sudoers) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", s.Path), resource.CheckState(s.State)...)
	name := path.Base(string(s.Path))
	switch {
	case path.Clean(string(s.Path)) == "/etc/sudoers":
		out = append(out, *kind.NewProblem("path", kind.CodePath, "This is the main file of sudo",
			"A block replaces or removes all that its file holds, and without the rules of /etc/sudoers nobody may be able to run sudo any more. Name a file in /etc/sudoers.d. Single lines of /etc/sudoers are changed by the kind line, with validate set to \"visudo -cf %%s\"."))
	case strings.HasSuffix(string(s.Path), "/"):
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The path ends in a slash", "That names a directory. Name the file itself."))
	case strings.Contains(name, ".") || strings.HasSuffix(name, "~"):
		out = append(out, *kind.NewProblem("path", kind.CodePath, "Files of this name are ignored by sudo",
			"The name %s has a dot or ends in ~, and sudo reads no such file of a directory that it includes. Write %s.", name, ignoredNot(name)))
	}
	return append(out, s.checkRule()...)
}

// ignoredNot is a name like one that sudo ignores, which it reads.
func ignoredNot(name string) string {
	return strings.ReplaceAll(strings.Trim(name, ".~"), ".", "-")
}

// Part implements Parted.
func (*Sudoers) Part(_ *resource.Parts, args map[string]any, _ []string) resource.Part {
	state, _ := resource.WireText(args["state"])
	return resource.Part{Absent: state == "absent", Whole: true}
}
