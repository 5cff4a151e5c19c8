package system

import (
	"context"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// timezoneArgs are what a block of the kind timezone may set.
type timezoneArgs struct {
	Name string     `cbor:"name" mito:"required,end,shows=zone|named"`
	Path *kind.Text `cbor:"path,omitempty" mito:"claims=path,default=/etc/localtime"`
}

// Manual says the texts of these arguments.
func (timezoneArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "The time zone of the machine.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "timezone" "here" {
  on   = context.local.here
  name = "Europe/Berlin"
}
`,
			Reads:   "Where the link /etc/localtime leads, what /etc/timezone says if there is one, and whether /usr/share/zoneinfo has the zone. The attribute zone of the difference is the zone of the link, named that of /etc/timezone.",
			Drift:   "The link leads to another zone, is gone, or something else is in its place; or /etc/timezone names another one. Whether the link is relative does not count.",
			Ansible: "community.general.timezone. It does not set the clock of the hardware (hwclock), and runs no timedatectl: both files are compared and written here, which programs that start later read.",
			Pyinfra: "There is no operation of its own. Roles use files.link for /etc/localtime.",
			Limits:  "Programs that run keep the zone they have read when they started: restart them. Two names of one zone, as Etc/UTC and UTC, are two zones here. A machine whose /etc/localtime is mounted by itself, as in some containers, is refused. /etc/timezone is written where it exists, and never made. What was tested: both files, in a directory in place of /etc.",
			Traits:  []string{"name"},
		},
		End:        "a link that an apply made, where none was, is removed. A zone that the machine had before is not put back. What cannot be taken back: which zone it was, and what /etc/timezone said.",
		OtherNames: "tz time_zone localtime",
		Attrs: map[string]kind.Entry{
			"name": {Doc: "The zone, as it is named in /usr/share/zoneinfo: Europe/Berlin, or UTC.", OtherNames: "zone timezone tz"},
			"path": {Doc: "The link that is in place of /etc/localtime, absolute. The file timezone beside it is that of /etc/timezone."},
		},
	}
}

type timezoneResults struct{}

func timezoneKind() kind.Kind {
	return resource.Define("timezone", func() resource.Resource { return &Timezone{} }, timezoneResults{})
}

// Timezone is the desired state of the time zone of a machine.
type Timezone struct{ timezoneArgs }

// zoneinfo has the files of all zones.
const zoneinfo = "/usr/share/zoneinfo"

// Validate implements kind.Validator.
func (z *Timezone) Validate() []kind.Problem {
	out := filesystem.CheckPath("path", wanted(z.Path, localtime))
	if n := z.Name; n == "" || strings.HasPrefix(n, "/") || path.Clean(n) != n || strings.HasPrefix(n, "..") || len(n) > 255 || strings.ContainsAny(n, " \\\"'$`") || !oneLine(n) {
		out = append(out, wrong("name", "No name of a time zone", "name is %q. Write it as in %s: Europe/Berlin, or UTC.", z.Name, zoneinfo)...)
	}
	return out
}

// localtime is the link that says which zone a machine has.
const localtime = "/etc/localtime"

// Thing implements Resource.
func (z *Timezone) Thing() kind.Thing { return kind.PathThing(string(wanted(z.Path, localtime))) }

// Check implements Resource.
func (z *Timezone) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := z.plan(ctx, h)
	return p.change, err
}

// Apply implements Resource. The link comes last: what says the zone in words is never behind it.
func (z *Timezone) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := z.plan(ctx, h)
	if err = begin(ctx, h, p.change, err); err == nil && p.named != nil {
		err = h.Replace(ctx, p.beside, resource.NewFile{Content: p.named})
	}
	if err == nil && p.links {
		err = h.Link(p.at, path.Join(zoneinfo, z.Name), resource.Meta{})
	}
	return p.change, err
}

// timezonePlan is a zone that is being planned.
type timezonePlan struct {
	change resource.Change
	at     string
	links  bool
	// beside is the file that names the zone, and named what it gets; nil if it stays.
	beside string
	named  *resource.Content
}

func (z *Timezone) plan(ctx context.Context, h resource.Host) (*timezonePlan, error) {
	p := &timezonePlan{change: resource.Change{Op: resource.NoOp}}
	c := &p.change
	if err := resource.FirstProblem(h, z.Validate()); err != nil {
		return p, err
	}
	var err error
	if p.at, err = h.Resolve(string(wanted(z.Path, localtime)), false); err != nil {
		return p, err
	}
	c.Writes = []kind.Thing{kind.PathThing(p.at)}
	is, err := h.Lstat(p.at)
	if err != nil {
		return p, err
	}
	if is.Type == resource.TypeDirectory || is.Type == resource.TypeOther {
		return p, kind.NewProblem("path", kind.CodeInTheWay, "Something else is there", "%s is a %s, and should be a link to a file of %s. Remove it first.", p.at, is.Type.Noun(), zoneinfo)
	}
	zone, now := zoneOf(p.at, string(is.Target)), "absent"
	switch {
	case is.Type == resource.TypeFile:
		now = "a file, of which nobody knows the zone"
	case is.Type == resource.TypeLink:
		now = zone
	}
	c.After = map[string]any{"path": kind.Text(p.at), "zone": kind.Text(z.Name)}
	if is.Type != resource.TypeAbsent {
		c.Before = map[string]any{"path": kind.Text(p.at), "zone": kind.Text(now)}
	}
	c.Found = zoneTraits(is, now)
	p.links = zone != z.Name || is.Type != resource.TypeLink
	if h.Unknown("name") {
		delete(c.After, "zone")
		p.links = true
	} else {
		c.Left = zoneTraits(resource.Entry{Type: resource.TypeLink}, z.Name)
		if err := z.notItself(h, p.at); err != nil {
			return p, err
		}
		if err := z.known(ctx, h, c, p.links); err != nil {
			return p, err
		}
	}
	if err := z.planBeside(ctx, h, p); err != nil {
		return p, err
	}
	return p, z.planLink(h, p, is)
}

// planLink plans that the link leads to the zone.
func (z *Timezone) planLink(h resource.Host, p *timezonePlan, is resource.Entry) error {
	c := &p.change
	switch {
	case is.Type == resource.TypeAbsent:
		c.Op = resource.Create
	case p.links || p.named != nil:
		c.Op = resource.Update
	}
	if !p.links {
		return nil
	}
	dir, err := h.Lstat(path.Dir(p.at))
	if err != nil {
		return err
	}
	if dir.Type != resource.TypeDirectory {
		return kind.NewProblem("path", kind.CodeNoParent, "The directory does not exist", "%s is no directory, so %s cannot be made in it.", path.Dir(p.at), path.Base(p.at))
	}
	will, err := resource.Newborn(h, resource.TypeLink, dir)
	if err != nil {
		return err
	}
	if will.Target = kind.Text(path.Join(zoneinfo, z.Name)); is.Type == resource.TypeLink {
		will.Owner, will.Group = is.Owner, is.Group
	}
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(p.at), Entry: &will})
	return h.Refused(p.at, true)
}

// planBeside plans what the file says that names the zone, if there is one.
func (z *Timezone) planBeside(ctx context.Context, h resource.Host, p *timezonePlan) error {
	at, err := h.Resolve(path.Join(path.Dir(p.at), "timezone"), true)
	if err != nil {
		return err
	}
	is, err := h.Lstat(at)
	if err != nil || is.Type != resource.TypeFile {
		return err
	}
	c, now := &p.change, resource.Content{}
	if now, err = h.Read(ctx, at, resource.ShownContent); err != nil {
		return err
	}
	says := strings.TrimSpace(string(now.Data))
	c.See("named", says)
	c.Found = append(c.Found, namedTrait(says))
	if !h.Unknown("name") {
		c.Left = append(c.Left, namedTrait(z.Name))
	}
	if says == z.Name && !now.Unknown {
		return nil
	}
	if c.Before == nil {
		c.Before = map[string]any{"path": kind.Text(p.at), "zone": kind.Text("absent")}
	}
	c.Before["named"] = kind.Text(says)
	will := resource.ContentOf([]byte(z.Name + "\n"))
	if c.Unsure = c.Unsure || now.Unknown; h.Unknown("name") {
		will = resource.Content{Unknown: true}
	} else {
		c.After["named"] = kind.Text(z.Name)
	}
	p.beside, p.named = at, &will
	entry := is
	entry.Content = &will
	c.Writes = append(c.Writes, kind.PathThing(at))
	c.Effects = append(c.Effects, resource.Effect{Thing: kind.PathThing(at), Entry: &entry})
	return h.Refused(at, true)
}

// notItself returns the problem that the zone is a link that leads to the zone of the machine, as
// localtime is: the two would lead to each other.
func (z *Timezone) notItself(h resource.Host, own string) error {
	next := path.Join(zoneinfo, z.Name)
	for range 40 { // As many links as the kernel follows.
		at, err := h.Resolve(next, false)
		if err != nil {
			return err
		}
		if at == own || at == localtime {
			return kind.NewProblem("name", kind.CodeUnknownZone, "The zone is the one that the machine has", "%s is no zone by itself: it is a link to %s, which would lead to itself then. Name the zone, as Europe/Berlin or UTC.", path.Join(zoneinfo, z.Name), at)
		}
		is, err := h.Lstat(at)
		if err != nil || is.Type != resource.TypeLink {
			return err
		}
		if next = string(is.Target); !path.IsAbs(next) {
			next = path.Join(path.Dir(at), next)
		}
	}
	return nil // What is looked up next says what is wrong with it.
}

// known returns the problem that the machine does not know the zone, or warns of it if what
// comes before may bring it.
func (z *Timezone) known(ctx context.Context, h resource.Host, c *resource.Change, links bool) error {
	at, err := h.Resolve(path.Join(zoneinfo, z.Name), true)
	if err != nil {
		return err
	}
	is, err := h.Lstat(at)
	if err != nil || !links {
		return err
	}
	if is.Type == resource.TypeFile {
		begins, err := h.Read(ctx, at, resource.ShownContent)
		if err != nil || begins.Unknown || strings.HasPrefix(string(begins.Data), "TZif") {
			return err
		}
	}
	return mayCome(h, c, z.unknown(h))
}

// unknown is the problem of a zone that the machine does not have.
func (z *Timezone) unknown(h resource.Host) *kind.Problem {
	all, err := h.ReadDir(zoneinfo)
	if err != nil || len(all) == 0 {
		return kind.NewProblem("name", kind.CodeUnknownZone, "The machine knows no time zones", "%s is missing or empty. Install the package tzdata first, in a block that this one depends on.", zoneinfo)
	}
	meant := ""
	names, _ := h.ReadDir(path.Join(zoneinfo, path.Dir(z.Name))) // There need not be such a directory.
	for _, name := range names {
		if full := path.Join(path.Dir(z.Name), name); strings.EqualFold(full, strings.ReplaceAll(z.Name, " ", "_")) {
			meant = full
		}
	}
	return kind.NewProblem("name", kind.CodeUnknownZone, "No such time zone", "%s is no time zone of %s.%s Zones are named as Europe/Berlin; those of a region are the files of its directory.", z.Name, zoneinfo, kind.Rule(prose.DidYouMean(meant)))
}

// zoneOf is the zone that a link leads to; where it leads, if that is none.
func zoneOf(at, target string) string {
	if !path.IsAbs(target) {
		target = path.Join(path.Dir(at), target)
	}
	for _, dir := range []string{"/usr/share/zoneinfo/", "/usr/lib/zoneinfo/", "/etc/zoneinfo/"} {
		if zone, ok := strings.CutPrefix(path.Clean(target), dir); ok {
			return zone
		}
	}
	return target
}

// zoneTraits are those of the link.
func zoneTraits(is resource.Entry, zone string) []resource.Trait {
	out := []resource.Trait{resource.NewTrait(resource.TypeTrait, nil, string(is.Type))}
	if is.Type == resource.TypeLink {
		out = append(out, resource.NewTrait("name", nil, zone))
	}
	return out
}

// namedTrait is that of the file that names the zone.
func namedTrait(zone string) resource.Trait {
	return resource.NewTrait("name", "named", zone)
}
