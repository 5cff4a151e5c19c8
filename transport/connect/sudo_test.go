package connect

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// A stub stands for sudo if the words of a certain version matter. It opens
// /dev/tty as sudo does, and runs its command in the end.
const stubHead = `#!/bin/sh
printf '%s\n' "$@" >"$0.args"; env >"$0.env"
while [ "$1" != -- ]; do [ "$1" = -p ] && prompt=$2; shift; done; shift
ask() { stty -echo </dev/tty; printf '%s' "$1" >/dev/tty; read -r typed </dev/tty; stty echo </dev/tty; }
`

func stub(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "sudo")
	if err := os.WriteFile(path, []byte(stubHead+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const secret = "s3cret pass"

func TestSudoAnswersItsOwnPrompt(t *testing.T) {
	for name, body := range map[string]string{
		"nopasswd":               `exec "$@"`,
		"prompt":                 `ask "$prompt"; [ "$typed" = "s3cret pass" ] || exit 1; exec "$@"`,
		"sudo-rs":                `ask "[sudo: $prompt] Password: "; [ "$typed" = "s3cret pass" ] || exit 1; exec "$@"`,
		"rs in French, feedback": `ask "[sudo: $prompt] Mot de passe : "; printf '***********' >/dev/tty; [ "$typed" = "s3cret pass" ] || exit 1; exec "$@"`,
		"lecture":                `printf 'We trust you have received the usual lecture\nPassword: no\n' >/dev/tty; ask "$prompt"; [ "$typed" = "s3cret pass" ] || exit 1; exec "$@"`,
	} {
		t.Run(name, func(t *testing.T) {
			path := stub(t, body)
			t.Setenv("XDG_CACHE_HOME", t.TempDir())
			t.Setenv("MITOPLAN_VAR_password", secret)
			l, err := Sudo{Path: path, Password: secret, User: "app", Common: Common{Env: map[string]string{"EXTRA": "y"}}}.Start(t.Context(), testStart(nil))
			if err != nil {
				t.Fatal(err)
			}
			first := assertLink(t, l)
			if !strings.Contains(first, `EXTRA="y"`) || !strings.Contains(first, `LC_ALL="`+os.Getenv("LC_ALL")+`"`) {
				t.Errorf("the agent saw %q, want its own variables and locale", first)
			}
			assertEnd(t, l, 3)
			for _, leak := range []string{string(l.LastWords()), read(t, path+".args"), read(t, path+".env")} {
				if strings.Contains(leak, secret) {
					t.Errorf("the password is in %q", leak)
				}
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSudoArguments(t *testing.T) {
	path := stub(t, `exec "$@"`)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	l, err := Sudo{Path: path, Login: true, SetHome: true, Role: "r", Type: "t", Common: Common{Env: map[string]string{"EXTRA": "from stdin"}}}.Start(t.Context(), testStart(nil))
	if err != nil {
		t.Fatal(err)
	}
	if first := assertLink(t, l); !strings.Contains(first, `EXTRA="from stdin"`) {
		t.Errorf("the agent saw %q, want the variable that came on stdin", first)
	}
	assertEnd(t, l, 3)
	want := "-p\nmitoplan-" + testToken + ":\n-u\nroot\n-H\n-i\n-r\nr\n-t\nt\n--\nsh\n"
	if got := read(t, path+".args"); got != want {
		t.Errorf("the arguments are %q, want %q", got, want)
	}
}

func TestSudoRefusals(t *testing.T) {
	for _, c := range []struct {
		name, body, password, code, attr string
	}{
		{"wrong", `ask "$prompt"; echo "Sorry, try again." >&2; ask "$prompt"; exit 1`, secret, "sudo_wrong_password", "password"},
		{"wrong, in another language", `ask "$prompt"; echo "Désolé, essayez de nouveau." >&2; ask "$prompt"; exit 1`, secret, "sudo_wrong_password", "password"},
		{"wrong, one try", `ask "$prompt"; echo "sudo: 1 incorrect password attempt" >&2; exit 1`, secret, "sudo_wrong_password", "password"},
		{"none given", `ask "$prompt"; exit 1`, "", "sudo_password_needed", "password"},
		{"not in sudoers", `ask "$prompt"; echo "nosudo is not in the sudoers file." >&2; exit 1`, secret, "sudo_not_in_sudoers", ""},
		{"rs: not allowed", `echo "sudo: I'm sorry me. I'm afraid I can't do that" >&2; exit 1`, "", "sudo_command_not_allowed", ""},
		{"not allowed", `echo "Sorry, user a is not allowed to execute '/bin/sh' as root on h." >&2; exit 1`, "", "sudo_command_not_allowed", ""},
		{"tty", `echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1`, "", "sudo_no_tty", ""},
		{"expired", `echo "sudo: Account expired or PAM config lacks an \"account\" section for sudo, contact your system administrator" >&2; exit 1`, "", "sudo_account_expired", ""},
		{"unknown user", `echo "sudo: unknown user ghost" >&2; exit 1`, "", "sudo_unknown_user", "user"},
		{"rs: unknown user", `echo "sudo: user not found: ghost" >&2; exit 1`, "", "sudo_unknown_user", "user"},
		{"a code", `ask "Verification code: "; exit 1`, secret, "sudo_unknown_prompt", ""},
		{"something else", `echo "sudo: the moon is not full" >&2; exit 4`, "", "agent_not_started", "path"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), deadlineOf(c.code))
			defer cancel()
			_, err := Sudo{Path: stub(t, c.body), Password: c.password}.Start(ctx, testStart(nil))
			p := wantCode(t, err, kind.Code(c.code))
			if p.Attr != c.attr {
				t.Errorf("the problem is of %q, want %q", p.Attr, c.attr)
			}
			if strings.Contains(p.Detail, secret) {
				t.Errorf("the problem shows the password: %s", p.Detail)
			}
		})
	}
}

// TestLastWordsAreTheHosts: the last words of a host have nothing that this program
// sent to it.
func TestLastWordsAreTheHosts(t *testing.T) {
	for _, c := range []struct{ name, body, words string }{
		{"a prompt that was answered", `ask "$prompt"; printf '\r\n\n' >/dev/tty; echo "pwuser is not in the sudoers file." >&2; exit 1`,
			"pwuser is not in the sudoers file."},
		{"the prompt of sudo-rs", `ask "[sudo: $prompt] Password: "; printf '******\n' >/dev/tty; echo "sudo: I'm sorry pwuser. I'm afraid I can't do that" >&2; exit 1`,
			"sudo: I'm sorry pwuser. I'm afraid I can't do that"},
		{"the command", `printf "Sorry, user a is not allowed to execute '%s' as root on h.\n" "$*" >&2; exit 1`,
			"Sorry, user a is not allowed to execute 'sh' as root on h."},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Sudo{Path: stub(t, c.body), Password: secret}.Start(t.Context(), testStart(nil))
			var p *kind.Problem
			if !errors.As(err, &p) {
				t.Fatal(err)
			}
			if _, words, _ := strings.Cut(p.Detail, "Its last words: "); words != c.words {
				t.Errorf("the last words are %q, want %q", words, c.words)
			}
		})
	}
}

// TestTheRuleThatSudoersLacksIsTold holds that a command which sudo does not allow is told with
// the line of sudoers that allows it.
func TestTheRuleThatSudoersLacksIsTold(t *testing.T) {
	says := func(command string) string {
		return `echo "Sorry, user a is not allowed to execute '` + command + `' as app on h." >&2; exit 1`
	}
	for want, k := range map[string]Sudo{
		"a ALL=(app) NOPASSWD: /usr/bin/sh.": {Path: stub(t, says("/usr/bin/sh"))},
		"a ALL=(app) /usr/bin/sh.":           {Path: stub(t, says("/usr/bin/sh")), Password: secret},
		"a ALL=(app) NOPASSWD: /opt/agent.":  {Path: stub(t, says("/opt/agent mitoplan-agent x y")), Common: Common{AgentPath: "/opt/agent"}},
	} {
		_, err := k.Start(t.Context(), testStart(nil))
		if p := wantCode(t, err, kind.CodeSudoCommandNotAllowed); !strings.Contains(p.Detail, want) {
			t.Errorf("it is not told that %q is to be written: %s", want, p.Detail)
		}
	}
}

// deadlineOf returns a short time if only the deadline ends the start, and a long
// one otherwise.
func deadlineOf(code string) time.Duration {
	if code == "sudo_unknown_prompt" {
		return time.Second
	}
	return 10 * time.Second
}

func TestSudoMissing(t *testing.T) {
	_, err := Sudo{Path: "/nonexistent/sudo"}.Start(t.Context(), testStart(nil))
	wantCode(t, err, "sudo_missing")
}

func TestRealSudo(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	if _, err := exec.LookPath("sudo"); err != nil {
		t.Skip("sudo is not installed")
	}
	dir := filepath.Join(t.TempDir(), "for nobody")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for d := dir; d != "/tmp" && d != "/"; d = filepath.Dir(d) {
		os.Chmod(d, 0o777|os.ModeSticky)
	}
	l, err := Sudo{User: "nobody", Common: Common{AgentDirs: []string{dir}}}.Start(t.Context(), testStart(nil))
	if err != nil {
		t.Fatal(err)
	}
	if first := assertLink(t, l); !strings.Contains(first, "UID=65534") {
		t.Errorf("the agent saw %q, want the user id 65534", first)
	}
	assertEnd(t, l, 3)
	_, err = Sudo{User: "no-such-user"}.Start(t.Context(), testStart(nil))
	wantCode(t, err, "sudo_unknown_user")
}

func TestPromptInPieces(t *testing.T) {
	a := newPrompter("mitoplan-abc:", "", nil, &LastWords{})
	seen := 0
	for _, piece := range []string{"Password: mito", "plan-ab", "c:mitoplan-abd: mitoplan-abc", ":", "\n"} {
		seen += a.count([]byte(piece))
	}
	if seen != 2 {
		t.Errorf("counted %d prompts, want 2", seen)
	}
}
