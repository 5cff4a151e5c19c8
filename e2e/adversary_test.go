//go:build linux

package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

var (
	adversaryAll    = flag.Bool("adversary.all", false, "play every attack, and print the table of what each achieved")
	adversaryOnly   = flag.String("adversary.only", "", "play the attacks whose names hold this text")
	adversaryRandom = flag.Int("adversary.random", 10, "with -adversary.all, play so many random attacks")
	adversarySeed   = flag.Uint64("adversary.seed", 0, "the first seed of random attacks; 0 is another one each time")
)

// The most that a hostile host may cost the controller, whatever it sends.
const (
	peakBound = 256 << 10 // KiB of resident memory of the whole program
	// spareTime is what a run takes on a busy machine beyond the bounds that an
	// attack uses up.
	spareTime = 25 * time.Second
)

// TestAdversary has a hostile host beside honest ones do each attack of package
// adversary, and says what it must not achieve. Every run of the tests plays a
// sample, each at one place. All of them, with the table:
//
//	go test ./e2e -run TestAdversary -v -adversary.all -timeout 60m
func TestAdversary(t *testing.T) {
	s := newStage(t)
	var table strings.Builder
	out := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "attack\tat\tstatus\ttime\tpeak\twhat it achieved\treported as")
	for i, a := range attacks(t) {
		positions := a.Positions()
		if !*adversaryAll && *adversaryOnly == "" {
			positions = positions[i%len(positions):][:1]
		}
		for _, at := range positions {
			t.Run(a.Name+"/"+string(at), func(t *testing.T) {
				fmt.Fprintln(out, s.play(t, a, at))
			})
		}
	}
	out.Flush()
	if *adversaryOnly == "" {
		t.Run(adversary.OrderTogether, s.playTogether)
	}
	t.Logf("\n%s", &table)
}

// attacks returns the attacks that this run plays.
func attacks(t *testing.T) (chosen []*adversary.Attack) {
	t.Helper()
	if name := *adversaryOnly; strings.HasPrefix(name, "random-") {
		return []*adversary.Attack{adversary.Lookup(name)}
	}
	for _, a := range adversary.Attacks() {
		if *adversaryOnly != "" && strings.Contains(a.Name, *adversaryOnly) || *adversaryOnly == "" && (*adversaryAll || a.Sample) {
			chosen = append(chosen, a)
		}
	}
	if !*adversaryAll {
		return chosen
	}
	seed := *adversarySeed
	if seed == 0 {
		seed = uint64(rand.Uint32())
	}
	t.Logf("random attacks: -adversary.seed=%d -adversary.random=%d", seed, *adversaryRandom)
	for i := range uint64(*adversaryRandom) {
		chosen = append(chosen, adversary.Random(seed+i))
	}
	return chosen
}

// stage is a lab of three hosts. h1 is the bastion. h2 behind it is honest. On h3,
// also behind it, the account nosudo is hostile. On h1 the account nosudo is a
// hostile bastion.
type stage struct {
	lab    *lab.Lab
	binary string
	seen   map[string]bool // what was on the hosts after the last attack
}

const hostileHome = "/home/nosudo"

func newStage(t *testing.T) *stage {
	t.Helper()
	l := lab.New(t, lab.Options{Hosts: 3, Bastion: true})
	path := filepath.Join(t.TempDir(), "hostile")
	build := exec.Command("go", "build", "-o", path, "../transport/transporttest/adversary/hostile")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the adversary: %v\n%s", err, out)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{lab: l, binary: string(b)}
	s.warmUp(t)
	s.takeOver()
	s.seen = s.everything()
	return s
}

// warmUp puts honest agents into the caches of all hosts, including the cache of the
// account that becomes hostile.
func (s *stage) warmUp(t *testing.T) {
	t.Helper()
	newWorkspace(t, map[string]string{"main.mito.hcl": s.config(&adversary.Attack{Name: "warm-up"}, adversary.Below)}).
		must(0, "apply", "-auto-approve")
}

// takeOver makes the account hostile: its login shell, and every agent in its cache.
func (s *stage) takeOver() {
	for _, i := range []int{1, 3} {
		s.lab.WriteFile(i, hostileHome+"/hostile", s.binary, 0o755)
		s.lab.Exec(i, "sed", "-i", "s|^\\(nosudo:.*:\\)[^:]*$|\\1"+hostileHome+"/hostile|", "/etc/passwd")
	}
	s.lab.Exec(1, "sed", "-i", "s|^|no-port-forwarding |", hostileHome+"/.ssh/authorized_keys")
	for cached := range strings.Lines(s.lab.Exec(3, "find", hostileHome, "-name", "agent-*")) {
		s.lab.Exec(3, "cp", strings.TrimSpace(cached), adversary.HonestPath)
		s.lab.WriteAgent(3, strings.TrimSpace(cached), s.binary)
	}
	s.lab.Exec(3, "chown", "-R", "nosudo:", hostileHome)
}

// mark is part of every name that the configuration of an attack makes.
func mark(a *adversary.Attack, at adversary.Position) string { return a.Name + "-" + string(at) }

// config is the configuration of one attack.
func (s *stage) config(a *adversary.Attack, at adversary.Position) string {
	l, c := s.lab, s.honest()
	bad := "context.ssh.bad"
	switch at {
	case adversary.Beside:
		c += sshContext(l, "bad", 3, "nosudo", "via = context.ssh.bastion") + onRoot("context.ssh.bad", hostileHome) + badWork
	case adversary.Below:
		bad = "context.sudo.bad"
		c += sshContext(l, "host", 3, "deploy", "via = context.ssh.bastion") + onRoot("context.ssh.host", "/srv") + badWork + `
context "sudo" "bad" {
  via  = context.ssh.host
  user = "nosudo"
}
`
	case adversary.Bastion:
		c += sshContext(l, "bad", 1, "nosudo", "") + sshContext(l, "behind", 3, "deploy", "via = context.ssh.bad") + `
resource "file" "behind" {
  on      = context.ssh.behind
  path    = "/home/deploy/ATTACK"
  content = "behind\n"
}
`
	}
	return strings.NewReplacer("ATTACK", mark(a, at), "BAD", bad).Replace(c + a.Config)
}

// honest is the part of a configuration that every attack has, with the work of the honest
// hosts.
func (s *stage) honest() string {
	return bounds + sshContext(s.lab, "bastion", 1, "deploy", "") + sshContext(s.lab, "good", 2, "deploy", "via = context.ssh.bastion") + `
context "sudo" "good" {
  via = context.ssh.good
}

resource "file" "front" {
  on      = context.ssh.bastion
  path    = "/home/deploy/ATTACK"
  content = "front\n"
}

call "command" "good" {
  on        = context.ssh.good
  argv      = ["id", "-un"]
  read_only = true
}

resource "file" "good" {
  on      = context.sudo.good
  path    = "/srv/ATTACK"
  content = "good, says ${call.command.good.stdout}"
}
`
}

// bounds are the bounds that a user can set for the answers of a host. If a call
// has a bound of its own, the controller waits 15 s more. The part of them that an
// attack may use up is in its Waits.
const bounds = `
mitoplan {
  progress_timeout = "8s"
  check_timeout    = "12s"
  call_timeout     = "8s"
  apply_timeout    = "20s"
}
`

// onRoot is root on the host of the hostile account, with a file in dir. It is hostile
// itself, or an honest agent with the rights of the account, if the adversary has started
// it, and otherwise honest.
func onRoot(via, dir string) string {
	return fmt.Sprintf(`
context "sudo" "root" {
  via = %s
}

resource "file" "root" {
  on      = context.sudo.root
  path    = "%s/ATTACK-root"
  content = "root\n"
}
`, via, dir)
}

const badWork = `
call "command" "bad" {
  on        = BAD
  argv      = ["uname"]
  read_only = true
}

resource "file" "bad" {
  on      = BAD
  path    = "/home/nosudo/ATTACK"
  content = "bad\n"
}

output "said" {
  value = call.command.bad.stdout
}
`
