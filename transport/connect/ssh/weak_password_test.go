package ssh

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/transport"
)

// weak are passwords that are spelt like words of mitoplan, and like the name of a host.
var weak = []string{"password", "user", "host", "key", "refused", "the", "answer", "publickey", "connection", "web"}

// checkOwn holds that a problem says what of it are mitoplan's own words: its own text fits
// its detail, and has the words of more than a short sentence. Every problem that a test of
// this package looks at is held to that.
func checkOwn(t *testing.T, p *kind.Problem) {
	t.Helper()
	if p.Own == "" || len(p.Own) > len(p.Detail) || len(strings.Fields(p.Own)) < 5 {
		t.Errorf("%s: of %q, own are %q", p.Code, p.Detail, p.Own)
	}
	for i := range len(p.Own) {
		if p.Own[i] != p.Detail[i] && p.Own[i] != ' ' {
			t.Fatalf("%s: %q is not a part of %q", p.Code, p.Own, p.Detail)
		}
	}
}

// shownWith is the detail of a problem of a context with a password, as the planner shows it.
func shownWith(p *kind.Problem, password string) string {
	var known secret.Set
	known.Add(password)
	told := known.HideTold(secret.Told{Text: p.Detail, Own: p.Own})
	if len(password) >= 4 {
		told = told.HideShort(password)
	}
	return told.Text
}

// TestWeakPasswordsLeaveOwnWords: of a refusal of the ssh program, all that mitoplan says is
// shown, whatever the password is, and of what the program and the host said nothing is in
// which the password stands.
func TestWeakPasswordsLeaveOwnWords(t *testing.T) {
	const login = "debug1: Connecting to web [192.0.2.1] port 22.\ndebug1: Connection established.\ndebug1: Authenticating to web:22 as 'b'\ndebug1: Server host key: ssh-ed25519 SHA256:x\n"
	said := "it says: " + strings.Join(weak, " ")
	for _, c := range []struct {
		lines, words string
		code         kind.Code
		own          string // which words are in the detail whatever the password is
	}{
		{"", "ssh: connect to host web port 22: Connection refused", kind.CodeSSHRefused, "is not reached: the ssh program says of it:"},
		{"", "ssh: Could not resolve hostname web: Name or service not known", kind.CodeSSHNameNotFound, "Correct host, or its HostName in the ssh configuration."},
		{"", "/etc/c: line 3: Bad configuration option: password", kind.CodeSSHConfig, "the ssh program of this machine says"},
		{login, "Host key verification failed.\n" + said, kind.CodeSSHHostKeyUnknown, "With host_key_check = \"accept_new\" the keys of new hosts are written without asking."},
		{login, "REMOTE HOST IDENTIFICATION HAS CHANGED\n" + said, kind.CodeSSHHostKeyChanged, "remove the old one as shown below, and append the last line"},
		{login, "revoked host key " + said, kind.CodeSSHHostKeyRevoked, "Give the host a new key"},
		{login, "Received disconnect: Too many authentication failures " + said, kind.CodeSSHTooManyKeys, "The server accepts only a few keys."},
		{login + secondJump, "b@web: Permission denied (publickey,password).", kind.CodeSSHKeyRefused, "accepts none of the keys that it was shown for"},
		{login + secondJump + "debug1: Authentications that can continue: publickey,password\n", "b@web: Permission denied (publickey,password).", kind.CodeSSHKeyRefused, "leave client out, and set password."},
		{login, "signing failed for user key: " + said, kind.CodeSSHKeyUnsigned, "the security key may not be there, or the key may need a passphrase."},
		{login, said, kind.CodeSSHLoginRefused, "did not let the ssh program in. Look at the log of its sshd. It said:"},
		{login + "Authenticated to web ([192.0.2.1]:22) using \"publickey\".\n", "channel 0: open failed: " + said, kind.CodeSSHNoSession, "let the ssh program in but opens no session."},
		{login + "Authenticated to web ([192.0.2.1]:22) using \"publickey\".\n", "client_loop: send disconnect: " + said, kind.CodeSSHEnded, "and then ended the connection before an agent ran."},
		{login + "Authenticated to web ([192.0.2.1]:22) using \"publickey\".\n", "This account is currently not available. " + said, kind.CodeSSHNoShell, "Give the user one there (chsh), or log in as another user."},
	} {
		p, _ := afterLines(c.lines)
		if c.code == kind.CodeSSHLoginRefused {
			p.phaseAt = transport.PhaseAuth
		}
		found := wantCode(t, p.explain(t.Context(), c.words), c.code, c.own)
		for _, password := range weak {
			shown := shownWith(found, password)
			if !strings.Contains(shown, c.own) {
				t.Errorf("%s with the password %q: %s", c.code, password, shown)
			}
			if strings.Contains(c.words, password) && len(password) >= 4 && strings.Contains(shown, strings.ReplaceAll(c.words, "\n", "\n  ")) {
				t.Errorf("%s shows the password %q in what was said: %s", c.code, password, shown)
			}
		}
	}
}

// TestWeakPasswordsAreHiddenInWhatServersSay is the same for mitoplan's own client.
func TestWeakPasswordsAreHiddenInWhatServersSay(t *testing.T) {
	s := &settings{host: "web", port: "22", user: "user", args: SSH{Host: "web", Password: "password"}}
	said := "it says: " + strings.Join(weak, " ")
	h := &handshake{
		trust: &trust{s: s}, greeting: &greeting{heard: []byte("SSH-2.0-" + said + "\r\n")}, banner: said,
		cred: &credentials{s: s, allowed: []string{"publickey", "password"}, tried: []string{"password"}, questions: &questions{}},
	}
	asked := &credentials{s: s, questions: &questions{answered: []string{said}, typed: true, typedFor: said}}
	for _, c := range []struct {
		err error
		own string
	}{
		{h.refusedLogin(errors.New("ssh: unable to authenticate")), "does not accept the password of"},
		{withoutShell("web:22", "user", said), "has no login shell at"},
		{keysRefused("web:22", "user", true), "or set another, or set password, which it takes as well."},
		{asked.questionRefusal(), ", and with the password, which answered"},
		{asked.questionRefusal(), "One of them is wrong, or a one-time code is too old"},
		{notSpoken("web:22", said), "does not speak the ssh protocol. It began with"},
		{dialProblem(t.Context(), s, syscall.ECONNREFUSED), "is up, but nothing listens on port"},
		{dialProblem(t.Context(), s, errors.New(said)), "Check whether its sshd can be reached from the machine that dials."},
		{(&keyFault{summary: "S", clause: "needs a passphrase, and the connection to the ssh-agent at /x is refused", remedy: "Set it."}).problem(&identity{name: "The private key"}), "needs a passphrase, and the connection to the ssh-agent at"},
		{certificateProblem("certificate", "It", errors.New("is for the key ssh-ed25519, which is not among the private keys of this context")), "which is not among the private keys of this context"},
		{h.unshaken(errors.New("ssh: handshake failed: ssh: disconnect, reason 2: " + said)), "ended the handshake and gave this reason:"},
	} {
		var p *kind.Problem
		if !errors.As(c.err, &p) {
			t.Fatalf("%v is no problem", c.err)
		}
		checkOwn(t, p)
		quotes := strings.Contains(p.Detail, said[:40])
		for _, password := range weak {
			shown := shownWith(p, password)
			if !strings.Contains(shown, c.own) {
				t.Errorf("%s with the password %q: %s", p.Code, password, shown)
			}
			if quotes && len(password) >= 4 && strings.Contains(shown, said[:60]) && strings.Contains(said[:60], password) {
				t.Errorf("%s shows the password %q in what was said: %s", p.Code, password, shown)
			}
		}
	}
}
