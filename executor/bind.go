package executor

import (
	"fmt"
	"path/filepath"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
)

// bind ties a plan file to the program, the place and the record that it was
// made with.
func (s *Session) bind(f *planner.File) {
	f.Tool, f.Build, f.Place = s.opts.Version, s.opts.builtAs(), s.opts.Place
	r := s.opts.State.Revision()
	f.Lineage, f.Serial = r.Lineage, r.Serial
}

func (o Options) builtAs() string {
	if o.Build == nil {
		return ""
	}
	return o.Build()
}

// CheckTool returns an error if another version of mitoplan, or another build of
// this version, made the plan file. Only the program that made a plan is sure to
// do exactly what it shows.
func CheckTool(f *planner.File, o Options) hcl.Diagnostics {
	made, now := "mitoplan "+f.Tool, "mitoplan "+o.Version
	if f.Tool == o.Version {
		if f.Build == o.builtAs() {
			return nil
		}
		made, now = made+", build "+f.Build, now+", build "+o.builtAs()
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Plan file of another version",
		Detail: fmt.Sprintf("It was made by %s, and this is %s. Only the version that made a plan does exactly what it shows. Apply it with that one, or make a new plan with this one.", made, now),
	}}
}

// sameRecord returns an error if the record is not as it was when the plan was
// made. If there was no record then and there is none now, as on a CI runner,
// there is nothing to compare. The caller holds the lock.
func sameRecord(f *planner.File, o Options) hcl.Diagnostics {
	made, now := state.Revision{Lineage: f.Lineage, Serial: f.Serial}, o.State.Revision()
	if made == now {
		return nil
	}
	d := &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Saved plan is stale"}
	path := recordPath(o)
	switch {
	case now.None():
		d.Summary = "Record of the plan is missing"
		d.Detail = fmt.Sprintf("The plan was made with %s, and nothing is recorded at %s. Nothing was changed.%sOr bring that record back, or make a new plan.", made, path, applyThere(f, o, "Apply it where that record is"))
	case made.None() && besideThis(f, o):
		d.Summary = "Plan of another directory"
		d.Detail = fmt.Sprintf("When the plan was made nothing was recorded there, and %s is at %s. Nothing was changed.%sOr make a new plan.", path, now, applyThere(f, o, "Apply it where it was made"))
	case made.None():
		d.Detail = fmt.Sprintf("When the plan was made nothing was recorded, and now %s is at %s: this plan was applied before, or another apply came between. Nothing was changed.%s Make a new plan.", path, now, madeWhere(f, o))
	case made.Lineage != now.Lineage:
		d.Summary = "Plan of another record"
		d.Detail = fmt.Sprintf("The plan was made with %s, and %s is at %s. Nothing was changed.%sOr make a new plan.", made, path, now, applyThere(f, o, "Apply it where its record is"))
	case made.Serial < now.Serial:
		d.Detail = fmt.Sprintf("The plan was made with %s, and %s is at serial %d: this plan was applied before, or another apply came between. Nothing was changed.%s Make a new plan.", made, path, now.Serial, madeWhere(f, o))
	default:
		d.Detail = fmt.Sprintf("The plan was made with %s, and %s is only at serial %d: an older record was put in its place. Nothing was changed.%s Make a new plan.", made, path, now.Serial, madeWhere(f, o))
	}
	return hcl.Diagnostics{d}
}

func recordPath(o Options) string {
	path := o.Config.Settings.StatePath
	if !filepath.IsAbs(path) && o.Place.Dir != "" {
		path = filepath.Join(o.Place.Dir, path)
	}
	return path
}

// warnOtherDirectory warns if a plan is applied on the machine that it was made
// on, but in another directory. If the record is kept in the directory, there are
// two records from then on.
func warnOtherDirectory(f *planner.File, o Options) hcl.Diagnostics {
	if !besideThis(f, o) {
		return nil
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagWarning, Summary: "Plan of another directory",
		Detail: fmt.Sprintf("It was made in %s, and what this apply does is recorded in %s. Later plans in the directory where it was made know nothing of it.", f.Place.Dir, recordPath(o)),
	}}
}

// besideThis reports whether a plan was made on this machine, in another directory that
// has a record of its own.
func besideThis(f *planner.File, o Options) bool {
	return madeElsewhere(f, o) && f.Place.Host == o.Place.Host && !filepath.IsAbs(o.Config.Settings.StatePath)
}

// madeElsewhere reports whether a plan is known to be made in another directory or
// on another machine than this.
func madeElsewhere(f *planner.File, o Options) bool {
	return f.Place.Dir != "" && o.Place.Dir != "" && f.Place != o.Place
}

// madeWhere says where a plan was made, if that is not here.
func madeWhere(f *planner.File, o Options) string {
	switch {
	case !madeElsewhere(f, o):
		return ""
	case f.Place.Host != o.Place.Host:
		return fmt.Sprintf(" The plan was made in %s on %s, and this is %s on %s.", f.Place.Dir, f.Place.Host, o.Place.Dir, o.Place.Host)
	}
	return fmt.Sprintf(" The plan was made in %s, and this is %s.", f.Place.Dir, o.Place.Dir)
}

// applyThere says where a plan was made and, if that is on this machine, with
// which command to apply it there. do is the advice itself, without a full stop.
func applyThere(f *planner.File, o Options, do string) string {
	from := madeWhere(f, o)
	switch {
	case from == "":
		return " " + do + ". "
	case f.Place.Host != o.Place.Host:
		return from + " " + do + ". "
	}
	return from + fmt.Sprintf(" %s:\n    mitoplan -chdir=%s apply %s\n", do, state.ShellPath(f.Place.Dir), state.ShellPath(f.Path))
}
