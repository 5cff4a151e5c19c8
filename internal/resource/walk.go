package resource

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"path"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/transport"
)

// Walk calls visit for everything below a directory, in the order of names, a
// directory before what is in it. It follows no link. It leaves out what is removed
// in the meantime, and temporary files that runs left when they were cut short.
func Walk(ctx context.Context, h Host, dir, rel string, visit func(rel string, e Entry) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	transport.Advance(ctx)
	names, err := h.ReadDir(path.Join(dir, rel))
	if rel != "" && filesystem.NotThere(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if Leftover(name) {
			continue
		}
		sub := path.Join(rel, name)
		e, err := h.Lstat(path.Join(dir, sub))
		if err == nil && e.Type != TypeAbsent {
			err = visit(sub, e)
		}
		if err == nil && e.Type == TypeDirectory {
			err = Walk(ctx, h, dir, sub, visit)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// EntriesDigest makes one short digest of many entries, with their owners and
// permissions, for a fingerprint. Entries are added in the order of a walk.
type EntriesDigest struct{ h hash.Hash }

// Add adds an entry at a path relative to the directory of the walk.
func (n *EntriesDigest) Add(rel string, e Entry) {
	if n.h == nil {
		n.h = sha256.New()
	}
	fmt.Fprintf(n.h, "%s %d %d %o %d %s\n", e.Type, e.Owner.ID, e.Group.ID, e.Mode, len(rel), rel)
}

// String is the digest, "" of nothing.
func (n *EntriesDigest) String() string {
	if n.h == nil {
		return ""
	}
	return hex.EncodeToString(n.h.Sum(nil))
}
