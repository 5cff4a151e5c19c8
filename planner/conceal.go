package planner

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// secrets are the sensitive strings that the plan has seen. They find them in what
// hosts answer, hide them in texts, and know which attributes hold one. The Planner
// has one, and it needs no Planner: it is told the arguments of each instance and
// each answer. It decides nothing, and never stores a secret.
type secrets struct {
	known secret.Set
	// login are those that reach no further than the login of a context: they
	// are not among the inputs that a plan file is sealed with.
	login  secret.Set
	spread spreadState
	record *record
	// learned is told each string that becomes known; nil if nobody needs them.
	learned func(secrets ...string)
}

// spreadState says whether the marks of sensitive values have reached all that is
// made of them:
//
//	marksFresh ─hear─▶ marksSettled ─late─▶ marksLate ─spread─▶ marksSettled
type spreadState uint8

const (
	marksFresh   spreadState = iota // no host has answered: whatever becomes known is in time
	marksSettled                    // everything that was looked at has its marks
	marksLate                       // something turned out to be sensitive after it was looked at
)

// hearing says that a host has answered.
func (s *secrets) hearing() {
	if s.spread == marksFresh {
		s.spread = marksSettled
	}
}

// late says that something may have become known to be sensitive after the
// instance, or what depends on it, was looked at.
func (s *secrets) late() { s.spread = marksLate }

// takeLate reports whether anything was late, and has it not be so any more.
func (s *secrets) takeLate() bool {
	late := s.spread == marksLate
	if late {
		s.spread = marksSettled
	}
	return late
}

// learnVars makes the sensitive variables known. reach are the names of those that
// reach more than the login of a context.
func (s *secrets) learnVars(vars map[string]cty.Value, reach []string) {
	for name, v := range vars {
		for _, text := range config.SecretTexts(v) {
			s.known.Add(secret.Parts(text)...)
			if !slices.Contains(reach, name) {
				s.login.Add(secret.Parts(text)...)
			}
		}
	}
}

// learn is called when the arguments of an instance become known. From then on
// their sensitive strings are found in what hosts answer, and the things that
// they go into are known to hold a secret.
func (s *secrets) learn(i *instance) {
	if len(i.sensitive) == 0 && len(s.record.formerlySecret(i)) == 0 {
		return
	}
	for _, text := range i.secretTexts() {
		inputs := s.known.Holds(text)
		if s.known.Add(text) {
			if s.spread != marksFresh {
				s.late()
			}
			if s.learned != nil {
				s.learned(text)
			}
		}
		if i.isContext() && !inputs {
			s.login.Add(text)
		}
	}
	s.taint(i)
}

// secretTexts are the sensitive strings of an instance's arguments: those that
// are marked, and the arguments that are secret by nature.
func (i *instance) secretTexts() []string {
	out := i.args.SecretTexts()
	for _, name := range i.sensitive {
		if a, _ := i.block().Def.Args.Attr(name); a.Secret {
			out = append(out, wireTexts(i.wire[name])...)
		}
	}
	return out
}

// taint notes which attributes of the things that an instance claims or edits
// hold a secret.
func (s *secrets) taint(i *instance) {
	names := union(i.shows(), i.echoedBefore)
	for _, name := range s.record.formerlySecret(i) {
		names[name] = true
	}
	if len(names) == 0 || i.machine == nil || i.isContext() || i.isCall() {
		return
	}
	for _, thing := range i.touches() {
		if i.machine.secret == nil {
			i.machine.secret = map[kind.Thing]map[string]bool{}
		}
		if i.machine.secret[thing] == nil {
			i.machine.secret[thing] = map[string]bool{}
		}
		for name := range names {
			if !i.machine.secret[thing][name] {
				i.machine.secret[thing][name] = true
				if i.machine.shares(thing) {
					s.late()
				}
			}
		}
	}
}

// shares reports whether a thing may have been looked at by more than one block.
func (m *machine) shares(thing kind.Thing) bool {
	return m.called || len(m.things[thing]) > 1 || m.writers[thing].len() > 1 || len(m.readers[thing]) > 0
}

// touches returns the things that an instance claims or edits, under the names
// that the configuration gives them and those that its host resolved.
func (i *instance) touches() []kind.Thing {
	out := i.namesOfThings()
	if i.change != nil {
		out = append(out, i.change.Writes...)
	}
	return out
}

// namesOfThings are the things that an instance claims or edits, under the names that the
// configuration gives them.
func (i *instance) namesOfThings() (out []kind.Thing) {
	for _, a := range i.block().Def.Args.Attrs {
		if what := a.Claims + a.Edits; what != "" {
			for _, text := range wireTexts(i.wire[a.Name]) {
				out = append(out, kind.ThingOf(what, text))
			}
		}
	}
	return out
}

// shows are the attributes of what a resource makes that hang on its sensitive
// arguments or on a thing that holds a secret, and those that its host sent a secret in.
func (i *instance) shows() map[string]bool {
	read := i.readsSecretOf()
	if len(i.sensitive) == 0 && len(i.echoed) == 0 && len(read) == 0 {
		return nil
	}
	out := union(i.echoed, read)
	for _, name := range i.sensitive {
		out[name] = true
		if a, ok := i.block().Def.Args.Attr(name); ok {
			for _, shown := range a.Shows {
				out[shown] = true
			}
		}
	}
	return out
}

// readsSecretOf are the attributes that hold what the block reads of another thing, if some
// block puts a secret into that.
func (i *instance) readsSecretOf() map[string]bool {
	if i.machine == nil || len(i.machine.secret) == 0 {
		return nil
	}
	var out map[string]bool
	for _, a := range i.block().Def.Args.Attrs {
		if a.Reads == "" {
			continue
		}
		for _, text := range wireTexts(i.wire[a.Name]) {
			if len(i.machine.secret[kind.ThingOf(a.Reads, text)]) == 0 {
				continue
			}
			if out == nil {
				out = map[string]bool{}
			}
			for _, shown := range a.Shows {
				out[shown] = true
			}
		}
	}
	return out
}

// Secrets are the sensitive strings that the plan's arguments and variables
// hold, each by itself, to be masked in what is printed.
func (p *Planner) Secrets() []string {
	var out []string
	for _, i := range p.instances {
		if len(i.sensitive) > 0 {
			out = append(out, i.secretTexts()...)
		}
	}
	for _, v := range p.opts.Vars {
		out = append(out, config.SecretTexts(v)...)
	}
	return out
}

// madeOfSecrets are the attributes of a resource that are recorded as secret.
func (i *instance) madeOfSecrets() []string {
	if i.isCall() {
		return nil
	}
	return sortedKeys(i.shows())
}

// inherits are the attributes of a resource's things that hold the secret of
// any block on them.
func (i *instance) inherits() map[string]bool {
	if i.machine == nil || len(i.machine.secret) == 0 || i.isContext() || i.isCall() {
		return nil
	}
	var out map[string]bool
	for _, thing := range i.touches() {
		for name := range i.machine.secret[thing] {
			if out == nil {
				out = map[string]bool{}
			}
			out[name] = true
		}
	}
	return out
}

// hidden returns the attributes of a resource's change that are never shown, before and
// after the change. An argument that is not secret itself is shown even if the thing
// holds a secret now.
func (i *instance) hidden() (before, after map[string]bool) {
	after, inherited := i.shows(), i.inherits()
	if len(after)+len(inherited)+len(i.echoedBefore) == 0 {
		return nil, nil
	}
	before = union(after, union(inherited, i.echoedBefore))
	after = union(after, nil)
	for name := range inherited {
		if i.wire[name] == nil {
			after[name] = true
		}
	}
	return before, after
}

// union is a set of its own with what is in either.
func union(a, b map[string]bool) map[string]bool {
	out := make(map[string]bool, len(a)+len(b))
	maps.Copy(out, a)
	maps.Copy(out, b)
	return out
}

// resultMark is the mark of a result of an instance; "" if it has none.
func (i *instance) resultMark(a kind.Attr, hidden map[string]bool) config.Mark {
	switch {
	case a.Secret || i.isCall() && len(i.sensitive) > 0 || i.block().Def.Hides(i.wire):
		return config.Sensitive
	case i.isCall() && (len(i.echoed) > 0 || i.readsSecret()):
		return config.Echoed
	case i.echoed[a.Name]:
		return config.Echoed
	case hidden[a.Name]:
		return config.Sensitive
	}
	return ""
}

func mark(v cty.Value, m config.Mark) cty.Value {
	if m == "" {
		return v
	}
	return v.Mark(m)
}

// readsSecret reports whether a call names a path that some block of the machine
// puts a secret into. What the call reads there may be an older secret.
func (i *instance) readsSecret() bool {
	if i.machine == nil || len(i.machine.secret) == 0 {
		return false
	}
	var texts []string
	for _, v := range i.wire {
		values, isMap := v.(map[string]any)
		for _, e := range values {
			texts = append(texts, wireTexts(e)...)
		}
		if !isMap {
			texts = append(texts, wireTexts(v)...)
		}
	}
	for thing := range i.machine.secret {
		place, isPath := thing.Path()
		if isPath && slices.ContainsFunc(texts, func(text string) bool { return names(text, place) || leadsTo(text, i.runsIn(), place) }) {
			return true
		}
	}
	return false
}

// runsIn is the directory that a call runs in, as far as that is known.
func (i *instance) runsIn() string {
	if dir := wireTexts(i.wire["dir"]); len(dir) == 1 {
		return dir[0]
	}
	home, _ := i.on.facts["home"].(string)
	return home
}

// leadsTo reports whether one of the words of a command is another way of
// writing a path, seen from the directory that it runs in.
func leadsTo(text, dir, to string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" \t\n\"'`<>|&;()=", r) })
	return slices.ContainsFunc(words, func(word string) bool {
		if !path.IsAbs(word) {
			word = path.Join(dir, word)
		}
		return path.Clean(word) == to
	})
}

// names reports whether a text has a path in it that ends there, so that
// /etc/motd is not found in /etc/motd.bak.
func names(text, path string) bool {
	for {
		_, rest, found := strings.Cut(text, path)
		if !found {
			return false
		}
		if rest == "" || !strings.ContainsRune("/._-", rune(rest[0])) && !isAlphanumeric(rest[0]) {
			return true
		}
		text = rest
	}
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// conceal is a failure of an instance without secrets in its texts.
func (s *secrets) conceal(i *instance, f *Failure) *Failure {
	c := *f
	c.Summary = s.hide(i, wholly(f.Summary)).Text
	detail := kind.WordingOf(f.Detail, f.Own)
	switch {
	case f.Said == "":
	case i.holdsSecrets():
		detail.Add(" %s", kind.Rule(saidHidden))
	default:
		detail.Add(" %s", f.Said)
	}
	told := s.hide(i, secret.Told{Text: detail.String(), Own: detail.Own()})
	c.Detail, c.Own, c.Said = told.Text, told.Own, ""
	return &c
}

// wholly is a text of which all words are mitoplan's own, unless a host lies.
func wholly(text string) secret.Told { return secret.Told{Text: text, Own: text} }

// saidHidden is shown instead of the output of a program that was given a secret,
// because the output may contain the secret in any form.
const saidHidden = "Its output is not shown, because it may contain a sensitive value, or a part or another form of one. To see it, run the command by hand on the host."

// holdsSecrets reports whether the programs that an instance runs on its host
// get to see a secret: in its arguments, in the environment of its context, or in
// the things that it is about.
func (i *instance) holdsSecrets() bool {
	if len(i.sensitive) > 0 || len(i.echoed)+len(i.echoedBefore) > 0 || i.block().Def.Hides(i.wire) {
		return true
	}
	for ctx := i.on; ctx != nil; ctx = ctx.via {
		if contains(ctx.sensitive, "env") {
			return true
		}
	}
	if i.isCall() {
		return i.readsSecret()
	}
	return len(i.inherits()) > 0 || len(i.readsSecretOf()) > 0
}

// shortSecret is the length from which an instance's own sensitive arguments are
// looked for in what its host says of them.
const shortSecret = 4

// hide is a text that a host said of an instance, without secrets in it: those
// that are known, and its own arguments from shortSecret on.
func (s *secrets) hide(i *instance, told secret.Told) secret.Told {
	told = s.known.HideTold(told)
	if len(i.sensitive) == 0 {
		return told
	}
	for _, own := range i.secretTexts() {
		if own = strings.TrimSpace(own); len(own) >= shortSecret && len(own) < secret.MinLength {
			told = told.HideShort(own)
		}
	}
	return told
}

// hideText is hide for a text in which no words are known to be mitoplan's own.
func (s *secrets) hideText(i *instance, text string) string {
	return s.hide(i, secret.Told{Text: text}).Text
}

// ConcealWording is a text without the secrets that are known.
func (p *Planner) ConcealWording(w kind.Wording) kind.Wording {
	told := p.secrets.known.HideTold(secret.Told{Text: w.String(), Own: w.Own()})
	return kind.WordingOf(told.Text, told.Own)
}

// Conceal is a text of a host without the secrets that are known.
func (p *Planner) Conceal(text string) string { return p.secrets.known.Hide(text) }

// ConcealReason is a reason in mitoplan's own words without the secrets that are known.
func (p *Planner) ConcealReason(text string) string {
	return p.secrets.known.HideTold(wholly(text)).Text
}

// ConcealFailure hides the secrets that are known in the texts of a failure.
func (p *Planner) ConcealFailure(f *Failure) {
	told := p.secrets.known.HideTold(secret.Told{Text: f.Detail, Own: f.Own})
	f.Summary, f.Detail, f.Own = p.ConcealReason(f.Summary), told.Text, told.Own
}
