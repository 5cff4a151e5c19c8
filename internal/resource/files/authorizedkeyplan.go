package files

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// Thing implements Resource. Which file it is, only a host can tell if path is not set.
func (k *AuthorizedKey) Thing() kind.Thing {
	if k.Path != nil {
		return kind.PathThing(string(*k.Path))
	}
	return kind.ThingOf(kind.UserOf, k.User)
}

// Check implements Resource.
func (k *AuthorizedKey) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
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
func (k *AuthorizedKey) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := k.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return p.carryOut(ctx, h, nil)
}

// End implements Resource. The file is the one of the last apply, whatever sshd_config says by now.
func (k *AuthorizedKey) End(e resource.End) (resource.Resource, error) {
	gone := *k
	gone.State, gone.all = "absent", true
	if at, ok := e.Thing.Path(); ok {
		recorded := kind.Text(at)
		gone.Path = &recorded
	}
	if e.Adopted {
		return resource.LeaveAlone(gone.Thing(), kind.NewProblem("key", kind.CodeStays, "It was there before",
			"A key of the block was in the file of %s before mitoplan managed it. Keys that were there before stay.", k.User)), nil
	}
	return &keyEnd{editEnd{&gone, e}, &gone}, nil
}

// keyEnd takes out keys that were added, but not the one by which this connection logged in.
type keyEnd struct {
	editEnd
	key *AuthorizedKey
}

// Check implements Resource.
func (l *keyEnd) Check(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return p.change, nil
}

// Apply implements Resource.
func (l *keyEnd) Apply(ctx context.Context, h resource.Host) (resource.Change, error) {
	p, err := l.plan(ctx, h)
	if err != nil {
		return resource.Change{}, err
	}
	return l.carryOut(ctx, h, p, nil)
}

func (l *keyEnd) plan(ctx context.Context, h resource.Host) (*endPlan, error) {
	if l.key.Path != nil {
		l.key.file = homeFile{path: string(*l.key.Path)}
	} else if _, _, err := l.key.locate(ctx, h); err != nil {
		return nil, err
	}
	p, err := l.editEnd.plan(ctx, h)
	if err != nil || p.change.Op == resource.NoOp {
		return p, err
	}
	return p, l.key.guard(h, &p.change)
}

func (k *AuthorizedKey) plan(ctx context.Context, h resource.Host) (*editPlan, error) {
	if err := resource.FirstProblem(h, k.Validate()); err != nil {
		return nil, err
	}
	sshd, names, err := k.locate(ctx, h)
	if err != nil {
		return nil, err
	}
	p, err := planEdit(ctx, h, k)
	if err != nil {
		return nil, k.explain(h, err)
	}
	if err := k.file.theirs(h, "user"); err != nil {
		return nil, err
	}
	if p.change.Op == resource.NoOp && k.State == "absent" {
		return p, k.elsewhere(ctx, h, p, names[1:])
	}
	if err := k.foresee(ctx, h, p, sshd, names[1:]); err != nil || p.change.Op == resource.NoOp {
		return p, err
	}
	if err := k.file.permitted(h, "user"); err != nil {
		return nil, err
	}
	return p, k.guard(h, &p.change)
}

// locate finds the file of keys, and the others that sshd reads.
func (k *AuthorizedKey) locate(ctx context.Context, h resource.Host) (sshd sshdKeys, names []string, err error) {
	if k.file, err = homeOf(h, "user", k.User); err != nil {
		return sshd, nil, err
	}
	if sshd, err = readSSHD(ctx, h); err != nil {
		return sshd, nil, err
	}
	if names = k.names(sshd); len(names) == 0 {
		return sshd, nil, kind.NewProblem("user", kind.CodeMissing, "No file of keys is read", "AuthorizedKeysFile in /etc/ssh/sshd_config is none, so that no file lets a key in. Set path, or correct sshd_config.")
	}
	return sshd, names, k.file.at(h, "user", names[0])
}

// explain says of a home directory that is not there, or that root may not write in, what to do.
func (k *AuthorizedKey) explain(h resource.Host, err error) error {
	if missing := k.file.lives(h, "user"); missing != nil {
		return missing
	}
	if not := k.file.permitted(h, "user"); not != nil {
		return not
	}
	return err
}

// names are the files of keys of the account: the one to edit, and others that sshd reads.
func (k *AuthorizedKey) names(sshd sshdKeys) []string {
	files := sshd.files
	if files == nil {
		files = []string{".ssh/authorized_keys", ".ssh/authorized_keys2"}
	}
	var out []string
	if k.Path != nil {
		out = append(out, string(*k.Path))
	}
	for _, file := range files {
		if strings.EqualFold(file, "none") {
			continue
		}
		name := expand(file, k.file.user, k.file.home)
		if k.Path != nil && k.file.absolute(name) == path.Clean(string(*k.Path)) {
			continue
		}
		out = append(out, name)
	}
	return out
}

// absolute is where a name of a file is that may be relative to the home.
func (f *homeFile) absolute(name string) string {
	if path.IsAbs(name) {
		return path.Clean(name)
	}
	return path.Join(f.home, name)
}

// foresee warns of what keeps sshd from doing what the block says.
func (k *AuthorizedKey) foresee(ctx context.Context, h resource.Host, p *editPlan, sshd sshdKeys, others []string) error {
	if err := k.file.lives(h, "user"); err != nil {
		return err
	}
	warn := func(why *kind.Problem) { p.change.Warnings = append(p.change.Warnings, *why) }
	if sshd.strict && k.State != "absent" {
		at := k.file.path
		if p.change.Op == resource.Create {
			at = path.Dir(at)
		}
		why, err := k.file.strict(h, at)
		if err != nil {
			return err
		}
		if why != nil {
			warn(why)
		}
	}
	if sshd.matched && k.Path == nil {
		warn(kind.NewProblem("path", kind.CodeStrictModes, "Another file may be read",
			"A Match block of sshd_config sets AuthorizedKeysFile, which is not looked into. Set path if it is about %s.", k.User))
	}
	return k.elsewhere(ctx, h, p, others)
}

// elsewhere warns if another file that sshd reads lets in a key that the block takes away.
func (k *AuthorizedKey) elsewhere(ctx context.Context, h resource.Host, p *editPlan, others []string) error {
	if k.State != "absent" && !k.Exclusive || h.Unknown("key") {
		return nil
	}
	wanted, bad := k.shape().Wanted()
	if bad != nil {
		return bad
	}
	for _, name := range others {
		file := k.file.absolute(name)
		data, err := readPlain(ctx, h, file)
		if err != nil {
			return err
		}
		lets := slices.ContainsFunc(edit.AuthorizedKeys(data), func(is edit.AuthorizedKey) bool {
			named := slices.ContainsFunc(wanted, func(w edit.AuthorizedKey) bool { return w.Identity() == is.Identity() })
			return named == (k.State == "absent")
		})
		if lets {
			p.change.Warnings = append(p.change.Warnings, *kind.NewProblem("key", kind.CodeKeyElsewhere, "Another file lets a key in",
				"sshd reads %s, too, and that holds a key which this block takes out of %s. It still lets in. Add a block with path = %q, or remove that file.", file, k.file.path, file))
		}
	}
	return nil
}

// guard refuses to take away what let this connection in: the key by which it logged in as this
// user, or the line of the authority that signed its certificate.
func (k *AuthorizedKey) guard(h resource.Host, c *resource.Change) error {
	login := h.Login()
	if ours, err := k.letIn(h, login); !ours || err != nil {
		return err
	}
	was, is := keysOf(c.Before), keysOf(c.After)
	if c.Op == resource.Delete {
		is = nil
	}
	for _, w := range was {
		names := login.Keys
		if w.IsAuthority() {
			names = login.Authorities
		}
		if !slices.Contains(names, w.Fingerprint()) {
			continue
		}
		at := slices.IndexFunc(is, func(n edit.AuthorizedKey) bool { return n.Identity() == w.Identity() })
		switch {
		case at < 0:
			return kind.NewProblem("key", kind.CodeLoginKey, "This connection uses the key",
				"The key %s would be removed from the keys of %s, and by it this connection logged in, so that the next one could not. Log in with another key, or as another user, and plan again%s.", w.Fingerprint(), k.User, k.orKeep())
		case is[at].Options != w.Options:
			c.Warnings = append(c.Warnings, *kind.NewProblem("options", kind.CodeLoginKey, "This connection uses the key",
				"The options of the key %s change, by which this connection logged in as %s. Look whether it may still log in and run commands with them.", w.Fingerprint(), k.User))
		}
	}
	if login.Unknown && slices.ContainsFunc(was, func(w edit.AuthorizedKey) bool { return !has(is, w.Identity()) }) {
		c.Warnings = append(c.Warnings, *kind.NewProblem("key", kind.CodeLoginKey, "This connection may use a key that goes",
			"Keys of %s are removed, and the ssh program that made this connection does not say all that it logged in by. Look whether you can still log in afterwards.", k.User))
	}
	return nil
}

// letIn reports whether this connection logged in by a file of keys of that account.
func (k *AuthorizedKey) letIn(h resource.Host, login *resource.Login) (bool, error) {
	if login == nil || login.User == k.User {
		return login != nil, nil
	}
	u, err := h.LookupUser(login.User)
	if u == nil || err != nil || u.Home == "" {
		return false, err
	}
	return strings.HasPrefix(k.file.path, strings.TrimSuffix(string(u.Home), "/")+"/"), nil
}

// orKeep is what else can be done about a key that would go.
func (k *AuthorizedKey) orKeep() kind.Rule {
	if k.Exclusive {
		return "; or add it to key"
	}
	return ""
}

func has(keys []edit.AuthorizedKey, identity string) bool {
	return slices.ContainsFunc(keys, func(k edit.AuthorizedKey) bool { return k.Identity() == identity })
}

// keysOf are the keys in the content of one side of a change.
func keysOf(side map[string]any) []edit.AuthorizedKey {
	c, _ := side["content"].(resource.Content)
	return edit.AuthorizedKeys(c.Data)
}

func (k *AuthorizedKey) target() *target {
	t := &target{
		path: kind.Text(k.file.path), absent: k.State == "absent", create: true, owners: &ownerArgs{},
		shapes: []string{"key", "options", "comment", "exclusive", "state"}, part: "this key", quiet: true,
	}
	if k.file.user != nil {
		t.dir = k.file.dir
		if _, below := k.file.below(k.file.path); below {
			t.born = k.file.born("0600")
		}
	}
	return t
}

func (k *AuthorizedKey) edit() edit.Any { return edit.Any{Keys: k.shape()} }

// gone implements partEnd.
func (k *AuthorizedKey) gone() edit.Any {
	return edit.Any{Keys: &edit.KeyArgs{Key: k.shape().Key, Options: k.Options, State: "absent"}}
}

// without implements partEnd.
func (k *AuthorizedKey) without(_ context.Context, _ resource.Host, e resource.End, content []byte) (out []byte, why *kind.Problem, err error) {
	return withoutEntries(k, e, content)
}

// adds reports whether the edit adds its keys: none of them was there.
func (k *AuthorizedKey) adds(was, is []byte) bool {
	wanted, _ := k.shape().Wanted()
	before, after := edit.AuthorizedKeys(was), edit.AuthorizedKeys(is)
	return len(wanted) > 0 && !slices.ContainsFunc(wanted, func(w edit.AuthorizedKey) bool {
		return has(before, w.Identity()) || !has(after, w.Identity())
	})
}

// traits are those of the keys, and with exclusive of all that are there.
func (k *AuthorizedKey) traits(content []byte) []resource.Trait {
	wanted, _ := k.shape().Wanted()
	is := edit.AuthorizedKeys(content)
	var out []resource.Trait
	for _, w := range wanted {
		at := slices.IndexFunc(is, func(n edit.AuthorizedKey) bool { return n.Identity() == w.Identity() })
		value := []any{at >= 0}
		if at >= 0 && (k.Options != nil || w.Options != "") {
			options, _ := edit.KeyOptions(is[at].Options)
			value = append(value, append([]string{}, options...))
		}
		if at >= 0 && k.Comment != nil {
			value = append(value, is[at].Comment)
		}
		if out = append(out, resource.NewTrait("key", w.Identity(), value)); len(out) == maxKeyTraits {
			break
		}
	}
	if k.Exclusive {
		all := []string{}
		for _, n := range is {
			all = append(all, n.Identity())
		}
		slices.Sort(all)
		out = append(out, resource.NewTrait("exclusive", "all keys", slices.Compact(all)))
	}
	return out
}

// maxKeyTraits is how many keys have a trait of their own: a thing has a few dozens. Those behind
// them show in the trait of exclusive, without which there is only one.
const maxKeyTraits = 32

func (k *AuthorizedKey) restless() *kind.Problem {
	return kind.NewProblem("key", kind.CodeNotIdempotent, "The edit would never end",
		"The same edit would change the file again after it was made, and so at every apply. Look at the lines of %s.", k.User)
}
