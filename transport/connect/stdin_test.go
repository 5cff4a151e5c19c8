package connect

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// scriptShells are programs that are sh on some system, with the words that come
// first on their command line.
var scriptShells = [][]string{
	{"sh"}, {"dash"}, {"bash", "--posix"}, {"bash"}, {"busybox", "sh"}, {"zsh", "--emulate", "sh"},
	{"ksh"}, {"mksh"},
}

// TestScriptOnStdin: a shell that reads its script from stdin consumes nothing of
// what follows, neither the image nor the frames. dash up to 0.5.12 and busybox
// read ahead. So nothing may be sent before the host has answered, which
// quietWriter holds.
func TestScriptOnStdin(t *testing.T) {
	for _, argv := range scriptShells {
		t.Run(strings.Join(argv, " "), func(t *testing.T) {
			if _, err := exec.LookPath(argv[0]); err != nil {
				t.Skipf("%s is not installed", argv[0])
			}
			base := t.TempDir()
			src := &source{content: fakeAgent, known: true}
			odd := "a'b\"c\\d!e$f`g\n\nü\xff\n" + strings.Repeat("x", 20<<10)
			for round, pushed := range []int{1, 1} {
				b := NewBootstrap(testStart(src), Common{AgentDirs: []string{base}, Env: map[string]string{"PLAIN": "x", "ODD": odd}})
				b.onStdin = true
				cmd := exec.Command(argv[0], argv[1:]...)
				cmd.Dir = t.TempDir()
				p, err := startProcess(cmd, &LastWords{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				quiet := &quietWriter{t: t, w: p.stdin, script: string(b.preamble())}
				r, err := b.Greet(t.Context(), readsAnswer{p.stdout, quiet}, quiet, p.words, func() { p.close() })
				if err != nil {
					t.Fatalf("round %d: %v; it printed %q", round, err, p.words.String())
				}
				// Frames come at once, in one write that is larger than what any
				// shell reads at a time.
				frames := strings.Repeat("frames\n", 5000)
				io.WriteString(p.stdin, frames)
				p.stdin.Close()
				all, _ := io.ReadAll(r)
				_, got, _ := strings.Cut(string(all), "|x|"+odd+"\n")
				if got != frames {
					t.Errorf("round %d: %d bytes of frames of %d arrived", round, len(got), len(frames))
				}
				if src.asked != pushed {
					t.Errorf("round %d: %d images were pushed, want %d", round, src.asked, pushed)
				}
				p.close()
				p.wait()
			}
		})
	}
}

// quietWriter fails the test if anything but the script is written before the host
// has answered.
type quietWriter struct {
	t        *testing.T
	w        io.Writer
	script   string
	answered bool
}

func (q *quietWriter) Write(p []byte) (int, error) {
	if !q.answered && string(p) != q.script {
		q.t.Errorf("%d bytes follow the script before the host has answered", len(p))
	}
	return q.w.Write(p)
}

type readsAnswer struct {
	r io.Reader
	q *quietWriter
}

func (a readsAnswer) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	a.q.answered = a.q.answered || n > 0
	return n, err
}

// TestNoVariableIsTaken: the script changes no variable that the account exports,
// however short its name is.
func TestNoVariableIsTaken(t *testing.T) {
	agent := fakeAgent + "env\n"
	var env []string
	for c := 'a'; c <= 'z'; c++ {
		env = append(env, string(c)+"=mine", strings.ToUpper(string(c))+"=mine")
	}
	for _, shell := range []string{"dash", "bash", "zsh", "busybox"} {
		t.Run(shell, func(t *testing.T) {
			base := t.TempDir()
			src := &source{content: agent, known: true}
			for range 2 {
				s := runLine(t, shell, append(env, "OPTIND=1"), NewBootstrap(testStart(src), Common{AgentDirs: []string{base}, Env: map[string]string{"ODD": "x"}}))
				if s.err != nil {
					t.Fatal(s.err, s.words.String())
				}
				got := "\n" + s.out
				for _, kv := range env {
					if !strings.Contains(got, "\n"+kv+"\n") {
						t.Errorf("the script changed the variable %s", kv)
					}
				}
				if strings.Contains(got, "\n_m") {
					t.Errorf("the agent has variables of the script: %s", got)
				}
			}
		})
	}
}

// TestSudoShowsNoScript: with whatever options, the script is neither in the
// process list nor in SUDO_COMMAND.
func TestSudoShowsNoScript(t *testing.T) {
	for _, k := range []Sudo{{}, {Login: true}, {PreserveEnv: true, User: "app"}, {SetHome: true, Common: Common{Env: map[string]string{"A": "b"}}}} {
		start := testStart(&source{content: fakeAgent, known: true})
		args, b := k.args(start), k.prefix(start).bootstrap(start)
		if n := len(args); args[n-2] != "--" || args[n-1] != "sh" || len(strings.Join(args, " ")) > 80 {
			t.Errorf("%+v runs %q, want a short line that ends in sh", k, args)
		}
		if !strings.Contains(string(b.preamble()), b.Script()) {
			t.Error("the script is not sent on stdin")
		}
	}
	path := filepath.Join(t.TempDir(), "agent")
	k := Sudo{Common: Common{AgentPath: path}}
	if args := k.args(testStart(nil)); strings.Join(args[len(args)-4:], " ") != path+" mitoplan-agent "+testToken+" mitoplan:me@host:1" {
		t.Errorf("with agent_path it runs %q", args)
	}
	_ = os.Remove(path)
}
