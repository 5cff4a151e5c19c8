//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// sshArgument is an argument of the kind ssh with a value that changes how a login ends, or
// what is there after it.
type sshArgument struct {
	attr, value string
	// around are the other arguments, as in sshRefusal.
	around map[string]string
	// with and without are how the context ends with the argument and without it: the
	// summary of an error, or what the agent there says, as far as it matters.
	with, without string
	// native is true if the ssh program cannot use the argument: then validate refuses it.
	native bool
}

// triedElsewhere are the arguments that another test is about, for both clients.
var triedElsewhere = map[string]string{
	"client": "every test here", "keepalive_interval": "TestOpenSSHAsksWhetherTheHostLives, TestSilentLineIsNoticed", "keepalive_count": "the same",
	"connect_timeout": "TestSSHRefusals", "parallelism": "TestParallelism: no connector sees it",
}

const portAsks = "2207" // asks for the password with keyboard-interactive

func sshArguments(t *testing.T, l *lab.Lab, client string) []sshArgument {
	q := func(s string) string { return fmt.Sprintf("%q", s) }
	file := func(name, content string) string {
		path := filepath.Join(l.Dir(), client+"-"+name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return q(path)
	}
	key, err := os.ReadFile(l.Key())
	if err != nil {
		t.Fatal(err)
	}
	type set = map[string]string
	const in = "[logged in]"
	return []sshArgument{
		{"host", q(l.Addr(1)), set{"ssh_config": file("host", "Host given\n HostName 127.0.0.1\n Port 9\n"), "host": q("given")}, in, "Connection refused", false},
		{"port", "22", set{"ssh_config": file("port", "Port 9\n")}, in, "Connection refused", false},
		{"user", q("deploy"), set{"ssh_config": file("user", "User ghost\n"), "user": ""}, in, "Key refused", false},
		{"identity_file", q(l.Key()), set{"ssh_config": file("id", "IdentityFile "+l.OtherKey()+"\n"), "identity_file": ""}, in, "Key refused", false},
		{"private_key", "<<-EOT\n" + string(key) + "EOT", set{"identity_file": ""}, in, "Nothing to log in with", true},
		{"certificate", q(userCert(t, l, client, "-n deploy")), set{"port": portCerts}, in, "Key refused", false},
		{"passphrase", q(lab.KeyPassphrase), set{"identity_file": q(l.EncryptedKey())}, in, "Private key is encrypted", true},
		{"password", q(lab.LoginPassword), set{"identity_file": "", "user": q("pwuser")}, in, "Nothing to log in with", true},
		{"answers", fmt.Sprintf("{ Password = %q }", lab.LoginPassword), set{"identity_file": "", "user": q("pwuser"), "port": portAsks}, in, "Nothing to log in with", true},
		{"agent", "true", set{"identity_file": "", "agent": "", "ssh_config": file("none", "IdentityAgent none\n")}, in, "Nothing to log in with", false},
		{"agent", "true", set{"identity_file": "", "agent": "", "ssh_config": file("empty", "IdentityAgent "+filepath.Join(l.Dir(), "empty.sock")+"\n")}, "Nothing to log in with", "Nothing to log in with", false},
		{"agent", "false", set{"identity_file": "", "agent": ""}, "Nothing to log in with", in, false},
		{"identities_only", "true", set{"identity_file": q(l.OtherKey()), "agent": ""}, "Key refused", in, false},
		{"known_hosts", q(l.KnownHosts()), set{"ssh_config": file("known", "UserKnownHostsFile /dev/null\n"), "known_hosts": ""}, in, "Unknown host key", false},
		{"host_key", "[" + q(l.HostKey(1)) + "]", set{"known_hosts": "", "ssh_config": file("nobody", "UserKnownHostsFile /dev/null\nGlobalKnownHostsFile /dev/null\n")}, in, "Unknown host key", true},
		{"host_key_check", q("accept_new"), set{"known_hosts": file("new", "")}, in, "Unknown host key", false},
		{"host_key_check", q("off"), set{"known_hosts": file("wrong", l.Addr(1)+" "+otherPublic(t))}, in, "Host key has changed", false},
		{"host_key_check", q("strict"), set{"known_hosts": file("nobody", ""), "ssh_config": file("lax", "StrictHostKeyChecking accept-new\n")}, "Unknown host key", in, false},
		{"ssh_config", file("deploy", "User deploy\n"), set{"user": ""}, in, "Key refused", false},
		{"name", q("a-name"), nil, "[mitoplan:a-name:]", "[mitoplan:ssh.]", false},
		{"env", `{ WHO = "it is me" }`, nil, "[it is me]", in, false},
		{"agent_path", q("/no/such/agent"), nil, "No agent at agent_path", in, false},
		{"agent_dirs", "[" + q("/srv/agents/"+client) + "]", nil, "[/srv/agents/" + client + "/mitoplan-]", in, false},
	}
}

func otherPublic(t *testing.T) string {
	s, err := ssh.NewSignerFromKey(newEd25519(t))
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(s.PublicKey()))
}

// side is one context of an argument: with it or without it, and how it is to end.
type side struct{ label, config, ends string }

func (a sshArgument) sides(i int, l *lab.Lab, client string) []side {
	make := func(name, ends string, set map[string]string) side {
		label := fmt.Sprintf("%s_%d_%s", a.attr, i, name)
		r := sshRefusal{label, maps.Clone(a.around)}
		if r.set == nil {
			r.set = map[string]string{}
		}
		maps.Copy(r.set, set)
		return side{label, r.block(l, client), ends}
	}
	return []side{make("with", a.with, map[string]string{a.attr: a.value}), make("without", a.without, nil)}
}

const saysWhere = `
call "command" %[1]q {
  on        = context.ssh.%[1]s
  read_only = true
  shell     = "echo logged in; echo $WHO; tr '\\0' ' ' </proc/$PPID/cmdline; ls -d /srv/agents/*/* 2>/dev/null; true"
}
output %[1]q {
  value = call.command.%[1]s.stdout
}
`

// Each argument of the kind ssh is honoured by each client, as a login with it and one
// without it show, or is refused by validate with the reason. None is passed over in silence.
func TestEverySSHArgumentIsHonouredOrRefused(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("the ssh program is missing (Debian package openssh-client)")
	}
	l := lab.New(t, lab.Options{})
	prepareSSHArguments(t, l)
	for _, client := range []string{"native", "openssh"} {
		t.Run(client, func(t *testing.T) {
			l := l.For(t)
			rows := sshArguments(t, l, client)
			assertEachArgumentIsThere(t, rows)
			var works, fails []side
			for i, a := range rows {
				if a.native && client == "openssh" {
					continue
				}
				for _, s := range a.sides(i, l, client) {
					if strings.HasPrefix(s.ends, "[") {
						works = append(works, s)
					} else {
						fails = append(fails, s)
					}
				}
			}
			assertEnds(t, l, fails)
			assertSays(t, l, works)
			l.AssertNoAgents(t)
		})
	}
	t.Run("validate refuses the rest", func(t *testing.T) {
		l := l.For(t)
		for i, a := range sshArguments(t, l, "validate") {
			if !a.native {
				continue
			}
			w := newWorkspace(t, map[string]string{"main.mito.hcl": a.sides(i, l, "openssh")[0].config})
			w.must(1, "validate").says(t, "The ssh program cannot use an argument", a.attr+" is set, and client = \"openssh\" too.", "  "+a.attr+" = ")
		}
	})
}

// assertEachArgumentIsThere fails the test if an argument has no row.
func assertEachArgumentIsThere(t *testing.T, rows []sshArgument) {
	i := slices.IndexFunc(controller.Kinds(), func(k kind.Kind) bool { return k.Role == kind.RoleContext && k.Name == "ssh" })
	for _, attr := range controller.Kinds()[i].Args.Attrs {
		if !slices.ContainsFunc(rows, func(a sshArgument) bool { return a.attr == attr.Name }) && triedElsewhere[attr.Name] == "" {
			t.Errorf("nothing tries the argument %s", attr.Name)
		}
	}
}

// assertEnds fails the test unless each context is refused with its summary.
func assertEnds(t *testing.T, l *lab.Lab, sides []side) {
	var config strings.Builder
	for _, s := range sides {
		config.WriteString(s.config + fmt.Sprintf(saysWhere, s.label))
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config.String()})
	w.env = append(w.env, "SSH_AUTH_SOCK="+filepath.Join(l.Dir(), "agent.sock"))
	r := w.must(1, "plan", "-no-color")
	told := errorsOf(r.stderr)
	for _, s := range sides {
		if !strings.HasPrefix(told[s.label], "\nError: "+s.ends+"\n") {
			t.Errorf("%s: want the error %q, got %q", s.label, s.ends, told[s.label])
		}
	}
}

// assertSays fails the test unless the agent of each context says what is in brackets.
func assertSays(t *testing.T, l *lab.Lab, sides []side) {
	var config strings.Builder
	for _, s := range sides {
		config.WriteString(s.config + fmt.Sprintf(saysWhere, s.label))
	}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": config.String()})
	w.env = append(w.env, "SSH_AUTH_SOCK="+filepath.Join(l.Dir(), "agent.sock"))
	w.must(0, "apply", "-auto-approve", "-no-color")
	var said map[string]struct{ Value string }
	if err := json.Unmarshal([]byte(w.must(0, "output", "-json").stdout), &said); err != nil {
		t.Fatal(err)
	}
	for _, s := range sides {
		if want := strings.Trim(s.ends, "[]"); !strings.Contains(said[s.label].Value, want) {
			t.Errorf("%s: want %q in %q", s.label, want, said[s.label].Value)
		}
	}
}

// prepareSSHArguments starts the sshd that sshArguments need, and an ssh-agent with the key
// that lets one in, and one without keys.
func prepareSSHArguments(t *testing.T, l *lab.Lab) {
	l.Exec(1, "sh", "-c", "mkdir -p /srv/agents/native /srv/agents/openssh && chmod 700 /srv/agents/* && chown deploy: /srv/agents/*")
	makeUserCA(l)
	startSSHD(l, portAsks, "KbdInteractiveAuthentication=yes")
	key, err := os.ReadFile(l.Key())
	if err != nil {
		t.Fatal(err)
	}
	secret, err := ssh.ParseRawPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ring := agent.NewKeyring()
	if err := ring.Add(agent.AddedKey{PrivateKey: secret}); err != nil {
		t.Fatal(err)
	}
	lab.ServeAgent(t, filepath.Join(l.Dir(), "agent.sock"), ring)
	lab.ServeAgent(t, filepath.Join(l.Dir(), "empty.sock"), agent.NewKeyring())
}
