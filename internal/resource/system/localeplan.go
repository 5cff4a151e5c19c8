package system

import (
	"context"
	"errors"
	"path"
	"slices"
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
	if err = begin(ctx, h, *p.change, err); err == nil {
		err = p.item.Make(ctx, h)
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
	item *files.ItemPlan
	// name and charset are those of the line.
	name, charset string
	// guessed is set if the two may be others once what comes before is there, and unsure if what
	// was found may be.
	guessed, unsure bool
	// creates is set if the file has to be made.
	creates bool
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
	return p, l.planRun(ctx, h, p, is)
}

// made is what stands for a locale that programs find, between the blocks of a plan and in the
// record.
func (l *Locale) made() kind.Thing { return kind.ThingOf(kind.LocaleOf, edit.LocaleName(l.Name)) }

// ofC reports whether the locale is one of the C library itself; bare is set if it is on any.
func (l *Locale) ofC() (own, bare bool) {
	base, charset, _ := strings.Cut(l.Name, ".")
	own = base == "C" || base == "POSIX"
	return own, own && charset == ""
}

// generated reports whether programs find the locale: also what earlier blocks of the plan make.
// Of one that the C library may bring, that counts though only the file is changed.
func (l *Locale) generated(ctx context.Context, h resource.Host) (bool, error) {
	own, bare := l.ofC()
	if bare || h.Unknown("name") || !l.runs() && (!own || !h.HasProgram("locale")) {
		return bare, nil
	}
	if there, ok := h.Planned(l.made()); ok {
		return there, nil
	}
	if err := needsProgram(h, "locale"); err != nil || !h.HasProgram("locale") {
		return false, err
	}
	return l.found(ctx, h)
}

// found reports whether programs find the locale now.
func (l *Locale) found(ctx context.Context, h resource.Host) (bool, error) {
	all, err := h.Ask(ctx, resource.Tool{Argv: []string{"locale", "-a"}})
	for _, row := range edit.RowsOf(all) {
		if edit.LocaleName(string(row.Text)) == edit.LocaleName(l.Name) {
			return true, err
		}
	}
	return false, err
}

// otherCharset is the charset that programs find the locale with, if it is another than this one.
func (l *Locale) otherCharset(ctx context.Context, h resource.Host, charset string) (string, error) {
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
	own, _ := l.ofC()
	switch {
	case is && own:
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
	return true, mayCome(h, p.change, kind.NewProblem("name", kind.CodeNoLocale, "The machine generates no locales", "The locale %s is not there, and there is no %s: install the package that brings it, which is locales on Debian, in a block that this one depends on. Other distributions bring a locale in a package of its own, as glibc-langpack-de on Fedora.", l.Name, localeGen))
}

// planLine plans the line in the file.
func (l *Locale) planLine(ctx context.Context, h resource.Host, p *localePlan) (err error) {
	if err := l.known(ctx, h, p); err != nil {
		return err
	}
	item := l.item(p.name, p.charset)
	item.Create, item.Guessed = p.creates, p.guessed
	p.item, err = item.Plan(ctx, h)
	so := p.change.Warnings
	p.change = p.item.Change()
	p.change.Unsure, p.change.Warnings = p.change.Unsure || p.unsure || p.guessed, append(p.change.Warnings, so...)
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
	lists := append(slices.Clone(supportedFiles), string(wanted(l.Path, localeGen)))
	for _, list := range lists {
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
			name, charset := supported(string(row.Text))
			if edit.LocaleName(name) == edit.LocaleName(l.Name) {
				p.name, p.charset = name, charset
				return nil
			}
			if lang, _, _ := strings.Cut(name, "."); meant == "" && strings.EqualFold(lang, own) {
				meant = name
			}
		}
	}
	if l.gone() {
		return nil
	}
	p.charset, p.guessed = "UTF-8", true
	return mayCome(h, p.change, kind.NewProblem("name", kind.CodeNoLocale, "No such locale", "%s is in none of %s.%s Correct the name, or set charset for one that the machine has the sources of.", l.Name, kind.Rule(strings.Join(lists, ", ")), kind.Rule(prose.DidYouMean(meant))))
}

// supported is the locale that a line says can be generated, and its charset. In a comment those
// are told from two words by the letters of the charset.
func supported(line string) (name, charset string) {
	line, remark := strings.CutPrefix(strings.TrimSpace(line), "#")
	f := strings.Fields(line)
	if len(f) != 2 || f[0][0] == '#' || !word(f[1], charsetSigns) || remark && strings.ToUpper(f[1]) != f[1] {
		return "", ""
	}
	return f[0], f[1]
}

// planRun plans that the locale is generated, or removed. One that is there with another charset
// is generated, too.
func (l *Locale) planRun(ctx context.Context, h resource.Host, p *localePlan, is bool) error {
	c, other, has := p.change, "", yesNo(is)
	_, planned := h.Planned(l.made()) // With the charset that its block says.
	if is && !planned && !l.gone() && p.item != nil && !p.guessed && !h.Unknown("charset") {
		var err error
		if other, err = l.otherCharset(ctx, h, p.charset); err != nil {
			return err
		}
	}
	if p.replaces = other != ""; p.replaces {
		is, has = false, kind.Text("with "+other)
	}
	asExisting(c)
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
	if err := l.planTool(ctx, h, c); err != nil || l.gone() {
		return err
	}
	_, err := l.source(h, p)
	return err
}

// planTool plans that localedef runs: what others see of the locale then, and what is missing.
func (l *Locale) planTool(ctx context.Context, h resource.Host, c *resource.Change) error {
	will := resource.Entry{Type: resource.TypeOther}
	if l.gone() {
		will.Type = resource.TypeAbsent
	}
	c.Effects = append(c.Effects, resource.Effect{Thing: l.made(), Entry: &will})
	at, err := h.Resolve(path.Join(localeDir, "locale-archive"), true)
	if err == nil {
		err = h.Refused(at, true)
	}
	if err != nil {
		return resource.OfArgument("name", err)
	}
	if _, ok := h.Planned(l.made()); !ok {
		if l.gone() && !absent(h, l.ownDirectory()) {
			return l.stays()
		}
	} else if h.HasProgram("locale") {
		is, err := l.found(ctx, h)
		if c.AsNow = is != l.gone(); err != nil {
			return err
		}
	}
	return needsProgram(h, "localedef")
}

// ownDirectory is where a locale is that localedef did not put into its archive.
func (l *Locale) ownDirectory() string { return path.Join(localeDir, edit.LocaleName(l.Name)) }

// stays is the problem of a locale that is not in the archive of localedef.
func (l *Locale) stays() *kind.Problem {
	return kind.NewProblem("name", kind.CodeNoLocale, "The locale stays", "%s is in a directory of %s, as one is that a package brings, and localedef removes none of these. Remove the package, or the directory.", l.Name, localeDir)
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
	return base, mayCome(h, p.change, kind.NewProblem("name", kind.CodeNoLocale, "The machine has no source of the locale", "There is no %s, of which %s is generated. Install the package that brings it, which is locales on Debian, and glibc-locale-source on Red Hat; or correct name.", path.Join(localeSources[1], base), l.Name))
}

// run generates the locale, or removes it, and holds that programs find it then, or not.
func (l *Locale) run(ctx context.Context, h resource.Host, p *localePlan) error {
	argv := []string{"localedef", "--delete-from-archive", edit.LocaleName(l.Name)}
	if l.gone() {
		along, err := l.along(ctx, h, p.charset)
		if err != nil {
			return err
		}
		argv = append(argv, along...)
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
		return l.stays()
	}
	return kind.NewProblem("name", kind.CodeNotIdempotent, "The locale is not found", "localedef ended well, but locale -a does not name %s. It would be generated again at every apply.", l.Name)
}

// along is the other name that localedef gives one without a charset in its name: the one with it.
// It stays if the file has a line for that.
func (l *Locale) along(ctx context.Context, h resource.Host, charset string) ([]string, error) {
	lang, at, hasAt := strings.Cut(l.Name, "@")
	if charset == "" || strings.Contains(lang, ".") {
		return nil, nil
	}
	if lang += "." + charset; hasAt {
		lang += "@" + at
	}
	other := Locale{localeArgs{Name: lang, Path: l.Path}}
	file, err := h.Resolve(string(wanted(l.Path, localeGen)), true)
	if err != nil || absent(h, file) {
		return []string{edit.LocaleName(lang)}, err
	}
	c, err := h.Read(ctx, file, resource.Editable)
	if err != nil || other.item("", "").Said(c.Data) != nil {
		return nil, resource.OfArgument("path", err)
	}
	return []string{edit.LocaleName(lang)}, nil
}
