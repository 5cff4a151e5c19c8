package function

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// CommandIn are the arguments of command.
type CommandIn struct {
	Argv       []kind.Text `cbor:"argv,omitempty" mito:"conflicts=shell"`
	Shell      *kind.Text  `cbor:"shell,omitempty" mito:"conflicts=argv"`
	Executable *kind.Text  `cbor:"executable,omitempty" mito:"default=/bin/sh"`
	ProgramIn
}

// ProgramIn are the arguments of each function that runs a program of a configuration: when it
// runs, and in which surroundings.
type ProgramIn struct {
	Creates     *kind.Text           `cbor:"creates,omitempty" mito:"guard"`
	Removes     *kind.Text           `cbor:"removes,omitempty" mito:"guard"`
	Unless      any                  `cbor:"unless,omitempty" mito:"guard"`
	OnlyIf      any                  `cbor:"only_if,omitempty" mito:"guard"`
	Stdin       *kind.Content        `cbor:"stdin,omitempty" mito:"content,conflicts=stdin_file"`
	StdinFile   *kind.Text           `cbor:"stdin_file,omitempty" mito:"conflicts=stdin,sends=stdin_content"`
	StdoutFile  *kind.Text           `cbor:"stdout_file,omitempty" mito:"saves=stdout"`
	Env         map[string]kind.Text `cbor:"env,omitempty"`
	Dir         *kind.Text           `cbor:"dir,omitempty"`
	PTY         bool                 `cbor:"pty,omitempty" mito:"default=false"`
	Columns     *int64               `cbor:"columns,omitempty" mito:"default=80"`
	Rows        *int64               `cbor:"rows,omitempty" mito:"default=24"`
	Umask       *string              `cbor:"umask,omitempty" mito:"form=umask"`
	OKExitCodes []int64              `cbor:"ok_exit_codes,omitempty" mito:"default=[0]"`
	MaxOutput   *int64               `cbor:"max_output,omitempty" mito:"default=4194304,most"`
	ReadOnly    bool                 `cbor:"read_only,omitempty" mito:"default=false,readonly"`
	Sensitive   bool                 `cbor:"sensitive,omitempty" mito:"default=false,hides"`
	// StdinContent is what the file on the controller holds that stdin_file names.
	StdinContent *kind.Content `cbor:"stdin_content,omitempty" mito:"sent"`
}

// Manual says the texts of these arguments.
func (CommandIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Runs a program.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "command" "kernel" {
  on        = context.local.here
  argv      = ["uname", "-r"]
  read_only = true
}
call "command" "key" {
  on      = context.local.here
  shell   = "umask 077 && head -c 32 /dev/urandom > /root/app.key"
  creates = "/root/app.key"
}
output "kernel" {
  value = trimspace(call.command.kernel.stdout)
}
`,
			Reads:   "While planning: whether the paths of creates and removes are there, and what unless and only_if answer. With read_only the command itself runs, too. Without any of these nothing is read, and the plan says that it runs.",
			Ansible: "command, shell and script run at every play, and count as changed unless changed_when says otherwise. Here a guard, triggers or triggered_by decides while planning, and a plan says what would run. Output and errors are apart, and no terminal is there unless pty is set.",
			Pyinfra: "server.shell and server.script run every time, and count as changed.",
			Limits:  "mitoplan cannot know what a program does: read_only is a promise of yours, and after a command that is not read_only nothing that was read on that machine counts any more. What it printed stays in memory up to max_output. Commands of one machine run at the same time unless depends_on orders them: where they need the same lock, as package managers do, set parallelism = 1 in their context. With pty, a program that throws away what was typed before it asked, as passwd does, does not get stdin: look for its option that reads a password from a file or from standard input.",
		},
		OtherNames: "shell exec cmd run",
		Hints:      map[string]string{"cmd": lineOrList(), "command": lineOrList()},
		Attrs: map[string]kind.Entry{
			"argv":       {Doc: "Program and its arguments; no shell is involved.", OtherNames: "args", List: `Write each word as an element, ["uname", "-r"], or a line for a shell as the argument shell.`},
			"shell":      {Doc: "Command line for /bin/sh."},
			"executable": {Doc: "The shell that runs shell, with -c, such as /bin/bash.", OtherNames: "shell_executable interpreter"},
		},
	}
}

// Manual says the texts of these arguments.
func (ProgramIn) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"creates":       {Doc: "Path that the command makes: it does not run if that exists. If nothing is at it, it may be a pattern, as in a call of glob: the command does not run if that matches anything. If the user may not look, that is an error."},
			"removes":       {Doc: "Path that the command removes, or a pattern, as for creates: it does not run if that is missing."},
			"unless":        {Doc: "Command, as a list or a shell string, that runs while planning too: if it succeeds, this one does not run.", OtherNames: "not_if"},
			"only_if":       {Doc: "Command, as a list or a shell string, that runs while planning too: this one runs only if it succeeds.", OtherNames: "onlyif"},
			"stdin":         {Doc: "What the command reads from its standard input, at most 63 MiB. It need not read all of it."},
			"stdin_file":    {Doc: "A file on the controller that the command reads as its standard input, byte for byte. It is sent while the command reads, and the command need not read all of it. If it does not come whole, the command is ended, and sees no end of its input.", OtherNames: "input stdin_source"},
			"stdout_file":   {Doc: "A file on the controller that gets what the command writes to its standard output, byte for byte, while it comes, so it may have any size. A relative path begins in the directory of the configuration. Files of the configuration, files that it reads, the record and the plan file are refused. So no block of the same configuration can take it as its source. A link, pipe or device at that path is refused, too, already while planning: name the file that a link leads to. Links of its directory are followed. A file that is write-protected is replaced. The file is there whole when the call has succeeded, and what was there before until then: nothing is left of a call that fails or is cut off. Only if mitoplan itself is killed, a hidden file may stay beside it, whose name begins with .mitoplan- and ends with .tmp. A new file has mode 0600, one that exists keeps its own; what the command prints may hold a secret, and nothing hides it in there. A command with stdout_file never runs while planning, with read_only neither: then it runs when the plan is applied, and is still known to change nothing on its host.", OtherNames: "output_file save_as stdout_to"},
			"env":           {Doc: "Environment variables beyond those of the agent.", OtherNames: "environment"},
			"dir":           {Doc: "Directory to run in. The agent's home when not set.", OtherNames: "chdir cwd working_dir"},
			"pty":           {Doc: "Run the command on a terminal: its standard input, output and error are one, and stdout has all that it shows, lines ended by a line feed. What stdin or stdin_file gives is typed there, and not repeated until the program sets its terminal otherwise; a line has at most 4095 bytes, and control characters act. Without them it finds the end of its input. TERM is dumb unless env says otherwise. What still runs when the command ends is hung up on, as when somebody logs out, but for what has a session or a process group of its own (setsid, set -m). What unless and only_if run has no terminal.", OtherNames: "tty terminal use_pty get_pty"},
			"columns":       {Doc: "How wide the terminal is, in characters. Only with pty.", OtherNames: "width cols"},
			"rows":          {Doc: "How high the terminal is, in lines. Only with pty.", OtherNames: "height lines"},
			"umask":         {Doc: "Permissions that new files lack, as octal digits (0022). That of the account, or of sudo, when not set."},
			"ok_exit_codes": {Doc: "Exit codes that are no error.", OtherNames: "success_codes"},
			"max_output":    {Doc: "How many bytes of stdout, and of stderr, are kept; at most 12582912 (12 MiB). What comes after that is read and dropped. With stdout_file it is the most that may be saved, of any size, and more fails the call; if it is not set, only the disk bounds that: 5 % of its file system, at most 1 GiB, are left free."},
			"read_only":     {Doc: "The command changes nothing: it runs while planning. See stdout_file for the exception."},
			"sensitive":     {Doc: "What the command prints is a secret: its results are sensitive, and no log and no error shows it.", OtherNames: "no_log secret hidden"},
		},
	}
}

// lineOrList asks which of the two ways to give a command was meant.
func lineOrList() string {
	return strings.TrimSpace(prose.DidYouMean(`"shell" (a line) or "argv" (a list)`))
}

// CommandOut are the results of command.
type CommandOut struct {
	ExitCode  int64      `cbor:"exit_code" mito:"computed"`
	Stdout    *kind.Text `cbor:"stdout" mito:"computed,notwith=stdout_file"`
	Stderr    kind.Text  `cbor:"stderr" mito:"computed"`
	Duration  float64    `cbor:"duration" mito:"computed"`
	Truncated bool       `cbor:"truncated" mito:"computed"`
	// What follows is set on the controller.
	StdoutSize   *int64  `cbor:"stdout_size" mito:"computed,saved=size,onlywith=stdout_file"`
	StdoutSHA256 *string `cbor:"stdout_sha256" mito:"computed,saved=sha256,onlywith=stdout_file"`
}

// Manual says the texts of these results.
func (CommandOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"exit_code":     {Doc: "Exit code.", OtherNames: "rc return_code code"},
			"stdout":        {Doc: "What it wrote to its standard output. Null with stdout_file.", OtherNames: "output result stdout_lines"},
			"stderr":        {Doc: "What it wrote to its standard error. Empty with pty."},
			"duration":      {Doc: "How long it ran, in seconds."},
			"truncated":     {Doc: "Whether it wrote more than was kept."},
			"stdout_size":   {Doc: "How many bytes stdout_file got. Null without it."},
			"stdout_sha256": {Doc: "Their SHA-256, as hex. Null without stdout_file."},
		},
	}
}

func commandKind() kind.Kind {
	k := define("command", func() Function { return &CommandIn{} }, CommandOut{})
	k.Opaque = true
	return k
}
