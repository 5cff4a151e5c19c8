package files

import (
	"context"
	"slices"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource. Which file it is, only a host can tell if path is not set.
func (k *KnownHost) Thing() kind.Thing {
	switch {
	case k.Path != nil:
		return kind.PathThing(string(*k.Path))
	case k.User != nil:
		return kind.ThingOf(kind.UserOf, *k.User)
	}
	return kind.ThingOf(kind.UserOf, "")
}

// Check implements Resource.
func (k *KnownHost) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	if h.Unknown("user") {
		return resource.Change{Op: resource.Create, After: map[string]any{}, Unsure: true}, nil
	}
	p, err := k.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return p.change, nil
}

// Apply implements Resource.
func (k *KnownHost) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := k.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return p.carryOut(ctx, h, nil)
}

// End implements Resource. The file is the one of the last apply.
func (k *KnownHost) End(e resource.End) (resource.Resource, error) {
	gone := *k
	gone.State = "absent"
	if at, ok := e.Thing.Path(); ok {
		recorded := kind.Text(at)
		gone.Path = &recorded
	}
	switch {
	case e.Adopted:
		return resource.LeaveAdopted(gone.Thing(), "name"), nil
	case k.Key == nil:
		return resource.LeaveAlone(gone.Thing(), kind.NewProblem("key", kind.CodeStays, "The key is not recorded",
			"The key of %s was a secret, which the record does not hold, so it cannot be found and stays. Take it out by hand.", k.Name)), nil
	}
	return &hostEnd{editEnd{&gone, e}, &gone}, nil
}

// hostEnd takes out keys of a host that were added. The file is found first.
type hostEnd struct {
	editEnd
	host *KnownHost
}

// Check implements Resource.
func (l *hostEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	if err := l.host.locate(h); err != nil {
		return resource.Change{}, err
	}
	return l.editEnd.Check(ctx, h)
}

// Apply implements Resource.
func (l *hostEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	if err := l.host.locate(h); err != nil {
		return resource.Change{}, err
	}
	return l.editEnd.Apply(ctx, h)
}

func (k *KnownHost) plan(ctx context.Context, h resource.Host) (*editPlan, error) {
	if err := resource.FirstProblem(h, k.Validate()); err != nil {
		return nil, err
	}
	if err := k.locate(h); err != nil {
		return nil, err
	}
	p, err := planEdit(ctx, h, k)
	if k.file.user != nil {
		err = k.ofHome(h, err)
	}
	if err != nil {
		return nil, err
	}
	if k.State == "absent" || h.Unknown("key") {
		return p, nil
	}
	if after, _ := p.change.After["content"].(resource.Content); k.revoked(after.Data) {
		p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("key", kind.CodeRevoked, "The key is revoked",
			"A line of %s with @revoked has this key, so ssh refuses it whatever other lines say. Take that line out if the key is good, or set the host's new key.", k.file.path))
	}
	return p, nil
}

// locate finds the file: that of path, or of an account.
func (k *KnownHost) locate(h resource.Host) error {
	if k.Path != nil {
		k.file.path = string(*k.Path)
		return nil
	}
	name := ""
	if k.User != nil {
		name = *k.User
	} else {
		uid, _ := h.Self()
		u, err := h.LookupUID(uid)
		if err != nil {
			return err
		}
		if u == nil {
			return kind.NewProblem("path", kind.CodeNoUser, "The agent's user has no account", "The agent runs as user %d, who has no account and so no home directory. Set path or user.", uid)
		}
		name = u.Name
	}
	var err error
	if k.file, err = homeOf(h, "user", name); err != nil {
		return err
	}
	return k.file.at(h, "user", ".ssh/known_hosts")
}

// ofHome returns what is wrong with a file in a home directory, which goes before other problems.
func (k *KnownHost) ofHome(h resource.Host, err error) error {
	if why := k.file.lives(h, "user"); why != nil {
		return why
	}
	if why := k.file.permitted(h, "user"); why != nil {
		return why
	}
	if err != nil {
		return err
	}
	return k.file.theirs(h, "user")
}

func (k *KnownHost) revoked(content []byte) bool {
	wanted, _ := k.shape().Wanted()
	return k.shape().Revoked(content, wanted)
}

func (k *KnownHost) target() *target {
	t := &target{
		path: kind.Text(k.file.path), absent: k.State == "absent", create: true, owners: &ownerArgs{},
		shapes: []string{"name", "key", "port", "hashed", "state"}, part: "this key", quiet: true,
	}
	if k.file.user != nil {
		t.dir, t.born = k.file.dir, k.file.born("0600")
	}
	return t
}

func (k *KnownHost) edit() edit.Any { return edit.Any{Host: k.shape()} }

// gone implements partEnd.
func (k *KnownHost) gone() edit.Any {
	return edit.Any{Host: &edit.HostArgs{Name: k.Name, Port: k.Port, Key: k.shape().Key, State: "absent"}}
}

// without implements partEnd.
func (k *KnownHost) without(_ context.Context, _ resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	return withoutEntries(k, e, content)
}

// adds reports whether the edit adds its keys: the host had none of these types.
func (k *KnownHost) adds(was, is []byte) bool {
	wanted, _ := k.shape().Wanted()
	before, _ := k.shape().Known(was)
	after, _ := k.shape().Known(is)
	return k.State != "absent" && !slices.ContainsFunc(wanted, func(w edit.PublicKey) bool { return before[w.Type] != "" || after[w.Type] != w.Base64 })
}

// traits are the keys of the host, one for each type, and the form of its name.
func (k *KnownHost) traits(content []byte) []resource.Trait {
	wanted, _ := k.shape().Wanted()
	is, hashed := k.shape().Known(content)
	var out []resource.Trait
	for _, w := range wanted {
		out = append(out, resource.NewTrait("key", k.shape().Host()+" "+w.Type, is[w.Type]))
	}
	if len(wanted) == 0 {
		out = append(out, resource.NewTrait("key", k.shape().Host(), len(is)))
	}
	if k.Hashed != nil && len(is) > 0 {
		out = append(out, resource.NewTrait("hashed", k.shape().Host(), hashed))
	}
	return out
}

func (k *KnownHost) restless() *kind.Problem {
	return kind.NewProblem("key", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. Look at the lines of %s in it.", k.Name)
}
