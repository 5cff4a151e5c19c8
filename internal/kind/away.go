package kind

// Away reports whether a problem says that a place was not reached at all: the network
// does not lead there, nothing answers, it is switched off, or the connection broke.
// The option -allow-unreachable forgives these. It forgives nothing that a place said
// when it was reached, such as that it refuses a password or shows another key, and no
// mistake in the configuration: whatever cannot be told from one of these stays an error.
func (c Code) Away() bool {
	switch c {
	case CodeLost, CodeStartTimeout,
		CodeContainerNoEngine, CodeContainerNotRunning, CodeInstanceNoServer, CodeInstanceNotRunning,
		CodeKubectlNoServer, CodeKubectlNotRunning, CodeMachineNoSystemd,
		CodeSSHDial, CodeSSHHandshakeTimeout, CodeSSHLoginTimeout, CodeSSHLost,
		CodeSSHNameNotFound, CodeSSHNameUnresolved, CodeSSHNoRoute, CodeSSHRefused, CodeSSHTimeout:
		return true
	}
	return false
}
