package files

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// extendedArgs are the arguments of a file on what is kept beside its owner and mode.
type extendedArgs struct {
	Attributes   map[string]kind.Text `cbor:"attributes,omitempty"`
	ACL          []string             `cbor:"acl,omitempty"`
	Capabilities *string              `cbor:"capabilities,omitempty"`
	SELinux      *string              `cbor:"selinux,omitempty"`
}

// extendedNames are their names.
var extendedNames = []string{"attributes", "acl", "capabilities", "selinux"}

// Manual says the texts of these arguments.
func (extendedArgs) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"attributes":   {Doc: "Extended attributes of users, as texts by their names without \"user.\" before them. One that is not named is left alone.", OtherNames: "xattr xattrs"},
			"acl":          {Doc: "All entries of the access list beside those that the mode says, as setfacl takes them: \"user:app:rw\", \"group:ops:r\". Others are taken away, and with an empty list all of them. Left alone when not set. The middle digit of the mode then is the mask, as ls shows it: if mode is not set, what the entries need. An account that another block makes has to come first, with depends_on.", OtherNames: "facl entries"},
			"capabilities": {Doc: "The capabilities that a program gets from the file, as setcap takes them: \"cap_net_bind_service=+ep\"; with \"\" none. Left alone when not set; but a change of the owner takes them away, unless they are set.", OtherNames: "caps capability setcap"},
			"selinux":      {Doc: "The label for SELinux, whole: user, role, type and level. Left alone when not set.", OtherNames: "secontext setype context seuser"},
		},
	}
}

// extended is one of these arguments, resolved.
type extended struct {
	arg   string
	name  string // of the attribute
	want  []byte // nil is none
	wants any    // as people are shown it
	show  func([]byte) any
}

// extendedOf resolves the arguments. mode is the one that the file gets: the mask of an access
// list is a part of it. listed is the access list that it has.
func (x *extendedArgs) extendedOf(h resource.Host, mode *int64, setMode bool, listed []byte) (out []extended, err error) {
	for _, name := range slices.Sorted(maps.Keys(x.Attributes)) {
		out = append(out, extended{arg: "attributes", name: userPrefix + name, want: append([]byte{}, x.Attributes[name]...)})
	}
	if x.ACL != nil {
		list, err := parseList(h, x.ACL)
		if err != nil {
			return nil, err
		}
		group := *mode >> 3 & 7
		if len(list) > 0 && !setMode {
			group = listedGroup(listed, group)
			*mode = *mode&^0o070 | list.needs(group)<<3
		}
		out = append(out, extended{arg: "acl", name: resource.AccessListAttribute, want: list.encode(*mode, group), wants: list.texts(h), show: func(b []byte) any { return decodeList(b).texts(h) }})
	}
	if x.Capabilities != nil {
		caps, _ := parseCapabilities(*x.Capabilities)
		out = append(out, extended{arg: "capabilities", name: resource.CapabilitiesAttribute, want: caps.encode(), wants: caps.String(), show: func(b []byte) any { return decodeCapabilities(b).String() }})
	}
	if x.SELinux != nil {
		label := func(b []byte) any { return string(bytes.TrimRight(b, "\x00")) }
		out = append(out, extended{arg: "selinux", name: resource.LabelAttribute, want: append([]byte(*x.SELinux), 0), wants: *x.SELinux, show: label})
	}
	return out, nil
}

// userPrefix begins the names of attributes that users may set.
const userPrefix = "user."

// planExtended adds to a plan what the file is to have of these. before is what is there.
func (f *File) planExtended(h resource.Host, p *writePlan, before resource.Entry, ownerChanges bool) error {
	mode := p.after.Mode
	listed, err := f.attributeNow(h, p.path, extended{arg: "acl", name: resource.AccessListAttribute}, before)
	if f.ACL == nil {
		listed, err = nil, nil
	}
	if err != nil {
		return err
	}
	all, err := f.extendedOf(h, &mode, f.Mode != nil, listed)
	if err != nil || len(all) == 0 {
		return err
	}
	if mode != p.after.Mode {
		p.after.Mode, p.meta.Mode = mode, &mode
	}
	texts, is := map[string]kind.Text{}, map[string]kind.Text{}
	for _, x := range all {
		now, err := f.attributeNow(h, p.path, x, before)
		if err != nil {
			return err
		}
		if x.arg == "attributes" {
			name := strings.TrimPrefix(x.name, userPrefix)
			texts[name] = kind.Text(x.want)
			if now != nil {
				is[name] = kind.Text(now)
			}
		} else {
			p.extended = append(p.extended, shownAttribute{x.arg, x.show(now), x.wants})
		}
		if x.same(now) && !(x.arg == "capabilities" && ownerChanges && x.want != nil) {
			continue
		}
		if p.meta.Attributes == nil {
			p.meta.Attributes = map[string][]byte{}
		}
		p.meta.Attributes[x.name] = x.want
	}
	if len(texts) > 0 {
		p.extended = append(p.extended, shownAttribute{"attributes", is, texts})
	}
	return f.permittedExtended(h, p)
}

// attributeNow is what the file has of one now.
func (f *File) attributeNow(h resource.Host, at string, x extended, before resource.Entry) ([]byte, error) {
	if before.Type != resource.TypeFile {
		return nil, nil
	}
	now, err := h.Attribute(at, x.name)
	return now, resource.OfArgument(x.arg, err)
}

// same reports whether a value is the wanted one. An access list without entries is none, and
// of two lists the entries of the mode are compared with it.
func (x extended) same(now []byte) bool {
	switch x.arg {
	case "acl":
		return slices.Equal(decodeList(now), decodeList(x.want))
	case "capabilities":
		return decodeCapabilities(now) == decodeCapabilities(x.want)
	case "selinux":
		return bytes.Equal(bytes.TrimRight(now, "\x00"), bytes.TrimRight(x.want, "\x00"))
	}
	return now != nil && bytes.Equal(now, x.want)
}

// permittedExtended returns the problem that an apply would meet, or nil.
func (f *File) permittedExtended(h resource.Host, p *writePlan) error {
	uid, _ := h.Self()
	if uid == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.meta.Attributes)) {
		arg := map[string]string{resource.CapabilitiesAttribute: "capabilities", resource.LabelAttribute: "selinux"}[name]
		if arg == "" {
			continue
		}
		return kind.NewProblem(arg, kind.CodePermission, "Only root can set it", "The agent runs as user %d and may not set %s of a file. Use a context that runs as root.", uid, kind.Rule(arg))
	}
	return nil
}

// shownAttribute is one of these as people are shown it, before and after.
type shownAttribute struct {
	arg         string
	before, now any
}

// showExtended fills in what the change says of them.
func (p *writePlan) showExtended(before resource.Entry) {
	c := &p.change
	for _, x := range p.extended {
		if c.Before != nil && before.Type == resource.TypeFile {
			c.Before[x.arg] = x.before
			c.Found = append(c.Found, resource.NewTrait(x.arg, nil, x.before))
		}
		c.After[x.arg] = x.now
		c.Left = append(c.Left, resource.NewTrait(x.arg, nil, x.now))
	}
}

// check returns what is wrong with these arguments, as far as that can be told without a
// machine.
func (x *extendedArgs) check(state string) (out []kind.Problem) {
	wrong := func(arg, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(arg, kind.CodeAttribute, summary, detail, args...))
	}
	for _, name := range slices.Sorted(maps.Keys(x.Attributes)) {
		switch {
		case strings.HasPrefix(name, "security.") || strings.HasPrefix(name, "system.") || strings.HasPrefix(name, "trusted.") || strings.HasPrefix(name, userPrefix):
			wrong("attributes", "Not an attribute of users", "%q names the part of the system that makes something of it. Those of users are named without \"user.\", and for others there are acl, capabilities and selinux.", name)
		case name == "" || len(name) > 250 || strings.ContainsRune(name, 0):
			wrong("attributes", "No name of an attribute", "%q is empty, longer than 250 bytes, or has a zero byte.", name)
		case len(x.Attributes[name]) > 64<<10:
			wrong("attributes", "An attribute is too long", "The value of %q has more than 64 KiB, which no file system keeps.", name)
		}
	}
	for _, entry := range x.ACL {
		if _, why := splitEntry(entry); why != "" {
			wrong("acl", "No entry of an access list", "%q cannot be read: %s. Write it as \"user:app:rw\" or \"group:ops:r\".", entry, kind.Rule(why))
		}
	}
	if x.Capabilities != nil {
		if _, why := parseCapabilities(*x.Capabilities); why != "" {
			wrong("capabilities", "No capabilities", "%q cannot be read: %s. Write them as \"cap_net_bind_service=+ep\".", *x.Capabilities, kind.Rule(why))
		}
	}
	if x.SELinux != nil && (strings.Count(*x.SELinux, ":") < 2 || strings.ContainsAny(*x.SELinux, " \x00")) {
		wrong("selinux", "No label", "%q is no whole label: it has a user, a role and a type, with colons between, and mostly a level. Copy one that ls -Z shows.", *x.SELinux)
	}
	if state == "absent" && len(out) == 0 {
		for arg, set := range map[string]bool{"attributes": x.Attributes != nil, "acl": x.ACL != nil, "capabilities": x.Capabilities != nil, "selinux": x.SELinux != nil} {
			if set {
				return resource.Excluding(arg, "state is absent, so that there is no file to give "+arg+" to. Remove one of them.")
			}
		}
	}
	return out
}
