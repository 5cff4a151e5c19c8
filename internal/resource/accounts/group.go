package accounts

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// groupArgs are what a block of the kind group may set.
type groupArgs struct {
	Name    string   `cbor:"name" mito:"required,claims=group"`
	GID     *int64   `cbor:"gid,omitempty" mito:"numbers,itself"`
	System  bool     `cbor:"system,omitempty" mito:"default=false"`
	Members []string `cbor:"members,omitempty" mito:"needs=user"`
	Append  bool     `cbor:"append,omitempty" mito:"default=false"`
	State   string   `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (groupArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A group of users. Who is in it is said here with members, or by each account with its argument groups, but not by both. It is made with groupadd, or with the addgroup of busybox where there is no groupadd. A group that another source than /etc/group has, such as LDAP, counts as there, and is not changed or removed. Another program that holds their lock is waited for, by the shadow tools for 15 seconds.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "group" "www" {
  on      = context.local.here
  name    = "www-editors"
  gid     = 4810
  members = ["daemon"]
  append  = true
}
`,
			Reads:   "/etc/group, the accounts of which it is the primary group, and getent(1) for what other sources know. Whether the files of accounts can be written, and whether the programs that do it are there, is found out before an apply.",
			Drift:   "The group has another number than the last apply left, as far as gid is set, or is gone. Who is in it counts if members is set; with append only those that it names.",
			Ansible: "group, which leaves alone what is not set, too, and has no members. Here a plan says before an apply that a number is taken, whose primary group it is, and which accounts a new number reaches.",
			Pyinfra: "server.group, of which the same is true.",
			Limits:  "Groups of LDAP and the like are not changed. A new number is not given to the files that had the old one. There is neither force nor non_unique. Programs that run keep the groups that they were started with, those of whoever is logged in, too.",
			Traits:  []string{"gid", "members"},
		},
		End:        "a group that an apply made is removed, also if accounts are in it, which lose it. One that has another number than the last apply left was made again by somebody else, and stays. It is not removed while it is the primary group of an account. What cannot be taken back: files that belong to the group keep its number, which the next new group may get; and the backups that the programs keep, such as /etc/group-. Another number that a group got that was there before stays.",
		OtherNames: "groupadd addgroup",
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "Name of the group.", OtherNames: "group"},
			"gid":     {Doc: "Number of the group. The next free one is taken when not set: groups and accounts of a machine are made one at a time, in the order of the configuration, those with a number first. If a group that is there gets another number, so do the accounts whose primary group it is, but files and running programs keep the old one.", OtherNames: "id"},
			"members": {Doc: "Names of the accounts that it lists: all of them, or with append at least these. Left alone when not set. An account whose primary group it is is in it without that. It is set with gpasswd, or one by one with addgroup and delgroup of busybox.", OtherNames: "users"},
			"append":  {Doc: "Only with members: keep those that it does not name."},
			"system":  {Doc: "Take the number of a new group from the range for system groups."},
			"state":   {Doc: "Whether the group should be there. With absent, what other arguments say of it does not count, and it is an error if it is the primary group of an account.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

type groupResults struct {
	GID int64 `cbor:"gid" mito:"computed"`
}

// Manual says the texts of these results.
func (groupResults) Manual() kind.Manual {
	return kind.Manual{Attrs: map[string]kind.Entry{"gid": {Doc: "Number of the group."}}}
}

func groupKind() kind.Kind {
	k := resource.Define("group", func() resource.Resource { return &Group{} }, groupResults{})
	k.Settings = settingsFiles
	return k
}

// Group is the desired state of a group of users.
type Group struct{ groupArgs }

// Validate implements Validator. The name becomes an argument of programs and a field of
// /etc/group.
func (g *Group) Validate() []kind.Problem {
	out := resource.CheckState(g.State)
	if g.Name != "" && (len(g.Name) > 32 || strings.HasPrefix(g.Name, "-") || strings.ContainsAny(g.Name, ":/, \t\n\x00") || strings.Trim(g.Name, "0123456789") == "") {
		out = append(out, *kind.NewProblem("name", kind.ArgumentCode("name"), "Bad name",
			"%q cannot be the name of a group. A name has at most 32 letters, digits, dots, dashes and underscores, does not begin with a dash, and is no number.", g.Name))
	}
	if g.GID != nil && (*g.GID < 0 || *g.GID >= 1<<32-1) {
		out = append(out, *kind.NewProblem("gid", kind.ArgumentCode("gid"), "Bad number", "gid is %d; it has to be between 0 and 4294967294.", *g.GID))
	}
	for _, name := range g.Members {
		if badAccount(name) {
			out = append(out, *kind.NewProblem("members", kind.ArgumentCode("members"), "Bad name", "%q cannot be the name of an account.", name))
		}
	}
	if g.Append && g.Members == nil {
		out = append(out, *kind.NewProblem("append", kind.ArgumentCode("append"), "Nothing to append",
			"append keeps the members that members does not name. members is not set, so all are kept anyway. Set members, or remove append.").Unless("members"))
	}
	return out
}

// badAccount reports whether a name is empty, or would end the field of a file of accounts or be
// taken for an option.
func badAccount(name string) bool {
	return name == "" || len(name) > 32 || strings.HasPrefix(name, "-") || strings.ContainsAny(name, ":/, \t\n\x00")
}
