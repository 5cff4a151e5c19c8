package system

import (
	"context"
	"errors"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource.
func (l *Locale) Thing() kind.Thing { return kind.PathThing(string(wanted(l.Path, localeGen))) }

// Check implements Resource.
func (l *Locale) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	return *p.change, err
}

// Apply implements Resource. The line comes first: what is generated and has none would be gone
// after the next update of the C library.
func (l *Locale) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	if err == nil {
		err = h.Begin(*p.change)
	}
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && p.item != nil {
		err = p.item.Make(ctx, h, p.itemOp)
	}
	if err == nil && p.runs {
		err = l.run(ctx, h, p)
	}
	return *p.change, err
}

// The files of the locales that a machine can generate.
var (
	supportedFiles = []string{"/usr/local/share/i18n/SUPPORTED", "/usr/share/i18n/SUPPORTED"}
	localeSources  = []string{"/usr/local/share/i18n/locales", "/usr/share/i18n/locales"}
)

const (
	localeDir   = "/usr/lib/locale"
	localeAlias = "/usr/share/locale/locale.alias"
)

// localePlan is a locale that is being planned.
type localePlan struct {
	change *resource.Change
	// item is the line, whose change this one is; nil if there is none.
	item   *files.ItemPlan
	itemOp resource.Op
	// name and charset are those of the line.
	name, charset string
	// guessed is set if the two may be others once what comes before is there, and unsure if what
	// was found may be.
	guessed, unsure bool
	// creates is set if the file has to be made, and warnings are those of what may come.
	creates  bool
	warnings []kind.Problem
	// runs is set if the locale is generated, or removed, and replaces if it is generated in place
	// of one with another charset.
	runs, replaces bool
}

func (l *Locale) plan(ctx context.Context, h resource.Host) (*localePlan, error) {
	p := &localePlan{change: &resource.Change{Op: resource.NoOp}, name: l.Name}
	if err := resource.FirstProblem(h, l.Validate()); err != nil {
		return p, err
	}
	is, err := l.generated(ctx, h)
	if err != nil {
		return p, err
	}
	own, err := l.hasLine(h, p, is)
	if err == nil && own {
		err = l.planLine(ctx, h, p)
	}
	if err != nil || !l.runs() || h.Unknown("name") {
		return p, err
	}
	other := ""
	if is && !l.gone() && p.item != nil && !p.guessed && !h.Unknown("charset") {
		if other, err = l.otherCharset(ctx, h, p.charset); err != nil {
			return p, err
		}
	}
	return p, l.planRun(h, p, is, other)
}

// made is what stands for a locale that programs find, between the blocks of a plan and in the
// record.
func (l *Locale) made() kind.Thing {
	return kind.PathThing(path.Join(localeDir, edit.LocaleName(l.Name)))
}

// generated reports whether programs find the locale: also what earlier blocks of the plan make.
func (l *Locale) generated(ctx context.Context, h resource.Host) (bool, error) {
	if !l.runs() || h.Unknown("name") {
		return false, nil
	}
	if there, ok := h.Planned(l.made()); ok {
		return there, nil
	}
	if err := needsProgram(h, "locale"); err != nil || !h.HasProgram("locale") {
		return false, err
	}
	all, err := h.Ask(ctx, resource.Tool{Argv: []string{"locale", "-a"}})
	for _, row := range edit.RowsOf(all) {
		if edit.LocaleName(string(row.Text)) == edit.LocaleName(l.Name) {
			return true, err
		}
	}
	return false, err
}

// otherCharset is the charset that programs find the locale with, if it is another than this one.
// What earlier blocks of the plan make has the one that they say.
func (l *Locale) otherCharset(ctx context.Context, h resource.Host, charset string) (string, error) {
	if _, ok := h.Planned(l.made()); ok {
		return "", nil
	}
	out, err := h.Ask(ctx, resource.Tool{Argv: []string{"env", "LC_ALL=" + edit.LocaleName(l.Name), "locale", "charmap"}})
	is := strings.TrimSpace(string(out))
	if err != nil || edit.LocaleName("."+is) == edit.LocaleName("."+charset) {
		return "", err
	}
	return is, nil
}

// hasLine reports whether the locale has a line in the file. Those that the C library brings have
// none, and neither has any on a machine that keeps no such file.
func (l *Locale) hasLine(h resource.Host, p *localePlan, is bool) (bool, error) {
	file, err := h.Resolve(string(wanted(l.Path, localeGen)), true)
	if err != nil {
		return false, err
	}
	p.change.Writes = []kind.Thing{kind.PathThing(file)}
	base, _, _ := strings.Cut(edit.LocaleName(l.Name), ".")
	switch {
	case is && (base == "C" || base == "POSIX"):
		if l.gone() {
			return false, kind.NewProblem("name", kind.CodeNoLocale, "It is a part of the C library", "%s comes with the C library, and cannot be removed.", l.Name)
		}
		return false, nil
	case l.Path != nil:
		p.creates = true
		return true, nil
	case !absent(h, file):
		return true, nil
	case is || l.gone():
		return false, nil
	}
	p.unsure, p.creates = true, true
	return true, p.warnOr(h, kind.NewProblem("name", kind.CodeNoLocale, "The machine generates no locales", "The locale %s is not there, and there is no %s: install the package that brings it, which is locales on Debian, in a block that this one depends on. Other distributions bring a locale in a package of its own, as glibc-langpack-de on Fedora.", l.Name, localeGen))
}

// warnOr is a problem, or a warning if what comes before may make good for it.
func (p *localePlan) warnOr(h resource.Host, why *kind.Problem) error {
	if !h.Behind() {
		return why
	}
	p.warnings = append(p.warnings, *why)
	return nil
}

// planLine plans the line in the file.
func (l *Locale) planLine(ctx context.Context, h resource.Host, p *localePlan) (err error) {
	if err := l.known(ctx, h, p); err != nil {
		return err
	}
	item := l.item(p.name, p.charset)
	item.Create, item.Guessed = p.creates, p.guessed
	p.item, err = item.Plan(ctx, h)
	p.change = p.item.Change()
	p.itemOp, p.change.Unsure, p.change.Warnings = p.change.Op, p.change.Unsure || p.unsure || p.guessed, append(p.change.Warnings, p.warnings...)
	if l.Charset == nil && !l.gone() {
		p.change.See("line", p.name+" "+p.charset) // Other files than the one that is written say this.
	}
	return err
}

// known finds out how the machine writes the name, and the charset that belongs to it.
func (l *Locale) known(ctx context.Context, h resource.Host, p *localePlan) error {
	if l.Charset != nil {
		p.charset = *l.Charset
	}
	if h.Unknown("charset") || l.Charset == nil && (h.Unknown("name") || h.Unknown("state")) {
		p.unsure = true // The apply looks into files that nobody looks into now.
	}
	if l.Charset != nil || h.Unknown("name") || h.Unknown("charset") {
		return nil
	}
	own, _, _ := strings.Cut(l.Name, ".")
	meant := ""
	for _, list := range append(supportedFiles, string(wanted(l.Path, localeGen))) {
		at, err := h.Resolve(list, true)
		if err != nil || absent(h, at) {
			continue
		}
		c, err := h.Read(ctx, at, resource.ShownContent)
		if err != nil {
			return resource.OfArgument("name", err)
		}
		p.guessed = p.guessed || c.Unknown
		for _, row := range edit.RowsOf(c.Data) {
			f := strings.Fields(strings.TrimLeft(string(row.Text), "# "))
			if len(f) != 2 {
				continue
			}
			if edit.LocaleName(f[0]) == edit.LocaleName(l.Name) {
				p.name, p.charset = f[0], f[1]
				return nil
			}
			if lang, _, _ := strings.Cut(f[0], "."); meant == "" && strings.EqualFold(lang, own) {
				meant = f[0]
			}
		}
	}
	if l.gone() {
		return nil
	}
	p.charset, p.guessed = "UTF-8", true
	return p.warnOr(h, kind.NewProblem("name", kind.CodeNoLocale, "No such locale", "%s is no locale of %s.%s Correct the name, or set charset for one that the machine has the sources of.", l.Name, supportedFiles[1], kind.Rule(prose.DidYouMean(meant))))
}

// planRun plans that the locale is generated, or removed. One that is there with another charset
// is generated, too.
func (l *Locale) planRun(h resource.Host, p *localePlan, is bool, other string) error {
	c := p.change
	asExisting(c)
	has := yesNo(is)
	if p.replaces = other != ""; p.replaces {
		is, has = false, kind.Text("with "+other)
	}
	found := []resource.Trait{l.trait(is)}
	left := []resource.Trait{l.trait(!l.gone())}
	if p.item == nil {
		c.Before["name"], c.After["name"] = l.Name, l.Name
		there := resource.NewTrait(resource.TypeTrait, nil, "locale")
		found, left = append(found, there), append(left, there)
	}
	c.Writes = append(c.Writes, l.made())
	c.Before["generated"] = has
	c.Found = append(c.Found, found...)
	if h.Unknown("state") {
		c.Unsure = true
		return nil
	}
	c.After["generated"] = yesNo(!l.gone())
	c.Left = append(c.Left, left...)
	if p.runs = is == l.gone(); !p.runs {
		return nil
	}
	if c.Op == resource.NoOp {
		c.Op = resource.Update
	}
	if !l.gone() {
		c.Keep().Along = append(c.Keep().Along, l.made())
	}
	l.foresee(c)
	at, err := h.Resolve(path.Join(localeDir, "locale-archive"), true)
	if err == nil {
		err = h.Refused(at, true)
	}
	if err != nil {
		return resource.OfArgument("name", err)
	}
	if err := needsProgram(h, "localedef"); err != nil || l.gone() {
		return err
	}
	_, err = l.source(h, p)
	return err
}

// foresee says what others see of the locale after a run.
func (l *Locale) foresee(c *resource.Change) {
	will := rootsEntry(resource.TypeDirectory, 0o755)
	if l.gone() {
		will = rootsEntry(resource.TypeAbsent, 0)
	}
	foresee(c, path.Join(localeDir, edit.LocaleName(l.Name)), will)
}

// trait is whether programs find the locale.
func (l *Locale) trait(is bool) resource.Trait {
	return resource.NewTrait("name", []any{"generated", edit.LocaleName(l.Name)}, is)
}

func yesNo(is bool) kind.Text {
	if is {
		return "yes"
	}
	return "no"
}

// source is the file that the locale is generated of: that of its name with what is behind the
// at sign, and without the charset.
func (l *Locale) source(h resource.Host, p *localePlan) (string, error) {
	base, at, _ := strings.Cut(p.name, "@")
	if base, _, _ = strings.Cut(base, "."); at != "" {
		base += "@" + at
	}
	for _, dir := range localeSources {
		for _, name := range []string{p.name, base} {
			file, err := h.Resolve(path.Join(dir, name), true)
			if err == nil && !absent(h, file) {
				return path.Join(dir, name), nil
			}
		}
	}
	return base, p.warnTo(h, kind.NewProblem("name", kind.CodeNoLocale, "The machine has no source of the locale", "There is no %s, of which %s is generated. Install the package that brings it, which is locales on Debian, and glibc-locale-source on Red Hat; or correct name.", path.Join(localeSources[1], base), l.Name))
}

// warnTo is warnOr once the change is there.
func (p *localePlan) warnTo(h resource.Host, why *kind.Problem) error {
	p.warnings = nil
	err := p.warnOr(h, why)
	p.change.Warnings = append(p.change.Warnings, p.warnings...)
	return err
}

// run generates the locale, or removes it, and holds that programs find it then, or not.
func (l *Locale) run(ctx context.Context, h resource.Host, p *localePlan) error {
	name := edit.LocaleName(l.Name)
	argv := []string{"localedef", "--delete-from-archive", name}
	if lang, at, hasAt := strings.Cut(name, "@"); p.charset != "" && !strings.Contains(lang, ".") {
		// One without a charset in its name is there with it, too.
		if lang += "." + p.charset; hasAt {
			lang += "@" + at
		}
		argv = append(argv, edit.LocaleName(lang))
	}
	if !l.gone() {
		source, err := l.source(h, p)
		if err != nil {
			return err
		}
		argv = []string{"localedef", "-i", source, "-c", "-f", p.charset}
		if !absent(h, localeAlias) {
			argv = append(argv, "-A", localeAlias)
		}
		if p.replaces {
			argv = append(argv, "--replace")
		}
		argv = append(argv, p.name)
	}
	failed := h.Run(ctx, resource.Tool{Argv: argv, Explain: func(code int) *kind.Problem {
		return kind.NewProblem("name", kind.CodeToolFailed, "The locale could not be generated or removed", "localedef ended with status %d for %s.", code, l.Name)
	}})
	var why *kind.Problem
	if failed != nil && (!errors.As(failed, &why) || why.Code != kind.CodeToolFailed) {
		return failed
	}
	is, err := l.generated(ctx, h)
	other := ""
	if err == nil && is && !l.gone() {
		other, err = l.otherCharset(ctx, h, p.charset)
	}
	switch {
	case err != nil || is != l.gone() && other == "": // It ends with a status for mere warnings, too.
		return err
	case failed != nil:
		return failed
	case other != "":
		return kind.NewProblem("charset", kind.CodeNotIdempotent, "The locale has another charset", "localedef ended well, but programs find %s with %s, and not with %s. It would be generated again at every apply. Write charset as the C library calls it, or remove what else brings the locale.", l.Name, other, p.charset)
	case l.gone():
		return kind.NewProblem("name", kind.CodeNoLocale, "The locale stays", "%s is still there: it is in a directory of %s, or a package brings it. Remove that.", l.Name, localeDir)
	}
	return kind.NewProblem("name", kind.CodeNotIdempotent, "The locale is not found", "localedef ended well, but locale -a does not name %s. It would be generated again at every apply.", l.Name)
}
