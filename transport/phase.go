package transport

// Phase is how far a call or the start of a context had come when it ended. It
// is read by people, too: its text is part of messages. A connector may have
// phases of its own beside these.
type Phase string

// Phases of a call.
const (
	// PhaseNotSent: the request has not left this process.
	PhaseNotSent Phase = "not sent"
	// PhaseOnItsWay: a part of the request has left this process, so the function cannot
	// have begun.
	PhaseOnItsWay Phase = "partly sent"
	// PhaseWaiting: the function, or the start, has not begun.
	PhaseWaiting Phase = "waiting"
	// PhaseRunning: the function has begun.
	PhaseRunning Phase = "running"
	// PhaseStillRunning: the function did not end when it was told to.
	PhaseStillRunning Phase = "still running"
	// PhaseNoAnswer: nobody answered when the call was cancelled.
	PhaseNoAnswer Phase = "no answer"
	// PhaseStalled: nothing that the call waits for went on for Bounds.Stall.
	PhaseStalled Phase = "no progress"
	// PhaseEndless: the call was not done after Bounds.Total.
	PhaseEndless Phase = "no end"
)

// Phases of the start of a context, in their order. A connector has some of them.
const (
	// PhaseVia: the context that this one goes through is not there yet.
	PhaseVia Phase = "via"
	// PhaseTurn: as many are on their way as this machine, its line or the host take at
	// once.
	PhaseTurn Phase = "turn"
	// PhaseSpawn: another context, which is to start this one, was asked to.
	PhaseSpawn Phase = "spawn"
	// PhaseStart: the connector begins, or starts a process of this machine.
	PhaseStart Phase = "start"
	// PhaseDial: the host's address is looked up and dialled.
	PhaseDial Phase = "dial"
	// PhaseHandshake: keys are agreed on, and the host's own is checked.
	PhaseHandshake Phase = "handshake"
	// PhaseAuth: the user logs in.
	PhaseAuth Phase = "auth"
	// PhaseSession: a command is started through the connection.
	PhaseSession Phase = "session"
	// PhaseBootstrap: the shell looks for an agent that is there already.
	PhaseBootstrap Phase = "bootstrap"
	// PhaseImage: the agent for the host's platform is found or built.
	PhaseImage Phase = "image"
	// PhasePush: the agent is sent.
	PhasePush Phase = "push"
	// PhaseGreeting: the agent was started, and its first line is waited for.
	PhaseGreeting Phase = "greeting"
	// PhaseCancelled: nobody wants the context any more.
	PhaseCancelled Phase = "cancelled"
)
