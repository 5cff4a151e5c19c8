package connect_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// secretValue is the value of a variable of the contexts, and a password that is wrong.
const secretValue = "v4riable-and-w0rd"

// TestLinesOfEachKind: what is logged of a start by each kind of context, of one that comes up
// and of one that is refused, from here or from another context. testdata/lines has the lines;
// times, numbers and names that differ from run to run are left out of them. Kinds that differ
// from others in nothing but data are looked at with -contract.all.
func TestLinesOfEachKind(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	for _, k := range table {
		name := k.kind
		if k.in != "" {
			name += "_in_" + strings.ReplaceAll(k.in, " ", "_")
		}
		if k.alike && !*contractOfAll {
			continue
		}
		t.Run(name, func(t *testing.T) {
			row := k.row(l.For(t))
			lines := linesOf(t, row)
			for _, secret := range []string{secretValue, lab.OpsPassword} {
				if strings.Contains(lines, secret) {
					t.Errorf("the secret %q is in\n%s", secret, lines)
				}
			}
			got := normal(l, lines, k.in == bySSHProgram)
			file := filepath.Join("testdata", "lines", name+".txt")
			if connect.UpdateGolden() {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("the lines are\n%s\nwant\n%s\nbefore they were made alike\n%s", got, want, lines)
			}
		})
	}
}

// slowly is for a machine that is busy with other tests.
var slowly = transport.WithTimeout(time.Minute)

// linesOf starts a context that comes up, ends it, and starts one that is refused.
func linesOf(t *testing.T, row transporttest.Row) string {
	var out safeBuffer
	log := hclog.New(&hclog.LoggerOptions{Level: hclog.Debug, Output: &out, DisableTime: true})
	broker := transport.NewBroker(transport.Options{Agents: connect.Self(), Log: log, Name: "me@host:1"})
	defer broker.Shutdown()
	start := transport.NewRouter(broker).Connect
	env := map[string]string{"SECRET": secretValue}
	for k, v := range servesTheContract {
		env[k] = v
	}
	setting := transporttest.Setting{AgentDir: dirOf(t, row), Env: env}
	if row.Via != nil {
		via, err := start(t.Context(), row.Via(setting), transport.WithName("before"), slowly)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := via.Ready().Get(t.Context()); err != nil {
			t.Fatal(err)
		}
		start = via.Connect
	}
	up, err := start(t.Context(), row.Make(setting), transport.WithName("up"), slowly)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := up.Ready().Get(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := up.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	k, code, _ := row.Refused()
	refused, err := start(t.Context(), k, transport.WithName("refused"), slowly)
	if err == nil {
		if _, err = refused.Ready().Get(t.Context()); err == nil {
			t.Fatal("the start that is to be refused is not")
		}
	}
	// What is left of it ends by itself. A broker that shuts down before would tell it to end.
	// Nothing but its line in the log tells when that is, so the log is asked until it has it.
	for until := time.Now().Add(time.Minute); !refusedIsGone.MatchString(out.String()); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("something is left of what was refused:\n%s", out.String())
		}
	}
	if err := broker.Shutdown(); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	if !strings.Contains(text, "("+string(code)+")") {
		t.Errorf("no line has the code %s", code)
	}
	return text
}

var refusedIsGone = regexp.MustCompile(`nothing is left of it:.*\bcontext=refused\b`)

// dirOf is a directory for agents on the machine of a row, which is removed in the end.
func dirOf(t *testing.T, row transporttest.Row) string {
	dir, err := row.Run("mktemp", "-d", "/tmp/lines.XXXXXX")
	if err != nil {
		t.Fatal(err)
	}
	dir = strings.TrimSpace(dir)
	if out, err := row.Run("chmod", "1777", dir); err != nil {
		t.Fatal(out, err)
	}
	t.Cleanup(func() { _, _ = row.Run("rm", "-rf", dir) })
	return dir
}

// varying are the parts of lines that differ from run to run, and what stands for them.
var varying = []struct {
	part *regexp.Regexp
	with string
}{
	{regexp.MustCompile(`(\bat|took|trip|limit|within)=\S+`), "$1=T"},
	{regexp.MustCompile(`phases="[^"]*"`), "phases=T"},
	{regexp.MustCompile(`\b(pid|bytes|size|build|kex|cipher|from|user|hostname|version)=("[^"]*"|\S+)`), "$1=…"},
	{regexp.MustCompile(`SHA256:\S+`), "SHA256:…"},
	{regexp.MustCompile(`(/\S*)*/testdata/`), "testdata/"},
	{regexp.MustCompile(`/tmp/lines\.\w+`), "DIR"},
	{regexp.MustCompile(`file=\S+`), "file=…"},
	// A program that is given up may be quicker or slower than what ends it.
	{regexp.MustCompile(`came to no agent, and (was ended:|has ended: how="[^"]*")`), "came to no agent, and has ended:"},
}

// byChance are events that come on a busy machine, or may not come.
var byChance = []string{"agent arrives", "something else is printed first", "does not say that it ends", "is sent a signal"}

// normal are lines without what differs: first those of this process, then those of agents, and
// those about passwords, each in their order. If a program tells by itself how far it is, their
// order is left to chance, and they are sorted.
func normal(l *lab.Lab, text string, sorted bool) string {
	text = strings.NewReplacer(l.Addr(1), "HOST", filepath.Dir(l.Key()), "LAB").Replace(text)
	for _, v := range varying {
		text = v.part.ReplaceAllString(text, v.with)
	}
	var own, agents, asked []string
	for line := range strings.Lines(text) {
		switch {
		case slices.ContainsFunc(byChance, func(event string) bool { return strings.Contains(line, ": "+event+": ") }):
		case strings.Contains(line, "password is asked for"):
			asked = append(asked, line)
		case strings.Contains(line, " by=before") && !strings.Contains(line, "its parent "):
			agents = append(agents, line)
		default:
			own = append(own, line)
		}
	}
	all := slices.Concat(own, agents, asked)
	if sorted {
		slices.Sort(all)
	}
	return strings.Join(all, "")
}

// safeBuffer keeps what several goroutines write.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprint(s.b.String())
}
