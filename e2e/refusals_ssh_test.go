//go:build linux

package e2e

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// sshRefusal is a way in which a login over ssh, or what follows it, is refused. set are
// arguments as HCL, in the place of those that let one in; "" leaves an argument out.
type sshRefusal struct {
	name string
	set  map[string]string
}

// Hosts of sshRefusals: 1 works, with an sshd of its own for each port below, 2 shows
// another key than before, 3 is off, 4 has no space, and 5 runs no programs from any disk.
const (
	portFew     = "2201" // MaxAuthTries 2
	portNone    = "2202" // MaxSessions 0
	portOld     = "2203" // speaks an old key exchange alone
	portRSA     = "2204" // wants host keys that it has not
	portCerts   = "2205" // lets in with certificates alone
	portRestart = "2206" // nothing listens
)

func sshRefusals(t *testing.T, l *lab.Lab) []sshRefusal {
	q := func(s string) string { return fmt.Sprintf("%q", s) }
	file := func(name, content string) string {
		path := filepath.Join(l.Dir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	config := func(name, content string) string { return q(file(name, content)) }
	known, err := os.ReadFile(l.KnownHosts())
	if err != nil {
		t.Fatal(err)
	}
	jump := func(name, hop string) string {
		return config(name, "Host "+l.Addr(1)+"\n ProxyJump "+hop+"\nHost *\n IdentityFile "+l.Key()+"\n UserKnownHostsFile "+l.KnownHosts()+"\n")
	}
	empty, many := filepath.Join(l.Dir(), "empty.sock"), filepath.Join(l.Dir(), "many.sock")
	lab.ServeAgent(t, empty, agent.NewKeyring())
	lab.ServeAgent(t, many, strangers(t, 8))
	silent, garbage, closing, old, full := listeners(t)
	return []sshRefusal{
		{"host key unknown", map[string]string{"known_hosts": q(file("known", ""))}},
		{"host key unknown, no file", map[string]string{"known_hosts": q("/dev/null")}},
		{"host key changed", map[string]string{"host": q(l.Addr(2))}},
		{"host key revoked", map[string]string{"known_hosts": q(file("revoked", string(known)+"@revoked * "+l.HostKey(1)+"\n"))}},
		{"password needed", map[string]string{"user": q("pwuser"), "identity_file": "", "agent": "false"}},
		{"key refused", map[string]string{"identity_file": q(l.OtherKey())}},
		{"key encrypted", map[string]string{"identity_file": q(l.EncryptedKey())}},
		{"key encrypted and refused", map[string]string{"identity_file": q(l.EncryptedKey()), "user": q("ghost")}},
		{"key refused because others may write the file", map[string]string{"user": q("loose")}},
		{"key missing", map[string]string{"identity_file": q("/no/such/key")}},
		{"key public", map[string]string{"identity_file": q(file("other.pub", l.HostKey(1)+"\n"))}},
		{"key readable by others", map[string]string{"identity_file": q(l.Key() + ".open")}},
		{"agent without keys", map[string]string{"identity_file": "", "agent": "", "ssh_config": config("empty.conf", "IdentityAgent "+empty+"\n")}},
		{"user unknown", map[string]string{"user": q("ghost")}},
		{"account expired", map[string]string{"user": q("expired")}},
		{"account inactive", map[string]string{"user": q("inactive")}},
		{"account denied by a rule", map[string]string{"user": q("denied")}},
		{"account kept out with a text", map[string]string{"user": q("closed")}},
		{"password expired", map[string]string{"user": q("stale")}},
		{"session denied by a rule", map[string]string{"user": q("sessionless")}},
		{"account without a shell", map[string]string{"user": q("noshell")}},
		{"account that runs false", map[string]string{"user": q("falseshell")}},
		{"forced command", map[string]string{"user": q("forced")}},
		{"too many keys", map[string]string{"identity_file": "", "agent": "", "port": portFew, "ssh_config": config("many.conf", "IdentityAgent "+many+"\n")}},
		{"no sessions", map[string]string{"port": portNone}},
		{"port closed", map[string]string{"port": portRestart}},
		{"host down", map[string]string{"host": q(l.Addr(3))}},
		{"host without a name", map[string]string{"host": q("no-such-host.invalid")}},
		{"host silent", map[string]string{"host": q("127.0.0.1"), "port": full, "connect_timeout": q("1s")}},
		{"server silent", map[string]string{"host": q("127.0.0.1"), "port": silent, "connect_timeout": q("1s")}},
		{"server of another protocol", map[string]string{"host": q("127.0.0.1"), "port": garbage}},
		{"server that closes", map[string]string{"host": q("127.0.0.1"), "port": closing}},
		{"server of version 1", map[string]string{"host": q("127.0.0.1"), "port": old}},
		{"no common key exchange", map[string]string{"port": portOld}},
		{"no common host key", map[string]string{"port": portRSA, "ssh_config": config("rsa.conf", "HostKeyAlgorithms rsa-sha2-512\n")}},
		{"jump host down", map[string]string{"ssh_config": jump("down.conf", "deploy@"+l.Addr(3))}},
		{"jump host refuses", map[string]string{"ssh_config": jump("ghost.conf", "ghost@"+l.Addr(4))}},
		{"host down behind a jump host", map[string]string{"host": q(l.Addr(3)), "ssh_config": config("behind.conf", "Host "+l.Addr(3)+"\n ProxyJump deploy@"+l.Addr(1)+"\nHost *\n IdentityFile "+l.Key()+"\n UserKnownHostsFile "+l.KnownHosts()+"\n")}},
		{"host without a name behind a jump host", map[string]string{"host": q("no-such-host.invalid"), "ssh_config": config("nameless.conf", "Host no-such*\n ProxyJump deploy@"+l.Addr(1)+"\nHost *\n IdentityFile "+l.Key()+"\n UserKnownHostsFile "+l.KnownHosts()+"\n")}},
		{"proxy command fails", map[string]string{"ssh_config": config("proxy.conf", "ProxyCommand sh -c 'echo no way >&2; exit 3'\n")}},
		{"proxy command missing", map[string]string{"ssh_config": config("noproxy.conf", "ProxyCommand /no/such/proxy %h\n")}},
		{"configuration wrong", map[string]string{"ssh_config": config("wrong.conf", "Host *\n Frobnicate yes\n")}},
		{"configuration missing", map[string]string{"ssh_config": q("/no/such/config")}},
		{"certificate expired", map[string]string{"port": portCerts, "certificate": q(filepath.Join(l.Dir(), "late-cert.pub"))}},
		{"certificate for another user", map[string]string{"port": portCerts, "certificate": q(filepath.Join(l.Dir(), "ops-cert.pub"))}},
		{"certificate with a forced command", map[string]string{"port": portCerts, "certificate": q(filepath.Join(l.Dir(), "forced-cert.pub"))}},
		{"certificate missing", map[string]string{"port": portCerts, "certificate": q("/no/such/cert.pub")}},
		{"no space", map[string]string{"host": q(l.Addr(4))}},
		{"noexec everywhere", map[string]string{"host": q(l.Addr(5))}},
	}
}

// TestSSHRefusals holds that whatever a login over ssh is refused by is told with its cause
// and with what to do, by mitoplan's own client and with the ssh program, word for word as in
// the golden file. All are in one plan, so each is also told beside the others.
func TestSSHRefusals(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("the ssh program is missing (Debian package openssh-client)")
	}
	l := lab.New(t, lab.Options{Hosts: 5})
	prepareSSHRefusals(t, l)
	rows := sshRefusals(t, l)
	said := map[string]map[string]string{}
	for _, client := range []string{"native", "openssh"} {
		var config strings.Builder
		for _, r := range rows {
			config.WriteString(r.context(l, client))
		}
		w := newWorkspace(t, map[string]string{"main.mito.hcl": config.String()})
		r := w.must(1, "plan", "-no-color")
		said[client] = errorsOf(steadySSH(steady(l, w, r.stderr)))
		if t.Failed() || testing.Verbose() {
			t.Log(r)
		}
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for _, client := range []string{"native", "openssh"} {
				if n := strings.Count(said[client][r.label()], "\nError: "); n != 1 {
					t.Errorf("with client = %q there are %d errors about it, want one", client, n)
				}
			}
			file := filepath.Join("testdata", "refusals", "ssh", r.label()+".txt")
			golden(t, file, "With client = \"native\":\n"+said["native"][r.label()]+theirs+ofVersion(t, file, said["openssh"][r.label()]))
		})
	}
	l.AssertNoAgents(t)
}

// theirs begins the part of a golden file that quotes the ssh program.
const theirs = "\nWith client = \"openssh\":\n"

// ofVersion is what is told with the ssh program. Another version than that of the golden
// files has other words: then the summary has to be the same, and the rest is taken from there.
func ofVersion(t *testing.T, file, told string) string {
	version, err := exec.Command("ssh", "-V").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	if *update || strings.HasPrefix(string(version), "OpenSSH_9.2") {
		return told
	}
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	_, part, _ := strings.Cut(string(content), theirs)
	summary := func(text string) string { line, _, _ := strings.Cut(strings.TrimSpace(text), "\n"); return line }
	if summary(part) != summary(told) {
		t.Errorf("it is told as %q, want %q", summary(told), summary(part))
	}
	return part
}

func (r sshRefusal) label() string {
	return strings.NewReplacer(" ", "-", ",", "").Replace(r.name)
}

// context is the context of the refusal, and something in it.
func (r sshRefusal) context(l *lab.Lab, client string) string {
	return r.block(l, client) + fmt.Sprintf("call \"hostname\" %q {\n  on = context.ssh.%[1]s\n}\n", r.label())
}

// block is the context alone.
func (r sshRefusal) block(l *lab.Lab, client string) string {
	args := map[string]string{
		"host": fmt.Sprintf("%q", l.Addr(1)), "user": `"deploy"`, "identity_file": fmt.Sprintf("%q", l.Key()),
		"known_hosts": fmt.Sprintf("%q", l.KnownHosts()), "ssh_config": "false", "agent": "false", "client": fmt.Sprintf("%q", client),
	}
	maps.Copy(args, r.set)
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(args)) {
		if args[name] != "" {
			fmt.Fprintf(&b, "  %s = %s\n", name, args[name])
		}
	}
	return fmt.Sprintf("context \"ssh\" %q {\n%s}\n", r.label(), b.String())
}

// steadySSH replaces the numbers of ports that the system chose, how often a login was
// tried, and the time.
func steadySSH(text string) string {
	for _, c := range changingSSH {
		text = c.pattern.ReplaceAllString(text, c.with)
	}
	return text
}

var changingSSH = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(127\.0\.0\.1:|port |port = )\d{5}\b`), "${1}PORT"},
	{regexp.MustCompile(`(port = PORT\n *|"/LAB[^"]*"\n *)\^+`), "${1}^^^"},
	{regexp.MustCompile(`tried \d+ times in \S+\.`), "tried so many times."},
	// What ended first, the command or the reading of it, is chance.
	// The shell of a ProxyCommand and the ssh program write to one pipe, also at one moment.
	{regexp.MustCompile(`(/bin/sh: 1: exec: )debug1: [^;\n]*; `), "${1}"},
	{regexp.MustCompile(`banner exchange: Connection to UNKNOWN port \S+: Broken pipe`), "kex_exchange_identification: Connection closed by remote host\n    Connection closed by UNKNOWN port PORT"},
	{regexp.MustCompile(`here it is .* UTC`), "here it is NOW"},
}

var contextOf = regexp.MustCompile(`with (context\.[a-z]+\.[a-z0-9_-]+),`)

// errorsOf are the diagnostics of a run by the names of their ssh contexts.
func errorsOf(text string) map[string]string {
	out := map[string]string{}
	for address, part := range errorsByContext(text) {
		out[strings.TrimPrefix(address, "context.ssh.")] += part
	}
	return out
}

// errorsByContext are the diagnostics of a run by the addresses of their contexts.
func errorsByContext(text string) map[string]string {
	out := map[string]string{}
	for _, part := range strings.Split("\n"+text, "\nError: ")[1:] {
		if m := contextOf.FindStringSubmatch(part); m != nil {
			out[m[1]] += "\nError: " + part
		} else {
			out[""] += "\nError: " + part
		}
	}
	return out
}
