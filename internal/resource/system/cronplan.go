package system

import (
	"context"
	"errors"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// Thing implements Resource. All crontabs are one, as where they are kept is known only on the
// machine.
func (c *Cron) Thing() kind.Thing {
	if c.Path != nil {
		return kind.PathThing(string(*c.Path))
	}
	return kind.PathThing(crontabDirs[0])
}

// End implements Resource.
func (c *Cron) End(e resource.End) (resource.Resource, error) {
	if e.Adopted && e.Backup == "" {
		return resource.LeaveAdopted(c.Thing(), "name"), nil
	}
	return &cronEnd{c, e}, nil
}

// cronEnd takes a job out that an apply made.
type cronEnd struct {
	*Cron
	end resource.End
}

// Check implements Resource.
func (c *cronEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	ends, err := c.inFile(h)
	if err != nil {
		return resource.Change{}, err
	}
	return ends.Check(ctx, h)
}

// Apply implements Resource.
func (c *cronEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	ends, err := c.inFile(h)
	if err != nil {
		return resource.Change{}, err
	}
	return ends.Apply(ctx, h)
}

// inFile is the end of the item, once it is known which file it is in.
func (c *cronEnd) inFile(h resource.Host) (resource.Resource, error) {
	r, err := c.item(h)
	if err != nil {
		return nil, err
	}
	return r.End(c.end)
}

// Check implements Resource.
func (c *Cron) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := c.plan(ctx, h)
	if noCrontabs(err) && h.Behind() {
		return c.later(), nil
	}
	return *p.Change(), err
}

// Apply implements Resource.
func (c *Cron) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := c.plan(ctx, h)
	return p.CarryOut(ctx, h, err)
}

func (c *Cron) plan(ctx context.Context, h resource.Host) (*files.ItemPlan, error) {
	if err := resource.FirstProblem(h, c.Validate()); err != nil {
		return &files.ItemPlan{}, err
	}
	r, err := c.item(h)
	if err != nil {
		return &files.ItemPlan{}, err
	}
	p, err := r.Plan(ctx, h)
	if err == nil && c.State != "absent" && c.Command != nil && percent(string(*c.Command)) {
		p.Change().Warnings = append(p.Change().Warnings, *kind.NewProblem("command", kind.CodePercent, "A percent sign is a line end",
			"What is behind the first %% of command is given to it as its input, and each further one is a line end. Write \\%% for a percent sign."))
	}
	return p, err
}

// percent reports whether a command has a percent sign that is not escaped.
func percent(s string) bool {
	for k := range len(s) {
		if s[k] == '%' && (k == 0 || s[k-1] != '\\') {
			return true
		}
	}
	return false
}

// crontabDirs are where crontabs may be kept, each under the name of its user: those of Debian
// and Alpine, of SUSE, and of Red Hat.
var crontabDirs = []string{"/var/spool/cron/crontabs", "/var/spool/cron/tabs", "/var/spool/cron"}

// item is the job in its file.
func (c *Cron) item(h resource.Host) (*files.Item, error) {
	r := &files.Item{
		Item: edit.Item{Table: edit.Jobs, Key: c.Name}, Attr: "command", Part: "this job",
		From:   []string{"name", "command", "minute", "hour", "day", "month", "weekday", "special", "disabled", "value", "user", "state"},
		Create: true, Backup: c.Backup, Gone: c.State == "absent",
	}
	if c.Value != nil || h.Unknown("value") {
		r.Table, r.First, r.Part = edit.Variables, true, "this variable"
	}
	if !r.Gone {
		r.Lines = c.lines()
	}
	if c.Path != nil || h.Unknown("path") {
		if c.Path != nil {
			r.Path = *c.Path
		}
		return r, nil
	}
	return r, c.inCrontab(h, r)
}

// lines are those of the job or the variable.
func (c *Cron) lines() []string {
	if c.Value != nil {
		quote := `"`
		if strings.Contains(string(*c.Value), quote) {
			quote = "'"
		}
		return []string{c.Name + "=" + quote + string(*c.Value) + quote}
	}
	var words []string
	if c.Special != nil {
		words = []string{"@" + *c.Special}
	} else {
		for _, f := range c.when() {
			if f.value == nil {
				words = append(words, "*")
			} else {
				words = append(words, *f.value)
			}
		}
	}
	if c.Path != nil {
		user := "root"
		if c.User != nil {
			user = *c.User
		}
		words = append(words, user)
	}
	if c.Command != nil {
		words = append(words, strings.TrimSpace(string(*c.Command)))
	}
	line := strings.Join(words, " ")
	if c.Disabled {
		line = "#" + line
	}
	return []string{edit.JobMark + c.Name, line}
}

// inCrontab has an item be in the crontab of the user.
func (c *Cron) inCrontab(h resource.Host, r *files.Item) error {
	uid, _ := h.Self()
	if uid != 0 {
		return kind.NewProblem("user", kind.CodePermission, "Only root can change a crontab",
			"The agent runs as user %d, which may not write where crontabs are kept. Use a context that runs as root, such as sudo, and name the owner of the crontab in user.", uid)
	}
	name := "root"
	if c.User != nil {
		name = *c.User
		if _, err := resource.UserIdentity(h, "user", name); err != nil {
			return err
		}
	}
	dirs := crontabDirs
	if is, err := h.Lstat("/etc/debian_version"); err != nil {
		return err
	} else if is.Type != resource.TypeAbsent {
		dirs = dirs[:1] // cron of Debian reads no other, which may be there before it is
	}
	for _, dir := range dirs {
		is, err := h.Lstat(dir)
		if err != nil {
			return err
		}
		if is.Type != resource.TypeDirectory {
			continue
		}
		mode := "0600"
		r.Path, r.Owner, r.Mode = kind.Text(path.Join(dir, name)), &name, &mode
		if g, err := h.LookupGroup("crontab"); err != nil {
			return err
		} else if g != nil && dir == crontabDirs[0] {
			r.Group = &g.Name
		}
		return nil
	}
	return kind.NewProblem("name", kind.CodeNoCrontabs, "This machine has no crontabs",
		"%s, so cron is not installed. Install it first, or name a file in path.", noneIsThere(dirs))
}

func noneIsThere(dirs []string) string {
	if len(dirs) == 1 {
		return dirs[0] + " is not there"
	}
	return "None of " + strings.Join(dirs, ", ") + " is there"
}

func noCrontabs(err error) bool {
	var why *kind.Problem
	return errors.As(err, &why) && why.Code == kind.CodeNoCrontabs
}

// later is the change where cron is not there yet, and something before this block may install
// it: that shows only at the apply.
func (c *Cron) later() resource.Change {
	name := "root"
	if c.User != nil {
		name = *c.User
	}
	at := kind.PathThing(path.Join(crontabDirs[0], name))
	out := resource.Change{Op: resource.NoOp, Writes: []kind.Thing{at}}
	if c.State == "absent" {
		return out
	}
	out.Op, out.Unsure, out.After = resource.Create, true, map[string]any{"name": c.Name}
	out.Effects = []resource.Effect{{Thing: at, Entry: &resource.Entry{Type: resource.TypeFile, Content: &resource.Content{Unknown: true}}}}
	return out
}
