package connect

import (
	"errors"
	"os"
	"syscall"
	"time"
)

// groupPace is the time between two looks at a process group, and groupLooks is how many
// there are at most after KILL.
const (
	groupPace  = 20 * time.Millisecond
	groupLooks = 25
)

// killAll is kill of a program that may have started others here: one that goes on after
// its agent, or a ProxyCommand. TERM is for the program alone, so that it can clean up with
// what it runs. When it has ended, what is left in its process group gets TERM, too. KILL
// is for all.
func (p *process) killAll(s os.Signal) error {
	select {
	case <-p.done:
		return nil
	default:
	}
	switch s {
	case syscall.SIGKILL:
		p.signalAll(syscall.SIGKILL)
		return nil
	case syscall.SIGTERM:
		p.sent.CompareAndSwap(0, int32(syscall.SIGTERM))
	}
	return p.kill(s)
}

// kill signals the process. If it has ended already, that is no error.
func (p *process) kill(s os.Signal) error {
	err := p.cmd.Process.Signal(s)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// signalAll signals the process and what it has started, as far as that is still in its
// process group. The caller knows that done was not closed before.
func (p *process) signalAll(sig syscall.Signal) {
	p.sent.CompareAndSwap(0, int32(syscall.SIGTERM))
	if syscall.Kill(-p.cmd.Process.Pid, sig) != nil {
		_ = p.cmd.Process.Signal(sig)
	}
	if sig == syscall.SIGKILL {
		p.sent.Store(int32(syscall.SIGKILL))
	}
}

// outlastGroup is called when a process has ended. If it was told to end with what it has
// started, what is left in its process group gets TERM, and is waited for until it is gone
// or was sent KILL. What a program leaves that ends by itself lives on: it may be a daemon.
// The number of a group is not given to another process as long as anything is in it.
func (p *process) outlastGroup() {
	if p.sent.Load() == 0 {
		return
	}
	group := p.cmd.Process.Pid
	_ = syscall.Kill(-group, syscall.SIGTERM)
	for looks := 0; looks < groupLooks && groupLives(group); time.Sleep(groupPace) {
		if p.sent.Load() == int32(syscall.SIGKILL) {
			looks++
		}
	}
}

// groupLives reports whether anything is in a process group that this process may signal.
// Those that have become its own children are waited for: nobody else does that.
func groupLives(group int) bool {
	for {
		if pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
			return syscall.Kill(-group, 0) == nil
		}
	}
}
