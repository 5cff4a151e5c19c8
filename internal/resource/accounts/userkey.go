package accounts

import (
	"context"
	"path"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// maxPublicKey is how much a file with a key may hold that is looked at.
const maxPublicKey = 1 << 16

// keyPlan is what becomes of the key of an account.
type keyPlan struct {
	// there is set if the private key is there, whole if the public one is, too.
	there, whole bool
	// public is the public key with its comment, if it is known.
	public, fingerprint string
}

// planKey looks at the key of an account, and says what is made. The key is looked for where the
// home is now. Below it no link is followed: whoever owns the home could have root read
// or write anywhere.
func (a *Account) planKey(ctx context.Context, h resource.Host, p *accountPlan) error {
	if !a.GenerateSSHKey {
		return nil
	}
	p.key = &keyPlan{}
	if h.Unknown("home") || h.Unknown("ssh_key_file") || h.Unknown("ssh_key_type") {
		return nil
	}
	home := path.Clean("/" + string(p.after.Home))
	if p.moves != nil {
		home = p.moves.from
	}
	is, err := h.Lstat(home)
	if err != nil {
		return err
	}
	if is.Type == resource.TypeAbsent {
		if !a.wantsHome(p) {
			return kind.NewProblem("generate_ssh_key", kind.CodeMissing, "The home directory is not there",
				"%s does not exist and is not made, so no key can be in it. Set create_home.", home)
		}
		return nil
	}
	at, err := h.Resolve(home, true)
	if err == nil {
		err = p.key.look(ctx, h, at, a.keyName())
	}
	return err
}

// look finds what is there of a key below a home.
func (k *keyPlan) look(ctx context.Context, h resource.Host, home, name string) error {
	cur := home
	for _, part := range strings.Split(path.Dir(name), "/") {
		if part == "." {
			continue
		}
		cur = path.Join(cur, part)
		e, err := h.Lstat(cur)
		if err != nil {
			return err
		}
		switch {
		case e.Type == resource.TypeAbsent && cur != path.Dir(path.Join(home, name)):
			return kind.NewProblem("ssh_key_file", kind.CodeNoParent, "A directory is missing", "%s does not exist. The directory of a key is made, and none above it. Make it with a resource directory first.", cur)
		case e.Type == resource.TypeAbsent:
			return nil
		case e.Type == resource.TypeLink:
			return linkInHome(cur, e)
		case e.Type != resource.TypeDirectory:
			return kind.NewProblem("ssh_key_file", kind.CodeNoParent, "A part of the path is not a directory", "%s is a %s, so no key can be in it.", cur, e.Type.Noun())
		}
	}
	at := path.Join(home, name)
	private, err := plainFile(h, at)
	if err != nil {
		return err
	}
	public, err := plainFile(h, at+".pub")
	if err != nil {
		return err
	}
	k.there, k.whole = private, private && public
	switch {
	case public && !private:
		return kind.NewProblem("ssh_key_file", kind.CodeInTheWay, "A public key is there without its private one", "%s.pub exists, and %s does not. A new key would take its place. Remove it, or name another file in ssh_key_file.", at, at)
	case public:
		c, err := h.Read(ctx, at+".pub", maxPublicKey)
		if err != nil {
			return err
		}
		if key, comment, ok := edit.ParsePublicKey(c.Data); ok {
			k.is(key, comment)
		}
	case private:
		c, err := h.Read(ctx, at, maxPublicKey)
		if err != nil {
			return err
		}
		if key, ok := edit.PublicOf(c.Data); ok {
			k.is(key, "")
		}
	}
	return nil
}

func (k *keyPlan) is(key edit.PublicKey, comment string) {
	k.public, k.fingerprint = strings.TrimSpace(key.String()+" "+comment), key.Fingerprint()
}

// plainFile reports whether a file is at a path; anything else there is a problem.
func plainFile(h resource.Host, at string) (bool, error) {
	e, err := h.Lstat(at)
	switch {
	case err != nil || e.Type == resource.TypeAbsent:
		return false, err
	case e.Type == resource.TypeLink:
		return false, linkInHome(at, e)
	case e.Type != resource.TypeFile:
		return false, kind.NewProblem("ssh_key_file", kind.CodeInTheWay, "Something else is at the path", "%s is a %s and no key. Remove it, or name another file in ssh_key_file.", at, e.Type.Noun())
	}
	return true, nil
}

func linkInHome(at string, e resource.Entry) error {
	return kind.NewProblem("ssh_key_file", kind.CodeUnsafeLink, "A link is in the way",
		"%s is a link to %s. Below a home directory root follows none: its owner could have root write anywhere. Put a directory or a file in its place, or name another path in ssh_key_file.", at, e.Target)
}

// show says in a change whether a key is made.
func (k *keyPlan) show(p *accountPlan) {
	c := &p.change
	if k == nil {
		c.Results["ssh_public_key"], c.Results["ssh_key_fingerprint"] = "", ""
		return
	}
	if k.public != "" {
		c.Results["ssh_public_key"], c.Results["ssh_key_fingerprint"] = k.public, k.fingerprint
	} else if k.there {
		c.Results["ssh_public_key"], c.Results["ssh_key_fingerprint"] = "", ""
		c.Warnings = append(c.Warnings, *kind.NewProblem("generate_ssh_key", kind.CodeKeyUnread, "The public key is not known",
			"The key of the account exists already and is kept, but what stands beside it is no public key. Make that anew with ssh-keygen -y."))
	}
	whole := k.whole || k.there && k.public == ""
	c.After["generate_ssh_key"] = true
	c.Left = append(c.Left, resource.NewTrait("generate_ssh_key", nil, true))
	if p.before != nil {
		c.Before["generate_ssh_key"] = whole
		c.Found = append(c.Found, resource.NewTrait("generate_ssh_key", nil, whole))
		c.See("ssh key", []any{k.there, k.whole})
	}
}

// showKeyMade says what others see of a key that is made.
func (a *Account) showKeyMade(h resource.Host, p *accountPlan) error {
	if p.key == nil || p.key.whole || p.key.there && p.key.public == "" || h.Unknown("home") || h.Unknown("ssh_key_file") || h.Unknown("ssh_key_type") {
		return nil
	}
	home, err := h.Resolve(path.Clean("/"+string(p.after.Home)), true)
	if err != nil {
		return err
	}
	m := maker{h: h, c: &p.change, owner: resource.Identity{ID: p.after.UID, Name: a.Name}, group: resource.Identity{ID: p.after.GID, Name: p.after.GroupName}}
	at := path.Join(home, a.keyName())
	unknown := &resource.Content{Unknown: true}
	if !p.key.there {
		if dir := path.Dir(at); dir != home && !p.isMade(dir) {
			if e, err := h.Lstat(dir); err != nil {
				return err
			} else if e.Type == resource.TypeAbsent {
				m.make(dir, resource.Entry{Type: resource.TypeDirectory, Mode: 0o700})
			}
		}
		m.make(at, resource.Entry{Type: resource.TypeFile, Mode: 0o600, Content: unknown})
	}
	m.make(at+".pub", resource.Entry{Type: resource.TypeFile, Mode: 0o644, Content: unknown})
	return nil
}

// isMade reports whether the change makes something at a path, such as a copy from the skeleton.
func (p *accountPlan) isMade(at string) bool {
	for _, e := range p.change.Effects {
		if e.Thing == kind.PathThing(at) && e.Entry.Type != resource.TypeAbsent {
			return true
		}
	}
	return false
}

// makeKey makes the key of an account, or the public half of one that is there. ssh-keygen makes
// it in a directory of this user alone, and is told the passphrase over its standard input.
// What is there is never replaced.
func (a *Account) makeKey(ctx context.Context, h resource.Host, p *accountPlan, u *resource.User) error {
	if p.key == nil {
		p.key.show(p)
		return nil
	}
	home, err := h.Resolve(path.Clean("/"+string(u.Home)), true)
	if err != nil {
		return err
	}
	now := keyPlan{}
	if err := now.look(ctx, h, home, a.keyName()); err != nil {
		return err
	}
	at, mine := path.Join(home, a.keyName()), resource.Meta{UID: &u.UID, GID: &u.GID}
	put := func(at string, mode int64, content []byte) error {
		c, meta := resource.ContentOf(content), mine
		meta.Mode = &mode
		return h.Replace(ctx, at, resource.NewFile{Content: &c, Meta: meta, New: true})
	}
	public := []byte(now.public + "\n")
	if !now.there {
		made, err := h.Make(ctx, a.keygen(), "key", "key.pub")
		if err != nil {
			return err
		}
		if a.SSHKeyPassphrase != nil && !edit.HasPassphrase(made[0]) {
			return kind.NewProblem("ssh_key_passphrase", kind.CodeToolFailed, "The key has no passphrase",
				"The program ssh-keygen ended well, but made a key that everybody can use who has the file. It was thrown away. Look whether the ssh-keygen of this machine reads a passphrase from its standard input.")
		}
		if e, err := h.Lstat(path.Dir(at)); err != nil {
			return err
		} else if e.Type == resource.TypeAbsent {
			private, mode := mine, int64(0o700)
			private.Mode = &mode
			if err := h.Mkdir(path.Dir(at), private); err != nil {
				return err
			}
		}
		if err := put(at, 0o600, made[0]); err != nil {
			return err
		}
		public = made[1]
		if key, comment, ok := edit.ParsePublicKey(public); ok {
			now.is(key, comment)
		}
	}
	if !now.whole && now.public != "" {
		if err := put(at+".pub", 0o644, public); err != nil {
			return err
		}
	}
	p.change.Results["ssh_public_key"], p.change.Results["ssh_key_fingerprint"] = now.public, now.fingerprint
	return nil
}

// keygen is the program that makes a key.
func (a *Account) keygen() resource.Tool {
	comment := a.Name
	if a.SSHKeyComment != nil {
		comment = string(*a.SSHKeyComment)
	}
	t := resource.Tool{Argv: []string{"ssh-keygen", "-q", "-t", a.keyType(), "-C", comment, "-f", "key"}}
	if a.SSHKeyBits != nil {
		t.Argv = append(t.Argv, "-b", strconv.FormatInt(*a.SSHKeyBits, 10))
	}
	if a.SSHKeyPassphrase == nil {
		t.Argv = append(t.Argv, "-N", "")
	} else {
		t.Input = []byte(*a.SSHKeyPassphrase + "\n" + *a.SSHKeyPassphrase + "\n")
	}
	return t
}
