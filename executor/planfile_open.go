package executor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
)

// FileVars returns the values of variables that a plan file holds, for
// config.VariableInputs.Recorded.
func FileVars(f *planner.File) (map[string]cty.Value, error) {
	out := map[string]cty.Value{}
	for name, enc := range f.Vars {
		v, err := enc.Cty()
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// FileSources returns the content of the files that a plan's configuration was
// read from. The plan file does not hold those with a secret; they are read from
// the disk again, relative to dir. The error is a *MissingSourceError if one
// cannot be read.
func FileSources(f *planner.File, dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, content := range f.Sources {
		out[name] = content
	}
	for _, name := range f.Secret {
		if _, large := f.Large[name]; large {
			continue // see holdLarge
		}
		content, err := files.Again(dir, name)
		if err != nil {
			return nil, &MissingSourceError{Name: name, Err: err}
		}
		out[name] = content
	}
	return out, nil
}

// MissingSourceError is returned if a file that a plan needs is not in the plan
// file and cannot be read from the disk.
type MissingSourceError struct {
	Name string
	Err  error
}

func (e *MissingSourceError) Error() string {
	return fmt.Sprintf("%s holds a secret, so the plan does not hold it, and it is read again: %v", files.Shown(e.Name), e.Err)
}

func (e *MissingSourceError) Unwrap() error { return e.Err }

// ApplyWhereMade says where a plan was made and how to apply it there. It is "" if
// that is here or is not known.
func ApplyWhereMade(f *planner.File, o Options) string {
	if !madeElsewhere(f, o) {
		return ""
	}
	return strings.TrimSpace(applyThere(f, o, "Apply it where it was made"))
}

// Open makes the session of a saved plan. o.Config and o.Vars come from
// FileSources and FileVars. Open makes the plan again from the answers in the
// file and compares it with what the file shows. Hosts are asked only for answers
// that the file could not hold. Open returns an error for a plan of another
// version, and for one that was made with another state of the record.
func Open(ctx context.Context, f *planner.File, o Options) (*Session, *planner.Plan, hcl.Diagnostics) {
	if diags := append(CheckTool(f, o), sameRecord(f, o)...); diags.HasErrors() {
		return nil, nil, diags
	}
	sealed, diags := unseal(ctx, f, o)
	if diags.HasErrors() {
		return nil, nil, diags
	}
	o.Targets, o.Excludes, o.AllowUnreachable = f.Targeting.Targets, f.Targeting.Excludes, f.AllowUnreachable
	o.Destroy = f.Destroy
	s := newSession(o, sealed.Key)
	s.file, s.sealed, s.replay = f, sealed, planner.NewReplay(sealed.Answers)
	plan, diags := s.newPlan(ctx)
	if s.planner != nil {
		s.planner.SetRecord(o.State.Key(), s.prior())
		plan.Recall(f)
	}
	if diags.HasErrors() && !f.AllowUnreachable {
		return s, plan, diags
	}
	if missing := s.sourcesThere(ctx, plan); missing.HasErrors() {
		return s, plan, append(diags, missing...)
	}
	if differ := sameActions(f, plan, s.asked, ApplyWhereMade(f, o)); differ.HasErrors() {
		return s, plan, append(diags, differ...)
	}
	return s, plan, append(diags, warnOtherDirectory(f, o)...)
}

// unseal decrypts what hosts answered, and has the configuration know the large sources
// of the plan file. The error says that the sensitive inputs differ if the key made of
// them does not fit.
func unseal(ctx context.Context, f *planner.File, o Options) (*planner.Sealed, hcl.Diagnostics) {
	unusable := func(err error) hcl.Diagnostics {
		if ctx.Err() != nil {
			return interrupted(context.Cause(ctx))
		}
		return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Plan file unusable", Detail: prose.Sentence("The plan file cannot be used: " + err.Error())}}
	}
	tell := o.reading(ctx, func(path string) string { return path })
	o.Config.WatchSources(tell)
	if err := holdLarge(f, o.Config, nil, nil, tell); err != nil {
		return nil, unusable(err)
	}
	inputs, err := newSeal(o.Config, o.Vars, f)
	if err != nil {
		return nil, unusable(err)
	}
	key, err := inputs.key(f.Salt)
	if err != nil {
		return nil, unusable(err)
	}
	sealed, err := f.Unseal(key)
	switch {
	case errors.Is(err, planner.ErrSealed):
		return nil, otherInputs(f, inputs, ApplyWhereMade(f, o))
	case err == nil:
		err = holdLarge(f, o.Config, sealed, key, tell)
	}
	if err != nil {
		return nil, unusable(err)
	}
	return sealed, nil
}

// otherInputs lists the inputs that the key of the seal is made of. It cannot say
// which of them differs. If that could be found out, somebody with a stolen plan
// file could guess the secrets one by one.
func otherInputs(f *planner.File, given seal, elsewhere string) hcl.Diagnostics {
	var made, now []string
	for _, name := range f.Inputs {
		made = append(made, config.VariableAddress(name))
	}
	for _, name := range given.names {
		now = append(now, config.VariableAddress(name))
	}
	detail := "A saved plan is applied with the sensitive and ephemeral values that it was made with, but for passwords that only open a context. "
	var secret []string
	for _, name := range f.SecretSources() {
		secret = append(secret, files.PathOf(name))
	}
	if len(f.Withheld) > 0 {
		detail += fmt.Sprintf("Values that hold a secret count, too, and are not in the plan: var.%s. ", strings.Join(f.Withheld, ", var."))
	}
	switch {
	case !slices.Equal(made, now):
		detail += fmt.Sprintf("It was made with %s, and what was given now is %s.", prose.List(made, prose.All), prose.List(now, prose.All))
		if len(secret) > 0 {
			detail += fmt.Sprintf(" Files that hold a secret are read again and have to be as they were, too: %s.", prose.List(secret, prose.All))
		}
	case len(made) > 0 && len(secret) > 0:
		detail += fmt.Sprintf("Among %s and the files that hold a secret, %s, at least one is another now.", strings.Join(made, ", "), strings.Join(secret, ", "))
	case len(secret) > 0:
		detail += fmt.Sprintf("These files hold a secret and are not as they were when the plan was made: %s.", prose.List(secret, prose.All))
	default:
		detail += fmt.Sprintf("Of these at least one is another now: %s.", prose.List(made, prose.All))
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Sensitive inputs differ from the plan's",
		Detail: strings.TrimSpace(detail + " Give the same ones, or make a new plan. " + elsewhere),
	}}
}

// sameActions returns an error if the plan that was made again from a plan file is
// not the one that the file shows. asked are the addresses that hosts were asked
// about again. elsewhere says where the plan was made, if that is not here.
func sameActions(f *planner.File, plan *planner.Plan, asked []string, elsewhere string) hcl.Diagnostics {
	var differ []string
	shown := map[string]*planner.Action{}
	for _, a := range f.Actions {
		shown[a.Address] = a
	}
	for _, a := range plan.Actions {
		old := shown[a.Address]
		if old == nil || old.Op != a.Op || old.Digest != a.Digest || old.Fingerprint != a.Fingerprint {
			differ = append(differ, a.Address)
		}
		delete(shown, a.Address)
	}
	for addr := range shown {
		differ = append(differ, addr)
	}
	if len(differ) == 0 {
		return nil
	}
	sort.Strings(differ)
	if len(asked) > 0 {
		sort.Strings(asked)
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Changed since it was planned",
			Detail: fmt.Sprintf("The plan file could not keep what hosts answered about %s, as a secret is in it that nobody is asked for at apply. They were asked again, and now these actions come out differently: %s. Nothing was changed. Make a new plan.", prose.List(asked, prose.All), prose.List(differ, prose.All)),
		}}
	}
	why := "The file was changed. Make a new plan."
	if elsewhere != "" {
		why = "What abspath() gives depends on the directory. " + elsewhere
	}
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Plan file does not hold",
		Detail: fmt.Sprintf("From the inputs that the plan file recorded, these actions come out differently than it shows: %s. Nothing was changed. %s", prose.List(differ, prose.All), why),
	}}
}
