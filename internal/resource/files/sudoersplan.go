package files

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Thing implements Resource.
func (s *Sudoers) Thing() kind.Thing { return kind.PathThing(string(s.Path)) }

// Check implements Resource.
func (s *Sudoers) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (s *Sudoers) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := s.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err == nil {
		err = p.make(ctx, h, writeArgs{Backup: s.Backup})
	}
	return p.change, err
}

// End implements Resource. What an apply made is taken away as a file is.
func (s *Sudoers) End(e resource.End) (resource.Resource, error) {
	return (&File{fileArgs: fileArgs{Path: s.Path, writeArgs: writeArgs{Backup: s.Backup}}}).End(e)
}

// plan is that of the file, which visudo checks.
func (s *Sudoers) plan(ctx context.Context, h resource.Host) (writePlan, error) {
	if err := resource.FirstProblem(h, s.Validate()); err != nil {
		return writePlan{}, err
	}
	if err := s.plannable(h); err != nil {
		return writePlan{}, err
	}
	root, mode := "0", "0440"
	f := File{fileArgs: fileArgs{
		Path: s.Path, State: s.State, ownerArgs: ownerArgs{Owner: &root, Group: &root, Mode: &mode}, writeArgs: writeArgs{Backup: s.Backup},
	}}
	var err error
	if f.given, err = s.wanted(h); err != nil {
		return writePlan{}, err
	}
	p, err := f.plan(ctx, h)
	if err != nil {
		return p, err
	}
	p.check = s.visudo(h)
	return p, s.foresee(h, &p)
}

// plannable returns why nothing can be planned: arguments are missing, the agent is not
// root, or the path has something that is no file.
func (s *Sudoers) plannable(h resource.Host) error {
	if uid, _ := h.Self(); uid != 0 {
		return kind.NewProblem("path", kind.CodePermission, "Only root can write rules for sudo",
			"The agent runs as user %d, and sudo reads only files of root. Use a context that runs as root, such as sudo.", uid)
	}
	if err := s.incomplete(h); err != nil && s.State != "absent" {
		return err
	}
	at, err := h.Resolve(string(s.Path), false)
	if err != nil {
		return err
	}
	is, err := h.Lstat(at)
	if err == nil && is.Type != resource.TypeFile && is.Type != resource.TypeAbsent {
		err = kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path",
			"%s is a %s and no file. Remove it, or name another path.", at, is.Type.Noun())
	}
	return err
}

// incomplete returns the problem of arguments that say no rule, or that count only in one.
func (s *Sudoers) incomplete(h resource.Host) error {
	has := func(attr string, set bool) bool { return set || h.Unknown(attr) }
	content, commands := has("content", s.Content != nil), has("commands", s.Commands != nil)
	switch {
	case !content && !commands:
		return kind.NewProblem("commands", kind.ArgumentCode("commands"), "No rule", "The block says no rule. Set user or group together with commands, or set content.")
	case commands && !has("user", s.User != nil) && !has("group", s.Group != nil):
		return kind.NewProblem("commands", kind.ArgumentCode("commands"), "Nobody may run the commands", "commands says what may be run and nothing says by whom. Set user or group.")
	case commands:
		return nil
	}
	for _, arg := range []struct {
		name string
		set  bool
	}{{"user", s.User != nil}, {"group", s.Group != nil}, {"hosts", s.Hosts != nil}, {"runas", s.RunAs != nil}, {"nopasswd", s.NoPasswd}, {"noexec", s.NoExec}, {"setenv", s.SetEnv}} {
		if arg.set {
			return &resource.Excluding(arg.name, arg.name+" is a part of the rule that commands make, and content is all that the file holds. Remove one of them.")[0]
		}
	}
	return nil
}

// wanted is what the file should hold.
func (s *Sudoers) wanted(h resource.Host) (*resource.Content, error) {
	if h.Unknown("content") || slices.ContainsFunc(ruleArgs, h.Unknown) {
		return &resource.Content{Unknown: true}, nil
	}
	c := resource.ContentOf(s.rule())
	var err error
	if s.Content != nil {
		c, err = resource.ArgContent("content", *s.Content)
	}
	return &c, err
}

// foresee warns if visudo is not there, as far as the plan goes. A call in between may install
// it.
func (s *Sudoers) foresee(h resource.Host, p *writePlan) error {
	if p.content == nil {
		return nil
	}
	if has, err := hasProgram(h, "visudo"); has || err != nil {
		return err
	}
	p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("path", kind.CodeToolMissing, "There is no visudo",
		"No file of rules is put in place before visudo has checked it, and this machine has none now. If nothing before this block installs sudo, the apply refuses."))
	return nil
}

// visudo returns a function that has visudo check a new file.
func (s *Sudoers) visudo(h resource.Host) func(context.Context, string) error {
	attr := "commands"
	if s.Content != nil {
		attr = "content"
	}
	return func(ctx context.Context, tmp string) error {
		err := h.Run(ctx, resource.Tool{
			Argv: []string{"visudo", "-cf", tmp},
			Explain: func(code int) *kind.Problem {
				return kind.NewProblem(attr, kind.CodeInvalid, "The file is refused by visudo",
					"visudo ended with status %d, so that sudo could not read the file. Nothing was changed. Correct what it names.", code)
			},
			Shown: func(said string) string { return strings.ReplaceAll(said, tmp, string(s.Path)) },
		})
		var why *kind.Problem
		if errors.As(err, &why) && why.Code == kind.CodeToolMissing {
			return kind.NewProblem("path", kind.CodeToolMissing, "There is no visudo",
				"No file of rules is put in place before visudo has checked it, and this machine has none in the PATH of the agent. Nothing was changed. Install sudo first.")
		}
		return err
	}
}
