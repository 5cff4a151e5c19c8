package resource

import (
	"bytes"
	"context"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport/process"
)

// nssFor is how long an answer of getent(1) stays valid. nssWait is how long one run of it
// may take, and nssKeys how many keys one run is asked for.
const (
	nssFor  = 5 * time.Second
	nssWait = 10 * time.Second
	nssKeys = 200
)

// nss asks getent(1), and so every source of accounts that the machine has. What is asked for
// while a run of it goes on is asked for together in the next run: of a thousand names that
// come at once, a few processes tell which there are. The zero value is ready; any goroutine
// may use it.
type nss struct {
	mu      sync.Mutex
	answers map[string]nssAnswer
	// next are the questions of the next run, by database. There is an entry as long as a
	// goroutine runs getent for the database.
	next map[string]map[string]*nssAsked
}

type nssAnswer struct {
	line  string
	until time.Time
}

// nssAsked is one key that somebody asks for. Once done is closed, known says whether line is
// the answer: "" if there is none.
type nssAsked struct {
	done  chan struct{}
	line  string
	known bool
}

// get returns the line of a database that getent prints for a key; "" is none. There is the
// name of an entry that getent has for sure; "" where there is none.
func (n *nss) get(database, key, there string) string {
	n.mu.Lock()
	have, ok := n.answers[database+" "+key]
	if ok && time.Now().Before(have.until) {
		n.mu.Unlock()
		return have.line
	}
	if key == "" || strings.HasPrefix(key, "-") || there == "" {
		n.mu.Unlock()
		return n.alone(database, key)
	}
	asked := n.ask(database, key, there)
	n.mu.Unlock()
	<-asked.done
	if !asked.known {
		return n.alone(database, key)
	}
	return asked.line
}

// ask has a key asked for in the next run. The mutex is held.
func (n *nss) ask(database, key, there string) *nssAsked {
	if n.next == nil {
		n.next = map[string]map[string]*nssAsked{}
	}
	keys, running := n.next[database]
	if asked := keys[key]; asked != nil {
		return asked
	}
	if !running {
		keys = map[string]*nssAsked{}
		n.next[database] = keys
		go n.run(database, there)
	}
	asked := &nssAsked{done: make(chan struct{})}
	keys[key] = asked
	return asked
}

// run runs getent until nobody asks any more.
func (n *nss) run(database, there string) {
	for {
		round := n.round(database)
		if len(round) == 0 {
			return
		}
		keys := make([]string, 0, len(round)+1)
		for key := range round {
			keys = append(keys, key)
		}
		out, _ := getent(database, append(keys, there)...)
		known := tell(round, out, there)
		n.mu.Lock()
		for key, asked := range round {
			if asked.known = known || asked.line != ""; asked.known {
				n.keep(database, key, asked.line)
			}
			close(asked.done)
		}
		n.mu.Unlock()
	}
}

// round takes the questions of one run. If there are none, the next who asks begins anew.
func (n *nss) round(database string) map[string]*nssAsked {
	n.mu.Lock()
	defer n.mu.Unlock()
	round, next := map[string]*nssAsked{}, n.next[database]
	for key, asked := range next {
		if len(round) == nssKeys {
			break
		}
		round[key] = asked
		delete(next, key)
	}
	if len(round) == 0 {
		delete(n.next, database)
	}
	return round
}

// tell gives each key its line, and reports whether the others have none. The last line has to
// be that of the entry which is there: then getent takes several keys, and got through all of
// them. And there have to be as many other lines as keys that have one: a source may answer
// with another spelling of a name, and only a run for one key tells which that was for.
func tell(round map[string]*nssAsked, out, there string) (all bool) {
	lines, told := strings.Split(out, "\n"), 0
	last := len(lines) - 1
	for _, line := range lines[:last] {
		name, rest, _ := strings.Cut(line, ":")
		_, rest, _ = strings.Cut(rest, ":")
		number, _, _ := strings.Cut(rest, ":")
		for _, key := range []string{name, number} {
			if asked := round[key]; asked != nil && asked.line == "" && isNumber(key) == (key != name) {
				asked.line = line
				told++
			}
		}
	}
	return strings.HasPrefix(lines[last], there+":") && told == last
}

// alone asks for one key in a process of its own.
func (n *nss) alone(database, key string) string {
	line, status := getent(database, key)
	if status != 0 {
		line = ""
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.keep(database, key, line)
	return line
}

// keep keeps an answer for a while. The mutex is held.
func (n *nss) keep(database, key, line string) {
	if n.answers == nil {
		n.answers = map[string]nssAnswer{}
	}
	n.answers[database+" "+key] = nssAnswer{line, time.Now().Add(nssFor)}
}

// forget drops the answers. It is called after an account was changed.
func (n *nss) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.answers = nil
}

// getent returns what one run prints, a line for each key that there is, in their order. The
// status is 2 if there are keys without one.
func getent(database string, keys ...string) (out string, status int) {
	if _, err := exec.LookPath("getent"); err != nil {
		return "", -1
	}
	ctx, cancel := context.WithTimeout(context.Background(), nssWait)
	defer cancel()
	said := process.Capture{Limit: 1 << 20}
	e, err := process.Run(ctx, process.Spec{Argv: append([]string{"getent", database}, keys...), Stdout: &said})
	if err != nil {
		return "", -1
	}
	return string(bytes.TrimSuffix(said.Bytes(), []byte("\n"))), e.Code
}
