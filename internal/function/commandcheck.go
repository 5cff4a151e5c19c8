package function

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *CommandIn) Validate() []kind.Problem {
	var out []kind.Problem
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	switch {
	case len(in.Argv) > 0 && in.Shell != nil:
		bad("shell", "More than one command", "Set argv or shell, not both.")
	case len(in.Argv) == 0 && in.Shell == nil:
		bad("argv", "No command", "Set argv to a program and its arguments, or shell to a command line.")
	case len(in.Argv) > 0 && in.Argv[0] == "":
		bad("argv", "No command", "The first element of argv is the program; it is empty.")
	case in.Executable != nil && in.Shell == nil:
		bad("executable", "Argument without meaning", "executable is the shell that runs shell, and shell is not set. Write the program as the first element of argv.")
	case in.Executable != nil && *in.Executable == "":
		bad("executable", "No shell", "executable is empty. Name a shell such as /bin/bash, or leave it out for /bin/sh.")
	}
	out = append(out, in.ProgramIn.validate()...)
	texts := map[string][]kind.Text{"argv": in.Argv}
	if in.Shell != nil {
		texts["shell"] = []kind.Text{*in.Shell}
	}
	if in.Executable != nil {
		texts["executable"] = []kind.Text{*in.Executable}
	}
	return append(out, zeroBytes(texts)...)
}

// mostCells is how wide or high a terminal may be, and the others how it is if nothing is said.
const mostCells, usualColumns, usualRows = 65535, 80, 24

// validate returns what is wrong with the arguments that all programs have.
func (in *ProgramIn) validate() []kind.Problem {
	var out []kind.Problem
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if in.Umask != nil {
		if _, err := strconv.ParseUint(*in.Umask, 8, 12); err != nil || len(*in.Umask) > 4 {
			bad("umask", "Bad umask", "umask is %q; write it as octal digits, such as 0022.", *in.Umask)
		}
	}
	for _, p := range []struct {
		attr string
		path *kind.Text
	}{{"dir", in.Dir}, {"creates", in.Creates}, {"removes", in.Removes}} {
		if p.path != nil {
			for _, wrong := range filesystem.CheckPath(p.attr, *p.path) {
				wrong.Code = kind.ArgumentCode(p.attr)
				out = append(out, wrong)
			}
		}
	}
	for _, size := range []struct {
		attr    string
		value   *int64
		without int64
	}{{"columns", in.Columns, usualColumns}, {"rows", in.Rows, usualRows}} {
		switch {
		case size.value == nil:
		case !in.PTY && *size.value != size.without:
			bad(size.attr, "Argument without meaning", "%s is of the terminal, and there is none without pty. Set pty to true, or remove %s.", size.attr, size.attr)
		case *size.value < 1 || *size.value > mostCells:
			bad(size.attr, "Bad size of a terminal", "%s is %d; it can be from 1 to %d.", size.attr, *size.value, mostCells)
		}
	}
	for name := range in.Env {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			bad("env", "Bad name of a variable", "%q cannot be the name of an environment variable: it is empty or has an equals sign in it. Write the name before the equals sign, and its value behind it.", name)
		}
	}
	for _, g := range []struct {
		attr string
		v    any
	}{{"unless", in.Unless}, {"only_if", in.OnlyIf}} {
		if _, err := guardArgv(g.attr, g.v); err != nil {
			out = append(out, *err)
		}
	}
	for _, g := range []struct {
		attr string
		p    *kind.Text
	}{{"creates", in.Creates}, {"removes", in.Removes}} {
		if g.p != nil && isPattern(*g.p) {
			for _, wrong := range validPattern(g.attr, string(*g.p)) {
				wrong.Code = kind.ArgumentCode(g.attr)
				out = append(out, wrong)
			}
		}
	}
	env := make([]kind.Text, 0, len(in.Env))
	for _, v := range in.Env {
		env = append(env, v)
	}
	out = append(out, zeroBytes(map[string][]kind.Text{"env": env})...)
	return append(out, validBound("max_output", in.MaxOutput, in.StdoutFile != nil)...)
}

// zeroBytes finds texts that cannot be passed to a program, because the system ends
// each text at its first zero byte.
func zeroBytes(texts map[string][]kind.Text) (out []kind.Problem) {
	for _, attr := range slices.Sorted(maps.Keys(texts)) {
		if slices.ContainsFunc(texts[attr], func(s kind.Text) bool { return strings.ContainsRune(string(s), 0) }) {
			out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), "Zero byte in a string", "%s contains a zero byte, at which the system would cut the string off. Pass such data with stdin or in a file.", attr))
		}
	}
	return out
}

// guardArgv returns the argv of a guard. A guard is a list of words, or a string that
// the shell runs.
func guardArgv(attr string, v any) ([]string, *kind.Problem) {
	if v == nil {
		return nil, nil
	}
	if s, ok := text(v); ok {
		return []string{"/bin/sh", "-c", s}, nil
	}
	list, ok := v.([]any)
	var argv []string
	for _, e := range list {
		s, isText := text(e)
		ok = ok && isText
		argv = append(argv, s)
	}
	if !ok || len(argv) == 0 || argv[0] == "" {
		return nil, kind.NewProblem(attr, kind.ArgumentCode(attr), "Bad command", "%s has to be a list of a program and its arguments, or a string for the shell.", attr)
	}
	return argv, nil
}

func text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	case kind.Text:
		return string(v), true
	}
	return "", false
}
