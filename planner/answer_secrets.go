package planner

import (
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// hear is called with each answer of a host. It removes known secrets from
// texts, and marks attributes with a known secret as sensitive as a whole. The
// answer that it returns is the one that is used and recorded.
func (s *secrets) hear(i *instance, r Result) Result {
	s.hearing()
	i.echoes = echoes{}
	if r.Reply != nil && i.machine != nil {
		i.machine.called = true
	}
	switch {
	case r.Failure != nil:
		r.Failure = s.conceal(i, r.Failure)
	case r.Facts != nil:
		s.echo(i, &i.echoed, r.Facts)
	case r.Reply != nil:
		reply := *r.Reply
		s.echo(i, &i.echoed, reply.Results)
		r.Reply = &reply
	case r.Change != nil:
		change := *r.Change
		change.Warnings = slices.Clone(change.Warnings)
		for k, w := range change.Warnings {
			detail := s.hide(i, secret.Told{Text: w.Detail, Own: w.Own})
			w.Summary, w.Detail, w.Own = s.hide(i, wholly(w.Summary)).Text, detail.Text, detail.Own
			change.Warnings[k] = w
		}
		change.Along = s.along(i, change.Along)
		s.echoChange(i, &change)
		r.Change = &change
	}
	return r
}

func (s *secrets) echoChange(i *instance, c *resource.Change) {
	s.echo(i, &i.echoedBefore, c.Before)
	s.echo(i, &i.echoed, c.After)
	s.echo(i, &i.echoed, c.Results)
	if !slices.ContainsFunc(c.Warnings, func(w kind.Problem) bool { return w.Code == kind.CodePrivate }) {
		return
	}
	for _, names := range []*map[string]bool{&i.echoedBefore, &i.echoed} {
		if *names == nil {
			*names = map[string]bool{}
		}
		(*names)["content"] = true
	}
}

// echo adds the names of those values of an answer that hold a known secret. An
// argument that comes back as it was sent is not among them: the configuration
// made it so.
func (s *secrets) echo(i *instance, names *map[string]bool, values map[string]any) {
	if s.known.Len() == 0 {
		return
	}
	for name, v := range values {
		if !(*names)[name] && holdsSecret(&s.known, v) && !sameWire(v, i.wire[name]) {
			if *names == nil {
				*names = map[string]bool{}
			}
			(*names)[name] = true
		}
	}
}

// holdsSecret looks for secrets in a wire value, its keys included.
func holdsSecret(w *secret.Set, v any) bool {
	switch v := v.(type) {
	case string:
		return inText(w, v)
	case cbor.ByteString:
		return inText(w, string(v))
	case []byte:
		return inText(w, string(v))
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return holdsSecret(w, e) })
	case map[string]any:
		for k, e := range v {
			if w.Holds(k) || holdsSecret(w, e) {
				return true
			}
		}
	case resource.Digest: // of a content that was put back; see resource.Change.PutBack
		return v.Excerpt != nil && inText(w, string(v.Excerpt.Text))
	}
	return false
}

// inText looks for secrets in a text, in every way in which the text can be
// read: text that is not UTF-8 is shown as well.
func inText(w *secret.Set, text string) bool {
	return w.Holds(text) || slices.ContainsFunc(charset.Readings(text), w.Holds)
}

// along is what a host says changes along with a thing, without secrets in its
// names.
func (s *secrets) along(i *instance, said *resource.Along) *resource.Along {
	if said == nil {
		return nil
	}
	out := *said
	out.Entries = make([]resource.AlongEntry, len(said.Entries))
	for k, e := range said.Entries {
		e.Path = kind.Text(s.hideText(i, string(e.Path)))
		e.Before, e.After = s.hideTexts(i, e.Before), s.hideTexts(i, e.After)
		out.Entries[k] = e
	}
	return &out
}

func (s *secrets) hideTexts(i *instance, texts map[string]string) map[string]string {
	if texts == nil {
		return nil
	}
	out := make(map[string]string, len(texts))
	for name, text := range texts {
		out[name] = s.hideText(i, text)
	}
	return out
}
