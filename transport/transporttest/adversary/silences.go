package adversary

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

// noProgress are the words of a report about a host that answers nothing.
var noProgress = []string{"makes no progress", "Timed out", "timed out", "no sign of life"}

// silences are attacks that try to hold up the run.
var silences = []*Attack{
	{
		Name: "heartbeats-only", At: []Position{Beside, Below}, Waits: 30, Together: true, AnswersNothing: true,
		Rule:   "They cannot hold you up for ever",
		Does:   "sends heartbeats and answers nothing",
		Blamed: noProgress, Fails: true,
	},
	{
		Name: "logs-only", Waits: 30, Together: true, AnswersNothing: true,
		Rule: "They cannot hold you up for ever",
		Does: "sends an entry a second and answers nothing",
		Up: func(h *Host) {
			for h.logs(1, "", "still busy") {
				time.Sleep(time.Second)
			}
		},
		Blamed: noProgress, Fails: true,
	},
	{
		Name: "apply-never-ends", Waits: 30, Together: true,
		Rule:   "They cannot hold you up for ever",
		Does:   "answers checks, and no apply",
		Call:   func(_ *Host, c *Call) bool { return c.Func == "apply" },
		Blamed: noProgress, Fails: true,
	},
	{
		Name: "one-byte-a-second", Waits: 30, Together: true,
		Rule: "They cannot hold you up for ever",
		Does: "sends a frame of the full length, one byte a second",
		Up: func(h *Host) {
			h.out.Lock() // keeps all other frames from being sent
			b := Frame{Src: h.Self, Handle: Log, Data: make([]byte, 60<<10)}.Bytes()
			for _, c := range b {
				if _, err := h.w.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
		Blamed: noProgress, Fails: true,
	},
	{
		Name: "half-a-frame", At: []Position{Beside, Below}, Waits: 15, Together: true,
		Rule: "A neighbour that nothing came from for 15 s is lost",
		Does: "sends half a frame and nothing more",
		Up: func(h *Host) {
			h.out.Lock()
			b := Frame{Src: h.Self, Handle: Log, Data: make([]byte, 1000)}.Bytes()
			_, _ = h.w.Write(b[:500])
		},
		Blamed: []string{"no sign of life"}, Fails: true,
	},
	{
		Name: "does-not-end", At: []Position{Beside, Below}, Sample: true, Waits: 10, Stays: true,
		Rule: "If it does not, its connection is closed at 1 s; its process gets TERM 1 s later and KILL one second after that.",
		Does: "does what it is asked, but refuses to end, ignores every signal, and has forked",
		Up: func(*Host) {
			signal.Ignore(syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGPIPE)
			for range 5 {
				_ = exec.Command("sleep", "600").Start() // it does not hold the stream open; the next attack does that
			}
		},
	},
	{
		Name: "forks-hold-the-stream", At: []Position{Beside, Below}, Waits: 10,
		Rule: "If it does not, its connection is closed at 1 s; its process gets TERM 1 s later and KILL one second after that.",
		Does: "leaves processes in sessions of their own that hold its streams open, and ends",
		Up: func(*Host) {
			for range 5 {
				cmd := exec.Command("sleep", "600")
				cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
				_ = cmd.Start()
			}
		},
	},
	{
		Name: "reads-nothing", At: []Position{Beside, Below}, Waits: 30, ReadsNothing: true, Together: true,
		Rule:   "They cannot hold you up for ever",
		Does:   "reads nothing once it is up, and sends heartbeats",
		Blamed: noProgress, Fails: true,
	},
	{
		Name: "reads-no-contents", At: []Position{Beside, Below}, Source: 16 * mega, Waits: 30,
		Rule:   "A host that pulls without end, or does not take what it pulls, holds nobody up.",
		Does:   "pulls the 16 MiB that it was offered, reads nothing from then on, and sends heartbeats",
		Config: large,
		Call: func(h *Host, c *Call) bool {
			if c.Func != "apply" || len(c.Named()) == 0 {
				return false
			}
			h.pull(h.Up, h.Self, h.Self, First, withFlags(c.Named()[0], 0), 0)
			h.Deaf()
			return true
		},
		Blamed: noProgress, Fails: true,
	},
	{
		Name: "lock-never-comes", Waits: 95,
		Rule:   "They cannot hold you up for ever",
		Does:   "answers neither the request for the machine's lock nor what waits for that",
		Call:   func(_ *Host, c *Call) bool { return c.Func == "machine.lock" || c.Func == "apply" },
		Blamed: noProgress, Fails: true,
	},
}
