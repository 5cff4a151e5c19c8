package planner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// argDigests are what is recorded of the arguments. What is new at every apply
// is left out: it tells nothing of the configuration.
func (rec *record) argDigests(i *instance) map[string]string {
	out := map[string]string{}
	for _, name := range i.recordable() {
		out[name] = rec.digests.of(argBytes(name, i.wire[name]), rec.secretArg(i, name))
	}
	return out
}

// secretArg reports whether an argument is, or holds, a secret.
func (rec *record) secretArg(i *instance, name string) bool {
	if a, sends := i.block().Def.Tree(); sends && name == a.Sends && rec.secretTree(i, a) {
		return true
	}
	return contains(i.sensitive, i.block().Def.Argument(name)) || holdsSecret(rec.secrets, i.wire[name])
}

// secretTree reports whether what an argument brings of a directory holds a secret. Its list has
// the SHA-256 of each file, and what was left of it is made of these.
func (rec *record) secretTree(i *instance, a kind.Attr) bool {
	return holdsSecret(rec.secrets, i.wire[a.Tree])
}

// recordable names the arguments of which a digest is recorded.
func (i *instance) recordable() []string {
	return slices.DeleteFunc(sortedKeys(i.wire), func(name string) bool { return contains(i.volatile, name) || sentToPurge(name) })
}

func argBytes(name string, v any) []byte {
	b, err := canonicalMode.Marshal([]any{name, v})
	if err != nil {
		return nil
	}
	return b
}

// newerArgs names the arguments that are not as they were last applied, those
// left out that are known after apply or new at every apply. Secrets are looked at last, and
// only if nothing else differs: that takes its time.
func (rec *record) newerArgs(i *instance, recorded map[string]string) []string {
	var names, secrets []string
	for _, name := range sortedKeys(union(setOf(recorded), setOf(i.wire))) {
		v, has := i.wire[name]
		was, had := recorded[name]
		switch {
		case contains(i.unknown, i.block().Def.Argument(name)), contains(i.volatile, name), sentToPurge(name):
		case !had && i.isDefault(name, v):
		case !had || !has:
			names = append(names, name)
		case strings.HasPrefix(was, slowDigest):
			secrets = append(secrets, name)
		case !rec.digests.same(argBytes(name, v), was):
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return names
	}
	return slices.DeleteFunc(secrets, func(name string) bool { return rec.digests.same(argBytes(name, i.wire[name]), recorded[name]) })
}

// isDefault reports whether an argument has its default: then it may be one that
// an earlier version did not know.
func (i *instance) isDefault(name string, v any) bool {
	a, ok := i.block().Def.Args.Attr(name)
	return ok && a.Default != "" && fmt.Sprint(v) == a.Default
}

func setOf[V any](m map[string]V) map[string]bool {
	out := make(map[string]bool, len(m))
	for name := range m {
		out[name] = true
	}
	return out
}

// legacyArgs reports whether a digest that an earlier version recorded is of an
// instance's arguments as they are now. It says nothing of secrets.
func (rec *record) legacyArgs(i *instance, digest string) bool {
	args := maps.Clone(shown(i.wire, i.sensitive))
	for _, name := range i.volatile {
		delete(args, name)
	}
	b, err := canonicalMode.Marshal(args)
	if err != nil {
		return false
	}
	if legacyDigest(digest) {
		return digest == plainDigest(b)
	}
	return digest == rec.digests.keyed(b)
}

// endOf is what is recorded of a resource for its end. What names its thing is no secret if it
// has no mark, whatever is spelt like it: it is in the record anyway, as the identity.
func (rec *record) endOf(i *instance) *RecordedEnd {
	if i.isCall() {
		return nil
	}
	sensitive := slices.Clone(i.sensitive)
	for name, v := range i.wire {
		if a, _ := i.block().Def.Args.Attr(name); a.Claims+a.Edits == "" && holdsSecret(rec.secrets, v) {
			sensitive = append(sensitive, name)
		}
	}
	args, secret := i.block().Def.EndArgs(i.wire, sensitive)
	return &RecordedEnd{Args: args, Secret: secret}
}

// endRecorded reports whether what is recorded for the end is what an apply would record.
func (rec *record) endRecorded(i *instance, r Recorded) bool {
	now := rec.endOf(i)
	return r.End != nil && now != nil && slices.Equal(now.Secret, r.End.Secret) && alike(now.Args, r.End.Args)
}

// What is sent with a block that purges, besides its arguments, and the files that mitoplan uses
// itself with one that deletes, too: what stays, relative to the
// directory; paths that blocks name, and accounts that they declare; files that mitoplan uses
// itself; what departing blocks leave; and why nothing is purged yet.
const (
	purgeArg    = "purge"
	deleteArg   = "delete"
	declaredArg = "declared"
	namedArg    = "purge_named"
	accountsArg = "purge_accounts"
	ownArg      = "purge_own"
	laterArg    = "purge_later"
	waitsArg    = "purge_waits"
)

var toPurge = []string{declaredArg, namedArg, accountsArg, ownArg, laterArg, waitsArg}

// sentToPurge reports whether a name on the wire is one of these.
func sentToPurge(name string) bool { return slices.Contains(toPurge, name) }
