//go:build linux

package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

var ansibleAll = flag.Bool("ansible.all", false, "compare all tasks of the table with Ansible, and not the fixed ten")

// TestAnsibleAgrees holds that kinds and the modules of Ansible that do the same agree: after an
// apply each module in check mode reports no change, and after a play for real a plan is empty.
// Where they differ by right, the table says why, and that they do differ is held as well. It
// needs ansible-playbook; modules that ansible-core has not are in Debian's package ansible.
// Every run of the tests has ten tasks. All:
//
//	go test ./e2e -run TestAnsibleAgrees -v -ansible.all
func TestAnsibleAgrees(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("ansible-playbook"); err != nil {
		t.Skip("no ansible-playbook here, so kinds are not compared with its modules (Debian package ansible-core, or ansible for -ansible.all)")
	}
	collections := *ansibleAll && hasModule("community.general.ini_file") && hasModule("ansible.posix.mount")
	l := lab.New(t, lab.Options{Hosts: 2})
	programBytes, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	var tasks []ansibleTask
	for _, a := range ansibleTasks {
		switch {
		case !a.always && !*ansibleAll:
		case !collections && !strings.Contains(a.task, "ansible.builtin."):
			t.Logf("%s is left out: Debian's package ansible has the module", a.name)
		default:
			tasks = append(tasks, a)
		}
	}
	configuration, playbook := ansibleConfiguration(tasks), ansiblePlaybook(tasks)
	for host := 1; host <= 2; host++ {
		l.WriteFile(host, "/usr/local/bin/mitoplan", string(programBytes), 0o755)
		l.Exec(host, "sh", "-c", ansibleNeeds)
		for _, a := range tasks {
			if a.before != "" {
				l.Exec(host, "sh", "-c", "set -e; cd /srv/a; "+a.before)
			}
		}
		l.WriteFile(host, "/srv/conf/main.mito.hcl", configuration, 0o644)
		l.WriteFile(host, "/srv/conf/play.yml", playbook, 0o644)
	}

	const mitoplan, play = "cd /srv/conf && CI=true mitoplan ", "cd /srv/conf && LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_LOCALHOST_WARNING=0 ansible-playbook -i localhost, -c local -e ansible_python_interpreter=/usr/bin/python3 --diff play.yml "
	var said [2]string
	var wait sync.WaitGroup
	for host, line := range []string{
		mitoplan + "apply -auto-approve -no-color >applied 2>&1 || { cat applied; exit 0; }; " + play + "--check 2>&1; true",
		play + ">played 2>&1; cat played; echo '---'; " + mitoplan + "plan -json 2>&1; true",
	} {
		run := l.For(t)
		wait.Go(func() { said[host], _ = run.Run(host+1, "sh", "-c", line) })
	}
	wait.Wait()

	checked := playedTasks(said[0])
	done, plan, _ := strings.Cut(said[1], "\n---\n")
	played, planned := playedTasks(done), plannedChanges(plan)
	if len(tasks) < 10 || len(ansibleTasks) < 60 || len(checked) < len(tasks) || len(played) < len(tasks) || !strings.Contains(plan, `"change_summary"`) {
		t.Fatalf("not all was tried: %s\n%s", said[0], said[1])
	}
	for _, a := range tasks {
		if p := played[a.name]; p.status != "changed" && !(p.status == "ok" && a.idle) {
			t.Errorf("%s: the play should have changed something, and its task ended with %q: %s", a.name, p.status, p.said)
		}
		p := checked[a.name]
		if differs := p.status != "ok" && p.status != "skipping"; differs != (a.theirs != "") {
			t.Errorf("%s: after an apply the module says %q, and the reason why it may say that it would change something is %q:\n%s", a.name, p.status, a.theirs, p.said)
		}
		if got := planned[a.name]; (got != "") != (a.ours != "") {
			t.Errorf("%s: after the play the plan is %q, and the reason why it may be not empty is %q", a.name, got, a.ours)
		}
	}
}

// hasModule reports whether a module of Ansible is installed.
func hasModule(name string) bool {
	out, err := exec.Command("ansible-doc", "-t", "module", name).Output()
	return err == nil && strings.Contains(strings.ToLower(string(out)), name)
}

// ansibleTask is what a block and a task of Ansible do.
type ansibleTask struct {
	name string
	// always is set of those that every run of the tests has.
	always bool
	// before prepares a host in /srv/a, in shell.
	before string
	// idle is set if there is nothing to change from the beginning.
	idle bool
	// kind is the type and the kind of the block, args is what is in it beside on.
	kind, args string
	// task is the module with its arguments, as YAML.
	task string
	// theirs is why the module reports a change after an apply, and ours why the plan is not
	// empty after a play; "" if they are to agree.
	theirs, ours string
}

func ansibleConfiguration(tasks []ansibleTask) string {
	var b strings.Builder
	b.WriteString("context \"local\" \"h\" {}\n")
	for _, a := range tasks {
		block, kind, _ := strings.Cut(a.kind, " ")
		fmt.Fprintf(&b, "%s %q %q {\n  on = context.local.h\n  %s\n}\n", block, kind, a.name, strings.ReplaceAll(a.args, "; ", "\n  "))
	}
	return b.String()
}

func ansiblePlaybook(tasks []ansibleTask) string {
	var b strings.Builder
	b.WriteString("- hosts: localhost\n  gather_facts: false\n  ignore_errors: true\n  tasks:\n")
	for _, a := range tasks {
		fmt.Fprintf(&b, "  - name: %s\n    %s\n", a.name, a.task)
	}
	return b.String()
}

type played struct{ status, said string }

var (
	taskBegins = regexp.MustCompile(`(?m)^TASK \[(\w+)\] \*+$`)
	taskEnds   = regexp.MustCompile(`(?m)^(ok|changed|skipping|fatal): \[localhost\]`)
)

// playedTasks is what Ansible prints of each task.
func playedTasks(printed string) map[string]played {
	out := map[string]played{}
	begins := taskBegins.FindAllStringSubmatchIndex(printed, -1)
	for i, at := range begins {
		end := len(printed)
		if i+1 < len(begins) {
			end = begins[i+1][0]
		}
		p := played{said: printed[at[1]:end]}
		if m := taskEnds.FindStringSubmatch(p.said); m != nil {
			p.status = m[1]
		}
		out[printed[at[2]:at[3]]] = p
	}
	return out
}

// plannedChanges are the blocks that a plan changes, or that cannot be planned, by their names.
func plannedChanges(lines string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(lines) {
		var event struct {
			Type       string
			Change     struct{ Address, Action string }
			Diagnostic struct{ Severity, Address, Summary, Detail string }
		}
		if json.Unmarshal([]byte(line), &event) != nil {
			continue
		}
		switch {
		case event.Type == "planned_change" && event.Change.Action != "no-op" && event.Change.Action != "read":
			out[event.Change.Address[strings.LastIndex(event.Change.Address, ".")+1:]] = line
		case event.Type == "diagnostic" && event.Diagnostic.Severity == "error":
			out[event.Diagnostic.Address[strings.LastIndex(event.Diagnostic.Address, ".")+1:]] = line
		}
	}
	return out
}

// ansibleNeeds prepares a host: files of the controller, and a stand-in for the program crontab.
const ansibleNeeds = `set -e
mkdir -p /srv/a /srv/conf/tree/sub /var/spool/cron/crontabs /etc/cron.d
cd /srv/conf
echo 'Hello, ${name}.' >hello.tftpl; echo 'Hello, {{ name }}.' >hello.j2
echo source >source; echo one >tree/one; echo two >tree/sub/two
mkdir app; echo run >app/run; tar -czf app.tar.gz app; (cd app && tar -cf ../flat.tar run)
rm -f /etc/cron.d/*
cat >/usr/local/bin/crontab <<'END'
#!/bin/sh
user=root
while [ $# -gt 0 ]; do case $1 in -u) user=$2; shift 2;; -l) list=1; shift;; -r) rm -f /var/spool/cron/crontabs/$user; exit;; *) file=$1; shift;; esac; done
at=/var/spool/cron/crontabs/$user
if [ "$list" ]; then [ -e $at ] || { echo "no crontab for $user" >&2; exit 1; }; cat $at; else cat "$file" >$at; chmod 600 $at; chown $user $at; fi
END
chmod 755 /usr/local/bin/crontab
useradd -m -u 3000 anna
(cd /srv/conf/app && exec python3 -m http.server --bind 127.0.0.1 8000 >/dev/null 2>&1 </dev/null &)
`
