package files

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// neededPath is something that must not be purged, and what it is.
type neededPath struct{ at, what string }

// stays finds what stays in the directory: what blocks declare, and what their names lead to on
// this machine. It also notes what must not go. why is why that cannot be found out.
func (d *Directory) stays(h resource.Host, p *directoryPlan) (stay *declared, why string, err error) {
	paths := slices.Clone(d.Declared)
	add := func(at string) {
		if rel, ok := strings.CutPrefix(at, strings.TrimSuffix(p.path, "/")+"/"); ok && rel != "" {
			paths = append(paths, kind.Text(rel))
		}
	}
	for _, name := range d.Named {
		for _, follow := range []bool{false, true} {
			at, err := h.Resolve(string(name), follow)
			if problem := (*kind.Problem)(nil); errors.As(err, &problem) && (problem.Code == kind.CodeUnknownTarget || problem.Code == kind.CodePermission) {
				return nil, fmt.Sprintf("it is not known where %s leads, which a block names", name), nil
			}
			if err == nil {
				add(at)
			}
		}
	}
	for _, name := range d.Accounts {
		home, err := realHome(h, string(name))
		if err != nil {
			return nil, "", err
		}
		add(home)
	}
	if program, err := os.Executable(); err == nil {
		add(program)
		if dir := path.Dir(program); strings.HasPrefix(path.Base(dir), agentsDir) {
			add(dir)
		}
	}
	if err := d.findNeeded(h, p, add); err != nil {
		return nil, "", err
	}
	return newDeclared(paths), "", nil
}

// agentsDir is how the name of a directory begins that agents are kept in.
const agentsDir = "mitoplan-"

// realHome is where the home of an account really is, "" if it has none.
func realHome(h resource.Host, name string) (string, error) {
	u, err := h.LookupUser(name)
	if u == nil || err != nil || !path.IsAbs(string(u.Home)) {
		return "", err
	}
	at, err := h.Resolve(string(u.Home), true)
	if err != nil {
		return path.Clean(string(u.Home)), nil // It leads nowhere.
	}
	return at, nil
}

// findNeeded finds what the next connection needs, and mitoplan itself. The agents of who
// logged in stay.
func (d *Directory) findNeeded(h resource.Host, p *directoryPlan, stays func(string)) error {
	for _, own := range d.Own {
		if at, err := h.Resolve(string(own), true); err == nil {
			p.needed = append(p.needed, neededPath{at, "a file that mitoplan uses itself, for the configuration, the record or the plan"})
		}
	}
	var users []string
	if login := h.Login(); login != nil {
		users = append(users, login.User)
	}
	uid, _ := h.Self()
	if self, err := h.LookupUID(uid); err != nil {
		return err
	} else if self != nil && !slices.Contains(users, string(self.Name)) {
		users = append(users, string(self.Name))
	}
	for k, name := range users {
		home, err := realHome(h, name)
		if err != nil {
			return err
		}
		if home == "" || home == "/" {
			continue
		}
		p.needed = append(p.needed, neededPath{home, fmt.Sprintf("the home of %s, as whom this connection works", name)})
		if k == 0 && h.Login() != nil {
			for _, file := range []string{".ssh/authorized_keys", ".ssh/authorized_keys2"} {
				p.needed = append(p.needed, neededPath{path.Join(home, file), fmt.Sprintf("what %s logs in by", name)})
			}
		}
		if u, err := h.LookupUser(name); err == nil && u != nil {
			stays(path.Join(home, ".cache", fmt.Sprintf("%s%d", agentsDir, u.UID)))
		}
	}
	return nil
}

// notNeeded returns the problem that an entry which would be purged is, or holds, something that
// is needed.
func (d *Directory) notNeeded(p *directoryPlan, at string) error {
	for _, n := range p.needed {
		if n.at == at || strings.HasPrefix(n.at, at+"/") {
			return kind.NewProblem(purgeTrait, kind.CodePurgeNeeded, "What would be purged is needed",
				"No block declares %s, so that it would be purged, and %s is %s. Declare it with a block, move it, or do not purge %s.", at, n.at, n.what, p.path)
		}
	}
	return nil
}

// warnLater says what goes with the next apply: blocks that are gone from the configuration
// leave it, and what they do to it comes after this purge.
func (d *Directory) warnLater(c *resource.Change, p *directoryPlan) {
	if len(d.Later) == 0 {
		return
	}
	var names []string
	for _, rel := range d.Later {
		names = append(names, string(rel))
	}
	c.Warnings = append(c.Warnings, *kind.NewProblem(purgeTrait, kind.CodePurgeLater, "The next plan purges more",
		"Blocks that are gone from the configuration leave %s in %s, as it was there before them. No block declares that afterwards: the next plan purges it. Declare what has to stay.", prose.List(prose.Quoted(names), 3), p.path))
}

// declared are the paths below a directory that blocks declare, relative to it.
type declared struct {
	names map[string]bool // in full
	dirs  map[string]bool // above those
	globs []string
}

func newDeclared(paths []kind.Text) *declared {
	d := &declared{names: map[string]bool{}, dirs: map[string]bool{}}
	for _, p := range paths {
		rel := string(p)
		d.names[rel] = true
		for dir := path.Dir(rel); dir != "."; dir = path.Dir(dir) {
			d.dirs[dir] = true
		}
		if strings.ContainsAny(rel, "*?[") {
			d.globs = append(d.globs, rel)
		}
	}
	return d
}

// keeps reports whether a path is declared, matches an expression that is, or is a backup of
// one that is.
func (d *declared) keeps(rel string) bool {
	if d.names[rel] || d.names[backedUp(rel)] {
		return true
	}
	for _, glob := range d.globs {
		if ok, err := path.Match(glob, rel); ok || err != nil {
			return true
		}
	}
	return false
}

// above reports whether something declared is, or may be, below a path.
func (d *declared) above(rel string) bool {
	if d.dirs[rel] {
		return true
	}
	for _, glob := range d.globs {
		for dir := path.Dir(glob); dir != "."; dir = path.Dir(dir) {
			if ok, err := path.Match(dir, rel); ok || err != nil {
				return true
			}
		}
	}
	return false
}

// backedUp is the path of which another is a backup that the argument backup made; "" for all
// others.
func backedUp(rel string) string {
	name, ok := strings.CutSuffix(rel, ".bak")
	if at := len(name) - len(backupForm); ok && at > 0 {
		if _, err := time.Parse(backupForm, name[at:]); err == nil {
			return name[:at]
		}
	}
	return ""
}
