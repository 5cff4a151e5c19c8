package system

import (
	"math"
	"path"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// alternativesArgs are what a block of the kind alternatives may set.
type alternativesArgs struct {
	Name      string      `cbor:"name" mito:"required,public,end,shows=mode|choice|leads|broken"`
	Path      *kind.Text  `cbor:"path,omitempty" mito:"needs=path,public,end,gathers,shows=priority|mode|choice|leads|broken|candidates"`
	Link      *kind.Text  `cbor:"link,omitempty" mito:"public,shows=leads|broken"`
	Priority  *int64      `cbor:"priority,omitempty" mito:"end,shows=choice"`
	Followers *[]follower `cbor:"followers,omitempty" mito:"shows=broken"`
	State     string      `cbor:"state,omitempty" mito:"oneof=selected|present|auto|absent,default=selected,absent=absent,end,shows=mode|choice"`
	AltDir    *kind.Text  `cbor:"altdir,omitempty" mito:"edits=path,default=/etc/alternatives"`
	AdminDir  *kind.Text  `cbor:"admindir,omitempty" mito:"end,public"`
}

// follower is a link that leads along with that of its group.
type follower struct {
	Name string    `cbor:"name" mito:"required"`
	Link kind.Text `cbor:"link" mito:"required"`
	Path kind.Text `cbor:"path" mito:"required"`
}

// Manual says the texts of these arguments.
func (alternativesArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Which of several programs a name stands for, as update-alternatives has it: editor, or java.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "pager" {
  on      = context.local.here
  path    = "/usr/local/bin/plain-pager"
  content = "#!/bin/sh\nexec cat \"$@\"\n"
  mode    = "0755"
}
resource "alternatives" "pager" {
  on       = context.local.here
  name     = "plain-pager"
  path     = "/usr/local/bin/plain-pager"
  link     = "/usr/bin/plain-pager"
  priority = 10
}
`,
			Reads:   "The file of the name in /var/lib/dpkg/alternatives, in /var/lib/alternatives where the program is that of Red Hat, the links of the name and of its followers in /etc/alternatives and outside, and whether the paths of its candidates, and of the followers of the chosen one, are there. Where a candidate is to be added or changed, also the files of all other names, as a name or a link that another has is refused. No program is run for it. The attribute mode of the difference is auto or manual, choice where the link in /etc/alternatives leads, leads where the one outside does, if that is not there, and broken lists the links of followers that the program would make otherwise. Where what an apply added goes and is not the path of the block any more, candidates lists all of the name.",
			Drift:   "Another candidate is chosen, or the mode is another one; the candidate is gone, or there again; or its priority, its followers or the link of the name are others; or a link of the name or of a follower of the chosen candidate leads elsewhere or is gone. With auto the choice does not count, as the program makes it. What priority, followers and link do not say is left alone.",
			Ansible: "community.general.alternatives. Its subcommands are followers here. A path that is no candidate is added there with the priority 50; here only if priority is set, so that a path with a mistake in it is told while planning.",
			Pyinfra: "There is no operation of its own.",
			Limits:  "To add a candidate and to choose it are two runs of the program: where an apply is cut short between them, the next one goes on. A name cannot be moved to another link where the program is that of Red Hat. Something else than a link in place of the link of the name is refused. A family of Red Hat is kept, and never set. Of the candidates whose file is gone the program of Debian forgets all with its next run, as the plan says. Distributions without such a program, such as Alpine and Arch Linux, are told. What was tested: the program of Debian 12, in the tests; that of Red Hat, built from its source, by hand, and its form of the files in the tests.",
			Traits:  []string{"path", "link", "priority", "followers", "state"},
		},
		End:        "a candidate that an apply added is removed, and what was chosen before is chosen again, or the mode auto set, unless somebody has chosen something else since. Where path was changed since, the candidates that were added before stay until then, and all of them go. What cannot be taken back: a symbolic link of others in the place of link, which the program replaces; another priority, other followers and another link of a candidate that was there before.",
		OtherNames: "update-alternatives alternative",
		Attrs: map[string]kind.Entry{
			"name":      {Doc: "The name of the group, as editor or java. It is the one of the link in /etc/alternatives."},
			"path":      {Doc: "The candidate: the program that the name stands for, absolute. Required unless state is auto.", OtherNames: "target"},
			"link":      {Doc: "The link that everybody uses, as /usr/bin/editor, absolute. Required for a name that the machine does not have yet. Left alone when not set."},
			"priority":  {Doc: "In the mode auto, the candidate with the highest one is chosen. Required to add a candidate; left alone when not set."},
			"followers": {Doc: "Links that lead along with this candidate, such as to its manual page: each has a name, a link and a path. Those are all that the candidate has then. Left alone when not set.", OtherNames: "slaves subcommands slave"},
			"state":     {Doc: "With selected the path is a candidate and is chosen, so that the mode is manual. With present it is a candidate, and what is chosen stays. With auto the mode is auto; path need not be set. With absent it is no candidate.", OtherNames: "ensure mode", Values: map[string]string{"selected": "set manual chosen", "present": "installed added", "auto": "automatic", "absent": "removed deleted uninstalled"}},
			"altdir":    {Doc: "The directory that is in place of /etc/alternatives, absolute."},
			"admindir":  {Doc: "The directory that is in place of /var/lib/dpkg/alternatives, absolute. Where altdir is another one, set this, too."},
		},
	}
}

type alternativesResults struct{}

func alternativesKind() kind.Kind {
	return resource.Define("alternatives", func() resource.Resource { return &Alternatives{} }, alternativesResults{})
}

// Alternatives is the desired state of one candidate of a name.
type Alternatives struct{ alternativesArgs }

// Validate implements kind.Validator.
func (a *Alternatives) Validate() []kind.Problem {
	var out []kind.Problem
	if !groupName(a.Name) {
		out = append(out, wrong("name", "No name of alternatives", "name is %q. Write it as in /etc/alternatives: editor, without a path and without blanks.", a.Name)...)
	}
	for _, p := range []struct {
		attr string
		is   *kind.Text
	}{{"path", a.Path}, {"link", a.Link}, {"altdir", a.AltDir}, {"admindir", a.AdminDir}} {
		if p.is != nil {
			out = append(out, linkPath(p.attr, *p.is)...)
		}
	}
	switch {
	case a.Path == nil && a.State != "auto":
		out = append(out, wrong("path", "No candidate", "path is the candidate that the block is about, and it is not set. It may be left out only if state is auto.")...)
	case a.Path == nil && (a.Priority != nil || a.Followers != nil || a.Link != nil):
		out = append(out, resource.Excluding("path", "priority, followers and link are about the candidate in path, which is not set. Set path, or remove them.")...)
	case a.Path != nil && a.Link != nil && a.path() == path.Clean(string(*a.Link)):
		out = append(out, resource.Excluding("link", "path and link are one path, so that the link would lead to itself.")...)
	}
	if a.Priority != nil && (*a.Priority < math.MinInt32 || *a.Priority > math.MaxInt32) {
		out = append(out, wrong("priority", "Too large a priority", "priority is %d. It has to fit into 32 bits.", *a.Priority)...)
	}
	return append(out, a.checkFollowers()...)
}

// checkFollowers returns what is wrong with the followers.
func (a *Alternatives) checkFollowers() []kind.Problem {
	if a.Followers == nil {
		return nil
	}
	seen := map[string]bool{a.Name: true}
	if a.Link != nil {
		seen[path.Clean(string(*a.Link))] = true
	}
	for _, f := range *a.Followers {
		if !groupName(f.Name) {
			return wrong("followers", "No name of a follower", "A follower has the name %q. Write it as in /etc/alternatives: editor.1.gz, without a path and without blanks.", f.Name)
		}
		for _, p := range []kind.Text{f.Link, f.Path} {
			if len(linkPath("followers", p)) > 0 {
				return wrong("followers", "No path of a follower", "The follower %s has %q as its link or its path. Both are absolute, without line ends.", f.Name, p)
			}
		}
		if link := path.Clean(string(f.Link)); seen[f.Name] || seen[link] || link == path.Clean(string(f.Path)) {
			return wrong("followers", "Two followers in one place", "The name or the link of the follower %s stands for something else, too. Each follower has a name and a link of its own.", f.Name)
		}
		seen[f.Name], seen[path.Clean(string(f.Link))] = true, true
	}
	return nil
}

// groupName reports whether a text can be the name of a group, or of a follower.
func groupName(s string) bool {
	return s != "" && s != "." && s != ".." && len(s) <= 250 && s[0] != '-' && oneLine(s) && !strings.ContainsAny(s, "/ ")
}

// linkPath returns what is wrong with a path that stands in the file of a group.
func linkPath(attr string, p kind.Text) []kind.Problem {
	if out := filesystem.CheckPath(attr, p); len(out) > 0 || oneLine(string(p)) {
		return out
	}
	return wrong(attr, "A path with a line end", "%s has a line end, or a character that nobody sees.", kind.Rule(attr))
}

// Part implements Parted. A block that chooses is about what the name stands for, and one that
// adds a candidate, or removes one, about that.
func (*Alternatives) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	for _, attr := range unknown {
		if attr == "name" || attr == "path" || attr == "state" || attr == "priority" {
			return resource.Part{}
		}
	}
	text := func(attr string) string { s, _ := resource.WireText(args[attr]); return s }
	name, state, at := text("name"), text("state"), text("path")
	out := resource.Part{Absent: state == "absent"}
	if at != "" && (args["priority"] != nil || args["followers"] != nil || state == "present" || state == "absent") {
		out.Entries = append(out.Entries, name+" "+path.Clean(at))
	}
	if state == "" || state == "selected" || state == "auto" {
		out.Entries = append(out.Entries, name)
	}
	return out
}

// path is the candidate; "" if there is none.
func (a *Alternatives) path() string {
	if a.Path == nil {
		return ""
	}
	return path.Clean(string(*a.Path))
}

func (a *Alternatives) gone() bool { return a.State == "absent" }

func (a *Alternatives) chooses() bool { return a.State == "" || a.State == "selected" }

// wantsAuto reports whether the mode is to be auto.
func (a *Alternatives) wantsAuto() bool { return a.State == "auto" }
