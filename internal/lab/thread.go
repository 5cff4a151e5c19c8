//go:build linux

package lab

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// thread is an operating system thread that runs functions one after the other.
// Namespaces belong to threads, so a thread is what keeps a host alive. Files that are
// opened in do are files of the host. Processes that are started in do are processes of
// the host, and the kernel ends them together with the thread (SysProcAttr.Pdeathsig).
type thread struct {
	tid   int
	tasks chan func()
	ended chan struct{}
}

// newThread starts a thread. It must be ended with end.
func newThread() *thread {
	t := &thread{tasks: make(chan func()), ended: make(chan struct{})}
	ready := make(chan struct{})
	go t.run(ready)
	<-ready
	return t
}

// run runs the tasks. It never unlocks the thread, so the thread ends with the
// goroutine. Nothing else may run in the namespaces that the thread is left in.
func (t *thread) run(ready chan struct{}) {
	runtime.LockOSThread()
	if unix.Gettid() == unix.Getpid() {
		// The main thread cannot end, and /proc/self shows its namespaces.
		// Another goroutine gets another thread while this one holds it.
		done := make(chan struct{})
		go func() { defer close(done); t.run(ready) }()
		<-done
		runtime.UnlockOSThread()
		return
	}
	t.tid = unix.Gettid()
	close(ready)
	for task := range t.tasks {
		task()
	}
	close(t.ended)
}

// do runs f on the thread and waits for it.
func (t *thread) do(f func() error) error {
	var err error
	done := make(chan struct{})
	t.tasks <- func() {
		defer close(done)
		err = f()
	}
	<-done
	return err
}

// end ends the thread, and with it every namespace that nothing else holds.
func (t *thread) end() {
	close(t.tasks)
	<-t.ended
}
