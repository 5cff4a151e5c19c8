package planner

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"github.com/mitoplan/mitoplan/config"
)

// fileMagic begins every plan file. The rest of that line is the version of the
// format and, since format 3, the version of mitoplan that wrote it, so that any
// other can name it. What follows is gzip over CBOR.
const fileMagic = "mitoplan plan "

// FileVersion is the version of the format that this program reads and writes.
const FileVersion = 3

// maxFile bounds what a plan file may unpack to.
const maxFile = 1 << 30

// File is a saved plan: everything that is needed to make the very same plan
// again without a host, and the plan itself for whoever only wants to look. No
// secret is in the part that anybody can read; what hosts answered is sealed
// under the sensitive inputs, which are supplied again at apply.
type File struct {
	// Path is where the file was read from; it is not in it.
	Path string `cbor:"-"`

	Version int    `cbor:"version"`
	Tool    string `cbor:"tool"`
	// Build tells builds of one Tool apart, "" where there is but one.
	Build string    `cbor:"build,omitempty"`
	Time  time.Time `cbor:"time"`
	// Place is where the plan was made. Lineage and Serial are those of the
	// record that it was made with; Serial is 0 where nothing was recorded.
	Place   Place  `cbor:"place"`
	Lineage string `cbor:"lineage,omitempty"`
	Serial  uint64 `cbor:"serial,omitempty"`
	// Dir is where the configuration was; Sources are its files and those that
	// its functions read. Secret names those that hold a secret: they are read
	// again at apply, and are inputs of the seal.
	Dir     string            `cbor:"dir"`
	Sources map[string][]byte `cbor:"sources"`
	Secret  []string          `cbor:"secret,omitempty"`
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

	Contexts       []*Context   `cbor:"contexts"`
	Actions        []*Action    `cbor:"actions"`
	Outputs        []FileOutput `cbor:"outputs,omitempty"`
	OutputsChanged []string     `cbor:"outputs_changed,omitempty"`
	Orphans        []string     `cbor:"orphans,omitempty"`
	Disabled       []string     `cbor:"disabled,omitempty"`
	Drifts         []*Drift     `cbor:"drifts,omitempty"`
	Complete       bool         `cbor:"complete"`
	Unplanned      int          `cbor:"unplanned,omitempty"`
	Targeting      Targeting    `cbor:"targeting"`
}

// Place is a folder of a machine, as whoever works there names it. Its fields
// are empty where they are not known or may not be told.
type Place struct {
	Dir  string `cbor:"dir,omitempty"`
	Host string `cbor:"host,omitempty"`
}

// FileOutput is an output in a plan file; Value is empty for one that is
// sensitive, ephemeral or not known.
type FileOutput struct {
	Name      string `cbor:"name"`
	Sensitive bool   `cbor:"sensitive,omitempty"`
	Ephemeral bool   `cbor:"ephemeral,omitempty"`
	New       bool   `cbor:"new,omitempty"`
	Volatile  bool   `cbor:"volatile,omitempty"`
	Value     *Value `cbor:"value,omitempty"`
}

// Value is a cty value with its type, both as JSON.
type Value struct {
	Type []byte `cbor:"type"`
	JSON []byte `cbor:"json"`
}

// NewValue encodes a value that is wholly known and has no marks.
func NewValue(v cty.Value) (Value, error) {
	t, err := ctyjson.MarshalType(v.Type())
	if err != nil {
		return Value{}, err
	}
	b, err := ctyjson.Marshal(v, v.Type())
	return Value{Type: t, JSON: b}, err
}

// Cty decodes the value.
func (v Value) Cty() (cty.Value, error) {
	t, err := ctyjson.UnmarshalType(v.Type)
	if err != nil {
		return cty.NilVal, err
	}
	return ctyjson.Unmarshal(v.JSON, t)
}

// SetPlan puts the plan itself into the file.
func (f *File) SetPlan(p *Plan) error {
	f.Contexts, f.Actions, f.OutputsChanged = p.Contexts, p.Actions, p.OutputsChanged
	f.Orphans, f.Complete, f.Time, f.Stateless = p.Orphans, p.Complete, p.Time, p.Stateless
	f.Unplanned, f.Targeting, f.Disabled, f.Drifts = p.Unplanned, p.Targeting, p.Disabled, p.Drifts
	for _, o := range p.Outputs {
		out := FileOutput{Name: o.Name, Sensitive: o.Sensitive, Ephemeral: o.Ephemeral, New: o.New, Volatile: o.Volatile}
		if !o.Sensitive && !o.Ephemeral && o.Value.IsWhollyKnown() {
			plain, _ := o.Value.UnmarkDeep()
			v, err := NewValue(plain)
			if err != nil {
				return fmt.Errorf("output %s: %w", o.Name, err)
			}
			out.Value = &v
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
		Unplanned: f.Unplanned, Targeting: f.Targeting, Disabled: f.Disabled, Drifts: f.Drifts,
	}
	for _, o := range f.Outputs {
		out := &Output{Name: o.Name, Sensitive: o.Sensitive, Ephemeral: o.Ephemeral, New: o.New, Volatile: o.Volatile, Value: cty.DynamicVal}
		if o.Volatile {
			out.Value = out.Value.Mark(config.Volatile)
		}
		if o.Value != nil {
			v, err := o.Value.Cty()
			if err != nil {
				return nil, fmt.Errorf("output %s: %w", o.Name, err)
			}
			out.Value = v
		}
		p.Outputs = append(p.Outputs, out)
	}
	return p, nil
}

// Encode gives the bytes of the file.
func (f *File) Encode() ([]byte, error) {
	f.Version = FileVersion
	var buf bytes.Buffer
	fmt.Fprintf(&buf, "%s%d %s\n", fileMagic, FileVersion, f.Tool)
	z := gzip.NewWriter(&buf)
	if err := cbor.NewEncoder(z).Encode(f); err != nil {
		return nil, fmt.Errorf("encode plan file: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("encode plan file: %w", err)
	}
	return buf.Bytes(), nil
}

// fileDecMode bounds what a damaged or hostile plan file can make of us. Text
// of hosts is in byte strings; maps have string keys.
var fileDecMode = func() cbor.DecMode {
	m, err := cbor.DecOptions{
		MaxNestedLevels: 64, MaxArrayElements: 1 << 24, MaxMapPairs: 1 << 20,
		IndefLength: cbor.IndefLengthForbidden, DupMapKey: cbor.DupMapKeyEnforcedAPF,
		DefaultByteStringType: byteStringType, DefaultMapType: anyMapType, IntDec: cbor.IntDecConvertSignedOrFail,
	}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

var (
	byteStringType = reflect.TypeFor[cbor.ByteString]()
	anyMapType     = reflect.TypeFor[map[string]any]()
)

var errNotAPlan = errors.New("this is no plan file of mitoplan")

// FormatError is a plan file of another format than this program reads.
type FormatError struct {
	Format int
	Tool   string // the version of mitoplan that made it, "" where it is not known
}

func (e *FormatError) Error() string {
	by := ""
	if e.Tool != "" {
		by = " by mitoplan " + e.Tool
	}
	return fmt.Sprintf("it was made%s in plan format %d, and this mitoplan reads format %d", by, e.Format, FileVersion)
}

// DecodeFile reads the bytes of a plan file. Of one in another format it returns
// a *FormatError.
func DecodeFile(b []byte) (*File, error) {
	rest, ok := bytes.CutPrefix(b, []byte(fileMagic))
	if !ok {
		return nil, errNotAPlan
	}
	head, packed, ok := bytes.Cut(rest, []byte("\n"))
	format, tool, _ := strings.Cut(string(head), " ")
	version, err := strconv.Atoi(format)
	if !ok || err != nil {
		return nil, errNotAPlan
	}
	if version != FileVersion {
		return nil, &FormatError{Format: version, Tool: toolOf(tool, packed)}
	}
	raw, err := gunzip(packed)
	if err != nil {
		return nil, err
	}
	var f File
	if err := fileDecMode.Unmarshal(raw, &f); err != nil {
		return nil, fmt.Errorf("damaged plan file: %w", err)
	}
	return &f, nil
}

// toolOf is the version that wrote a file of another format. Those up to 2 name
// it among the rest only.
func toolOf(head string, packed []byte) string {
	if head != "" {
		return head
	}
	var f struct {
		Tool string `cbor:"tool"`
	}
	if raw, err := gunzip(packed); err == nil {
		_ = fileDecMode.Unmarshal(raw, &f) // without it, no version is named
	}
	return f.Tool
}
