package planner

// send hands a task out: the next Next returns its step. Before the first step
// in a context it returns a request for the lock of its machine. Nobody waits
// for the lock here, since the agent keeps every action until it has it.
func (a *Apply) send(t *task) {
	t.state = taskSent
	if ctx := t.inst.on; !a.locked[ctx] {
		a.locked[ctx] = true
		a.steps = append(a.steps, &Step{Type: StepLock, Address: ctx.addr, Context: ctx.addr, Hop: a.p.hop(ctx)})
	}
	step := a.step(t)
	a.steps = append(a.steps, step)
	for _, m := range a.batchOf(t) {
		m.state, m.batched, t.batched = taskSent, true, true
		t.led = append(t.led, m)
		behind := a.step(m)
		behind.Led = true
		step.Then, step.Whole = append(step.Then, behind), t.inst.whole()
	}
	if len(t.led) > 0 {
		a.p.leaveBatch(step.Intent, t)
	}
	a.steps = append(a.steps, step.Then...)
	a.begin(t)
	a.considerBehind(t)
}

func (a *Apply) step(t *task) *Step {
	i := t.inst
	s := &Step{
		Type: StepApply, Address: t.Address, Kind: t.Kind, Context: t.Context, Hop: a.p.hop(i.on), Timeout: i.timeout,
		Args: t.made.args, Sensitive: t.made.hidden, Quiet: t.made.quiet, Action: t.Action, Results: i.referred(),
	}
	i.contents = a.p.contentsOf(i, s.Args, s.Sensitive, s.Quiet)
	s.Contents, s.Key, s.End = i.contents, a.p.machineKey(i.on.machine), i.takesAway()
	if i.isCall() {
		s.Type, s.Save, s.Harmless = StepRun, i.save, i.block().Def.Harmless(s.Args, nil)
	}
	if t.Op != Read {
		s.Intent = a.p.intent(t)
	}
	for _, b := range t.before {
		if b.Context == t.Context {
			s.After = append(s.After, b.Address)
		}
	}
	if b := t.openTurn(); b != nil {
		s.Turn = b.Address
	}
	return s
}

// lockDone reports a machine whose lock could not be taken. The actions there
// come back as skipped by themselves.
func (a *Apply) lockDone(s *Step, r Result) {
	if f := r.Failure; f != nil && !f.Gone() && f.Kind != FailureStopped {
		a.p.problems.report(a.p.instances[s.Address], f)
	}
}
