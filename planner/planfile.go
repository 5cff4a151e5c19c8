package planner

import (
	"fmt"
	"io"
	"time"
)

// File is a saved plan: everything that is needed to make the very same plan
// again without a host, and the plan itself for whoever only wants to look. No
// secret is in the part that anybody can read; what hosts answered is sealed
// under the sensitive inputs, which are supplied again at apply. The package
// comment specifies how it is written.
type File struct {
	// Path is where the file was read from; it is not in it.
	Path string `cbor:"-"`
	// Tool is the version of mitoplan that made the plan. It stands in the first
	// line of the file.
	Tool string `cbor:"-"`
	// file is what ReadFile has read, and bundleAt where the bundle begins in it.
	file     io.ReaderAt
	bundleAt int64

	// Build tells builds of one Tool apart, "" if there is but one.
	Build string    `cbor:"build,omitempty"`
	Time  time.Time `cbor:"time"`
	// Place is where the plan was made. Lineage and Serial are those of the
	// record that it was made with; Serial is 0 if nothing was recorded.
	Place   Place  `cbor:"place"`
	Lineage string `cbor:"lineage,omitempty"`
	Serial  uint64 `cbor:"serial,omitempty"`
	// Dir is where the configuration was; Sources are its files and those that
	// its functions read. Secret names those that hold a secret: they are read
	// again at apply, and are inputs of the seal.
	Dir     string            `cbor:"dir"`
	Sources map[string][]byte `cbor:"sources"`
	Secret  []string          `cbor:"secret,omitempty"`
	// Large are the sources of blocks that are longer than files.Kept. Those that
	// are not bundled have to be there, as they were, at apply.
	Large map[string]Large `cbor:"large,omitempty"`
	// Vars are the values of variables that are neither sensitive nor
	// ephemeral, with their types. Withheld names those of them that are not in it,
	// since their value holds a secret, such as one that became a password: they
	// are given again at apply, as sensitive ones are.
	Vars     map[string]Value `cbor:"vars"`
	Withheld []string         `cbor:"withheld,omitempty"`
	// Inputs are the names of the variables that the seal hangs on, beside the
	// files in Secret; the key is derived from their values and Salt.
	Inputs []string `cbor:"inputs,omitempty"`
	Salt   []byte   `cbor:"salt"`
	Sealed []byte   `cbor:"sealed"`

	AllowUnreachable bool `cbor:"allow_unreachable,omitempty"`
	Stateless        bool `cbor:"stateless,omitempty"`
	// Destroy is true if everything that is recorded is to go.
	Destroy bool `cbor:"destroy,omitempty"`

	Contexts       []*Context   `cbor:"contexts"`
	Actions        []*Action    `cbor:"actions"`
	Outputs        []FileOutput `cbor:"outputs,omitempty"`
	OutputsChanged []string     `cbor:"outputs_changed,omitempty"`
	Orphans        []Orphan     `cbor:"orphans,omitempty"`
	Disabled       []string     `cbor:"disabled,omitempty"`
	Drifts         []*Drift     `cbor:"drifts,omitempty"`
	Complete       bool         `cbor:"complete"`
	Unplanned      int          `cbor:"unplanned,omitempty"`
	Targeting      Targeting    `cbor:"targeting"`
}

// Place is a directory of a machine, as whoever works there names it. Its fields
// are empty if they are not known or may not be told.
type Place struct {
	Dir  string `cbor:"dir,omitempty"`
	Host string `cbor:"host,omitempty"`
}

// SetPlan puts the plan itself into the file.
func (f *File) SetPlan(p *Plan) error {
	f.Contexts, f.Actions, f.OutputsChanged = p.Contexts, p.Actions, p.OutputsChanged
	f.Orphans, f.Complete, f.Time, f.Stateless = p.Orphans, p.Complete, p.Time, p.Stateless
	f.Unplanned, f.Targeting, f.Disabled, f.Drifts = p.Unplanned, p.Targeting, p.Disabled, p.Drifts
	f.Destroy = p.Destroy
	for _, o := range p.Outputs {
		out, err := fileOutput(o)
		if err != nil {
			return fmt.Errorf("output %s: %w", o.Name, err)
		}
		f.Outputs = append(f.Outputs, out)
	}
	return nil
}

// Recall takes from the file what only the record could tell that there was when
// the plan was made: where the differences come from.
func (p *Plan) Recall(f *File) {
	p.Drifts = f.Drifts
	for _, old := range f.Actions {
		if a := p.Action(old.Address); a != nil {
			a.Drift = old.Drift
		}
	}
}

// Plan is the plan in the file, to look at.
func (f *File) Plan() (*Plan, error) {
	p := &Plan{
		Time: f.Time, Contexts: f.Contexts, Actions: f.Actions, OutputsChanged: f.OutputsChanged,
		Orphans: f.Orphans, Complete: f.Complete, Stateless: f.Stateless,
		Unplanned: f.Unplanned, Targeting: f.Targeting, Disabled: f.Disabled, Drifts: f.Drifts, Destroy: f.Destroy,
	}
	for _, o := range f.Outputs {
		out, err := o.output()
		if err != nil {
			return nil, fmt.Errorf("output %s: %w", o.Name, err)
		}
		p.Outputs = append(p.Outputs, out)
	}
	return p, nil
}
