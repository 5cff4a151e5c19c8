package resource

// Process is a program that runs under an account.
type Process struct {
	PID  int64
	Name string
	// Above is set if this agent was started by it, directly or not.
	Above bool
}
