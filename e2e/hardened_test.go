//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// hardenedVars are what somebody says who hardens the hosts of a lab.
const hardenedVars = `
hosts       = { h1 = { address = %q } }
operator    = "deploy"
key         = %q
known_hosts = %q
kernel_now  = false
tmp_size    = "16m"
sshd        = { AllowGroups = "ssh-users" }
admins = {
  alice = { name = "Alice", keys = [%[4]q] }
  bob   = { name = "Bob", keys = [%[5]q, %[6]q] }
}
backup_keys = [%[4]q]
`

const (
	aliceKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFqa3IUMFB+U0AayYB3aVFVqXSWPZcy7DDmALSb8uZEx"
	bobKey   = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJtM3iwHAgTYrNGfbn80J8Qst6QFEVXmFzu9Rll0tNw1"
)

// everything describes what a role could touch, one thing a line: what is at each path with its
// owner, permissions, length and link, what files hold, what is mounted, and what the kernel is
// set to. What mitoplan keeps on a host, and what the host itself logs, is left out.
const everything = `cd /
roots="etc home root srv opt tmp mnt media var/lib var/spool var/log var/tmp"
not="( -path var/lib/dpkg -o -path var/lib/apt -o -name .cache -o -path var/log/sshd.log -o -path var/log/lastlog -o -path var/log/wtmp -o -path var/log/btmp ) -prune -o"
find $roots -xdev $not -type d -printf '/%p %M %U:%G\n' -o $not ! -type d -printf '/%p %M %U:%G %s %n %l\n' | sort
find $roots -xdev $not -type f -print0 | sort -z | xargs -0 sha256sum | sed 's,^\([^ ]*\)  \(.*\),/\2 holds \1,'
cut -d' ' -f4- /proc/self/mountinfo | sed 's/^/mounted /'
grep -r . /proc/sys/net/ipv4/conf/all /proc/sys/net/ipv4/conf/default /proc/sys/net/ipv4/ip_local_port_range /proc/sys/net/ipv4/tcp_timestamps /proc/sys/kernel/hostname 2>/dev/null
`

func snapshot(l *lab.Lab) []string {
	return strings.Split(strings.TrimSpace(l.Exec(1, "sh", "-c", "set -f\n"+everything)), "\n")
}

// differing are the names of the lines that are in one of two snapshots only, each once. That of a
// line about a path is the path, and that of one about what a file holds has "holds" behind it.
func differing(before, after []string) []string {
	var out []string
	for _, of := range []struct{ lines, others []string }{{before, after}, {after, before}} {
		has := map[string]bool{}
		for _, line := range of.others {
			has[line] = true
		}
		for _, line := range of.lines {
			name, _, _ := strings.Cut(line, " ")
			words := strings.Fields(line)
			switch {
			case name == "mounted":
				name = "mounted " + words[2]
			case strings.HasPrefix(line, "/proc/sys/"):
				name, _, _ = strings.Cut(line, ":")
			case words[1] == "holds":
				name += " holds"
			}
			if !has[line] && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// handEdits are what somebody does on the host by hand, each with the block that it is a drift
// of, what of that, and what drift shows.
var handEdits = []struct {
	command, address, changed string
	shows                     []string
}{
	{`sed -i 's/^MaxAuthTries 3/MaxAuthTries 6/' /etc/ssh/sshd_config`,
		`line.sshd["h1"]["MaxAuthTries"]`, "line", []string{"- MaxAuthTries 6", "+ MaxAuthTries 3"}},
	{`sysctl -qw net.ipv4.conf.all.rp_filter=0`,
		`sysctl.hardened["h1"]["net.ipv4.conf.all.rp_filter"]`, "value", []string{`~ value = "0" -> "1"`}},
	{`sed -i '/^net.ipv4.tcp_syncookies/d' /etc/sysctl.d/99-zz-hardened.conf`,
		`sysctl.hardened["h1"]["net.ipv4.tcp_syncookies"]`, "value", []string{"+ net.ipv4.tcp_syncookies = 1"}},
	{`echo 'mallory ALL=(ALL) NOPASSWD: ALL' >>/etc/sudoers.d/admins`,
		`sudoers.admins["h1"]`, "content", []string{"- mallory ALL=(ALL) NOPASSWD: ALL"}},
	{`gpasswd -d alice admins`,
		`user.admin["h1"]["alice"]`, "groups", []string{`~ groups = ["ssh-users"] -> ["admins", "ssh-users"]`}},
	{`echo '` + bobKey + ` mallory' >>/home/alice/.ssh/authorized_keys`,
		`authorized_key.admin["h1"]["alice"]`, "exclusive", []string{"- " + bobKey + " mallory"}},
	{`sed -i 's/core 0/core unlimited/' /etc/security/limits.d/10-hardened.conf`,
		`limits.core["h1"]`, "value", []string{"- * hard core unlimited", "+ * hard core 0"}},
	{`mount -o remount,exec /dev/shm`,
		`mount.shm["h1"]`, "runtime", []string{`-> "tmpfs (tmpfs, nosuid,nodev,noexec)"`}},
	{`umount /var/tmp`,
		`mount.var_tmp["h1"]`, "runtime", []string{`~ mounted = "no" -> "/var/tmp (none, bind,nosuid,nodev,noexec)"`}},
	{`sed -i 's/^23 4/24 4/' /etc/cron.d/hardened`,
		`cron.setuid["h1"]`, "command", []string{"- 24 4 * * * root find", "+ 23 4 * * * root find"}},
	{`echo Welcome >>/etc/motd`,
		`file.motd["h1"]`, "content", []string{"- Welcome"}},
	{`sed -i '/h1.example.com/d' /etc/hosts && echo '10.9.9.9 other' >>/etc/hosts`,
		`hosts_entry.name["h1"]`, "names", []string{"h1.example.com h1"}},
}

// The role of examples/roles/hardened does on a fresh host what it plans, in one go, and then
// there is nothing left to do. Whatever somebody changes by hand is shown as that and as nothing
// else. It is taken away again but for what its README names.
func TestHardenedHost(t *testing.T) {
	l := lab.New(t, lab.Options{})
	w := exampleWorkspace(t, "roles/hardened")
	labKey, err := exec.CommandContext(t.Context(), "ssh-keygen", "-y", "-f", l.Key()).Output()
	if err != nil {
		t.Fatal(err)
	}
	w.write("mitoplan.mitovars.hcl", fmt.Sprintf(hardenedVars, l.Addr(1), l.Key(), l.KnownHosts(), strings.TrimSpace(string(labKey)), aliceKey, bobKey))
	// Without PAM sshd refuses the key of an account that is locked.
	l.Exec(1, "sh", "-c", `sed -i 's/^UsePAM yes/UsePAM no/' /etc/ssh/sshd_config && kill -HUP $(cat /run/sshd.pid)`)
	hosts := l.ReadFile(1, "/etc/hosts")
	fresh := snapshot(l)

	plan := w.must(0, "plan", "-no-color")
	plan.says(t, "0 to destroy, 1 to run", `+ /home/alice/  group = "alice", mode = "0750", owner = "alice"`)
	if diff := cmp.Diff([]string(nil), differing(fresh, snapshot(l))); diff != "" {
		t.Errorf("planning changed %s", diff)
	}
	w.must(0, "apply", "-auto-approve")
	w.converged()
	w.must(0, "drift")
	if got := strings.TrimSpace(l.Exec(1, "stat", "-c", "%U %a", "/home/alice", "/var/lib/fetch-backup")); got != "alice 750\nfetch-backup 750" {
		t.Errorf("the homes are %q", got)
	}
	l.Exec(1, "/usr/sbin/sshd", "-t")
	l.Exec(1, "visudo", "-c")
	for _, login := range [][]string{{"alice", "alice\n"}, {"fetch-backup", "./"}} {
		out, err := exec.CommandContext(t.Context(), "ssh", "-F", l.SSHConfig(), "-o", "BatchMode=yes", "-l", login[0], "h1", "id -un").CombinedOutput()
		if err != nil || !strings.HasPrefix(string(out), login[1]) {
			t.Errorf("%s logs in: %v, %.300q", login[0], err, out)
		}
	}

	var want []string
	for _, e := range handEdits {
		l.Exec(1, "sh", "-c", e.command)
		want = append(want, e.address+" "+e.changed)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(want)), w.drifted()); diff != "" {
		t.Errorf("the drift is not what was changed by hand (-want +got):\n%s", diff)
	}
	drift := w.must(2, "drift", "-no-color")
	for _, e := range handEdits {
		drift.says(t, e.shows...)
	}
	w.must(0, "apply", "-auto-approve").says(t, fmt.Sprintf("0 added, %d changed", len(handEdits)))
	w.converged()

	w.must(0, "destroy", "-auto-approve")
	l.Exec(1, "sh", "-c", "/usr/sbin/sshd -t && kill -HUP $(cat /run/sshd.pid)")
	w.must(0, "plan").says(t, "0 to destroy, 1 to run")
	if got, want := l.ReadFile(1, "/etc/hosts"), hosts+"10.9.9.9 other\n"; got != want {
		t.Errorf("/etc/hosts holds %q, and not %q", got, want)
	}
	readme, err := os.ReadFile("../examples/roles/hardened/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, stays, _ := strings.Cut(strings.Join(strings.Fields(string(readme)), " "), "## What stays")
	left := differing(fresh, snapshot(l))
	for _, s := range staysHardened {
		if s.readme != "" && !strings.Contains(stays, s.readme) {
			t.Errorf("the README says nothing of %q", s.readme)
		}
		for _, name := range s.names {
			n := len(left)
			left = slices.DeleteFunc(left, func(is string) bool {
				if prefix, many := strings.CutSuffix(name, "*"); many {
					return strings.HasPrefix(is, prefix)
				}
				return is == name
			})
			if len(left) == n {
				t.Errorf("%s is as before, and the README has it among what stays", name)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("after destroy these are not as before, and the README names none of them: %q", left)
	}
	l.AssertNoAgents(t)
}

// staysHardened is what is not as before after a destroy, with the words of the README of the role
// that say so. A name that ends with * is of all that begin like it.
var staysHardened = []struct {
	readme string
	names  []string
}{
	{"the home directories of the accounts", []string{"/home/alice*", "/home/bob*", "/var/lib/fetch-backup*"}},
	{"the values that the kernel has now", []string{"/proc/sys/net/*"}},
	{"the options of `/dev/shm`", []string{"mounted /dev/shm"}},
	{"owners and permissions of what was there before", []string{"/etc/cron.d", "/etc/cron.daily", "/etc/cron.weekly", "/etc/ssh/sshd_config", "/etc/gshadow", "/etc/shadow"}},
	{"locks and shells of accounts that were there", []string{"/etc/shadow holds"}},
	{"the time zone", []string{"/etc/localtime", "/etc/timezone", "/etc/timezone holds"}},
	{"copies that `backup` kept", []string{"/etc/login.defs.2*", "/etc/motd.2*", "/etc/pam.d/common-auth.2*", "/etc/pam.d/su.2*", "/etc/ssh/sshd_config.2*"}},
	{"what the programs for accounts keep", []string{"/etc/passwd-*", "/etc/group-*", "/etc/shadow-*", "/etc/gshadow-*", "/etc/subuid-*", "/etc/subgid-*"}},
	{"what others wrote meanwhile", []string{"/var/log/sudo.log*"}},
	{"", []string{"/etc/hosts", "/etc/hosts holds"}}, // somebody has added another address
}

// drifted are the blocks that differ and what was changed of each, in the order of their names.
func (w *workspace) drifted() []string {
	w.t.Helper()
	var out []string
	for line := range strings.Lines(w.must(2, "drift", "-json").stdout) {
		var event struct {
			Type  string `json:"type"`
			Drift struct {
				Addresses []string `json:"addresses"`
				Changed   []string `json:"changed_outside"`
			} `json:"drift"`
		}
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			w.t.Fatalf("%v: %s", err, line)
		}
		if event.Type == "resource_drift" {
			out = append(out, strings.Join(event.Drift.Addresses, ",")+" "+strings.Join(event.Drift.Changed, ","))
		}
	}
	slices.Sort(out)
	return out
}
