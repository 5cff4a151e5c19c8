//go:build linux

package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// surroundings is a script that prints what a program finds around it: everything
// that must be the same as with plain ssh and sudo. It leaves out what differs with
// each login, and what is documented to differ: PATH is longer, and commands start
// in the home directory.
const surroundings = `
echo umask $(umask)
echo nice $(nice)
echo oom $(cat /proc/self/oom_score_adj)
grep -E '^(Sig(Blk|Ign)|Cap|NoNewPrivs|Seccomp|Cpus_allowed):' /proc/self/status
ulimit -S -a | grep -v pending; ulimit -H -a | grep -v pending
for n in 3 4 5 6 7 8 9 10 11 12; do [ -e /proc/$$/fd/$n ] && echo descriptor $n; done
if (: </dev/tty) 2>/dev/null; then echo terminal; else echo no terminal; fi
env | grep -vE '^(PATH|PWD|OLDPWD|SHLVL|_|MITOPLAN_CALL|SSH_CLIENT|SSH_CONNECTION|SUDO_COMMAND)=' | LC_ALL=C sort
`

// plainly runs a script with the ssh program, as a user and through a command.
func plainly(t *testing.T, l *lab.Lab, user, through string) string {
	t.Helper()
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("the ssh program is missing (Debian package openssh-client)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ssh", "-F", l.SSHConfig(), "-o", "BatchMode=yes", "-l", user, "h1", through)
	cmd.Stdin = strings.NewReader(surroundings)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", through, err, out)
	}
	return string(out)
}

// Commands, guards and what they start find the same as with plain ssh and sudo:
// the umask, limits, signals, priority and environment of the account, even if
// those are unusual. They find nothing of the way by which mitoplan got there.
func TestSurroundings(t *testing.T) {
	l := lab.New(t, lab.Options{})
	l.WriteFile(1, "/home/deploy/.bashrc", "umask 027; ulimit -S -n 500; ulimit -c 7; export T=mine d=mine f=mine _x=mine LC_ALL=C.UTF-8\n", 0o644)
	contexts := sshContext(l, "h", 1, "deploy", "") + `
context "sudo" "root" {
  via = context.ssh.h
}
context "sudo" "app" {
  via  = context.sudo.root
  user = "app"
}
context "local" "in_ssh" {
  via = context.ssh.h
}
context "local" "in_sudo" {
  via = context.sudo.root
}
context "sudo" "login" {
  via   = context.ssh.h
  login = true
}
`
	for _, c := range []struct{ name, sudoers, context, through string }{
		{"ssh", "", "ssh.h", "exec sh"},
		{"local in ssh", "", "local.in_ssh", "exec sh"},
		{"sudo", "", "sudo.root", "sudo sh"},
		{"local in sudo", "", "local.in_sudo", "sudo sh"},
		{"sudo in sudo", "", "sudo.app", "sudo sudo -u app sh"},
		{"sudo as a login", "", "sudo.login", "sudo -i sh"},
		{"sudo with its own umask", "Defaults umask=0077", "sudo.root", "sudo sh"},
		{"sudo with its umask for all", "Defaults umask=0002, umask_override", "sudo.root", "sudo sh"},
		{"sudo without a terminal of its own", "Defaults !use_pty", "sudo.root", "sudo sh"},
		{"sudo that keeps the environment", "Defaults !env_reset", "sudo.root", "sudo sh"},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.For(t)
			l.WriteFile(1, "/etc/sudoers.d/case", c.sudoers+"\n", 0o440)
			want := plainly(t, l, "deploy", c.through)
			w := newWorkspace(t, map[string]string{"main.mito.hcl": contexts + fmt.Sprintf(`
call "command" "look" {
  on        = context.%[1]s
  shell     = %[2]q
  read_only = true
}
call "command" "guarded" {
  on      = context.%[1]s
  argv    = ["true"]
  only_if = "(%[3]s) >/tmp/guard 2>&1; ! : </dev/tty"
}
output "found" { value = call.command.look.stdout }
`, c.context, surroundings, "umask")})
			w.must(0, "apply", "-auto-approve")
			if got := w.must(0, "output", "-raw", "found").stdout; strings.TrimSpace(got) != strings.TrimSpace(want) {
				t.Errorf("a command finds\n%s\nwith plain ssh and sudo it is\n%s", got, want)
			}
			first, _, _ := strings.Cut(want, "\n")
			if got := strings.TrimSpace(l.ReadFile(1, "/tmp/guard")); "umask "+got != first {
				t.Errorf("a guard has umask %s, want %s", got, first)
			}
			l.Exec(1, "rm", "-f", "/tmp/guard")
		})
	}
	l.AssertNoAgents(t)
}

// A program that wants to ask somebody fails at once, in every context and whatever
// runs it. The terminal of sudo used to stop it until a timeout.
func TestNobodyIsAsked(t *testing.T) {
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, nil)
	for name, contexts := range map[string]string{
		"local.c": "context \"local\" \"c\" {}\n",
		"ssh.c":   sshContext(l, "c", 1, "deploy", ""),
		"sudo.c":  sshContext(l, "h", 1, "ops", "") + "context \"sudo\" \"c\" {\n  via = context.ssh.h\n  password = \"" + lab.OpsPassword + "\"\n}\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := *w
			w.t = t
			w.write("main.mito.hcl", contexts+`
call "command" "ask" {
  on    = context.`+name+`
  shell = "read x </dev/tty"
}
`)
			r := w.must(1, "apply", "-auto-approve")
			r.says(t, "/dev/tty", "No such device or address")
			if r.took > 20*time.Second {
				t.Errorf("the run took %s, want 20s at most", r.took)
			}
		})
	}
	l.AssertNoAgents(t)
}

// Neither the process list nor SUDO_COMMAND shows the script that starts agents.
// The processes of mitoplan show their names and nothing else.
func TestNoScriptIsShown(t *testing.T) {
	l := lab.New(t, lab.Options{})
	w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, 1, 1) + `
call "command" "wait" {
  on    = context.sudo.host
  shell = "echo $SUDO_COMMAND >/run/command; until [ -e /run/go-on ]; do sleep 0.05; done"
}
`})
	run := w.start("apply", "-auto-approve")
	run.until("the call runs", func() bool { return runs(l, 1, "go-on") })
	for _, p := range l.Processes(1) {
		for _, script := range []string{"_mT", "ls -ldn", "gzip", "agent-"} {
			if strings.Contains(p.Cmdline, script) {
				t.Errorf("the process list shows %q", p.Cmdline)
			}
		}
		if strings.Contains(p.Cmdline, "mitoplan") && len(p.Cmdline) > 120 {
			t.Errorf("the process list shows %d bytes: %q", len(p.Cmdline), p.Cmdline)
		}
	}
	l.WriteFile(1, "/run/go-on", "", 0o644)
	if r := run.wait(); r.status != 0 {
		t.Fatal(r)
	}
	if got := strings.TrimSpace(l.ReadFile(1, "/run/command")); got != "/usr/bin/sh" && got != "/bin/sh" {
		t.Errorf("SUDO_COMMAND is %q", got)
	}
	l.AssertNoAgents(t)
}

// A sudoers file may name the one command that an account may run.
func TestSudoersThatNameCommands(t *testing.T) {
	l := lab.New(t, lab.Options{})
	content, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	l.WriteFile(1, "/opt/mitoplan-agent", string(content), 0o755)
	for _, c := range []struct{ name, rule, more string }{
		{"the agent", "nosudo ALL=(root) NOPASSWD: /opt/mitoplan-agent", `agent_path = "/opt/mitoplan-agent"`},
		{"sh without words", `nosudo ALL=(root) NOPASSWD: /usr/bin/sh "", /bin/sh ""`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := l.For(t)
			l.WriteFile(1, "/etc/sudoers.d/case", c.rule+"\n", 0o440)
			w := newWorkspace(t, map[string]string{"main.mito.hcl": sshContext(l, "h", 1, "nosudo", "") + `
context "sudo" "root" {
  via = context.ssh.h
  ` + c.more + `
}
output "user" { value = context.sudo.root.user }
`})
			w.must(0, "apply", "-auto-approve")
			if got := w.must(0, "output", "-raw", "user").stdout; strings.TrimSpace(got) != "root" {
				t.Errorf("the user is %q, want root", got)
			}
		})
	}
	l.AssertNoAgents(t)
}

// A local command gets neither the descriptors and signals that mitoplan was
// started with nor the settings of mitoplan. /proc shows no variable of the
// configuration.
func TestLocalInheritsNothing(t *testing.T) {
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
variable "s" { sensitive = true }
context "local" "here" {}
call "command" "look" {
  on    = context.local.here
  shell = "ls -l /proc/$$/fd; env; grep SigIgn /proc/self/status"
}
call "command" "wait" {
  on    = context.local.here
  argv  = ["sh", "-c", "until [ -e $0 ]; do sleep 0.05; done", "` + filepath.Join(t.TempDir(), "go-on") + `"]
}
output "found" { value = call.command.look.stdout }
`})
	w.setVar("s", "s3cret-value")
	w.setVar("unused", "s3cret-other")
	w.env = append(w.env, "MITOPLAN_LOG=debug", "MITOPLAN_LOG_PATH="+w.path("log"), "KEPT=kept")
	cmd := exec.Command("sh", "-c", `trap '' HUP; exec 7</etc/passwd 9</etc/group && exec "$@"`, "sh", program, "-chdir="+w.dir, "apply", "-auto-approve")
	cmd.Env, cmd.Dir = w.env, "/"
	out, err := os.Create(w.path("out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var waiting string
	eventually(t, runLimit, "the command waits", func() bool {
		for _, agent := range childrenOf(cmd.Process.Pid) {
			for _, pid := range childrenOf(agent) {
				argv, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
				if f := strings.Split(string(argv), "\x00"); len(f) > 3 && strings.HasSuffix(f[3], "go-on") {
					waiting = f[3]
				}
			}
		}
		return waiting != ""
	})
	for _, pid := range append(childrenOf(cmd.Process.Pid), cmd.Process.Pid) {
		environ, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || strings.Contains(string(environ), "s3cret") || strings.Contains(string(environ), "MITOPLAN_LOG") || !strings.Contains(string(environ), "KEPT=kept") {
			t.Errorf("process %d shows %q (%v)", pid, environ, err)
		}
	}
	if err := os.WriteFile(waiting, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, w.read("out"))
	}
	found := w.must(0, "output", "-raw", "found").stdout
	for _, leak := range []string{"/etc/passwd", "/etc/group", "MITOPLAN_LOG", "MITOPLAN_VAR", "s3cret"} {
		if strings.Contains(found, leak) {
			t.Errorf("a command finds %s in\n%s", leak, found)
		}
	}
	for _, want := range []string{"KEPT=kept", "SigIgn:\t0000000000000000"} {
		if !strings.Contains(found, want) {
			t.Errorf("a command does not find %q in\n%s", want, found)
		}
	}
}

// A local agent that was stopped by a signal still ends when mitoplan is killed.
func TestStoppedAgentEndsWithItsParent(t *testing.T) {
	w := newWorkspace(t, map[string]string{"main.mito.hcl": `
context "local" "here" {}
call "command" "wait" {
  on   = context.local.here
  argv = ["sleep", "4321"]
}
`})
	run := w.start("apply", "-auto-approve")
	var agents, calls []int
	run.until("the call runs", func() bool {
		if agents = childrenOf(run.cmd.Process.Pid); len(agents) != 1 {
			return false
		}
		calls = slices.DeleteFunc(childrenOf(agents[0]), func(pid int) bool {
			cmdline, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			return !strings.HasSuffix(string(cmdline), "sleep\x004321\x00")
		})
		return len(calls) == 1
	})
	call := calls[0]
	if err := syscall.Kill(agents[0], syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	run.cmd.Process.Kill()
	run.wait()
	eventually(t, 6*time.Second, "the agent and its call have ended", func() bool {
		return gone(agents[0]) && gone(call)
	})
}

// gone reports whether a process has ended. A zombie that nobody has waited for yet
// counts as ended.
func gone(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// Credentials for logins and for sudo are in no command line and no environment of
// any process, at any time of a run.
func TestNoCredentialIsShown(t *testing.T) {
	l := lab.New(t, lab.Options{})
	pem, err := os.ReadFile(l.EncryptedKey())
	if err != nil {
		t.Fatal(err)
	}
	w := newWorkspace(t, map[string]string{
		"key":              string(pem),
		"secrets.mitovars": fmt.Sprintf("sudo = %q\nlogin = %q\npassphrase = %q\n", lab.OpsPassword, lab.LoginPassword, lab.KeyPassphrase),
		"main.mito.hcl": fmt.Sprintf(`
variable "sudo" {
  type      = string
  sensitive = true
}
variable "login" {
  type      = string
  sensitive = true
}
variable "passphrase" {
  type      = string
  sensitive = true
}
context "ssh" "key" {
  host        = %[1]q
  user        = "ops"
  private_key = file("key")
  passphrase  = var.passphrase
  known_hosts = %[2]q
  ssh_config  = false
  agent       = false
}
context "sudo" "key" {
  via      = context.ssh.key
  password = var.sudo
}
context "ssh" "password" {
  host        = %[1]q
  user        = "pwuser"
  password    = var.login
  known_hosts = %[2]q
  ssh_config  = false
  agent       = false
}
call "command" "work" {
  for_each = { key = context.sudo.key, password = context.ssh.password }
  on       = each.value
  argv     = ["sleep", "0.2"]
}
`, l.Addr(1), l.KnownHosts()),
	})
	secrets := map[string]string{
		"the sudo password": lab.OpsPassword, "the login's password": lab.LoginPassword, "the passphrase": lab.KeyPassphrase,
		"the private key": strings.Split(string(pem), "\n")[3],
	}
	r := w.start("apply", "-auto-approve", "-var-file="+w.path("secrets.mitovars")).watch(func(file, argv, content string) {
		for name, s := range secrets {
			if strings.Contains(content, s) {
				t.Errorf("%s is in the %s of %q", name, file, argv)
			}
		}
	})
	if r.status != 0 {
		t.Errorf("the run failed: %v", r)
	}
	l.AssertNoAgents(t)
}
