package function

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsUser is one account; see passwd(5).
type FactsUser struct {
	Name    string    `cbor:"name" mito:"computed"`
	UID     int64     `cbor:"uid" mito:"computed"`
	GID     int64     `cbor:"gid" mito:"computed"`
	Comment kind.Text `cbor:"comment" mito:"computed"`
	Home    kind.Text `cbor:"home" mito:"computed"`
	Shell   string    `cbor:"shell" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsUser) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "Its name."},
			"uid":     {Doc: "Its number."},
			"gid":     {Doc: "The number of its primary group."},
			"comment": {Doc: "The field that holds the full name of a person.", OtherNames: "gecos"},
			"home":    {Doc: "Its home directory.", OtherNames: "dir"},
			"shell":   {Doc: "Its login shell. Empty means /bin/sh."},
		},
	}
}

// FactsGroup is one group; see group(5).
type FactsGroup struct {
	Name    string   `cbor:"name" mito:"computed"`
	GID     int64    `cbor:"gid" mito:"computed"`
	Members []string `cbor:"members" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsGroup) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "Its name."},
			"gid":     {Doc: "Its number."},
			"members": {Doc: "The users that the group lists. Those whose primary group it is are not among them."},
		},
	}
}

// users are the lines of /etc/passwd that are accounts. One that begins with + or - asks a
// directory service.
func (h here) users() []FactsUser {
	out := []FactsUser{}
	for _, line := range h.lines("etc/passwd") {
		if f := strings.Split(line, ":"); len(f) == 7 && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") {
			out = append(out, FactsUser{Name: f[0], UID: number(f[2]), GID: number(f[3]), Comment: kind.Text(f[4]), Home: kind.Text(f[5]), Shell: f[6]})
		}
	}
	return out
}

func (h here) groups() []FactsGroup {
	out := []FactsGroup{}
	for _, line := range h.lines("etc/group") {
		if f := strings.Split(line, ":"); len(f) == 4 && !strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "-") {
			g := FactsGroup{Name: f[0], GID: number(f[2]), Members: []string{}}
			for _, m := range strings.Split(f[3], ",") {
				if m != "" {
					g.Members = append(g.Members, m)
				}
			}
			out = append(out, g)
		}
	}
	return out
}
