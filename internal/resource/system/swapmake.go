package system

import (
	"context"
	"errors"
	"strconv"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// carryOut does what was planned. A new line is written once the machine swaps to the file, so
// that none is left that the machine cannot start with, and is taken out before the file is gone.
func (p *swapPlan) carryOut(ctx context.Context, h resource.Host) error {
	if p.off {
		if err := p.swapOff(ctx, h); err != nil {
			return err
		}
	}
	err := ctx.Err()
	if err == nil && p.makes {
		err = p.make(ctx, h)
	}
	if err == nil && p.fixes {
		err = h.SetMeta(p.at, ownedBySwap())
	}
	if err == nil && p.on {
		err = p.swapOn(ctx, h)
	}
	if err == nil {
		err = p.holds(ctx, h)
	}
	if err != nil && p.off && !p.removes {
		return resource.Further(err, "The machine swapped to the file before, and does not now.")
	}
	if err == nil && p.file.Changes() {
		if err = resource.OfArgument("fstab", p.file.Make(ctx, h)); err == nil {
			err = reloadUnits(ctx, h, p.s.item().Path)
		}
	}
	if err == nil && p.removes {
		err = h.Remove(p.at)
	}
	return err
}

// ownedBySwap is who may read and write what was in memory: root alone.
func ownedBySwap() resource.Meta {
	root, mode := int64(0), int64(0o600)
	return resource.Meta{UID: &root, GID: &root, Mode: &mode}
}

// make makes the file, and holds that it is then as it was planned. Until mkswap has written its header the file begins with a mark, and is
// made anew by the next apply. It has no holes.
func (p *swapPlan) make(ctx context.Context, h resource.Host) error {
	begun := make([]byte, swapHead)
	copy(begun, swapMark)
	content := resource.ContentOf(begun)
	found := p.is
	if err := h.Replace(ctx, p.at, resource.NewFile{Content: &content, Meta: ownedBySwap(), Found: &found}); err != nil {
		return err
	}
	if err := p.grow(ctx, h); err != nil {
		return err
	}
	argv := []string{"mkswap"}
	if p.old.uuid != "" {
		argv = append(argv, "-U", p.old.uuid)
	}
	if p.old.label != "" {
		argv = append(argv, "-L", p.old.label)
	}
	if err := h.Run(ctx, swapTool(append(argv, p.at), "It could not be made a swap file")); err != nil {
		return err
	}
	is, err := h.Lstat(p.at)
	if err != nil {
		return err
	}
	head, err := p.header(ctx, h)
	if err == nil && (is.Size != p.size || !head.fits(p.size)) {
		err = kind.NewProblem("size", kind.CodeNotIdempotent, "The file has another size", "mkswap ended well, but %s has %d bytes then, of which %d are swapped to, and should have %d. It would be made again at every apply.", p.at, is.Size, head.size, p.size)
	}
	return err
}

// grow gives the file its size: at once, or by writing it where its file system cannot do that.
func (p *swapPlan) grow(ctx context.Context, h resource.Host) error {
	err := h.Run(ctx, swapTool([]string{"fallocate", "-l", strconv.FormatInt(p.size, 10), p.at}, "The file could not get its size"))
	var why *kind.Problem
	if !errors.As(err, &why) || why.Code != kind.CodeToolFailed && why.Code != kind.CodeToolMissing {
		return err
	}
	return h.Run(ctx, swapTool([]string{"dd", "if=/dev/zero", "of=" + p.at, "bs=" + strconv.Itoa(swapHead), "seek=1", "count=" + strconv.FormatInt(p.size/swapHead-1, 10), "conv=notrunc,fsync"}, "The file could not be written"))
}

// swapOn has the machine swap to the file.
func (p *swapPlan) swapOn(ctx context.Context, h resource.Host) error {
	argv := []string{"swapon"}
	if p.s.Priority != nil {
		argv = append(argv, "-p", strconv.FormatInt(*p.s.Priority, 10))
	}
	return h.Run(ctx, swapTool(append(argv, p.at), "The machine cannot swap to it"))
}

// swapOff has the machine not swap to the file any more.
func (p *swapPlan) swapOff(ctx context.Context, h resource.Host) error {
	return h.Run(ctx, swapTool([]string{"swapoff", p.at}, "It could not be taken out of use"))
}

// swapTool is one of the programs, run on the file. summary is what it means if that fails.
func swapTool(argv []string, summary kind.Rule) resource.Tool {
	return resource.Tool{Argv: argv, Explain: func(code int) *kind.Problem {
		return kind.NewProblem("path", kind.CodeToolFailed, string(summary), "%s ended with status %d for %s.", argv[0], code, argv[len(argv)-1])
	}}
}

// holds returns the problem that the machine does not swap to the file as it was planned.
func (p *swapPlan) holds(ctx context.Context, h resource.Host) error {
	if !p.on && !p.off {
		return nil
	}
	rows, err := swaps(ctx, h)
	if err != nil {
		return err
	}
	is := rowOf(rows, p.at)
	if (is != nil) != p.on || p.on && p.s.Priority != nil && is.priority != *p.s.Priority {
		return kind.NewProblem("path", kind.CodeNotIdempotent, "It is not as it was to be", "The programs ended well, but whether the machine swaps to %s reads then: %s. It was to be: %s. Look at /proc/swaps.", p.at, runningText(is), p.willRun())
	}
	return nil
}

// runningText says for people whether the machine swaps to a file.
func runningText(is *swapRow) string {
	if is == nil {
		return "no"
	}
	return "yes, with the priority " + strconv.FormatInt(is.priority, 10)
}

// willRun is runningText of what is planned.
func (p *swapPlan) willRun() string {
	switch {
	case p.on && p.s.Priority != nil:
		return runningText(&swapRow{priority: *p.s.Priority})
	case p.on:
		return "yes"
	case p.off:
		return "no"
	}
	return runningText(p.active)
}
