package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

// keepLarge puts the names of the large sources into the file. Those that a function has
// read as well are in it already. One that holds a secret is an input of the seal, as a
// short one is; in a bundle it is sealed.
func (s *Session) keepLarge(ctx context.Context, f *planner.File, bundle bool) error {
	f.Large = map[string]planner.Large{}
	texts := s.planner.Secrets()
	var known secret.Set
	known.Add(texts...)
	for name, l := range s.opts.Config.OnlyNamed() {
		holds, err := s.largeHolds(ctx, name, l, &known, texts)
		if err != nil {
			return fmt.Errorf("the source %s: %w", name, err)
		}
		f.Large[name] = planner.NewLarge(l, holds, bundle)
		if holds && !bundle {
			f.Secret = append(f.Secret, name)
		}
	}
	sort.Strings(f.Secret)
	return nil
}

// hideLists takes the lists of directories and archives that hold a secret out of what anybody
// can read: a list has the SHA-256 of each file. Such a list is read again with the contents. It
// returns those of bundled ones, which are sealed.
func hideLists(f *planner.File) (sealed map[string][]byte) {
	sealed = map[string][]byte{}
	for _, name := range f.Secret {
		if list, ok := files.ListOf(name); ok && f.Sources[list] != nil {
			f.Secret = append(f.Secret, list)
			delete(f.Sources, list)
		}
	}
	for name, l := range f.Large {
		if list, ok := files.ListOf(name); ok && l.Bundled && l.Secret() && f.Sources[list] != nil {
			sealed[list] = f.Sources[list]
			delete(f.Sources, list)
		}
	}
	sort.Strings(f.Secret)
	return sealed
}

// sealLarge puts what only the sealed part may say of bundled sources there. If
// everybody could open that, it is an error.
func (s *Session) sealLarge(f *planner.File, sealed *planner.Sealed, inputs seal) error {
	for name, l := range f.Large {
		if !l.Bundled || !l.Secret() {
			continue
		}
		if !inputs.hasInputs() {
			return fmt.Errorf("%s holds a secret, and a bundle would have to encrypt it. There is no sensitive variable that the key could be made of, but for those that only open a context. Leave out -bundle: then it is read again when the plan is applied", files.Shown(name))
		}
		if sealed.Large == nil {
			sealed.Large = map[string][]byte{}
		}
		was := s.opts.Config.LargeSources()[name]
		sealed.Large[name] = was.Sum[:]
	}
	return nil
}

// openLarge opens a large source, and tells the view how far it is read.
func (s *Session) openLarge(ctx context.Context, name string) (io.ReadCloser, error) {
	l := s.opts.Config.LargeSources()[name]
	_, open, ok := s.opts.Config.OpenSource(l.Sum)
	if !ok {
		return nil, errors.New("it was never read")
	}
	in, err := open(0)
	if err != nil {
		return nil, err
	}
	return &told{ReadCloser: in, tell: s.opts.reading(ctx, s.planner.Conceal), name: name, of: l.Size}, nil
}

// told is a reader that says how far it has come.
type told struct {
	io.ReadCloser
	tell func(name string, done, of int64) error
	name string
	done int64
	of   int64
}

func (t *told) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.done += int64(n)
	if err == nil {
		err = t.tell(t.name, t.done, t.of)
	}
	return n, err
}

// searched is how many bytes of a large source are searched at once.
const searched = 1 << 20

// largeHolds reports whether a large source holds one of the secrets, or is a part of
// one. It reads the source piece by piece; each begins with the end of the one before,
// so that no secret is cut.
func (s *Session) largeHolds(ctx context.Context, name string, l files.Large, known *secret.Set, texts []string) (bool, error) {
	if len(texts) == 0 {
		return false, nil
	}
	in, err := s.openLarge(ctx, name)
	if err != nil {
		return false, err
	}
	defer in.Close()
	longest := longestForm(texts)
	if int64(longest) >= l.Size {
		b, err := io.ReadAll(in)
		return known.Holds(string(b)) || holdsSecret(string(b), texts), err
	}
	return searchIn(in, max(searched, 2*longest), longest, func(text string) bool {
		return known.Holds(text) || slices.ContainsFunc(texts, func(secret string) bool {
			return len(secret) >= minSecret && strings.Contains(text, secret)
		})
	})
}

// longestForm is more than any form of a secret has, in bytes: in JSON each byte may
// become six.
func longestForm(texts []string) (n int) {
	for _, text := range texts {
		for _, form := range secret.Forms(text) {
			n = max(n, len(form))
		}
		n = max(n, 6*len(text))
	}
	return n
}

// searchIn searches what in has, in pieces of that size which overlap.
func searchIn(in io.Reader, size, overlap int, holds func(string) bool) (bool, error) {
	buf, kept := make([]byte, size), 0
	for {
		n, err := io.ReadFull(in, buf[kept:])
		if holds(string(buf[:kept+n])) {
			return true, nil
		}
		if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		kept = copy(buf, buf[size-overlap:])
	}
}

// sourcesThere looks whether the large sources are there that the actions of a plan file
// need, as they were. What needs none is applied without them.
func (s *Session) sourcesThere(ctx context.Context, p *planner.Plan) (diags hcl.Diagnostics) {
	for _, a := range p.Actions {
		for _, own := range s.planner.Sources(a) {
			b := s.opts.Config.Block(config.BlockAddress(a.Address))
			diags = append(diags, s.opts.Config.SourceIsThere(b, b.Def.Argument(own.Arg), own.Blob.Sum)...)
		}
	}
	if ctx.Err() != nil {
		return interrupted(context.Cause(ctx))
	}
	return diags
}

// holdLarge has a configuration know the large sources of a plan file: those that hold no
// secret or, with what is sealed, the others. Bundled ones are looked at, and come from
// the plan file. Others are looked at by sourcesThere, if an action needs them.
func holdLarge(f *planner.File, cfg *config.Config, sealed *planner.Sealed, key []byte, tell func(name string, done, of int64) error) error {
	if sealed != nil {
		cfg.HoldLists(sealed.Lists)
	}
	openers, err := f.Bundle(sealed, key, tell)
	if err == nil {
		cfg.HoldSources(f.LargeSources(sealed), openers)
	}
	return err
}

// minSecret is the least length in bytes at which a secret is looked for in a
// file of data. It is smaller than secret.MinLength because a false match does
// little harm: the file is only read again when the plan is applied.
const minSecret = 4

// holdsSecret reports whether a file of data holds one of the secrets, or is a
// part of one.
func holdsSecret(content string, secrets []string) bool {
	trimmed := strings.TrimSpace(content)
	for _, secret := range secrets {
		if len(secret) >= minSecret && (strings.Contains(content, secret) || len(trimmed) >= minSecret && strings.Contains(secret, trimmed)) {
			return true
		}
	}
	return false
}
