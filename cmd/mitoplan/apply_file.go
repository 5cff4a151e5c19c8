package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
)

// runApplyFile does exactly what a saved plan says. It does not ask for approval,
// because somebody saved the plan in order to apply it.
func (op *operation) runApplyFile(path string) int {
	f, ok := op.openPlanFile(path)
	if !ok {
		return 1
	}
	unlock, ok := op.lock()
	if !ok {
		return 1
	}
	defer unlock()
	if !op.readState() || !op.ready() {
		return 1
	}
	s, p, diags := executor.Open(op.ctx, f, op.executorOptions())
	op.session = s
	op.dumps(s)
	if s == nil {
		op.view.Flush()
		op.diagnostics(diags)
		return 1
	}
	op.opts.unreachable, op.opts.targets = f.AllowUnreachable, f.Targeting.Targets
	plan := op.judge(p, diags)
	if op.diagnostics(plan.diags) || !op.unreachableAllowed(f, p) {
		return 1
	}
	if !slices.ContainsFunc(p.Actions, (*planner.Action).Sent) {
		plan.shown.Unseen()
	}
	op.summarise(plan)
	if p.Empty() && !op.unrecorded(plan) {
		return worst(!op.applied(plan, executor.Summary{}))
	}
	summary, ok := op.apply(plan)
	if n := plan.shown.Summary.Deferred; n > 0 && op.json == nil {
		fmt.Fprintf(op.results, "\n%d deferred, plan again.\n", n)
	}
	return worst(!ok || summary.Failed+summary.Interrupted+summary.Refused+summary.Skipped > 0)
}

// openPlanFile reads the file and, from it, the configuration and variables.
func (op *operation) openPlanFile(path string) (*planner.File, bool) {
	f, closeFile, err := readPlanFile(path)
	if err != nil {
		op.fail(planFileSummary(err), err)
		return nil, false
	}
	op.closers = append(op.closers, closeFile)
	op.planFile = path
	here := executor.Options{Version: toolVersion(), Build: toolBuild, Place: place()}
	if op.diagnostics(executor.CheckTool(f, here)) {
		return nil, false
	}
	sources, err := executor.FileSources(f, ".")
	if err != nil {
		op.unusable(f, here, err)
		return nil, false
	}
	recorded, err := executor.FileVars(f)
	if err != nil {
		op.unusable(f, here, err)
		return nil, false
	}
	cfg, diags := config.LoadSources(f.Dir, sources, op.cat)
	return f, op.loaded(cfg, diags) && op.variables(recorded, f.Withheld...)
}

// unusable says why a plan cannot be applied here, and where it was made.
func (op *operation) unusable(f *planner.File, here executor.Options, err error) {
	detail := strings.TrimSpace(sentence(err) + " " + executor.ApplyWhereMade(f, here))
	op.diagnostics(hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Plan file not usable", Detail: detail}})
}

// planFileSummary is the summary of an error in reading a plan file: it is one of
// another version, or cannot be read at all.
func planFileSummary(err error) string {
	if other := (*planner.FormatError)(nil); errors.As(err, &other) {
		return "Plan file of another version"
	}
	return "Plan file not readable"
}

// readPlanFile reads a plan file. Sources that are bundled in it can be read until it is
// closed.
func readPlanFile(path string) (f *planner.File, closeFile func() error, err error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read plan file: %w", err)
	}
	st, err := in.Stat()
	if err == nil {
		f, err = planner.ReadFile(in, st.Size())
	}
	if err != nil {
		in.Close()
		return nil, nil, fmt.Errorf("read plan file %s: %w%s", path, err, otherFormat(err))
	}
	f.Path = path
	return f, in.Close, nil
}

// otherFormat says what to do about a plan file of another version.
func otherFormat(err error) string {
	if other := (*planner.FormatError)(nil); errors.As(err, &other) {
		return fmt.Sprintf(". This is mitoplan %s. Use the version that made the plan, or make a new plan with this one", toolVersion())
	}
	return ""
}

// unreachableAllowed returns false, with an error, if hosts could not be reached when
// the plan was made, unless it was made with -allow-unreachable.
func (op *operation) unreachableAllowed(f *planner.File, p *planner.Plan) bool {
	missing := p.NotStarted()
	if len(missing) == 0 || f.AllowUnreachable {
		return true
	}
	op.fail("Plan is partial", partial(missing))
	return false
}

// partial is the error of a plan that some contexts were missing from.
func partial(missing []*planner.Context) error {
	names := make([]string, len(missing))
	for i, c := range missing {
		names[i] = c.Address
	}
	return fmt.Errorf("when the plan was made, %s could not be reached, so it is not the whole. "+
		"Plan again, or make the plan with -allow-unreachable to go without them", prose.List(names, maxNamed))
}

// summarise shows the counts of a plan that was approved when it was made.
func (op *operation) summarise(p planned) {
	if op.json != nil {
		op.json.Plan(p.shown, "apply")
		return
	}
	op.note("%s", op.human.Summary(p.shown))
}
