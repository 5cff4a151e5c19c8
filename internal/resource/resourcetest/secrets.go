package resourcetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// The secrets that are planted: what an argument holds, and what it held before
// it was changed.
const (
	plantedNow = "Planted7secret"
	plantedOld = "Rotated3secret"
)

// declaresSecrets plants a secret into every text of the case's arguments. Each
// field of a Change and of a Problem that then holds it, as it is or as a digest
// that anybody could make, has to be one that the kind's definition says it
// shows in: the argument's own, or one in the option shows.
//
// An argument that names a thing (claims, edits, public) holds no secret: the
// configuration refuses it.
func (c Case) declaresSecrets(t *testing.T) {
	def, ok := kinds.Lookup(c.Kind)
	if !ok {
		t.Fatalf("no kind %q", c.Kind)
	}
	for _, a := range def.Args.Attrs {
		if a.Claims != "" || a.Edits != "" || a.Public {
			continue
		}
		for _, v := range planted(c.argument(a), plantedNow) {
			p := planting{Case: c, t: t, attr: a}
			p.run(v)
		}
	}
	for _, a := range def.Args.Attrs {
		if a.Sends != "" && c.Args[a.Sends] != nil {
			p := planting{Case: c, t: t, attr: a, name: a.Sends}
			p.run([]byte("x" + plantedNow))
		}
	}
}

// argument returns an argument of the case. If the case does not set it, argument
// returns an empty value of its type.
func (c Case) argument(a kind.Attr) any {
	switch v := c.Args[a.Name]; {
	case v != nil:
		return v
	case a.Type.Text:
		return cbor.ByteString("")
	case a.Type.Base == kind.String:
		return ""
	case a.Type.Base == kind.Bytes:
		return []byte{}
	case a.Type.Base == kind.List && a.Type.Elem.Base == kind.String:
		return []string{}
	}
	return nil
}

// planted are values like v with a secret in them: instead of each text, and
// added to it.
func planted(v any, secret string) []any {
	switch v := v.(type) {
	case string:
		return []any{secret, v + secret, v + "|" + secret}
	case cbor.ByteString:
		return []any{cbor.ByteString(secret), v + cbor.ByteString(secret)}
	case []byte:
		return []any{[]byte(secret), append(slices.Clone(v), secret...)}
	case []string:
		return []any{append(slices.Clone(v), secret)}
	case map[string]any:
		out := map[string]any{}
		for name := range v {
			out[name] = cbor.ByteString(secret)
		}
		return []any{out}
	}
	return nil
}

// planting is a case with a secret in one of its arguments.
type planting struct {
	Case
	t    *testing.T
	attr kind.Attr
	// name is the wire argument where that is not the attribute.
	name string
}

func (p *planting) run(value any) {
	p.Setup(p.t)
	p.Args = with(p.Args, p.argument(), value)
	p.look(plantedNow)
	s := NewService()
	if _, err := p.request(s, ""); err != nil {
		return
	}
	// What was put there is what is there before the next change.
	p.Args = with(p.Args, p.argument(), swap(value, plantedNow, plantedOld))
	p.look(plantedNow)
	p.look(plantedOld)
	if p.attr.Name != "state" {
		p.Args = with(p.Args, "state", "absent")
		p.look(plantedNow)
	}
}

func (p *planting) argument() string {
	if p.name != "" {
		return p.name
	}
	return p.attr.Name
}

func with(args map[string]any, name string, v any) map[string]any {
	out := map[string]any{}
	for k, old := range args {
		out[k] = old
	}
	out[name] = v
	return out
}

func swap(v any, from, to string) any {
	switch v := v.(type) {
	case string:
		return strings.ReplaceAll(v, from, to)
	case cbor.ByteString:
		return cbor.ByteString(strings.ReplaceAll(string(v), from, to))
	case []byte:
		return bytes.ReplaceAll(v, []byte(from), []byte(to))
	case []string:
		out := slices.Clone(v)
		for i := range out {
			out[i] = strings.ReplaceAll(out[i], from, to)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for name, text := range v {
			out[name] = swap(text, from, to)
		}
		return out
	}
	return v
}

func (p *planting) request(s *resource.Service, fingerprint string) (resource.Change, error) {
	reply, err := s.Apply(context.Background(), resource.ApplyRequest{
		Session: p.t.Name(), Address: "a", Kind: p.Kind, Args: Encode(p.t, p.Args), Fingerprint: fingerprint, Key: key,
	})
	p.judge(plantedNow, reply.Change, err)
	return reply.Change, err
}

// look checks the case and looks for a secret in the answer.
func (p *planting) look(secret string) {
	p.t.Helper()
	reply, err := NewService().Check(p.t.Context(), resource.CheckRequest{Plan: "p", Address: "a", Kind: p.Kind, Args: Encode(p.t, p.Args), Key: key})
	p.judge(secret, reply.Change, err)
}

func (p *planting) judge(secret string, c resource.Change, err error) {
	p.t.Helper()
	if problem := (*kind.Problem)(nil); errors.As(err, &problem) {
		p.text(secret, "a problem", problem.Attr, problem.Summary+problem.Detail)
		return
	}
	if err != nil {
		p.text(secret, "an error", "", err.Error())
		return
	}
	sums := p.digests(c, secret)
	for where, values := range map[string]map[string]any{"before": c.Before, "after": c.After, "results": c.Results} {
		for name, v := range values {
			if holds(v, secret, sums) && !p.declared(name) {
				p.t.Errorf("%s in %q: %s of %s holds it, and its definition does not say so: give it shows=%s", secret, p.attr.Name, name, where, name)
			}
		}
	}
	for _, w := range c.Warnings {
		p.text(secret, "a warning", w.Attr, w.Summary+w.Detail)
	}
	for _, things := range [][]kind.Thing{c.Writes, c.Restores} {
		if slices.ContainsFunc(things, func(t kind.Thing) bool { return strings.Contains(string(t), secret) }) && p.attr.Needs == "" {
			p.t.Errorf("%s in %q is in the name of a thing: %v", secret, p.attr.Name, things)
		}
	}
	for _, e := range c.Effects {
		p.effect(secret, e, sums)
	}
	if strings.Contains(c.Fingerprint, secret) {
		p.t.Errorf("%s in %q is in the fingerprint", secret, p.attr.Name)
	}
}

func (p *planting) text(secret, where, attr, text string) {
	p.t.Helper()
	if strings.Contains(text, secret) && !p.declared(attr) {
		p.t.Errorf("%s in %q: %s about %q repeats it: %s", secret, p.attr.Name, where, attr, text)
	}
}

// effectAttrs are the attributes that the fields of an effect are of, where
// they have another name.
var effectAttrs = map[string]string{"group_name": "group", "shadow": "password_hash", "members": "groups"}

// effect looks for a secret in the planned state of a thing, which other
// contexts of the machine are sent.
func (p *planting) effect(secret string, e resource.Effect, sums [][]byte) {
	p.t.Helper()
	b, err := cbor.Marshal(e)
	if err != nil {
		p.t.Fatal(err)
	}
	var fields map[string]any
	if err := cbor.Unmarshal(b, &fields); err != nil {
		p.t.Fatal(err)
	}
	for what, v := range fields {
		state, _ := v.(map[any]any)
		if what == "thing" && holds(v, secret, nil) && p.attr.Needs == "" {
			p.t.Errorf("%s in %q is in the name of a thing: %v", secret, p.attr.Name, v)
		}
		for field, v := range state {
			name := fmt.Sprint(field)
			if attr, ok := effectAttrs[name]; ok {
				name = attr
			}
			if holds(v, secret, sums) && !p.declared(name) {
				p.t.Errorf("%s in %q: the effect's %s holds it, and its definition does not say so", secret, p.attr.Name, name)
			}
		}
	}
}

// declared reports whether an attribute may hold what the argument does.
func (p *planting) declared(name string) bool {
	return name == p.attr.Name || slices.Contains(p.attr.Shows, name)
}

// digests are the plain ones of the texts that hold a secret: anybody could
// make them of a guess.
func (p *planting) digests(c resource.Change, secret string) [][]byte {
	var out [][]byte
	add := func(b []byte) {
		if bytes.Contains(b, []byte(secret)) {
			sum := sha256.Sum256(b)
			out = append(out, sum[:])
		}
	}
	add([]byte(secret))
	for _, v := range p.Args {
		switch v := v.(type) {
		case string:
			add([]byte(v))
		case cbor.ByteString:
			add([]byte(v))
		case []byte:
			add(v)
		}
	}
	for _, e := range c.Effects {
		if e.Entry != nil && e.Entry.Content != nil {
			add(e.Entry.Content.Data)
		}
	}
	return out
}

// holds reports whether a value has a secret, or one of its digests, anywhere
// in it.
func holds(v any, secret string, sums [][]byte) bool {
	b, err := cbor.Marshal(v)
	if err != nil {
		return true
	}
	if bytes.Contains(b, []byte(secret)) {
		return true
	}
	for _, sum := range sums {
		if bytes.Contains(b, sum) || bytes.Contains(b, fmt.Appendf(nil, "%x", sum)) {
			return true
		}
	}
	return false
}
