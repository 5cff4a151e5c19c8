package view

import (
	"time"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// FormatVersion is that of the JSON forms. Its first number is raised when
// something is taken away, the second when something is added.
const FormatVersion = "1.0"

// Plan is what is shown of a planner.Plan, and its JSON document.
type Plan struct {
	FormatVersion string            `json:"format_version"`
	Tool          string            `json:"mitoplan_version"`
	Time          time.Time         `json:"timestamp,omitzero"`
	Contexts      []Context         `json:"contexts"`
	Actions       []*Action         `json:"actions"`
	Outputs       map[string]Output `json:"outputs"`
	Changed       []string          `json:"outputs_changed"`
	// OutputChanges are what becomes of those.
	OutputChanges map[string]OutputChange `json:"output_changes"`
	Orphans       []string                `json:"orphans"`
	OrphanCount   int                     `json:"orphan_count"`
	// OrphanReasons say why each of them cannot be taken away.
	OrphanReasons map[string]string `json:"orphan_reasons"`
	Disabled      []string          `json:"disabled"`
	DisabledCount int               `json:"disabled_count"`
	// Drifts are the things that were changed outside since the last apply.
	Drifts []Drift `json:"resource_drift"`
	// Checks is always empty: it is kept for the blocks check of a later version, so
	// that a program may read it already.
	Checks  [0]struct{} `json:"checks"`
	Summary Summary     `json:"summary"`
	// Complete is true if everything was looked at: nothing failed, was
	// deferred, unreachable or left out. Applyable is false if applying
	// would do nothing.
	Complete  bool `json:"complete"`
	Applyable bool `json:"applyable"`
	// Targeting is set if only a part was asked for.
	Targeting *Targeting `json:"targeting,omitempty"`
	// NotCompared is set for a drift that could not compare everything.
	NotCompared *NotCompared `json:"not_compared,omitempty"`
	// LargeSources are those of a plan file; see SetSources.
	LargeSources []LargeSource `json:"large_sources,omitempty"`
	// SecretFiles are the paths of files that hold a secret and are not in the plan file.
	SecretFiles []string `json:"secret_files,omitempty"`

	// Destroying is true if everything that is recorded is to go.
	Destroying bool `json:"destroying,omitempty"`

	stateless, made bool
	unseen          time.Time // when hosts were looked at; see Unseen
	differing       []Drift
}

// Context is one context of a plan.
type Context struct {
	Address  string         `json:"address"`
	Parent   string         `json:"parent,omitempty"`
	Machine  string         `json:"machine,omitempty"`
	Kind     string         `json:"kind"`
	Name     string         `json:"name"`
	Key      string         `json:"key,omitempty"`
	Describe string         `json:"describe,omitempty"`
	Status   string         `json:"status"`
	Reason   string         `json:"reason,omitempty"`
	Facts    map[string]any `json:"facts,omitempty"`

	label string
}

// Action is one action of a plan. The maps of sensitive and unknown attributes
// stand beside the values, as in Terraform's plan format.
type Action struct {
	Address         string          `json:"address"`
	Block           string          `json:"block"`
	Type            string          `json:"type"`
	Kind            string          `json:"kind"`
	Name            string          `json:"name"`
	Keys            []string        `json:"keys,omitempty"`
	Context         string          `json:"context"`
	Op              string          `json:"action"`
	Reason          string          `json:"reason,omitempty"`
	Drift           string          `json:"drift,omitempty"`
	Before          map[string]any  `json:"before"`
	After           map[string]any  `json:"after"`
	AfterUnknown    map[string]bool `json:"after_unknown"`
	Volatile        map[string]bool `json:"volatile,omitempty"`
	BeforeSensitive map[string]bool `json:"before_sensitive"`
	AfterSensitive  map[string]bool `json:"after_sensitive"`
	SensitiveSame   map[string]bool `json:"sensitive_unchanged,omitempty"`
	BeforeUnknown   bool            `json:"before_unknown,omitempty"`
	Uses            map[string]any  `json:"uses,omitempty"`
	Along           *Along          `json:"along,omitempty"`
	Warnings        []string        `json:"warnings,omitempty"`
	DependsOn       []string        `json:"depends_on,omitempty"`
	TriggeredBy     []string        `json:"triggered_by,omitempty"`

	op     planner.Op
	attrs  []string // the attributes in the order of the kind's definition
	diffed map[string]bool
	named  map[string]bool     // what identifies it: always shown
	notes  []string            // what a drift says beside it
	depth  int                 // how many actions come before it, one after the other
	edits  string              // the attribute that is the path of a file that it edits; "" if it edits none
	access map[string]bool     // what decides who may use it
	shows  map[string][]string // the other attributes in which an argument shows
	claims string              // the attribute that is the path of what it has the whole of; "" if it has none
}

// Summary counts what a plan would do.
type Summary struct {
	Add     int `json:"add"`
	Change  int `json:"change"`
	Destroy int `json:"destroy"`
	Run     int `json:"run"`
	// Forget counts what is only taken out of the record.
	Forget   int `json:"forget"`
	Deferred int `json:"deferred"`
	// Unreachable counts the contexts that are away, Failed those that did not start for
	// another reason.
	Unreachable int `json:"unreachable"`
	Failed      int `json:"failed"`
	// Unplanned counts what is not in the plan because of an error or of a context
	// that did not start. LeftOut counts what -target and -exclude left out.
	Unplanned int `json:"unplanned"`
	LeftOut   int `json:"left_out"`
}

// NewPlan returns a plan in the form in which it is shown. The catalogue says in which
// order attributes are shown, which of them are long texts, and which identify a
// thing. What hosts sent goes through the masker.
func NewPlan(p *planner.Plan, cat config.Catalogue, tool string, m *Masker) *Plan {
	v := &Plan{
		FormatVersion: FormatVersion, Tool: tool, Time: p.Time,
		Contexts: []Context{}, Actions: []*Action{},
		Outputs: NewOutputs(p.Outputs, m), Changed: orEmpty(p.OutputsChanged), OutputChanges: newOutputChanges(p, m), OrphanCount: len(p.Orphans), Destroying: p.Destroy,
		Disabled: firstOf(p.Disabled), DisabledCount: len(p.Disabled), differing: newDrifts(p.Drifts, m),
		Summary: Summary(p.Summary()), Complete: p.Complete, Applyable: !p.Empty(),
		Targeting: newTargeting(p.Targeting), NotCompared: newNotCompared(p.NotCompared), stateless: p.Stateless, made: p.Made(),
	}
	v.Drifts = outside(v.differing)
	v.Orphans, v.OrphanReasons = newOrphans(p.Orphans, m)
	for _, c := range p.Contexts {
		v.Contexts = append(v.Contexts, newContext(c, m))
	}
	for _, a := range p.Actions {
		v.Actions = append(v.Actions, newAction(a, cat, m))
	}
	setDepths(v.Actions)
	return v
}

// setDepths says of each action how many come before it one after the other. A plan file that
// somebody forged may have circles, in which one of them counts as the first.
func setDepths(actions []*Action) {
	byAddress := make(map[string]*Action, len(actions))
	for _, a := range actions {
		byAddress[a.Address] = a
	}
	seen := make(map[*Action]bool, len(actions))
	var depth func(a *Action) int
	depth = func(a *Action) int {
		if !seen[a] {
			seen[a] = true
			for _, address := range a.DependsOn {
				if before := byAddress[address]; before != nil {
					a.depth = max(a.depth, depth(before)+1)
				}
			}
		}
		return a.depth
	}
	for _, a := range actions {
		depth(a)
	}
}

// newOrphans are the addresses of what cannot be taken away, and why, of the first 100.
func newOrphans(all []planner.Orphan, m *Masker) (addresses []string, reasons map[string]string) {
	addresses, reasons = []string{}, map[string]string{}
	for _, o := range all[:min(len(all), maxNamed)] {
		addresses = append(addresses, o.Address)
		reasons[o.Address] = m.Text(o.Reason)
	}
	return addresses, reasons
}

// Differing returns the things that differ from the configuration.
func (p *Plan) Differing() []Drift { return p.differing }

// maxNamed is how many addresses a document lists of things whose block was removed or
// is disabled.
const maxNamed = 100

func firstOf(s []string) []string { return orEmpty(s[:min(len(s), maxNamed)]) }

func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

func newContext(c *planner.Context, m *Masker) Context {
	describe := c.Describe
	if !c.Given {
		describe = m.Text(describe)
	}
	return Context{
		Address: c.Address, Parent: c.Parent, Machine: c.Machine, Kind: c.Kind, Name: c.Name, Key: c.Key,
		Describe: describe, Status: string(c.Status), Reason: m.own(c.Reason), Facts: m.attributes(plainMap(c.Facts, nil)), label: c.Label(),
	}
}

func newAction(a *planner.Action, cat config.Catalogue, m *Masker) *Action {
	k := definition(a, cat)
	v := &Action{
		Address: a.Address, Block: a.Block, Type: string(a.Type), Kind: a.Kind, Name: a.Name, Keys: a.Keys,
		Context: a.Context, Op: string(a.Op), Reason: a.Reason, Drift: a.Drift,
		Before: m.attributes(plainMap(a.Before, k)), After: m.attributes(plainMap(a.After, k), a.Cleared...),
		AfterUnknown: set(a.Unknown), Volatile: set(a.Volatile), BeforeSensitive: present(a.SensitiveBefore, a.Before), AfterSensitive: present(a.Sensitive, a.After),
		SensitiveSame: set(a.SensitiveSame), BeforeUnknown: a.BeforeUnknown, Warnings: m.warnings(a), DependsOn: a.DependsOn, TriggeredBy: a.TriggeredBy,
		Uses: m.attributes(plainMap(a.Uses, k)), Along: newAlong(a.Along, m), op: a.Op,
	}
	v.define(k)
	return v
}

func definition(a *planner.Action, cat config.Catalogue) *kind.Kind {
	if a.Type == config.CallBlock {
		return cat.Functions[a.Kind]
	}
	return cat.Resources[a.Kind]
}

// define takes from the kind how its attributes are shown. Attributes that the kind
// does not have come last, sorted by name.
func (a *Action) define(k *kind.Kind) {
	a.diffed, a.named, a.access = map[string]bool{}, map[string]bool{}, map[string]bool{}
	a.shows = map[string][]string{}
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] && a.has(name) {
			seen[name] = true
			a.attrs = append(a.attrs, name)
		}
	}
	if k != nil {
		for _, attr := range append(k.Args.Attrs[:len(k.Args.Attrs):len(k.Args.Attrs)], k.Results.Attrs...) {
			add(attr.Name)
			a.diffed[attr.Name] = attr.Diff
			a.access[attr.Name] = attr.Access
			a.shows[attr.Name] = append(a.shows[attr.Name], attr.Shows...)
			a.named[attr.Name] = attr.Claims != "" || attr.Edits != "" || attr.Over != ""
			if attr.Edits == kind.PathOf {
				a.edits = attr.Name
			}
			if attr.Claims == kind.PathOf {
				a.claims = attr.Name
			}
		}
	}
	for _, name := range sortedKeys(a.Before, a.After, a.AfterUnknown, a.AfterSensitive, a.Uses) {
		add(name)
	}
}

func (a *Action) has(name string) bool {
	_, before := a.Before[name]
	_, after := a.After[name]
	_, used := a.Uses[name]
	return before || after || used || a.AfterUnknown[name] || a.AfterSensitive[name] || a.BeforeSensitive[name]
}

func set(names []string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
}

// present is the set of the names, empty if the thing itself is absent.
func present(names []string, thing map[string]any) map[string]bool {
	if thing == nil {
		return map[string]bool{}
	}
	return set(names)
}
