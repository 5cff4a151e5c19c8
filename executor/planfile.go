package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

// WritePlanFile writes the plan as a plan file: the inputs that it was made from, what
// hosts answered, and what it shows. The answers are encrypted with a key made of the
// sensitive inputs. The rest holds no secret. bundle has it hold the large sources as
// well, one at a time in memory; those that hold a secret are encrypted, too.
func (s *Session) WritePlanFile(ctx context.Context, w io.Writer, plan *planner.Plan, bundle bool) error {
	f := &planner.File{
		Dir:              s.opts.Config.Dir,
		AllowUnreachable: s.opts.AllowUnreachable, Vars: map[string]planner.Value{},
	}
	s.bind(f)
	if err := s.keepSources(f); err != nil {
		return err
	}
	if err := s.keepLarge(ctx, f, bundle); err != nil {
		return err
	}
	lists := hideLists(f)
	if err := s.keepVars(f); err != nil {
		return err
	}
	if err := f.SetPlan(plan); err != nil {
		return err
	}
	key, err := s.seal(f, lists)
	if err != nil {
		return err
	}
	s.withheld = f.SecretFiles()
	return f.Save(w, key, func(name string) (io.ReadCloser, error) { return s.openLarge(ctx, name) })
}

// seal encrypts what hosts answered, and the key of the plan's digests, and puts
// that into the file, with the lists of bundled sources that hold a secret. It returns the key
// that it did so with.
func (s *Session) seal(f *planner.File, lists map[string][]byte) ([]byte, error) {
	inputs, err := newSeal(s.opts.Config, s.opts.Vars, f)
	if err != nil {
		return nil, err
	}
	if f.Salt, err = newKey(); err != nil {
		return nil, err
	}
	key, err := inputs.key(f.Salt)
	if err != nil {
		return nil, err
	}
	f.Inputs = inputs.names
	sealed := &planner.Sealed{Key: s.key, RecordKey: s.opts.State.Key(), Answers: s.planner.Answers(inputs.hasInputs()), Lists: lists}
	s.sealPrior(sealed)
	if err := s.sealLarge(f, sealed, inputs); err != nil {
		return nil, err
	}
	return key, f.Seal(key, sealed)
}

// sealPrior copies what the planner asks the state for, so that the plan can be
// made again without it.
func (s *Session) sealPrior(f *planner.Sealed) {
	if !s.opts.State.Found() {
		return
	}
	p := prior{s.opts.State}
	f.Prior, f.PriorOutputs, f.Debts, f.Interrupted = map[string]planner.Recorded{}, map[string]planner.Value{}, p.Debts(), map[string]planner.Recorded{}
	for _, a := range p.Addresses() {
		r, _ := p.Lookup(a)
		f.Prior[a] = r
	}
	for _, a := range p.Interrupted() {
		f.Interrupted[a], _ = p.LookupBegun(a)
	}
	for name := range s.opts.State.Outputs {
		v, ok := p.Output(name)
		switch {
		case ok && v == cty.NilVal:
			f.PriorOutputs[name] = planner.Value{}
		case ok:
			if enc, err := planner.NewValue(v); err == nil {
				f.PriorOutputs[name] = enc
			}
		}
	}
}

// keepVars puts the values of variables into the file. If a value holds a secret,
// the file gets only the name of the variable.
func (s *Session) keepVars(f *planner.File) error {
	texts := s.planner.Secrets()
	var known secret.Set
	known.Add(texts...)
	for name, v := range s.opts.Vars {
		if config.IsSensitive(v) || config.IsEphemeral(v) {
			continue
		}
		if valueHoldsSecret(v, &known, texts) {
			f.Withheld = append(f.Withheld, name)
			continue
		}
		enc, err := planner.NewValue(v)
		if err != nil {
			return fmt.Errorf("variable %s: %w", name, err)
		}
		f.Vars[name] = enc
	}
	sort.Strings(f.Withheld)
	return nil
}

// valueHoldsSecret reports whether a string or a key in a value holds a secret,
// or is itself one of the secrets that are too short for a secret.Set.
func valueHoldsSecret(v cty.Value, known *secret.Set, secrets []string) bool {
	return slices.ContainsFunc(config.Texts(v), func(text string) bool {
		return known.Holds(text) || len(text) >= minSecret && slices.Contains(secrets, text)
	})
}

// keepSources puts into the file the files that the configuration was read from.
// If one holds a secret, the file gets only its name.
func (s *Session) keepSources(f *planner.File) error {
	f.Sources = map[string][]byte{}
	texts := s.planner.Secrets()
	var known secret.Set
	known.Add(texts...)
	if known.Holds(f.Place.Dir) {
		f.Place = planner.Place{} // only messages name it
	}
	for name, content := range s.opts.Config.Sources {
		if known.Holds(name) {
			return errors.New("the name of a file that the configuration reads is made of a secret, and a plan file names them all. Take the secret out of the name, or apply without a plan file")
		}
		if known.Holds(string(content)) || !config.IsConfigFile(name) && holdsSecret(string(content), texts) {
			f.Secret = append(f.Secret, name)
			continue
		}
		f.Sources[name] = content
	}
	sort.Strings(f.Secret)
	return nil
}
