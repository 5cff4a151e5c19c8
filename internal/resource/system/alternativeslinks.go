package system

import (
	"maps"
	"path"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// effects says which files and links there are after the runs.
func (p *alternativesPlan) effects(h resource.Host) error {
	file := rootsEntry(resource.TypeAbsent, 0)
	if p.will.there {
		content := p.will.format()
		if !p.farm.redHat {
			content = append(content, '\n')
		}
		all := resource.ContentOf(content)
		file = rootsEntry(resource.TypeFile, 0o644)
		file.Content = &all
	}
	dir, err := h.Lstat(p.farm.resolved)
	if err == nil && dir.Type != resource.TypeDirectory {
		err = kind.NewProblem("altdir", kind.CodeNoParent, "The directory does not exist", "%s is no directory. The package that brings %s makes it.", p.farm.alt, p.farm.program)
	}
	if err != nil {
		return resource.OfArgument("altdir", err)
	}
	at := path.Join(p.farm.admin, p.a.Name)
	foresee(&p.change, p.farm.resolved, &dir)
	foresee(&p.change, at, file)
	if err := h.Refused(at, true); err != nil {
		return resource.OfArgument("name", err)
	}
	will, err := p.will.linksTo(h)
	if err != nil {
		return err
	}
	if err := p.goneLinks(h, will); err != nil {
		return err
	}
	known := map[kind.Thing]bool{}
	for _, thing := range p.change.Writes {
		known[thing] = true
	}
	for _, at := range slices.Sorted(maps.Keys(will)) {
		n := len(p.change.Effects)
		if err := p.linkEffect(h, at, will[at]); err != nil {
			return err
		}
		if thing := kind.PathThing(at); len(p.change.Effects) > n && !known[thing] {
			p.change.Writes = append(p.change.Writes, thing)
		}
	}
	return nil
}

// goneLinks adds the links that the group had and has no more.
func (p *alternativesPlan) goneLinks(h resource.Host, will map[string]string) error {
	had, has := p.was.allLinks(), p.will.allLinks()
	for name, link := range had {
		at, err := h.Resolve(link, false)
		if err != nil {
			return resource.OfArgument("link", err)
		}
		if _, made := will[at]; !made && has[name] != link {
			will[at] = ""
		}
		if has[name] == "" {
			will[path.Join(p.farm.resolved, name)] = ""
		}
	}
	return nil
}

// linkEffect is what becomes of a link, which is to lead to a path, or to be gone.
func (p *alternativesPlan) linkEffect(h resource.Host, at, to string) error {
	is, err := h.Lstat(at)
	if err != nil {
		return resource.OfArgument("link", err)
	}
	if to == "" && is.Type != resource.TypeLink { // What is no link stays.
		return nil
	}
	if _, err := p.farm.leads(h, "link", at); err != nil || string(is.Target) == to {
		return err
	}
	if target := string(is.Target); to != "" && target != "" && path.Dir(at) != p.farm.resolved && path.Dir(target) != p.farm.alt {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("link", kind.CodeInTheWay, "A link of somebody else is replaced",
			"%s is a link to %s, which %s did not make. It is replaced, and stays gone when the block goes. Give another link, if that is not meant.", at, target, p.farm.program))
	}
	if dir, err := h.Lstat(path.Dir(at)); err != nil || dir.Type != resource.TypeDirectory {
		if err == nil {
			err = kind.NewProblem("link", kind.CodeNoParent, "The directory does not exist", "%s is no directory, so that %s cannot be made in it.", path.Dir(at), path.Base(at))
		}
		return resource.OfArgument("link", err)
	}
	will := rootsEntry(resource.TypeAbsent, 0)
	if to != "" {
		will = rootsEntry(resource.TypeLink, 0o777)
		will.Target = kind.Text(to)
	}
	foresee(&p.change, at, will)
	return resource.OfArgument("link", h.Refused(at, true))
}
