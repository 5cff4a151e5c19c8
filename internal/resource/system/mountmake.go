package system

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// carryOut does what was planned. A new line is written once it is mounted, so that no line is
// left with which the machine does not start. One that changes is written first: systemd would
// unmount at once what an old unit does not have.
func (m *Mount) carryOut(ctx context.Context, h resource.Host, p *mountPlan) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	lineFirst := p.file != nil && !p.change.Made && p.step != unmountIt
	if lineFirst {
		if err := m.writeLine(ctx, h, p); err != nil {
			return err
		}
	}
	if err := m.step(ctx, h, p); err != nil {
		return err
	}
	if !lineFirst {
		return m.writeLine(ctx, h, p)
	}
	return nil
}

// writeLine writes the line, and has systemd make its units anew.
func (m *Mount) writeLine(ctx context.Context, h resource.Host, p *mountPlan) error {
	if !p.file.Changes() {
		return nil
	}
	if err := p.file.Make(ctx, h); err != nil {
		return resource.OfArgument("fstab", err)
	}
	return reloadUnits(ctx, h, m.item().Path)
}

// step changes what is mounted, and holds that it is as planned then.
func (m *Mount) step(ctx context.Context, h resource.Host, p *mountPlan) error {
	if p.step == stayMounted {
		return nil
	}
	if p.step == unmountIt || p.step == mountAnother {
		if err := unmount(ctx, h, m, p.at); err != nil || p.step == unmountIt {
			return err
		}
	}
	for _, dir := range p.dirs {
		if err := h.EnsureDir(dir); err != nil {
			return err
		}
	}
	err := h.Run(ctx, m.mountTool(p))
	if err == nil {
		return m.settled(ctx, h, p)
	}
	if p.step == mountAnother {
		return resource.Further(err, "What was mounted there before was unmounted, and is not mounted again.")
	}
	return err
}

// mountTool is the program that mounts it, or sets its options.
func (m *Mount) mountTool(p *mountPlan) resource.Tool {
	l := m.line()
	options := l.Options
	t := resource.Tool{Argv: []string{"mount"}}
	if p.step == remountIt {
		options = "remount," + options
	} else if l.Type != "auto" && l.Type != "none" {
		t.Argv = append(t.Argv, "-t", l.Type)
	}
	t.Argv = append(t.Argv, "-o", options, l.Source, p.at)
	t.Explain = func(code int) *kind.Problem {
		return kind.NewProblem("src", kind.CodeToolFailed, "It could not be mounted", "mount ended with status %d for %s.", code, p.at)
	}
	return t
}

// unmount unmounts what is mounted at a path, and says who keeps it from that.
func unmount(ctx context.Context, h resource.Host, m *Mount, at string) error {
	err := h.Run(ctx, resource.Tool{Argv: []string{"umount", at}, Explain: func(code int) *kind.Problem {
		return kind.NewProblem("path", kind.CodeToolFailed, "It could not be unmounted", "umount ended with status %d for %s.", code, at)
	}})
	var why *kind.Problem
	if !errors.As(err, &why) || why.Code != kind.CodeToolFailed {
		return err
	}
	used := m.usedBy(h, at)
	if used == "" {
		return err
	}
	return kind.NewProblem("path", kind.CodeMountBusy, "It is in use", "%s is in use by %s, and was not unmounted. Stop that first.", at, kind.Rule(used))
}

// settled returns the problem that what is mounted is not what was planned.
func (m *Mount) settled(ctx context.Context, h resource.Host, p *mountPlan) error {
	found, err := h.Mounts()
	if err != nil {
		return err
	}
	here, _ := mounts(found).layers(p.at)
	here = slices.DeleteFunc(here, func(m filesystem.Mount) bool { return m.Type == "autofs" })
	if len(here) == 0 {
		return kind.NewProblem("src", kind.CodeNotIdempotent, "Nothing is mounted", "mount ended well, but nothing is mounted at %s. Something unmounts it at once, as systemd does where a unit wants another device.", p.at)
	}
	is := here[len(here)-1]
	ours, err := m.isOf(ctx, h, found, is, p.from)
	if err != nil {
		return err
	}
	if !ours {
		return kind.NewProblem("src", kind.CodeNotIdempotent, "Something else is mounted", "mount ended well, but what is mounted at %s is of another source or another type than the block says. It would be mounted again at every apply. Look with findmnt %s what is there, and write that.", p.at, resource.ShellQuote(p.at))
	}
	differs, err := m.differs(h, is)
	if err != nil || len(differs) == 0 {
		return err
	}
	return kind.NewProblem("opts", kind.CodeNotIdempotent, "The options do not settle",
		"After the mount, %s has the options %s, which is otherwise than opts says of %s. They would be set again at every apply. Correct opts, or unmount it first if a remount cannot set them.", p.at, strings.Join(filesystem.MountOptions(is.Options+","+is.Shared), ","), prose.List(differs, prose.All))
}

// usedBy are the programs that use what is mounted, for people; "" if none is known.
func (m *Mount) usedBy(h resource.Host, at string) string {
	var out []string
	for _, p := range h.HoldersOf(at) {
		out = append(out, p.Name+" ("+strconv.FormatInt(p.PID, 10)+")")
	}
	if len(out) == 0 {
		return ""
	}
	return prose.List(out, 5)
}
