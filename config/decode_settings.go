package config

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/gocty"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/kind"
)

var settingsArgs = []string{"required_version", "parallelism", "connect_timeout", "progress_timeout", "check_timeout", "call_timeout", "apply_timeout"}

// settings decodes a mitoplan block. Its arguments are constants: they count
// before any variable has a value.
func (l *loader) settings(b *hcl.Block) {
	if !l.declare("mitoplan", b.DefRange) {
		return
	}
	const where = "the mitoplan block"
	c := l.fixed(b.Body, where, settingsArgs, hcl.BlockHeaderSchema{Type: "state", LabelNames: []string{"kind"}})
	s := &l.cfg.Settings
	if a, ok := c.attrs["required_version"]; ok {
		s.RequiredVersion, _ = constant[string](l, a, cty.String)
		s.RequiredVersionRange = a.Expr.Range()
	}
	if a, ok := c.attrs["parallelism"]; ok {
		n, ok := constant[int](l, a, cty.Number)
		if ok && n < 1 {
			l.report(problem("Invalid value", "The argument \"parallelism\" must be at least 1.", a.Expr.Range()))
		}
		s.Parallelism = n
	}
	for _, bound := range []struct {
		name string
		to   *time.Duration
	}{
		{"connect_timeout", &s.ConnectTimeout}, {"progress_timeout", &s.ProgressTimeout}, {"check_timeout", &s.CheckTimeout},
		{"call_timeout", &s.CallTimeout}, {"apply_timeout", &s.ApplyTimeout},
	} {
		if a, ok := c.attrs[bound.name]; ok {
			if text, ok := constant[string](l, a, cty.String); ok {
				*bound.to = l.duration(a, text)
			}
		}
	}
	if d := s.ConnectTimeout; d > 0 && d < kind.LeastConnectTimeout {
		l.report(problem("Too little time to connect", fmt.Sprintf("The argument \"connect_timeout\" is less than %s, and no context comes up in so little time. Raise it: 10s is usual.", kind.LeastConnectTimeout), c.attrs["connect_timeout"].Expr.Range()))
	}
	for i, state := range c.blocks {
		if i > 0 {
			l.report(problem("Duplicate declaration", "There can be only one state block, because the record is kept in one place.", state.DefRange))
			continue
		}
		l.state(state)
	}
}

func (l *loader) state(b *hcl.Block) {
	if b.Labels[0] != "local" {
		l.report(problem("Unknown kind", fmt.Sprintf("There is no state kind %q. This version keeps the record in a file: state \"local\".", b.Labels[0]), b.LabelRanges[0]))
		return
	}
	c := l.fixed(b.Body, "a state block", []string{"path"})
	if a, ok := c.attrs["path"]; ok {
		if path, ok := constant[string](l, a, cty.String); ok {
			l.statePath(path, a.Expr.Range())
		}
	}
}

// statePath sets where the record is kept. It may not have a name by which a file is read
// as part of a configuration.
func (l *loader) statePath(path string, at hcl.Range) {
	const use = "Name another file for the record, such as .mitoplan/state.json."
	name := filepath.Base(path)
	bad := ""
	switch {
	case path == "" || strings.HasSuffix(path, "/") || name == "." || name == "..":
		bad = "The argument \"path\" must name a file."
	case IsConfigFile(name):
		bad = fmt.Sprintf("A file of the name %s is read as a part of a configuration.", name)
	case isVariablesFile(name):
		bad = fmt.Sprintf("A file of the name %s is read for the values of variables.", name)
	}
	if bad != "" {
		l.report(problem("Invalid value", bad+" "+use, at))
		return
	}
	path, err := files.ExpandHome(path)
	if err != nil {
		l.report(problem("Invalid value", "The argument \"path\" cannot be used: "+err.Error()+".", at))
		return
	}
	l.cfg.Settings.StatePath = path
}

func (l *loader) duration(a *hcl.Attribute, text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		l.report(problem("Invalid duration", durationDetail(a.Name, text), a.Expr.Range()))
		return 0
	}
	return d
}

// constant is the value of an argument that cannot refer to anything.
func constant[T any](l *loader, a *hcl.Attribute, ty cty.Type) (T, bool) {
	var out T
	for _, t := range a.Expr.Variables() {
		l.report(problem("Value not constant", fmt.Sprintf("The argument %q must be a constant: it is needed before anything else has a value.", a.Name), t.SourceRange()))
		return out, false
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		l.diags = append(l.diags, diags...)
		return out, false
	}
	v, err := fit(v, ty)
	if err == nil && v.IsNull() {
		err = fmt.Errorf("it is null")
	}
	if err == nil {
		err = gocty.FromCtyValue(v, &out)
	}
	if err != nil {
		l.report(problem("Wrong type of value", fmt.Sprintf("The argument %q %s", a.Name, mustBe(plainValue(ty), err)), a.Expr.Range()))
		return out, false
	}
	return out, true
}
