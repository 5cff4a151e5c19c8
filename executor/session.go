// Package executor owns the only loop: it starts contexts and calls through
// transport, waits on one Select for whatever finishes first, tells the
// planner, and tells the views. The planner decides the order, while planning
// and while applying. Everything that the executor needs to send something is in
// the planner.Step. The executor owns the clock, all limits, the locks of
// machines, and the journal. It also decides what an error of transport means.
//
// Start reading at Session.Plan. drive.go has the loop that planning and applying
// share; planning.go and apply.go have what each adds to it. context.go shows how
// contexts are started, send.go how steps are sent, journal.go what an apply
// writes down. Read the files in this order; each file calls only what is in the
// files after it. First how a saved plan is written and opened, which can be left out
// at a first reading:
//
//	planfile.go planfile_open.go planfile_large.go planfile_needs.go bind.go
//
// Then how a session plans and applies:
//
//	session.go planning.go apply.go again.go journal.go drive.go send.go batch.go unsent.go encode.go partner.go bring.go context.go
//	contents.go transfers.go connect.go savefile.go
//	lost.go failure.go words.go event.go loop.go until.go bounds.go secret.go prior.go
package executor

import (
	"context"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// Options are what a Session works with. They are not changed once New has them.
type Options struct {
	Config *config.Config
	// Vars are the values of the variables, with their marks.
	Vars map[string]cty.Value
	// State is what earlier applies recorded; nil if nothing was. A session that
	// plans again after an apply reads it again: the journal of an apply has to be
	// that of this State, which keeps it in step.
	State *state.State
	Log   hclog.Logger
	// View is told what happens; nil is nobody.
	View View
	// Parallelism is how many calls may be in flight at once, and how many contexts
	// may be on their way up. With 0 the controller sets no bound of calls; every agent
	// has its own, and how many starts there are follows from how they get on.
	Parallelism int
	// ConnectTimeout of each hop; 0 is 10 s.
	ConnectTimeout    time.Duration
	Limits            Limits
	Targets, Excludes []string
	// Agents says where agents come from. FullAgents are those for contexts where a kind is
	// named that is rare (kind.Kind.Rare); nil if Agents have all kinds.
	Agents, FullAgents transport.AgentSource
	// Connectors are the context kinds.
	Connectors []transport.ConnectorType
	Version    string
	// Build returns what distinguishes this build from others of the same
	// Version. It is nil if there is only one.
	Build func() string
	// Place is where this runs: what a plan file says it was made in.
	Place planner.Place
	// Name is "USER@HOST:PID", shown as the name of every process on a host.
	Name string
	// Learned is called with sensitive strings of arguments as soon as they are
	// known, so that a log can mask them. It may be nil.
	Learned func(secrets ...string)
	// Guard is deferred in the goroutines of the transport, to catch a panic.
	Guard func()
	// ReadOnlyMode is set by the command drift: calls that may change something
	// are not planned.
	ReadOnlyMode bool
	// Destroy has everything go that is recorded; see planner.Options.
	Destroy bool
	// AllowUnreachable allows a plan to be saved and applied although some hosts
	// could not be reached.
	AllowUnreachable bool
	// Paranoid has hosts read every file whose content counts, also large ones that
	// have not changed since they were read.
	Paranoid bool
	// Files are files of this machine that no call may save to; see planner.Options.
	Files map[string]string
	// Frames is called with every frame, for the log level io.
	Frames func(transport.FrameEvent)
}

// Session is one command at work on its hosts: it makes plans, applies
// them, and owns the contexts that both need. New or Open makes one; nothing is
// started until the first plan needs a context. A context stays open and is
// shared by every plan and apply of the session, until Idle or Close ends all of
// them. A Session belongs to one goroutine, but for Dump. It never decides about
// order: a Planner or an Apply does, and the Session carries out the steps that
// these return.
type Session struct {
	opts    Options
	broker  *transport.Broker
	live    atomic.Pointer[transport.Broker] // the same, for Dump
	router  *transport.Router
	handles map[string]*handle
	behind  map[*handle]bool // contexts that were lost because one above them was
	planner *planner.Planner
	current *planner.Plan // the last that was made, until it is applied
	applied *planner.Plan // the last that was applied
	limits  Limits
	replay  planner.Replay
	file    *planner.File
	sealed  *planner.Sealed
	asked   []string // addresses whose answers the plan file did not hold
	key     []byte   // digests of this plan are made with it
	id      string   // identifies this session to the locks of machines
	plans   int      // that were begun
	planID  string   // identifies the overlay of the current plan in agents, which belong to this session

	pipes   sync.WaitGroup // what this end of the pipes of calls does
	brought *downloads     // what it got for hosts; nil until one asks
	stopped bool           // the user asked to stop

	lockRequest resource.LockRequest // of the current apply
	withheld    []string             // see SecretFiles

	loop
}

// New returns a Session. Nothing is started and nothing is dialled yet.
func New(o Options) (*Session, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	return newSession(o, key), nil
}

func newSession(o Options, key []byte) *Session {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	s := &Session{opts: o, handles: map[string]*handle{}, behind: map[*handle]bool{}, key: key, id: randomID(), limits: o.Limits.withDefaults()}
	s.loop.view = o.View
	return s
}

// Plan reads every host and returns what an apply would change. Its diagnostics
// have an error for everything that could not be read; the plan is that of the
// rest. Each call makes a new plan with a new Planner, and takes the place of the
// plan before, which cannot be applied any more. Contexts that are up are used
// again; those that failed or were lost are started anew.
func (s *Session) Plan(ctx context.Context) (*planner.Plan, hcl.Diagnostics) {
	s.file, s.sealed, s.replay = nil, nil, nil
	return s.newPlan(ctx)
}

// planName tells the plans of a session apart in agents, which belong to the session.
// The first needs no name.
func planName(n int) string {
	if n == 1 {
		return ""
	}
	return strconv.Itoa(n)
}

// newPlan makes a plan, with answers from the plan file if there is one.
func (s *Session) newPlan(ctx context.Context) (*planner.Plan, hcl.Diagnostics) {
	s.plans++
	s.planner, s.planID, s.current = planner.New(s.opts.Config, s.plannerOptions()), planName(s.plans), nil
	s.opts.Config.WatchSources(s.opts.reading(ctx, s.planner.Conceal))
	s.beginAgain()
	for _, h := range s.handles {
		h.forget()
	}
	if err := s.makePlan(ctx); err != nil {
		return &planner.Plan{}, interrupted(err)
	}
	if diags := s.planner.Misnamed(); diags.HasErrors() {
		return &planner.Plan{}, diags
	}
	s.collectFailures()
	s.current = s.planner.Plan()
	return s.current, s.planner.Diagnostics()
}

func (s *Session) plannerOptions() planner.Options {
	o := planner.Options{
		Vars: s.opts.Vars, Facts: kind.SchemaOf(transport.Greeting{}), Time: time.Now().UTC(), Key: s.key, RecordKey: s.opts.State.Key(),
		Targets: s.opts.Targets, Excludes: s.opts.Excludes, Drift: s.opts.ReadOnlyMode, Destroy: s.opts.Destroy,
		Learned: s.opts.Learned, Files: s.opts.Files,
	}
	if s.file != nil {
		o.Time = s.file.Time
	}
	o.Prior = s.prior()
	if s.file != nil {
		o.Prior, o.RecordKey = priorOf(s.file, s.sealed, s.opts.State), s.sealed.RecordKey
	}
	return o
}

// prior is the record that there is now, nil if there is none.
func (s *Session) prior() planner.Prior {
	if s.opts.State.Found() {
		return prior{s.opts.State}
	}
	return nil
}

// Outputs returns the outputs after the last apply, or those of the plan if
// nothing was applied.
func (s *Session) Outputs() ([]*planner.Output, hcl.Diagnostics) { return s.planner.Outputs() }

// Unrecorded reports whether applying a plan changes the record although it does
// nothing on any host. That is so if the record does not know yet that things are
// as they should be, or if a debt moves from one call to another.
func (s *Session) Unrecorded(plan *planner.Plan) bool { return s.planner.Unrecorded(plan) }

// Secrets returns the sensitive strings of the current plan, which may not be
// printed.
func (s *Session) Secrets() []string {
	if s.planner == nil {
		return nil
	}
	return s.planner.Secrets()
}

// Idle closes every context. It is called while a question to a person stays
// unanswered for long. A context that is needed afterwards is started again.
func (s *Session) Idle() {
	s.Close()
	s.live.Store(nil)
	s.broker, s.router = nil, nil
	s.handles, s.behind = map[string]*handle{}, map[*handle]bool{}
}

// Close ends every context and everything that runs there. It waits no longer
// than the transport's bound for a shutdown.
func (s *Session) Close() error {
	if s.broker == nil {
		return nil
	}
	if s.stopped {
		s.stopping()
	}
	d := s.brought
	s.brought = nil
	defer d.end()
	defer s.pipes.Wait() // no call goes on after that, so nothing more comes
	d.giveUp()
	return s.broker.Shutdown()
}

// Dump writes which calls wait, for what and since when. It covers this process
// and every context that answers in time. It may be called from any goroutine.
func (s *Session) Dump(w io.Writer) {
	if b := s.live.Load(); b != nil {
		b.Dump(w)
	}
}
