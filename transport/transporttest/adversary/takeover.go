package adversary

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
)

// OrderPath is a file on the host. It names the attack to play, or is OrderTogether.
const OrderPath = "/run/adversary"

// OrderTogether has each context play the attack that it is named after: "bad-" and the
// name of the attack.
const OrderTogether = "together"

// Takeover is a hostile process that was started in place of an agent. It is the
// login shell of an account, or was put into the account's own cache of agents.
type Takeover struct {
	Token string
	// named is what stands behind "bad-" in the name of the context, "" for nothing.
	named  string
	In     *bufio.Reader
	Out    io.Writer
	Err    io.Writer
	attack *Attack
}

var nameIn = regexp.MustCompile(`mitoplan:[^:]*\bbad-([a-z0-9-]+)`)

var tokenIn = regexp.MustCompile(`T=([A-Z2-7]{26})\b`)

// Main plays the attack that the file at OrderPath names. It returns the exit
// status.
func Main() int {
	order, err := os.ReadFile(OrderPath)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	t := &Takeover{In: bufio.NewReaderSize(os.Stdin, 64<<10), Out: os.Stdout, Err: os.Stderr}
	if !t.findToken(os.Args) {
		fmt.Fprintf(os.Stderr, "no token in %q\n", os.Args)
		return 2
	}
	name := strings.TrimSpace(string(order))
	if name == OrderTogether {
		name = t.named
	}
	a := Lookup(name)
	if a == nil {
		fmt.Fprintf(os.Stderr, "no attack is called %q\n", name)
		return 2
	}
	t.attack = a
	playing.Store(&name)
	signal.Ignore(syscall.SIGPIPE)
	if a.Start != nil {
		note(partStart)
		a.Start(t)
		return 0
	}
	t.Serve()
	return 0
}

// findToken looks for the token that announces the first frame. It is among the
// agent's arguments, in the script on the command line, or in the script on
// standard input.
func (t *Takeover) findToken(args []string) bool {
	if len(args) > 2 && args[1] == "mitoplan-agent" {
		t.Token = args[2]
		t.findName(args[0])
		return true
	}
	text := strings.Join(args, " ")
	for range 10 {
		if m := tokenIn.FindStringSubmatch(text); m != nil {
			t.Token = m[1]
			t.findName(text)
			return true
		}
		line, err := t.In.ReadString('\n')
		if err != nil {
			return false
		}
		text = line
	}
	return false
}

func (t *Takeover) findName(text string) {
	if m := nameIn.FindStringSubmatch(text); m != nil {
		t.named = m[1]
	}
}

// Announce prints the line with the token, after which the first frame comes.
func (t *Takeover) Announce() { fmt.Fprintf(t.Out, "\n%s\n", t.Token) }

// Serve greets and then answers until the stream ends.
func (t *Takeover) Serve() {
	t.Announce()
	h := newHost(t)
	if t.attack.Hello != nil {
		note(partHello)
		t.attack.Hello(h)
	} else {
		h.Greet(Protocol, Facts())
	}
	h.run()
	h.finish()
}

// Forever waits until the stream ends. It sends nothing.
func (t *Takeover) Forever() { _, _ = io.Copy(io.Discard, t.In) }
