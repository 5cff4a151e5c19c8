package view

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// Output is one output value. A sensitive or unknown one has no Value.
type Output struct {
	Sensitive bool            `json:"sensitive"`
	Ephemeral bool            `json:"ephemeral,omitempty"`
	Unknown   bool            `json:"unknown,omitempty"`
	Volatile  bool            `json:"volatile,omitempty"`
	Type      json.RawMessage `json:"type,omitempty"`
	Value     json.RawMessage `json:"value,omitempty"`

	shown string
}

// NewOutputs makes what is shown of outputs, by name. Their values may be what
// hosts sent: they go through the masker.
func NewOutputs(outputs []*planner.Output, m *Masker) map[string]Output {
	out := map[string]Output{}
	for _, o := range outputs {
		if !o.Removed {
			out[o.Name] = newOutput(o, m)
		}
	}
	return out
}

func newOutput(o *planner.Output, m *Masker) Output {
	v := Output{Sensitive: o.Sensitive || o.Value != cty.NilVal && config.IsSensitive(o.Value), Ephemeral: o.Ephemeral, Volatile: o.Volatile}
	if v.Sensitive {
		v.shown = "(sensitive value)"
		return v
	}
	if o.Cleared {
		m = nil
	}
	v.shown = render(m.value(fromCty(o.Value)))
	value, _ := o.Value.UnmarkDeep()
	if value == cty.NilVal || !value.IsWhollyKnown() {
		v.Unknown = true
		return v
	}
	value = m.cty(value)
	v.Type, _ = ctyjson.MarshalType(value.Type())
	v.Value, _ = ctyjson.Marshal(value, value.Type())
	return v
}

// unreached is said of an output that an apply should have made known. It did not, since it
// ended early or because a host was lost.
const unreached = "not known, since this apply was incomplete"

// NewApplied makes what is shown of outputs after an apply, by name. What is not known now
// stays as it was in the record, so that is shown if there is any, and what is said of it.
func NewApplied(outputs []*planner.Output, recorded map[string]Output, m *Masker) map[string]Output {
	out := NewOutputs(outputs, m)
	for _, o := range outputs {
		v := out[o.Name]
		if !v.Unknown {
			continue
		}
		v.shown = render(notReached(m.value(fromCty(o.Value))))
		if old, ok := recorded[o.Name]; ok && !o.Ephemeral {
			v.shown = m.Text(old.shown) + " (as recorded before; " + unreached + ")"
		}
		out[o.Name] = v
	}
	return out
}

// notReached is a value that is shown after an apply: what was to be known then is not.
func notReached(v any) any {
	switch v := v.(type) {
	case bare:
		if v == bare(unknownText(false)) || v == bare(unknownText(true)) {
			return bare("(" + unreached + ")")
		}
	case []any:
		for i, e := range v {
			v[i] = notReached(e)
		}
	case map[string]any:
		for k, e := range v {
			v[k] = notReached(e)
		}
	}
	return v
}

// Outputs returns the text of outputs after an apply, or of all recorded ones.
func (h *Human) Outputs(outputs map[string]Output) string {
	var b strings.Builder
	names := slices.Sorted(maps.Keys(outputs))
	for _, name := range names {
		fmt.Fprintf(&b, "%s = %s\n", unbroken(name), outputs[name].shown)
	}
	return b.String()
}

// NewRecorded returns a recorded output. typ and value are cty's JSON forms. If the
// output is sensitive, it has no value.
func NewRecorded(sensitive bool, typ, value json.RawMessage) (Output, error) {
	o := Output{Sensitive: sensitive, Type: typ, Value: value, shown: "(sensitive value)"}
	if sensitive {
		o.Value = nil
		return o, nil
	}
	t, err := ctyjson.UnmarshalType(typ)
	if err != nil {
		return o, fmt.Errorf("read type of output: %w", err)
	}
	v, err := ctyjson.Unmarshal(value, t)
	if err != nil {
		return o, fmt.Errorf("read output: %w", err)
	}
	o.shown = Value(v)
	o.Value, err = ctyjson.Marshal(v, t) // compact, whatever the file looks like
	return o, err
}

// Shown is the output's value as HCL.
func (o Output) Shown() string { return o.shown }

// Value writes a value of the language as HCL. Sensitive and unknown parts say so.
func Value(v cty.Value) string { return render(fromCty(v)) }

// unknownText is what is shown instead of a value that only an apply can tell.
func unknownText(volatile bool) string {
	if volatile {
		return "(known after apply, new every time)"
	}
	return "(known after apply)"
}

// bare is text that is not a value and so is not quoted.
type bare string

func fromCty(v cty.Value) any {
	if v == cty.NilVal {
		return nil
	}
	if v.HasMark(config.Sensitive) || v.HasMark(config.Echoed) {
		return bare("(sensitive value)")
	}
	volatile := config.IsVolatile(v)
	v, _ = v.Unmark()
	switch {
	case !v.IsKnown():
		return bare(unknownText(volatile))
	case v.IsNull():
		return nil
	case v.Type() == cty.String:
		return v.AsString()
	case v.Type() == cty.Bool:
		return v.True()
	case v.Type() == cty.Number:
		return bare(number(v.AsBigFloat()))
	case !v.CanIterateElements():
		return bare("(" + v.Type().FriendlyName() + ")")
	case v.Type().IsMapType() || v.Type().IsObjectType():
		m := map[string]any{}
		for k, e := range v.Elements() {
			m[k.AsString()] = fromCty(e)
		}
		return m
	}
	list := []any{}
	for _, e := range v.Elements() {
		list = append(list, fromCty(e))
	}
	return list
}

func number(f *big.Float) string {
	if f.IsInt() && f.MantExp(nil) < 200 {
		return f.Text('f', 0)
	}
	if s := f.Text('g', -1); len(s) <= 24 { // as short as it can be said exactly
		return s
	}
	return f.Text('g', 17)
}
