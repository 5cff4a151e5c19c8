package view

import (
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/executor"
)

// hook is what an event is about.
type hook struct {
	Address     string  `json:"address"`
	Context     string  `json:"context,omitempty"`
	Action      string  `json:"action,omitempty"`
	Reason      string  `json:"reason,omitempty"`
	Skipped     bool    `json:"skipped,omitempty"`
	Interrupted bool    `json:"interrupted,omitempty"`
	Elapsed     float64 `json:"elapsed_seconds"`
}

// contextStatus is a context that came up, failed to, or was lost. What is known
// of it beside that is in the plan.
type contextStatus struct {
	Address string  `json:"address"`
	Status  string  `json:"status"`
	Reason  string  `json:"reason,omitempty"`
	Elapsed float64 `json:"elapsed_seconds"`
}

// contextStatus writes a change of state once, however many ask for the context.
func (j *JSON) contextStatus(c contextStatus) {
	j.mu.Lock()
	told := j.states[c.Address] == c.Status
	j.states[c.Address] = c.Status
	j.mu.Unlock()
	if !told {
		j.write("info", "context_status", c.Address+": "+reasoned(c.Status, c.Reason), field{"context", c})
	}
}

// Event writes what programs are told of a run while it goes on.
func (j *JSON) Event(e executor.Event) {
	if e.Type != executor.ApplySkipped { // that is said in words of the planner
		e.Reason = j.mask.reason(e)
	}
	h := field{"hook", hook{e.Address, e.Context, string(e.Op), inOneLine(e.Reason), e.Type == executor.ApplySkipped, e.Type == executor.ApplyInterrupted, e.Elapsed.Seconds()}}
	switch e.Type {
	case executor.ContextStatus:
		j.contextStatus(contextStatus{e.Address, string(e.Status), inOneLine(e.Reason), e.Elapsed.Seconds()})
	case executor.ApplyStart:
		j.write("info", "apply_start", e.Address+": started", h)
	case executor.ApplyDone:
		j.write("info", "apply_complete", e.Address+": "+past(e.Op)+" after "+short(e.Elapsed)+because(e.Reason), h)
	case executor.ApplyErrored:
		j.write("error", "apply_errored", e.Address+": failed after "+short(e.Elapsed)+because(e.Reason), h)
	case executor.ApplyInterrupted:
		j.write("warn", "apply_errored", e.Address+": interrupted after "+short(e.Elapsed)+because(e.Reason), h)
	case executor.ApplySkipped:
		j.write("warn", "apply_errored", e.Address+": skipped"+because(e.Reason), h)
	}
}

// progress is what goes on in the moment.
type progress struct {
	Running  int     `json:"running"`
	Done     int     `json:"done"`
	Busy     int     `json:"busy_contexts"`
	Contexts int     `json:"contexts"`
	Slowest  string  `json:"slowest"`
	Context  string  `json:"slowest_context,omitempty"`
	Elapsed  float64 `json:"elapsed_seconds"`
	Limit    string  `json:"limit,omitempty"`
	// Transfers are what is on its way: each once, by its action.
	Transfers []transferOf `json:"transfers,omitempty"`
	Reading   *transferOf  `json:"reading,omitempty"`
}

// transferOf is a content on its way to a host, a result on its way from it, or a source
// that is read.
type transferOf struct {
	Address string  `json:"address,omitempty"`
	Context string  `json:"context,omitempty"`
	Path    string  `json:"path,omitempty"`
	Bytes   int64   `json:"bytes"`
	Of      int64   `json:"of,omitempty"`
	Rate    float64 `json:"bytes_per_second,omitempty"`
	Left    float64 `json:"seconds_left,omitempty"`
}

// Beat writes what goes on.
func (j *JSON) Beat(b Beat) {
	p := progress{b.Running, b.Done, b.Busy, b.Contexts, b.Slowest, b.SlowestContext, b.Elapsed.Seconds(), b.Limit, nil, nil}
	message := b.doing() + ", slowest: " + b.Slowest + " (" + b.since() + ")"
	if t := b.Reading; t != nil {
		p.Reading = &transferOf{"", "", t.Address, t.Done, t.Of, t.Rate, t.left().Seconds()}
		message = "Reading " + t.Address + ": " + t.text()
	}
	for _, t := range b.Transfers {
		p.Transfers = append(p.Transfers, transferOf{t.Address, t.Context, "", t.Done, t.Of, t.Rate, t.left().Seconds()})
	}
	if t := b.transfer(); t != nil {
		message = b.Slowest + ": " + t.text()
	}
	j.write("info", "apply_progress", message, field{"progress", p})
}

// Diagnostics writes those that were not written yet.
func (j *JSON) Diagnostics(diags hcl.Diagnostics) {
	var fresh hcl.Diagnostics
	for _, d := range diags {
		if j.first(d) {
			fresh = append(fresh, d)
		}
	}
	for _, d := range NewDiagnostics(fresh, j.src, j.mask) {
		level := "error"
		if d.Severity == "warning" {
			level = "warn"
		}
		title := map[string]string{"error": "Error: ", "warn": "Warning: "}[level]
		j.write(level, "diagnostic", title+d.Summary, field{"diagnostic", d})
	}
}

func (j *JSON) first(d *hcl.Diagnostic) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	seen := j.seen[d]
	j.seen[d] = true
	return !seen
}
