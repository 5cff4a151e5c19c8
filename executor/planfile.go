package executor

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
)

// PlanFile returns the plan as the bytes of a plan file: the inputs that it was made
// from, what hosts answered, and what it shows. The answers are encrypted with a
// key made of the sensitive inputs. The rest holds no secret.
func (s *Session) PlanFile(plan *planner.Plan) ([]byte, error) {
	f := &planner.File{
		Dir:              s.opts.Config.Dir,
		AllowUnreachable: s.opts.AllowUnreachable, Vars: map[string]planner.Value{},
	}
	s.bind(f)
	if err := s.keepSources(f); err != nil {
		return nil, err
	}
	if err := s.keepVars(f); err != nil {
		return nil, err
	}
	if err := f.SetPlan(plan); err != nil {
		return nil, err
	}
	if err := s.seal(f); err != nil {
		return nil, err
	}
	return f.Encode()
}

// seal encrypts what hosts answered, and the key of the plan's digests, and puts
// that into the file.
func (s *Session) seal(f *planner.File) error {
	inputs, err := newSeal(s.opts.Config, s.opts.Vars, f)
	if err != nil {
		return err
	}
	if f.Salt, err = newKey(); err != nil {
		return err
	}
	key, err := inputs.key(f.Salt)
	if err != nil {
		return err
	}
	f.Inputs = inputs.names
	sealed := &planner.Sealed{Key: s.key, RecordKey: s.opts.State.Key(), Answers: s.planner.Answers(inputs.hasInputs())}
	s.sealPrior(sealed)
	return f.Seal(key, sealed)
}

// sealPrior copies what the planner asks the state for, so that the plan can be
// made again without it.
func (s *Session) sealPrior(f *planner.Sealed) {
	if !s.opts.State.Found() {
		return
	}
	p := prior{s.opts.State}
	f.Prior, f.PriorOutputs, f.Debts = map[string]planner.Recorded{}, map[string]planner.Value{}, p.Debts()
	for _, a := range p.Addresses() {
		r, _ := p.Lookup(a)
		f.Prior[a] = r
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
