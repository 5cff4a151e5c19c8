package view

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/executor"
)

// JSON writes what people read as text as one JSON object a line, as
// docs/json.schema.json specifies it. The program makes one with NewJSON if
// -json is given. It is the Sink of a run as well. Its methods may be called
// from any goroutine; each writes its lines as a whole.
type JSON struct {
	mask *Masker
	src  Sources
	now  func() time.Time

	mu   sync.Mutex // one line at a time
	w    io.Writer
	seen map[any]bool // diagnostics that were written already
	// states are the states of contexts that were written last.
	states map[string]string
}

// NewJSON returns a JSON view. The masker is for diagnostics and events. Plans and
// outputs were masked when they were made.
func NewJSON(w io.Writer, mask *Masker, now func() time.Time) *JSON {
	return &JSON{w: w, mask: mask, now: now, seen: map[any]bool{}, states: map[string]string{}}
}

// SetSources sets the text that diagnostics point at.
func (j *JSON) SetSources(src Sources) { j.src = src }

// field is one member of an object, in addition to the envelope.
type field struct {
	name  string
	value any
}

// write puts one object on a line: the envelope, then its payload.
func (j *JSON) write(level, typ, message string, fields ...field) {
	all := append([]field{
		{"@level", level}, {"@message", strings.TrimSpace(message)}, {"@module", "mitoplan.ui"},
		{"@timestamp", j.now().Format("2006-01-02T15:04:05.000000Z07:00")}, {"type", typ},
	}, fields...)
	var b bytes.Buffer
	for i, f := range all {
		value, err := json.Marshal(f.value)
		if err != nil {
			value, _ = json.Marshal(fmt.Sprintf("not representable: %v", err))
		}
		b.WriteByte(",{"[btoi(i == 0)])
		fmt.Fprintf(&b, "%q:%s", f.name, value)
	}
	b.WriteString("}\n")
	j.mu.Lock()
	defer j.mu.Unlock()
	_, _ = j.w.Write(b.Bytes()) // the writer keeps its failure for the end
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Version writes the first line: the version of the program and of the format.
func (j *JSON) Version(tool string) {
	j.write("info", "version", "mitoplan "+tool, field{"mitoplan", tool}, field{"ui", FormatVersion})
}

// Plan writes the contexts, each change, and the counts.
func (j *JSON) Plan(p *Plan, operation string) {
	var changes []*Action
	for _, a := range p.Actions {
		if a.Op != "no-op" {
			changes = append(changes, a)
		}
	}
	j.planned(p, changes, operation)
	if len(p.Changed) > 0 {
		j.outputs(p.Outputs, field{"output_changes", p.OutputChanges})
	}
}

// Drift writes the contexts, each thing that differs and the actions on it, and
// the counts of the plan.
func (j *JSON) Drift(p *Plan, drifts []Drift) {
	var differing []*Action
	actions := p.index()
	for _, d := range drifts {
		differing = append(differing, actions.of(d)...)
	}
	j.changes(p, drifts, differing)
	origins := countDrifts(drifts)
	counts := newPlanCounts(p, "drift")
	counts.Applyable, counts.Origins, counts.NotCompared = false, &origins, p.NotCompared
	j.write("info", "change_summary", (&Human{}).driftSummary(drifts)+(&Human{}).incomplete(p), field{"changes", counts})
}

func (j *JSON) planned(p *Plan, changes []*Action, operation string) {
	j.changes(p, p.Drifts, changes)
	s := p.Summary
	j.write("info", "change_summary",
		"Plan: "+s.counts()+(&Human{}).incomplete(p),
		field{"changes", newPlanCounts(p, operation)})
}

func newPlanCounts(p *Plan, operation string) planCounts {
	return planCounts{
		Summary: p.Summary, Operation: operation, Applyable: p.Applyable, Complete: p.Complete,
		Orphans: p.Orphans, OrphanCount: p.OrphanCount, OrphanReasons: p.OrphanReasons, Disabled: p.Disabled, DisabledCount: p.DisabledCount, Targeting: p.Targeting, Seen: p.unseen,
	}
}

func (j *JSON) changes(p *Plan, drifts []Drift, changes []*Action) {
	for i := range p.Contexts {
		c := &p.Contexts[i]
		j.write("info", "planned_context", c.Address+": "+reasoned(c.Status, oneLine(c.Reason)), field{"context", c})
	}
	for _, d := range drifts {
		j.write("info", "resource_drift", d.name()+": "+d.said(), field{"drift", d})
	}
	for _, a := range changes {
		j.write("info", "planned_change", a.Address+": Plan to "+strings.Replace(a.Op, "always", "run, as at every apply", 1), field{"change", a})
	}
}

type planCounts struct {
	Summary
	Operation string `json:"operation"`
	Applyable bool   `json:"applyable"`
	Complete  bool   `json:"complete"`
	// Orphans and Disabled are the first 100, counted beside.
	Orphans       []string          `json:"orphans"`
	OrphanCount   int               `json:"orphan_count"`
	OrphanReasons map[string]string `json:"orphan_reasons"`
	Disabled      []string          `json:"disabled"`
	DisabledCount int               `json:"disabled_count"`
	// Targeting is set if only a part was asked for.
	Targeting *Targeting `json:"targeting,omitempty"`
	// Seen is when hosts were last looked at. It is set if that was before this
	// command.
	Seen time.Time `json:"last_seen,omitzero"`
	// Origins counts the things that differ, by where the difference comes from.
	Origins *driftCounts `json:"origins,omitempty"`
	// NotCompared is set for a drift that could not compare everything.
	NotCompared *NotCompared `json:"not_compared,omitempty"`
}

type applyCounts struct {
	Add     int `json:"add"`
	Change  int `json:"change"`
	Destroy int `json:"destroy"`
	Run     int `json:"run"`
	// Forget counts what was only taken out of the record.
	Forget int `json:"forget"`
	Failed int `json:"failed"`
	// Interrupted counts what ran, or was on its way, when the user stopped the apply.
	Interrupted int     `json:"interrupted"`
	Skipped     int     `json:"skipped"`
	Refused     int     `json:"refused"`
	Elapsed     float64 `json:"elapsed_seconds"`
	Operation   string  `json:"operation"`
	// Complete is true if everything that the configuration says was looked
	// at and done.
	Complete  bool       `json:"complete"`
	Targeting *Targeting `json:"targeting,omitempty"`
	// Seen is as in planCounts.
	Seen time.Time `json:"last_seen,omitzero"`
}

// Applied writes what an apply did of a plan.
func (j *JSON) Applied(p *Plan, s executor.Summary, failed bool) {
	j.write("info", "change_summary", (&Human{}).Applied(p, s, failed), field{"changes", applyCounts{
		s.Added, s.Changed, s.Destroyed, s.Ran, s.Forgotten, s.Failed, s.Interrupted, s.Skipped, s.Refused, s.Elapsed.Seconds(), "apply",
		p.Complete && !failed && s.Failed+s.Interrupted+s.Skipped+s.Refused == 0, p.Targeting, p.unseen,
	}})
}

// Outputs writes all outputs.
func (j *JSON) Outputs(o map[string]Output) { j.outputs(o) }

func (j *JSON) outputs(o map[string]Output, more ...field) {
	j.write("info", "outputs", "Outputs: "+plural(len(o), "output", "outputs"), append([]field{{"outputs", o}}, more...)...)
}
