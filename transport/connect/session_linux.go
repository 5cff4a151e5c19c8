package connect

import "syscall"

// ownSession puts an agent into a session of its own. If the agent is stopped
// when its parent dies, the kernel continues it, so that it finds the end of
// its stream and ends itself and all below it; nothing else would ever wake it.
// An agent that runs takes no notice of SIGCONT. A setuid program such as sudo
// clears the request: see PR_SET_PDEATHSIG in prctl(2).
func ownSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGCONT}
}

// clientSession is that of a program which is no agent and has none below it here. The kernel
// kills it with its parent: some such programs wait for ever for what runs elsewhere. An
// agent there ends with its stream.
func clientSession() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
}
