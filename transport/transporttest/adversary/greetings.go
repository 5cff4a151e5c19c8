package adversary

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
)

// say prints a text in place of the line before the first frame.
func (t *Takeover) say(text string) bool {
	_, err := io.WriteString(t.Out, text)
	return err == nil
}

// facts are the facts of an honest host, with some replaced.
func facts(more Map) Map {
	f := Facts()
	for k, v := range more {
		f[k] = v
	}
	return f
}

// greetings are attacks before the host is up.
var greetings = []*Attack{
	{
		Name: "banner-without-end", Sample: true, Waits: 10,
		Rule: "What came before that line is noise",
		Does: "prints without end, and no line break, instead of its token",
		Start: func(t *Takeover) {
			for t.say(strings.Repeat("welcome \x1b[2J", 1000)) {
			}
		},
		Blamed: []string{"Too much output before the agent"}, Fails: true,
	},
	{
		Name: "banner-slowly", Waits: 10, Together: true,
		Rule: "A start that its host does not bring on for 10 s is given up",
		Does: "prints a line every 100 ms instead of its token",
		Start: func(t *Takeover) {
			for t.say("please wait\n") {
				time.Sleep(100 * time.Millisecond)
			}
		},
		Blamed: []string{"timed out", "No answer in time", "did not", "in time"}, Fails: true,
	},
	{
		Name: "no-greeting", Waits: 10, Together: true,
		Rule:   "A start that its host does not bring on for 10 s is given up",
		Does:   "prints its token and nothing else",
		Start:  func(t *Takeover) { t.Announce(); t.Forever() },
		Blamed: []string{"timed out", "in time"}, Fails: true,
	},
	{
		Name: "greeting-slowly", Waits: 10, Together: true,
		Rule: "A start that its host does not bring on for 10 s is given up",
		Does: "sends its greeting one byte a second",
		Start: func(t *Takeover) {
			t.Announce()
			b := Frame{Handle: Greeting, Data: Encode(Map{"protocol": Protocol, "facts": Facts()})}.Bytes()
			for _, c := range b {
				if _, err := t.Out.Write([]byte{c}); err != nil {
					return
				}
				time.Sleep(time.Second)
			}
		},
		Blamed: []string{"timed out", "in time"}, Fails: true,
	},
	{
		Name: "agent-wanted-again", Waits: 10,
		Rule: "They cannot use up the memory of the controller",
		Does: "asks for the agent again and again",
		Start: func(t *Takeover) {
			for range 1000 {
				if !t.say("\n" + t.Token + " need Linux x86_64 gz\n") {
					return
				}
			}
			t.Forever()
		},
		Fails: true,
	},
	{
		Name: "agent-not-read", Waits: 15, Together: true,
		Rule: "They cannot hold you up for ever",
		Does: "asks for the agent and reads nothing of it",
		Start: func(t *Takeover) {
			t.say("\n" + t.Token + " need Linux x86_64 gz\n")
			for t.say(" ") {
				time.Sleep(5 * time.Second)
			}
		},
		Blamed: []string{"timed out"}, Fails: true,
	},
	{
		Name: "agent-said-to-arrive", Waits: 15, Together: true,
		Rule: "What was written counts for nothing, as it may be in buffers on the way.",
		Does: "asks for the agent, reads nothing of it, and says that more of it has arrived than there is, less than before, and no number",
		Start: func(t *Takeover) {
			t.say("\n" + t.Token + " need Linux x86_64 gz\n")
			for t.say("\n" + t.Token + " at 999999999999\n" + t.Token + " at -1\n" + t.Token + " at 0x7f\n" + t.Token + " at\n") {
				time.Sleep(time.Second)
			}
		},
		Blamed: []string{"not known yet how much of", "timed out"}, Fails: true,
	},
	{
		Name: "agent-arrives-for-ever", Waits: 15, Together: true,
		Rule: "when the host says that 4 KiB more of an agent have arrived, or the rest",
		Does: "asks for the agent, reads nothing of it, and says every 2 s that one byte more of it has arrived",
		Start: func(t *Takeover) {
			t.say("\n" + t.Token + " need Linux x86_64 gz\n")
			for n := 1; t.say(fmt.Sprintf("\n%s at %d\n", t.Token, n)); n++ {
				time.Sleep(2 * time.Second)
			}
		},
		Blamed: []string{"had arrived", "timed out"}, Fails: true,
	},
	{
		Name: "unknown-words", Sample: true, Waits: 10,
		Rule: "What came before that line is noise",
		Does: "answers the bootstrap with words and platforms that do not exist",
		Start: func(t *Takeover) {
			t.say("\n" + t.Token + " need \x1b[2J../../etc gz\n")
			t.say("\n" + t.Token + " explode\x1b[31m\n")
		},
		Blamed: []string{"not understood", "platform", "No agent for"}, Fails: true,
	},
	{
		Name: "second-token", Waits: 10,
		Rule:   "prints \"\\n\" TOKEN \"\\n\", and after that nothing but frames.",
		Does:   "prints its token twice, so that frames begin with text",
		Start:  func(t *Takeover) { t.Announce(); t.Serve() },
		Blamed: []string{"bad frame", "cannot be read"}, Fails: true,
	},
	{
		Name: "giant-facts", Waits: 10,
		Rule: "A frame that is too long, has unknown flags, or has addresses that reach beyond its end is a bad frame.",
		Does: "announces a greeting of 1 GB and sends it",
		Start: func(t *Takeover) {
			t.Announce()
			t.say("\x40\x00\x00\x00")
			b := bytes.Repeat([]byte("x"), mega)
			for range 1024 {
				if _, err := t.Out.Write(b); err != nil {
					return
				}
			}
		},
		Blamed: []string{"bad frame"}, Fails: true,
	},
	{
		Name: "fragmented-greeting", Waits: 10, Sample: true,
		Rule: "A child greets with the highest protocol that it speaks.",
		Does: "sends its greeting in fragments",
		Hello: func(h *Host) {
			h.Unasked(Frame{Handle: Greeting, Data: Encode(Map{"protocol": Protocol, "facts": facts(Map{"hostname": strings.Repeat("h", mega)})})})
		},
		Blamed: []string{"greeting"}, Fails: true,
	},
	{
		Name: "lying-facts", At: []Position{Beside, Below}, Sample: true,
		Rule: "They can lie about that host: its facts, its files, the results of calls on it.",
		Does: "gives facts with escape sequences, bidirectional marks and expressions, negative and huge numbers, and 50 KB of host name",
		Config: `
output "facts" {
  value = "${BAD.hostname} ${BAD.distro} ${BAD.user} ${BAD.cpus} ${BAD.memory} ${BAD.pid}"
}
`,
		Hello: func(h *Host) {
			h.Greet(Protocol, facts(Map{
				"hostname": "\x1b[2Jgood\u202e\n" + strings.Repeat("h", 50_000), "distro": "${file(\"/etc/passwd\")}", "user": "root\x00",
				"cpus": -1, "memory": int64(-1 << 62), "pid": int64(1) << 62, "uid": 0, "home": "../../etc", "os": "\x1b[31mlinux", "arch": "%s%n",
			}))
		},
	},
	{
		Name: "wrong-facts", Waits: 10,
		Rule:   "They can lie about that host: its facts, its files, the results of calls on it.",
		Does:   "gives facts of other types",
		Hello:  func(h *Host) { h.Greet(Protocol, facts(Map{"hostname": 7, "cpus": "many", "memory": []int{1}})) },
		Blamed: []string{"cannot be read"}, Fails: true,
	},
	{
		Name: "protocol-0", Waits: 10, Sample: true,
		Rule:   "If the child does not speak one that high, the parent ends the start",
		Does:   "greets with protocol 0",
		Hello:  func(h *Host) { h.Greet(0, Facts()) },
		Blamed: []string{"too old"}, Fails: true,
	},
	{
		Name:  "protocol-of-the-future",
		Rule:  "The parent answers with the protocol that is used",
		Does:  "greets with protocol 2147483647",
		Hello: func(h *Host) { h.Greet(1<<31-1, Facts()) },
	},
	{
		Name: "greets-twice", At: []Position{Beside, Below}, Sample: true,
		Rule: "If a payload cannot be decoded, a call is answered with an error, and any other message is dropped and logged.",
		Does: "greets again after the setup, as itself and as others",
		Up: func(h *Host) {
			for _, src := range everyone(h) {
				h.Send(Frame{Src: src, Dst: h.Up, Handle: Greeting, Data: Encode(Map{"protocol": Protocol, "facts": Facts()})})
			}
			h.Send(Frame{Src: h.Self, Dst: h.Up, Handle: Greeting, Data: Encode(Map{"protocol": Protocol, "facts": facts(Map{"user": "root"})})})
		},
	},
}
