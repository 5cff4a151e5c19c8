package system

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// cronArgs are what a block of the kind cron may set.
type cronArgs struct {
	Name     string     `cbor:"name" mito:"required,end,shows=content"`
	Command  *kind.Text `cbor:"command,omitempty" mito:"itself,conflicts=value,shows=content"`
	Minute   *string    `cbor:"minute,omitempty" mito:"default=*,conflicts=special|value,shows=content"`
	Hour     *string    `cbor:"hour,omitempty" mito:"default=*,conflicts=special|value,shows=content"`
	Day      *string    `cbor:"day,omitempty" mito:"default=*,conflicts=special|value,shows=content"`
	Month    *string    `cbor:"month,omitempty" mito:"default=*,conflicts=special|value,shows=content"`
	Weekday  *string    `cbor:"weekday,omitempty" mito:"default=*,conflicts=special|value,shows=content"`
	Special  *string    `cbor:"special,omitempty" mito:"oneof=reboot|yearly|annually|monthly|weekly|daily|midnight|hourly,shows=content"`
	Disabled bool       `cbor:"disabled,omitempty" mito:"default=false,conflicts=value,shows=content"`
	Value    *kind.Text `cbor:"value,omitempty" mito:"end,shows=content"`
	User     *string    `cbor:"user,omitempty" mito:"needs=user,end,shows=content"`
	Path     *kind.Text `cbor:"path,omitempty" mito:"edits=path"`
	State    string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Backup   bool       `cbor:"backup,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (cronArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A job of cron, or a variable for jobs, in the crontab of a user or in a file of /etc/cron.d.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "directory" "jobs" {
  on   = context.local.here
  path = "/etc/cron.d"
}
resource "cron" "path" {
  on    = context.local.here
  path  = "/etc/cron.d/app"
  name  = "PATH"
  value = "/usr/local/bin:/usr/bin:/bin"
}
resource "cron" "backup" {
  on      = context.local.here
  path    = "/etc/cron.d/app"
  name    = "nightly backup"
  user    = "root"
  minute  = "15"
  hour    = "3"
  command = "backup --all >/dev/null"
}
`,
			Reads:   "The whole file, and its owner, group and permissions. Blocks of one file that follow each other are planned upon what the ones before will leave, and shown as one difference, in which each change stands below the block that makes it. The attribute content of the difference is that of the file.",
			Drift:   "The line of the job, or of the variable, is another one, or is gone or there again. All other lines do not count.",
			Ansible: "cron, with the same words for most: job is command, special_time is special, cron_file is path, and with env the job is value. The line before a job, which has its name, is the one that Ansible writes, so each finds the jobs of the other. There is no insertafter and insertbefore: a new variable comes before all jobs. The crontab of a user is changed as a file, in one step, and not by the program crontab.",
			Pyinfra: "server.crontab, of which cron_name is name, day_of_month is day, day_of_week is weekday and special_time is special. There a job may have no name and is told by its command.",
			Limits:  "Only root can change a crontab, its own too: another user may not write where they are kept, which the program crontab can. They are in /var/spool/cron/crontabs, as on Debian and Alpine, or else, but on Debian, in /var/spool/cron/tabs as on SUSE or in /var/spool/cron as on Red Hat. cron takes notice of the change by itself within a minute. Whether cron runs is not looked at. If both day and weekday are set, cron runs the job on each day that either of them names. busybox knows no names of special.",
			Traits:  []string{"command", "content"},
		},
		End:        "the lines that an apply added are taken out, if they are as the last apply left them. A job that was there before stays as it is; if backup was set when it was first changed, its former lines are put back. A file that was made for the job goes with it. What cannot be taken back: a job that was removed.",
		OtherNames: "cron_job crontab cronjob",
		Attrs: map[string]kind.Entry{
			"name":     {Doc: "The name of the job, which stands in the line before it and tells it from others of its file. With value, the name of the variable.", OtherNames: "cron_name title"},
			"command":  {Doc: "What is run, by /bin/sh. cron takes a percent sign for a line end unless a backslash is before it.", OtherNames: "job cmd"},
			"minute":   {Doc: "When: minutes from 0 to 59, as 5, 0,30, 10-20 or */15. * is every one."},
			"hour":     {Doc: "Hours from 0 to 23, in the same forms."},
			"day":      {Doc: "Days of the month from 1 to 31, in the same forms.", OtherNames: "day_of_month dom"},
			"month":    {Doc: "Months from 1 to 12, or jan to dec, in the same forms."},
			"weekday":  {Doc: "Days of the week from 0 to 7, where 0 and 7 are Sunday, or sun to sat, in the same forms.", OtherNames: "day_of_week dow"},
			"special":  {Doc: "A name for when, in place of all of these.", OtherNames: "special_time", Values: map[string]string{}},
			"disabled": {Doc: "Keep the job in the file, behind a number sign, so that it does not run."},
			"value":    {Doc: "The value of a variable of that name, which all jobs behind it in the file have. It makes the block one of a variable and not of a job.", OtherNames: "env"},
			"user":     {Doc: "Whose crontab it is; the user that the agent runs as, when not set. With path, as whom the job runs; root when not set.", OtherNames: "owner"},
			"path":     {Doc: "A file of /etc/cron.d, absolute, in place of a crontab. It is made if it is missing. cron ignores a file there whose name has a dot.", OtherNames: "cron_file file dest"},
			"state":    {Doc: "Whether the job, or the variable, should be there. With absent, what and when does not count; that value is set does, as it says what is to go.", OtherNames: "ensure present", Values: resource.Presence()},
			"backup":   {Doc: "Keep what the file held, beside it, with the time in its name, before it is changed. cron ignores such names in /etc/cron.d; beside a crontab it takes them for that of an account that does not exist."},
		},
	}
}

func cronKind() kind.Kind {
	return resource.Define("cron", func() resource.Resource { return &Cron{} }, files.PartResults{})
}

// Cron is the desired state of a job, or of a variable for jobs.
type Cron struct{ cronArgs }

// Validate implements kind.Validator.
func (c *Cron) Validate() []kind.Problem {
	out := append(checkTable(c.Path), resource.CheckState(c.State)...)
	out = append(out, c.checkName()...)
	if c.Path != nil && path.Dir(path.Clean(string(*c.Path))) == "/etc/cron.d" && strings.ContainsFunc(path.Base(string(*c.Path)), notInCronD) {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "A name that cron ignores", "%s is not read by cron: in /etc/cron.d a name has letters, digits, underscores and hyphens only.", *c.Path))
	}
	if c.User != nil && (*c.User == "" || strings.ContainsAny(*c.User, "/ \t\n\r#%") || (*c.User)[0] == '.') {
		out = append(out, wrong("user", "No name of an account", "user is %q, and no account can have that name.", *c.User)...)
	}
	if c.State == "absent" {
		return out
	}
	return append(out, c.checkJob()...)
}

func notInCronD(r rune) bool {
	return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func (c *Cron) checkName() []kind.Problem {
	switch {
	case c.Value != nil && !variableName(c.Name):
		return wrong("name", "No name of a variable", "name is %q. With value it is that of a variable: letters, digits and underscores, the first no digit.", c.Name)
	case c.Name == "" || strings.TrimSpace(c.Name) != c.Name || !oneLine(c.Name):
		return wrong("name", "No name of a job", "name is %q. It stands in a line of the file, so it is not empty, begins and ends with no blank, and has one line.", c.Name)
	}
	return nil
}

func variableName(s string) bool {
	return s != "" && (s[0] < '0' || s[0] > '9') && !strings.ContainsFunc(s, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// checkJob returns what is wrong with what is run, and when.
func (c *Cron) checkJob() []kind.Problem {
	switch {
	case c.Command != nil && c.Value != nil:
		return resource.Excluding("value", "command says that the block is a job, and value that it is a variable. Remove one of them.")
	case c.Value != nil:
		if v := string(*c.Value); !oneLine(strings.ReplaceAll(v, "\t", " ")) || strings.Contains(v, `"`) && strings.Contains(v, "'") {
			return wrong("value", "No value of a variable", "value has a line end, or both sorts of quotes, which a crontab cannot hold.")
		}
	case c.Command == nil:
		return wrong("command", "Nothing to run", "Nothing says what is run. Set command, or value for a variable; or set state to absent to take the job out.")
	case strings.TrimSpace(string(*c.Command)) == "" || !oneLine(strings.ReplaceAll(string(*c.Command), "\t", " ")):
		return wrong("command", "No command of a job", "command is empty or has more than one line, and a job is one line. Put several commands into a script, or join them with a semicolon.")
	}
	return c.checkWhen()
}

// timeField is an argument that says when a job runs, with the numbers and names that it takes.
type timeField struct {
	attr        string
	value       *string
	least, most int
	names       string
}

// when are the five arguments that say when, in the order of a crontab.
func (c *Cron) when() []timeField {
	return []timeField{
		{"minute", c.Minute, 0, 59, ""}, {"hour", c.Hour, 0, 23, ""}, {"day", c.Day, 1, 31, ""},
		{"month", c.Month, 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"},
		{"weekday", c.Weekday, 0, 7, "sun mon tue wed thu fri sat"},
	}
}

func (c *Cron) checkWhen() (out []kind.Problem) {
	if c.Special != nil && !slices.Contains(specials, *c.Special) {
		out = append(out, wrong("special", "No such time", "special is %q; it can be %s.", *c.Special, strings.Join(specials, ", "))...)
	}
	for _, f := range c.when() {
		switch {
		case f.value == nil:
		case c.Special != nil:
			out = append(out, resource.Excluding(f.attr, f.attr+" says when the job runs, and so does special. Remove one of them.")...)
		case c.Value != nil:
			out = append(out, resource.Excluding(f.attr, f.attr+" says when a job runs, and value makes the block one of a variable. Remove one of them.")...)
		case !cronField(*f.value, f.least, f.most, strings.Fields(f.names)):
			out = append(out, wrong(f.attr, "No such time", "%s is %q. Write * or numbers from %d to %d: one, several with commas, a range as 1-5, and behind * or a range a step as /2.", kind.Rule(f.attr), *f.value, f.least, f.most)...)
		}
	}
	return out
}

// specials are the names for when.
var specials = []string{"reboot", "yearly", "annually", "monthly", "weekly", "daily", "midnight", "hourly"}

// cronField reports whether cron takes a text for one of the five.
func cronField(s string, least, most int, names []string) bool {
	number := func(s string) (int, bool) {
		if k := slices.Index(names, strings.ToLower(s)); k >= 0 {
			return k + least, true
		}
		n, err := strconv.Atoi(s)
		return n, err == nil && s[0] != '+' && n >= least && n <= most
	}
	for _, one := range strings.Split(s, ",") {
		span, step, steps := strings.Cut(one, "/")
		if n, err := strconv.Atoi(step); steps && (err != nil || n < 1 || step[0] == '+') {
			return false
		}
		from, to, isSpan := strings.Cut(span, "-")
		first, ok := number(from)
		last := first
		if isSpan && ok {
			last, ok = number(to)
		}
		if span != "*" && (!ok || last < first || steps && !isSpan) {
			return false
		}
	}
	return true
}

// Part implements Parted.
func (*Cron) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	table := edit.Jobs
	if args["value"] != nil || slices.Contains(unknown, "value") {
		table = edit.Variables
	}
	return part(table, "name", args, unknown, func(s string) string { return s })
}
