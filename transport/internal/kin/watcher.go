//go:build unix

package kin

import (
	"crypto/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Watcher is the process that ends the programs of this one if this one dies. It is
// started with the first of them, and ends in Close. Any goroutine may use it.
type Watcher struct {
	mu   sync.Mutex // guards what follows
	argv []string   // how it is started; nil if this process has none
	runs map[string]int
	pipe *os.File // its standard input; nil while it does not run
	proc *os.Process
	over chan struct{} // closed when proc has ended
}

// Own is the watcher of this process. Without Enable it does nothing.
var Own Watcher

// patience is how long a watcher may take to read what it is told. One that takes longer
// is stopped, or the machine is: it is given up, and the next program gets a new one.
const patience = 2 * time.Second

// Enable says how the watcher is started: by the executable of this process with these
// arguments, which then has to call Watch.
func (w *Watcher) Enable(argv []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.argv, w.runs = argv, map[string]int{}
}

// NewMark makes the variable that a program gets into its environment, with 128 random
// bits.
func NewMark() string { return MarkName + "=" + rand.Text() }

// Begin is called before a program is started that has mark in its environment. If no
// watcher can be started, the program runs without one.
func (w *Watcher) Begin(mark string) { w.tell(mark, 0) }

// Leads tells which process is the first of the program, which has a session of its own.
func (w *Watcher) Leads(mark string, pid int) { w.tell(mark, pid) }

func (w *Watcher) tell(mark string, pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.argv == nil {
		return
	}
	w.runs[mark] = pid
	if w.pipe != nil && w.write(line(mark, pid)) {
		return
	}
	if !w.start() {
		return
	}
	var all strings.Builder
	all.WriteString(line("", os.Getpid()))
	for mark, pid := range w.runs {
		all.WriteString(line(mark, pid))
	}
	w.write(all.String())
}

// End is called when a program has ended, before its number can belong to another one.
func (w *Watcher) End(mark string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.argv == nil {
		return
	}
	delete(w.runs, mark)
	if w.pipe != nil {
		w.write(line(mark, -1))
	}
}

// line says of the program with a mark that pid leads it. 0 is that it is not known yet
// who does, and -1 that the program has ended.
func line(mark string, pid int) string { return strconv.Itoa(pid) + " " + mark + "\n" }

// write reports whether the watcher took what it is told. The caller holds mu.
func (w *Watcher) write(text string) bool {
	_ = w.pipe.SetWriteDeadline(time.Now().Add(patience))
	if _, err := w.pipe.WriteString(text); err == nil {
		return true
	}
	_ = w.proc.Kill()
	_ = w.pipe.Close()
	w.pipe = nil
	return false
}

// start starts the watcher, in a session of its own and with nothing in its environment:
// what ends the agent, or looks for its programs, does not find it. The caller holds mu.
func (w *Watcher) start() bool {
	path, err := executable()
	if err != nil {
		return false
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	defer null.Close()
	r, pipe, err := os.Pipe()
	if err != nil {
		return false
	}
	defer r.Close()
	w.proc, err = os.StartProcess(path, w.argv, &os.ProcAttr{
		Dir: "/", Env: []string{"GOMAXPROCS=1"}, Files: []*os.File{r, null, null}, Sys: watcherSession(),
	})
	if err != nil {
		_ = pipe.Close()
		return false
	}
	w.pipe, w.over = pipe, make(chan struct{})
	go func(p *os.Process, over chan struct{}) {
		_, _ = p.Wait()
		close(over)
	}(w.proc, w.over)
	return true
}

// Close ends the watcher, and waits for that for at most the time. If there are programs
// that could not be ended, the watcher outlives this process and tries to end them. No
// further program is watched.
func (w *Watcher) Close(within time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.argv = nil
	if w.pipe == nil {
		return
	}
	_ = w.pipe.Close()
	w.pipe = nil
	if len(w.runs) > 0 {
		return // they are its work once this process has ended
	}
	late := time.NewTimer(within)
	defer late.Stop()
	select {
	case <-w.over:
	case <-late.C:
	}
}
