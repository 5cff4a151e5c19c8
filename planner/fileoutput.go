package planner

import (
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
)

// FileOutput is an output in a plan file. Value is empty for one that is sensitive,
// ephemeral, not known or removed. Before is the recorded value, empty for one that is
// new or hidden.
type FileOutput struct {
	Name            string `cbor:"name"`
	Sensitive       bool   `cbor:"sensitive,omitempty"`
	Ephemeral       bool   `cbor:"ephemeral,omitempty"`
	New             bool   `cbor:"new,omitempty"`
	Volatile        bool   `cbor:"volatile,omitempty"`
	Removed         bool   `cbor:"removed,omitempty"`
	SensitiveBefore bool   `cbor:"sensitive_before,omitempty"`
	Value           *Value `cbor:"value,omitempty"`
	Before          *Value `cbor:"before,omitempty"`
}

func fileOutput(o *Output) (FileOutput, error) {
	out := FileOutput{
		Name: o.Name, Sensitive: o.Sensitive, Ephemeral: o.Ephemeral, New: o.New, Volatile: o.Volatile,
		Removed: o.Removed, SensitiveBefore: o.SensitiveBefore,
	}
	if o.Before != cty.NilVal && !o.SensitiveBefore {
		v, err := NewValue(o.Before)
		if err != nil {
			return out, err
		}
		out.Before = &v
	}
	if o.Sensitive || o.Ephemeral || o.Removed || !o.Value.IsWhollyKnown() {
		return out, nil
	}
	plain, _ := o.Value.UnmarkDeep()
	v, err := NewValue(plain)
	out.Value = &v
	return out, err
}

// output is the output in the file, to look at.
func (o FileOutput) output() (*Output, error) {
	out := &Output{
		Name: o.Name, Sensitive: o.Sensitive, Ephemeral: o.Ephemeral, New: o.New, Volatile: o.Volatile,
		Removed: o.Removed, SensitiveBefore: o.SensitiveBefore, Value: cty.DynamicVal,
	}
	if o.Volatile {
		out.Value = out.Value.Mark(config.Volatile)
	}
	if o.Removed {
		out.Value = cty.NullVal(cty.DynamicPseudoType)
	}
	if o.Before != nil && !o.SensitiveBefore {
		v, err := o.Before.Cty()
		if err != nil {
			return nil, err
		}
		out.Before = v
	}
	if o.Value != nil {
		v, err := o.Value.Cty()
		if err != nil {
			return nil, err
		}
		out.Value = v
	}
	return out, nil
}
