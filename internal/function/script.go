package function

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/temporary"
)

// ScriptIn are the arguments of script.
type ScriptIn struct {
	Content     *kind.Content        `cbor:"content,omitempty" mito:"content,conflicts=source"`
	Source      *kind.Text           `cbor:"source,omitempty" mito:"conflicts=content,sends=source_content"`
	Files       map[string]kind.Text `cbor:"files,omitempty"`
	Interpreter []kind.Text          `cbor:"interpreter,omitempty"`
	Arguments   []kind.Text          `cbor:"arguments,omitempty"`
	ProgramIn
	// SourceContent is what the file on the controller holds that source names.
	SourceContent *kind.Content `cbor:"source_content,omitempty" mito:"sent"`
}

// Manual says the texts of these arguments.
func (ScriptIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Runs a script of the configuration on a host.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "script" "users" {
  on        = context.local.here
  content   = <<-EOT
    #!/bin/sh
    grep -c "$1" users.txt
  EOT
  arguments = ["a"]
  files     = { "users.txt" = "anna\nbob\nzoe\n" }
  read_only = true
}
output "users_with_a" {
  value = trimspace(call.script.users.stdout)
}
`,
			Reads:   "What guards ask, as for command; with read_only the script itself runs while planning.",
			Ansible: "script, which copies the file to the host and runs it at every play, unless creates or removes is set.",
			Pyinfra: "server.script and server.script_template, which run every time.",
			Limits:  "The script is in a directory that only its user can enter, and that is removed after it. An agent that is killed leaves it, and the next call of script or tempfile of the same user removes it. It is run by its interpreter, so a file system mounted with noexec does no harm. A thing that is made and taken away by scripts is better a resource of the kind script. For a program that is on the host already, use command.",
		},
		Hints: map[string]string{"cmd": strings.TrimSpace(prose.DidYouMean(`"content" (the text of the script) or "source" (a file)`))},
		Attrs: map[string]kind.Entry{
			"content":     {Doc: "The text of the script.", OtherNames: "script text body inline"},
			"source":      {Doc: "A file on the controller that holds the script. A relative path begins in the directory of the configuration.", OtherNames: "src file path"},
			"files":       {Doc: "Files beside the script, as contents by names. If any are set, and dir is not, the script runs in the directory that has them. Otherwise MITOPLAN_FILES in its environment names that directory."},
			"interpreter": {Doc: "The program that runs the script, with its arguments; the path of the script follows. Without it, what the first line of the script says after #!, or else /bin/sh.", OtherNames: "executable", List: `interpreter = ["/usr/bin/python3"]`},
			"arguments":   {Doc: "What the script is given as its arguments.", OtherNames: "args argv"},
		},
	}
}

func scriptKind() kind.Kind {
	k := define("script", func() Function { return &ScriptIn{} }, CommandOut{})
	k.Opaque = true
	return k
}

// scriptName is the file of the script in its directory.
const scriptName = "script"

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *ScriptIn) Validate() []kind.Problem {
	var out []kind.Problem
	switch {
	case in.Content != nil && in.Source != nil:
		out = bad("source", "More than one script", "Set content or source, not both.")
	case in.Content == nil && in.Source == nil:
		out = bad("content", "No script", "Set content to the text of the script, or source to a file that holds it.")
	}
	if in.Interpreter != nil && (len(in.Interpreter) == 0 || in.Interpreter[0] == "") {
		out = append(out, bad("interpreter", "No program is named", "interpreter names no program. Name one, or leave interpreter out.")...)
	}
	for name := range in.Files {
		if name == "" || name == "." || name == ".." || name == scriptName || len(name) > 255 || strings.ContainsAny(name, "/\x00") {
			out = append(out, bad("files", "Bad name of a file", "%q cannot be the name of a file beside the script: it is that of the script, is empty or too long, or has a slash.", name)...)
		}
	}
	out = append(out, in.ProgramIn.validate()...)
	return append(out, zeroBytes(map[string][]kind.Text{"interpreter": in.Interpreter, "arguments": in.Arguments})...)
}

// Guards implements Guarded.
func (in *ScriptIn) Guards(ctx context.Context, c Call) (runs bool, err error) {
	return prepare(&in.ProgramIn, c).guards(ctx)
}

// Call implements Function.
func (in *ScriptIn) Call(ctx context.Context, c Call) (any, error) {
	attr, content := "content", in.Content
	if content == nil {
		attr, content = "source", in.SourceContent
	}
	t, err := temporary.New(attr, "", temporary.OfContext, 0o700)
	if err != nil {
		return nil, explain(attr, "make a directory in", kind.Text(os.TempDir()), err)
	}
	defer t.Remove()
	at := filepath.Join(t.Path, scriptName)
	err = writeContent(ctx, c.From, attr, content, at)
	for name, text := range in.Files {
		if err == nil {
			err = os.WriteFile(filepath.Join(t.Path, name), []byte(text), 0o600)
		}
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, explain(attr, "write in", kind.Text(t.Path), err)
	}
	run := prepare(&in.ProgramIn, c)
	if in.Files != nil && in.Dir == nil {
		run.dir = t.Path
	}
	run.env = append(run.env, "MITOPLAN_FILES="+t.Path)
	run.attr, run.missingAttr, run.name = attr, "interpreter", "The script"
	if in.Interpreter == nil {
		run.missingAttr = attr
	}
	run.argv = append(in.interpreter(at), at)
	for _, a := range in.Arguments {
		run.argv = append(run.argv, string(a))
	}
	return run.run(ctx, c.Output)
}

// firstLine bounds what is read of the first line of a script, as the kernel does; see execve(2).
const firstLine = 255

// interpreter is the program that runs the script, with its arguments.
func (in *ScriptIn) interpreter(at string) []string {
	if in.Interpreter != nil {
		var out []string
		for _, w := range in.Interpreter {
			out = append(out, string(w))
		}
		return out
	}
	f, err := os.Open(at)
	if err != nil {
		return []string{"/bin/sh"}
	}
	defer f.Close()
	b := make([]byte, firstLine)
	n, _ := f.Read(b)
	return parseInterpreter(string(b[:n]))
}

// parseInterpreter reads the beginning of a script. What follows the program is one argument, as
// for the kernel, and a carriage return is no part of it.
func parseInterpreter(text string) []string {
	line, ok := strings.CutPrefix(text, "#!")
	line, _, _ = strings.Cut(line, "\n")
	line = strings.TrimSpace(line)
	if !ok || line == "" || strings.ContainsRune(line, 0) {
		return []string{"/bin/sh"}
	}
	program, rest := line, ""
	if k := strings.IndexAny(line, " \t"); k >= 0 {
		program, rest = line[:k], strings.TrimSpace(line[k:])
	}
	return slices.DeleteFunc([]string{program, rest}, func(s string) bool { return s == "" })
}
