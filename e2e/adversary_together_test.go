//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

// togetherWaits is how long the attacks that are played together may take up by the bounds
// of the tool: those of a plan, and then those of an apply.
const togetherWaits = 45 * time.Second

// playTogether plays all attacks at once that only wait, each by a context of its own.
// What each of them must not achieve is the same as by itself, and the report must say of
// each context what was done there.
func (s *stage) playTogether(t *testing.T) {
	all := s.lab
	s.lab = all.For(t)
	defer func() { s.lab = all }()
	defer s.clear(t)
	s.order(adversary.OrderTogether)
	attacks := adversary.Together()
	one := &adversary.Attack{Name: adversary.OrderTogether, Does: "plays many attacks at once", Fails: true}
	w := newWorkspace(t, map[string]string{"main.mito.hcl": s.configTogether(one, attacks)})
	w.write("large.bin", large(16<<20))
	w.limit = togetherWaits + spareTime
	run := w.start("apply", "-auto-approve")
	peak := run.peak()
	r := run.wait()
	wrong := append(s.achieved(r, one, adversary.Beside, w, peak), toldOfEach(r, attacks)...)
	for _, a := range attacks {
		wrong = append(wrong, s.notPlayed(a, adversary.Beside)...)
	}
	for _, what := range wrong {
		t.Error(what)
	}
	if t.Failed() {
		t.Log(cut(r.String(), 20_000))
	}
}

// configTogether is a configuration in which each attack has a context.
func (s *stage) configTogether(one *adversary.Attack, attacks []*adversary.Attack) string {
	c := strings.Replace(s.honest(), `apply_timeout    = "20s"`, `apply_timeout    = "10s"`, 1)
	for _, a := range attacks {
		name := "bad-" + a.Name
		c += sshContext(s.lab, name, 3, "nosudo", "via = context.ssh.bastion") + fmt.Sprintf(`
resource "file" %q {
  on      = context.ssh.%[1]s
  path    = "/home/nosudo/ATTACK-%[1]s"
  content = "bad\n"
}
`, name) + strings.ReplaceAll(a.Config, "BAD", "context.ssh."+name)
	}
	return strings.ReplaceAll(c, "ATTACK", mark(one, adversary.Beside))
}

// toldOfEach returns the attacks of which the report does not say, where it tells of their
// context, what was done.
func toldOfEach(r result, attacks []*adversary.Attack) (missing []string) {
	for _, a := range attacks {
		told := false
		for part := range strings.SplitSeq(reported(r), "\nError: ") {
			for _, text := range a.Blamed {
				told = told || strings.Contains(part, "-> ssh bad-"+a.Name) && says(part, text)
			}
		}
		if !told {
			missing = append(missing, "it is not reported what was done by "+a.Name)
		}
	}
	return missing
}
