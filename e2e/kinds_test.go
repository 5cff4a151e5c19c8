//go:build linux

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// TestExamplesOfTheManual holds that the example of every kind can be planned and applied as
// it stands, that a plan finds nothing to do after that and a drift nothing that differs, and
// that what a resource made can be taken away again. All run on one lab host, where mitoplan
// is installed, and reach that host from there.
func TestExamplesOfTheManual(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{})
	furnish(t, l)
	for _, k := range controller.Kinds() {
		t.Run(string(k.Role)+" "+k.Name, func(t *testing.T) {
			l := l.For(t)
			if prepare := exampleNeeds[k.Name]; prepare != nil {
				prepare(t, l)
			}
			l.Exec(1, "mkdir", "-p", exampleDir)
			l.WriteFile(1, exampleDir+"/main.mito.hcl", k.Page.Example, 0o644)
			defer l.Exec(1, "rm", "-rf", exampleDir)
			script := applyExample
			if k.Role == kind.RoleResource {
				script += destroyExample
			}
			if out, err := l.Run(1, "timeout", "60", "sh", "-c", script); err != nil {
				t.Errorf("%s\n%s\n%v", k.Page.Example, out, err)
			}
		})
	}
}

// exampleDir is where the configuration of the example is, as applyExample has it.
const exampleDir = "/root/example"

// applyExample applies the example, with everything that a reader would type. What is said goes
// to standard error, which the error of a run has.
const applyExample = `cd /root/example && exec >&2
export CI=true
fails() { echo "mitoplan $* ended with $status" >&2; exit 1; }
run() { want=$1; shift; status=0; mitoplan "$@" -no-color || status=$?; [ $status = "$want" ] || fails "$@"; }
run 0 plan
run 0 apply -auto-approve
run 0 plan -detailed-exitcode
run 0 drift
`

// destroyExample takes away what the example made.
const destroyExample = `run 0 destroy -auto-approve
`

// furnish gives the host mitoplan, the programs that take the place of real ones, a name that
// the examples use, and the key and known hosts of its root.
func furnish(t *testing.T, l *lab.Lab) {
	t.Helper()
	put := func(from, to string, mode os.FileMode) {
		t.Helper()
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		l.WriteFile(1, to, string(b), mode)
	}
	put(program, "/usr/local/bin/mitoplan", 0o755)
	for as, standIn := range map[string]string{"kubectl": "kubectl", "lxc": "lxc", "incus": "lxc", "systemd-run": "systemd-run", "docker": "engine", "podman": "engine"} {
		put(filepath.Join("../transport/connect/testdata", standIn), "/usr/local/bin/"+as, 0o755)
	}
	l.Exec(1, "mkdir", "-p", "-m", "700", "/root/.ssh")
	put(l.Key(), "/root/.ssh/id_ed25519", 0o600)
	l.Exec(1, "sh", "-c", fmt.Sprintf(`echo '%s web1.example.com' >>/etc/hosts
printf 'web1.example.com ' >/root/.ssh/known_hosts
ssh-keygen -y -f /etc/ssh/ssh_host_ed25519_key >>/root/.ssh/known_hosts`, l.Addr(1)))
}

// exampleNeeds prepare the host for what the example of a kind finds there.
var exampleNeeds = map[string]func(*testing.T, *lab.Lab){
	"archive": func(_ *testing.T, l *lab.Lab) {
		l.Exec(1, "sh", "-c", "mkdir -p /root/app-1.2/bin && echo run >/root/app-1.2/bin/run && cd /root && tar -czf app-1.2.tar.gz app-1.2")
	},
	"chroot": func(_ *testing.T, l *lab.Lab) {
		l.BusyboxRoot(1, "/srv/debian")
		l.MakeNull(1, "/srv/debian")
	},
	"doas": func(t *testing.T, l *lab.Lab) {
		needDoas(t)
		l.WriteFile(1, "/etc/doas.conf", "permit nopass deploy\n", 0o400)
	},
	"file": func(_ *testing.T, l *lab.Lab) {
		l.Exec(1, "mkdir", "-p", "/etc/ssh/sshd_config.d", "/run/sshd")
	},
	"swap": func(t *testing.T, l *lab.Lab) { // The kernel swaps to no file of an overlay.
		if out, err := l.Run(1, "sh", "-c", "mkdir -p /var/swap && truncate -s 64M /root/ext4 && mkfs.ext4 -q /root/ext4 && mount -o loop /root/ext4 /var/swap"); err != nil {
			t.Skipf("no file system of its own can be mounted here: %s %v", out, err)
		}
	},
}
