package files

import (
	"bytes"
	"context"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Thing implements Resource.
func (d *Download) Thing() kind.Thing { return kind.PathThing(string(d.Path)) }

// Check implements Resource.
func (d *Download) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource.
func (d *Download) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := d.plan(ctx, h)
	if err == nil {
		err = h.Begin(p.change)
	}
	if err != nil {
		return p.change, err
	}
	if p.comes() {
		return p.change, d.bring(ctx, h, &p)
	}
	return p.change, p.make(ctx, h, d.writeArgs())
}

// comes reports whether the content has to come from the server.
func (p *writePlan) comes() bool {
	return p.change.Op != resource.NoOp && p.content != nil && p.content.Unknown
}

// bring carries out a change whose content comes from the server.
func (d *Download) bring(ctx context.Context, h resource.Host, p *writePlan) error {
	w := d.want()
	w.Hidden = h.Hides("url")
	if d.From != "host" {
		c, err := h.Bring(ctx)
		if err != nil {
			return err
		}
		if w.Checksum.Algorithm == "sha256" && !bytes.Equal(w.Checksum.Sum, c.SHA256) {
			return kind.NewProblem("checksum", kind.CodeChecksum, "The content is another one", "What came is not what checksum says. Nothing was written. Apply again; if it happens again, report it.")
		}
		p.content = &c
		err = p.make(ctx, h, d.writeArgs())
		d.leave(p, c)
		return err
	}
	var got download.Got
	p.fill = func(ctx context.Context, to download.File) (err error) {
		got, err = download.Get(ctx, download.Curl{Want: w}, w, to)
		return err
	}
	err := p.make(ctx, h, d.writeArgs())
	d.leave(p, resource.Content{SHA256: got.SHA256[:], Size: got.Size})
	return err
}

// leave notes what the file holds now, if the block looks after that.
func (d *Download) leave(p *writePlan, c resource.Content) {
	if d.Checksum != nil {
		p.change.LeaveContent(c)
	}
}

// End implements Resource. What an apply made is taken away as a file is.
func (d *Download) End(e resource.End) (resource.Resource, error) {
	return (&File{fileArgs: fileArgs{Path: d.Path, writeArgs: writeArgs{Backup: d.Backup}}}).End(e)
}

// plan is that of a file. Of what it is to hold nothing but the checksum is known.
func (d *Download) plan(ctx context.Context, h resource.Host) (writePlan, error) {
	if err := resource.FirstProblem(h, d.Validate()); err != nil {
		return writePlan{}, err
	}
	if d.Checksum == nil && !d.Unverified && d.State != "absent" && !h.Unknown("checksum") && !h.Unknown("unverified") {
		return writePlan{}, kind.NewProblem("checksum", kind.CodeChecksum, "Nothing says what the content must be", "Whatever the server gives would be written. Set checksum to what it must have; sha256sum prints it. Or set unverified to true, which takes anything.")
	}
	at, is, err := d.look(h)
	if err != nil {
		return writePlan{}, err
	}
	f := File{fileArgs: fileArgs{Path: d.Path, State: d.State, ownerArgs: d.ownerArgs, writeArgs: d.writeArgs()}}
	if d.State == "absent" {
		return f.plan(ctx, h)
	}
	f.given = &resource.Content{Unknown: true}
	var now resource.Content
	var found []byte // its checksum, of the algorithm that counts
	switch {
	case is.Type == resource.TypeAbsent:
	case d.Checksum == nil && !h.Unknown("checksum"):
		f.given = nil
	default:
		if now, found, err = d.found(ctx, h, at); err != nil {
			return writePlan{}, err
		}
		if d.Checksum != nil && found != nil && bytes.Equal(found, d.want().Checksum.Sum) {
			f.given = &now
		}
	}
	p, err := f.plan(ctx, h)
	if err != nil {
		return p, err
	}
	if p.content != nil && !p.content.Unknown {
		p.copyFrom = at // a new file takes its place, with the content that it has
	}
	d.show(&p, found)
	return p, d.foresee(h, &p)
}

// look is what is at the path, which has to be a file or nothing.
func (d *Download) look(h resource.Host) (at string, is resource.Entry, err error) {
	if at, err = h.Resolve(string(d.Path), false); err != nil {
		return at, is, err
	}
	is, err = h.Lstat(at)
	switch {
	case err != nil:
	case is.Type != resource.TypeFile && is.Type != resource.TypeAbsent:
		err = kind.NewProblem("path", kind.CodeInTheWay, "Something else is at the path",
			"%s is a %s and no file. Remove it, or name another path.", at, is.Type.Noun())
	case is.Type == resource.TypeFile && h.KernelFile(at):
		err = kind.NewProblem("path", kind.CodePath, "This is a file of the kernel", "%s takes settings, and nothing that is downloaded. Use the kind file with in_place.", at)
	}
	return at, is, err
}

// found is what the file holds now, with the checksum of it that counts: nil if that is not
// known yet.
func (d *Download) found(ctx context.Context, h resource.Host, at string) (now resource.Content, sum []byte, err error) {
	now, err = h.Read(ctx, at, 0)
	switch {
	case err != nil || now.Unknown:
		return now, nil, err
	case d.want().Checksum.Algorithm == "sha512":
		sum, err = h.SHA512(ctx, at)
		return now, sum, err
	}
	return now, now.SHA256, nil
}

// show has the change say the checksum in place of the content, and where it comes from.
func (d *Download) show(p *writePlan, found []byte) {
	c := &p.change
	delete(c.Before, "content")
	delete(c.After, "content")
	if d.Checksum != nil {
		want := d.want().Checksum
		c.After["checksum"] = want.String()
		if found != nil {
			c.Before["checksum"] = download.Checksum{Algorithm: want.Algorithm, Sum: found}.String()
		}
	}
	if !p.comes() {
		return
	}
	c.Uses = append(c.Uses, "url")
	if d.Unverified {
		c.Uses = append(c.Uses, "unverified")
	}
	if d.From == "host" {
		c.Uses = append(c.Uses, "from")
	}
}

// foresee warns if curl is not there though it is needed, as far as the plan goes. A call in
// between may install it.
func (d *Download) foresee(h resource.Host, p *writePlan) error {
	if d.From != "host" || !p.comes() {
		return nil
	}
	if has, err := hasProgram(h, "curl"); has || err != nil {
		return err
	}
	p.change.Warnings = append(p.change.Warnings, *download.NoCurl("If nothing before this block installs it, the apply refuses."))
	return nil
}
