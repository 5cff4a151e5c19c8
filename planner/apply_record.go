package planner

import (
	"maps"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// Intent is what the journal says of an action before the action is sent. Apply
// makes it, and the executor writes it to disk before the step leaves. After a
// crash the next plan finds it unanswered, so it knows what may have been
// changed, and which calls are owed a run for that.
type Intent struct {
	// Identity is what it manages on its machine.
	Identity map[string]string
	// Machine and Thing are what it is about; Found are digests of how the plan
	// found that.
	Machine string
	Thing   kind.Thing
	Found   map[string]string
	// AbsentBefore is true if the plan read that the thing was not there, or if an edit of it
	// made it.
	AbsentBefore bool
	// Begins is what is recorded of a thing that the action makes, so that it can be taken
	// away if nobody sees the end of the action; nil of any other.
	Begins *Recorded
	// Owes are the calls that a change of it triggers.
	Owes []string
}

func (p *Planner) intent(t *task) *Intent {
	in := &Intent{Identity: t.made.identity, AbsentBefore: t.Op == Create || t.inst.makes() || p.record.madeByEdit(t.inst), Owes: p.debts.debtorsOf(t.inst)}
	if !t.inst.isCall() {
		in.Machine = t.inst.on.machine.name
		in.Thing, in.Found = p.record.foundBy(t.inst)
		if t.inst.endsPart() {
			in.Found = p.record.ofWhole(t.inst, t.inst.change)
		}
		if in.AbsentBefore && in.Thing != "" {
			in.Begins = p.begins(t)
		}
	}
	return in
}

// begins is what is recorded of a thing before it is made.
func (p *Planner) begins(t *task) *Recorded {
	c, r := t.inst.change, &Recorded{LeadsTo: p.record.leadsTo(t.inst.on), End: p.record.endOf(t.inst)}
	if r.End == nil || c == nil {
		return nil
	}
	r.Begun = p.record.withoutSecret(t.inst, c.Leaves)
	if r.End.Kept = p.record.keptOf(t.inst, c); r.End.Kept == nil {
		r.End.Kept = &resource.Kept{}
	}
	return r
}

// leaveBatch has the intent of an action that makes a whole file, and leads a batch, say what the
// file holds after all of them: nothing else is ever written. If that is a secret, or too long for
// the plan to have it, the intent says what the action alone makes, and what differs from that stays.
func (p *Planner) leaveBatch(in *Intent, t *task) {
	if in == nil || in.Begins == nil || !t.inst.whole() {
		return
	}
	last := t.led[len(t.led)-1].inst
	content, isText := resource.WireText(last.change.After["content"])
	if !isText {
		return
	}
	leaves := resource.TextTrait(content)
	for k, b := range in.Begins.Begun {
		if b.Attr == leaves.Attr && !p.record.secretTrait(last, leaves) {
			in.Begins.Begun[k] = leaves
		}
	}
}

// recordedOf returns what is recorded of an action that succeeded, and digests of
// how it left its thing.
func (p *Planner) recordedOf(t *task, c *resource.Change) (*Recorded, map[string]string) {
	r := p.remembered(t.inst, t.made)
	if c == nil {
		return r, nil
	}
	var state map[string]string
	r.Thing, state = p.record.leftBy(t.inst, c)
	if r.End != nil {
		r.End.Kept = p.record.keptOf(t.inst, c)
	}
	if r.Created && r.End != nil { // A backup is of what an apply had made.
		r.End.Kept = &resource.Kept{}
	}
	r.Created = r.Created || c.Made
	return r, state
}

// leaveWhole adds to what a part left the whole of its thing, if nobody looks at whoever manages
// that, and if it was as the record has it: then it is as applies left it still.
func (a *Apply) leaveWhole(t *task, c *resource.Change, state map[string]string) {
	rec, i := a.p.record, t.inst
	thing := rec.subject(i, c)
	if c == nil || thing == "" || rec.sight(i).whole {
		return
	}
	key := thingKey{i.machine, thing}
	if a.wholes == nil {
		a.wholes = map[thingKey]map[string]string{}
	}
	if i.whole() {
		a.wholes[key] = state
		return
	}
	was, known := a.wholes[key]
	if !known && rec.prior != nil {
		was = rec.prior.Thing(i.machine.name, thing)
	}
	left := map[string]string{}
	found := rec.ofWhole(i, i.change)
	for name, now := range rec.ofWhole(i, c) {
		if _, own := state[name]; !own && was[name] != "" && was[name] == found[name] {
			left[name] = now
		}
	}
	a.wholes[key] = left
	maps.Copy(state, left)
}

// keepBackup remembers the backup of a thing that several actions write. The first of them
// makes it, and it is the backup of each that asks for one.
func (a *Apply) keepBackup(t *task, r *Recorded) {
	if r.End == nil || r.Thing == "" {
		return
	}
	key := thingKey{t.inst.machine, r.Thing}
	made, known := a.backups[key]
	switch kept := r.End.Kept; {
	case kept != nil && kept.Backup != "":
		if a.backups == nil {
			a.backups = map[thingKey]kind.Text{}
		}
		a.backups[key] = kept.Backup
	case known && t.inst.wire[backupArg] == true && t.inst.writes():
		with := resource.Kept{}
		if kept != nil {
			with = *kept
		}
		with.Backup, r.End.Kept = made, &with
	}
}

// keepForWhole remembers, for the block that has all of a thing and nothing to do itself, how edits
// of it have begun to change that: the backup of what was there, or that there is none. A later
// backup has what they made.
func (a *Apply) keepForWhole(t *task, r *Recorded, c *resource.Change) {
	if t.inst.whole() || r.Thing == "" || c == nil || !t.inst.writes() {
		return
	}
	for _, w := range t.inst.machine.writers[r.Thing].all() {
		action := a.untouched[w]
		if action == nil || !w.whole() || w.isCall() {
			continue
		}
		delete(a.untouched, w)
		old, recorded := a.p.record.lookup(w.addr)
		m, diags := a.p.prepare(w)
		if diags.HasErrors() || recorded && (old.Created || old.End == nil || old.End.Kept != nil) {
			continue
		}
		own := a.p.remembered(w, m)
		if own.End == nil {
			continue
		}
		own.Thing, own.End.Kept = r.Thing, &resource.Kept{Backup: a.backups[thingKey{w.machine, r.Thing}]}
		_, state := a.p.record.leftBy(t.inst, c)
		maps.DeleteFunc(state, func(name, _ string) bool { return strings.Contains(name, " ") }) // That is the edit's own.
		a.progress = append(a.progress, Progress{Action: action, Stage: StageAdopted, Op: NoOp, End: EndApplied, Recorded: own, State: state})
	}
}

// remembered is what is recorded without its thing.
func (p *Planner) remembered(i *instance, m prepared) *Recorded {
	was, recorded := p.record.lookup(i.addr)
	begun, began := p.record.lookupBegun(i.addr)
	return &Recorded{
		Args: p.record.argDigests(i), Triggers: m.triggers, Absent: m.absent, Secret: m.secret,
		Kind: i.block().Kind, Machine: i.on.machine.name, LeadsTo: p.record.leadsTo(i.on), Identity: m.identity, End: p.record.endOf(i),
		Created: p.record.madeByEdit(i),
		Another: recorded && p.record.becameAnother(i, was, m.identity), BegunAnother: began && p.record.becameAnother(i, begun, m.identity),
	}
}

// makes reports whether a resource adds a part of a thing that is there.
func (i *instance) makes() bool { return i.departs == nil && i.change != nil && i.change.Made }

// depart takes out of the record what only leaves that, and first hands on what others
// need of it. It does so before anything is done on a host, so that nothing of it is lost
// if the apply does not come to its end.
func (a *Apply) depart(plan *Plan) {
	for _, d := range a.p.leaving.all {
		switch to := d.heir; {
		case to != nil && to.block().Kind == d.was.Kind && a.p.record.createdOrKept(d.was) && plan.Action(to.addr) != nil:
			a.inherit(plan.Action(to.addr), d.recordedAt(), d)
		case d.from != "":
			a.inherit(plan.Action(d.addr), d.from, d)
		}
	}
	for _, d := range a.p.leaving.staying {
		stays := d.forgotten()
		stays.Op = NoOp
		a.inherit(stays, d.from, d)
	}
	for _, action := range plan.Actions {
		if action.Op == Forget {
			a.progress = append(a.progress, Progress{Action: action, Stage: StageSucceeded, Op: Forget, End: EndApplied, Changed: action.Type == config.CallBlock && a.p.opts.Destroy, Forgotten: true})
		}
	}
}

func (a *Apply) inherit(action *Action, from string, d *departure) {
	if action != nil {
		a.progress = append(a.progress, Progress{Action: action, Stage: StageAdopted, Op: NoOp, End: EndApplied, Inherits: from, Begun: d.was.Begun != nil})
	}
}

// adopt remembers things that the plan found to be as they should be and that the
// record does not have so: those that an interrupted apply had made, and those
// that were there before any apply.
func (a *Apply) adopt(plan *Plan) {
	a.untouched = map[*instance]*Action{}
	for _, action := range plan.Actions {
		i := a.p.instances[action.Address]
		if i != nil && action.Op == NoOp {
			a.untouched[i] = action
		}
		switch {
		case i == nil || action.Op != NoOp:
		case action.Type != config.ResourceBlock:
			a.renewTriggers(action, i)
		case a.p.unrecorded(i):
			a.adoptThing(action, i)
		}
	}
}

func (a *Apply) adoptThing(action *Action, i *instance) {
	m, diags := a.p.prepare(i)
	if diags.HasErrors() {
		return
	}
	e := Progress{Action: action, Stage: StageAdopted, Op: NoOp, End: EndApplied, Recorded: a.p.remembered(i, m)}
	if a.p.record.isRight(i) {
		e.Recorded.Thing, e.State = a.p.record.adoptedBy(i)
	} else if old, ok := a.p.record.lookup(i.addr); ok {
		e.Recorded.Thing, e.StateKept = old.Thing, true
	}
	a.progress = append(a.progress, e)
}

// renewTriggers replaces a digest of triggers that an earlier version recorded,
// for a call that has nothing to do. The old form is easier to guess at.
func (a *Apply) renewTriggers(action *Action, i *instance) {
	old, ok := a.p.record.lookup(i.addr)
	if !ok || !legacyDigest(old.Triggers) || !a.p.triggersKept(i) {
		return
	}
	m, diags := a.p.prepare(i)
	if diags.HasErrors() || m.triggers == "" {
		return
	}
	old.Digest, old.Args, old.Triggers = "", a.p.record.argDigests(i), m.triggers
	a.progress = append(a.progress, Progress{Action: action, Stage: StageAdopted, Op: NoOp, End: EndApplied, Recorded: &old})
}

// Moves returns the debts that change hands with the plan. An apply writes them
// into the record before anything else.
func (p *Planner) Moves() []Move { return p.debts.moves() }

// Unrecorded reports whether applying a plan writes to the record although it
// does nothing on any host. It does if things are as they should be and the
// record does not have them so, or if debts change hands.
func (p *Planner) Unrecorded(plan *Plan) bool {
	if len(p.debts.moves()) > 0 {
		return true
	}
	for _, action := range plan.Actions {
		i := p.instances[action.Address]
		if i != nil && action.Op == NoOp && action.Type == config.ResourceBlock && p.unrecorded(i) {
			return true
		}
	}
	return false
}

// unrecorded reports whether a thing is as it should be, but the state lacks what an
// apply would record about it.
func (p *Planner) unrecorded(i *instance) bool {
	old, ok := p.record.lookup(i.addr)
	return !ok || old.Unanswered || !p.record.isAsRecorded(i, old)
}
