package files

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// limitsArgs are what a block of the kind limits may set.
type limitsArgs struct {
	Domain  string     `cbor:"domain" mito:"required,shows=content,end"`
	Type    string     `cbor:"type" mito:"required,oneof=soft|hard|-,shows=content,end"`
	Item    string     `cbor:"item" mito:"required,shows=content,end"`
	Value   *string    `cbor:"value,omitempty" mito:"shows=content,itself"`
	Comment *string    `cbor:"comment,omitempty" mito:"shows=content"`
	Path    *kind.Text `cbor:"path,omitempty" mito:"edits=path,default=/etc/security/limits.conf"`
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (limitsArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A limit of what a user or group may use, in a file of pam_limits.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "limits" "app_files" {
  on     = context.local.here
  path   = "/etc/security/limits.d/app.conf"
  domain = "app"
  type   = "-"
  item   = "nofile"
  value  = "65536"
}
`,
			Reads:   "The file, its owner, group and permissions, and the files that pam_limits reads after it. The attribute content of the difference is that of the file.",
			Drift:   "The value is another one, or the line is gone, or there again; with comment set, that is another one. Other lines do not count. 0100 is the same value as 100, and -1 and infinity are the same as unlimited.",
			Ansible: "community.general.pam_limits, of which limit_type is type, limit_item is item and dest is path. use_max and use_min are none here: what is set is what is there. The last of several lines that set one limit counts for pam_limits; it gets the value, and those before it are removed.",
			Pyinfra: "There is no such operation. files.line edits such a file.",
			Limits:  "A limit counts from the next login on. Services of systemd do not go through pam_limits. A warning says if a later line or file sets the limit otherwise for the same domain; that a line for a user outweighs one for a group, and that one outweighs *, is not looked at.",
			Traits:  []string{"value", "comment", "content"},
		},
		End:        "a limit that an apply added is taken out if it has the value that the last apply left, and the file with it if it was made for it and holds nothing else. A limit that was there before stays as it is. What cannot be taken back: its former value, lines that set it a second time, and a limit that state = absent removed.",
		OtherNames: "pam_limits ulimit limit",
		Attrs: map[string]kind.Entry{
			"domain":  {Doc: "Whom it is for: the name of a user, @ and the name of a group, * for all, %group for maxlogins of a group, or numbers as 1000:2000 or @500:."},
			"type":    {Doc: "soft, which a user may raise up to hard; hard; or - for both.", OtherNames: "limit_type"},
			"item":    {Doc: "What is limited: core, data, fsize, memlock, nofile, rss, stack, cpu, nproc, as, maxlogins, maxsyslogins, nonewprivs, priority, locks, sigpending, msgqueue, nice, rtprio or chroot.", OtherNames: "limit_item"},
			"value":   {Doc: "The limit, as a number, or unlimited. For chroot it is a directory."},
			"comment": {Doc: "What stands behind the limit, after a number sign. Left alone when not set."},
			"path":    {Doc: "The file. pam_limits reads /etc/security/limits.conf, and then those in /etc/security/limits.d whose names end in .conf, in the order of these; what comes later counts. It is made if it is missing.", OtherNames: "dest file"},
			"state":   {Doc: "Whether the limit should be there. With absent, value and comment do not count.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

func limitsKind() kind.Kind {
	return resource.Define("limits", func() resource.Resource { return &Limits{} }, PartResults{})
}

// Limits is the desired state of one limit of pam_limits.
type Limits struct{ limitsArgs }

const (
	limitsFile      = "/etc/security/limits.conf"
	limitsDirectory = "/etc/security/limits.d"
)

// limitItems are what pam_limits limits. Those with a range have numbers between both alone.
var limitItems = map[string][2]int64{
	"core": {}, "data": {}, "fsize": {}, "memlock": {}, "nofile": {}, "rss": {}, "stack": {}, "cpu": {}, "nproc": {}, "as": {},
	"maxlogins": {}, "maxsyslogins": {}, "locks": {}, "sigpending": {}, "msgqueue": {}, "chroot": {},
	"nonewprivs": {0, 1}, "priority": {-20, 19}, "nice": {-20, 19}, "rtprio": {0, 99},
}

// Validate implements Validator.
func (l *Limits) Validate() []kind.Problem {
	out := resource.CheckState(l.State)
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if l.Domain == "" || edit.Broken(l.Domain) || strings.Contains(l.Domain, "#") {
		bad("domain", "Not a domain", "domain is %q. Write the name of a user, @ and the name of a group, or *.", l.Domain)
	}
	if !slices.Contains([]string{"soft", "hard", "-"}, l.Type) {
		bad("type", "Not a type of limit", "type is %q; it can be soft, hard or -.", l.Type)
	}
	bounds, known := limitItems[l.Item]
	if !known {
		bad("item", "pam_limits limits no such thing", "item is %q. It can be %s.", l.Item, kind.Rule(strings.Join(slices.Sorted(maps.Keys(limitItems)), ", ")))
	}
	if l.Comment != nil && strings.ContainsAny(*l.Comment, "\n\r\x00") {
		bad("comment", "More than one line", "comment contains a line end, and a limit is one line. Take it out.")
	}
	if l.Path != nil {
		out = append(out, filesystem.CheckPath("path", *l.Path)...)
		if p := path.Clean(string(*l.Path)); path.Dir(p) == limitsDirectory && path.Ext(p) != ".conf" {
			bad("path", "pam_limits does not read such a file", "Of the files in %s only those count whose names end in .conf. Write %s.conf.", limitsDirectory, p)
		}
	}
	switch {
	case l.State == "absent":
	case l.Value == nil:
		bad("value", "No value", "value is the limit; set it, or set state to absent.")
	case known && !isLimit(l.Item, *l.Value, bounds):
		bad("value", "Not a value of this limit", "value is %q, which %s cannot have. Write a number in its range, or unlimited where it has none; for chroot a directory.", *l.Value, l.Item)
	}
	return out
}

// isLimit reports whether pam_limits takes a value for an item.
func isLimit(item, value string, bounds [2]int64) bool {
	if item == "chroot" {
		return strings.HasPrefix(value, "/") && !edit.Broken(value) && !strings.Contains(value, "#")
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if bounds != [2]int64{} {
		return err == nil && bounds[0] <= n && n <= bounds[1]
	}
	return err == nil && n >= 0 || edit.NormalLimit(value) == "unlimited"
}

// shape are the arguments that say what becomes of the content.
func (l *limitsArgs) shape() *edit.LimitArgs {
	a := &edit.LimitArgs{Domain: l.Domain, Type: l.Type, Item: l.Item, Comment: l.Comment, State: l.State}
	if l.Value != nil {
		a.Value = *l.Value
	}
	return a
}

// file is the path of the file.
func (l *limitsArgs) file() kind.Text {
	if l.Path != nil {
		return *l.Path
	}
	return limitsFile
}

// Part implements Parted.
func (*Limits) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	state, _ := resource.WireText(args["state"])
	out := resource.Part{Absent: state == "absent"}
	var words []string
	for _, arg := range []string{"domain", "type", "item"} {
		word, ok := resource.WireText(args[arg])
		if !ok || slices.Contains(unknown, "state") {
			return resource.Part{}
		}
		words = append(words, word)
	}
	out.Entries = []string{strings.Join(words, " ")}
	return out
}
