package planner

import (
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

const password = "hunter2-password"

// secretsOfTest know a password and that a file was made of one before.
func secretsOfTest() *secrets {
	s := &secrets{record: recordOf(earlier{blocks: map[string]Recorded{"file.former": {Secret: []string{"content"}}}})}
	s.known.Add(password)
	return s
}

// Marks are late if something becomes known to be sensitive after a host has
// answered, or if a thing that others have looked at turns out to hold a secret.
func TestWhenMarksAreLate(t *testing.T) {
	vs, _ := valuesOf(t, twoHosts+`
resource "file" "secret" {
  on      = context.ssh.one
  path    = "/x"
  content = sensitive("another-secret")
}
`)
	withSecret := func(i *instance) *instance {
		i.sensitive, i.args = []string{"content"}, vs.instances["file.secret"].args
		return i
	}
	for _, c := range []struct {
		promise string
		event   func(s *secrets, one, other *instance)
		late    bool
	}{
		{"nothing was learned", func(s *secrets, one, _ *instance) { s.learn(one) }, false},
		{"nor is it before a host has answered", func(s *secrets, one, _ *instance) { s.learn(withSecret(one)) }, false},
		{"a secret is learned after that", func(s *secrets, one, other *instance) {
			s.hear(other, Result{})
			s.learn(withSecret(one))
		}, true},
		{"one that is known is no news", func(s *secrets, one, other *instance) {
			s.learn(withSecret(one))
			s.hear(other, Result{})
			s.learn(withSecret(other))
		}, false},
		{"a secret goes into a thing that another block edits", func(s *secrets, one, other *instance) {
			one.machine.things["path:/x"] = []claim{{inst: one}, {inst: other}}
			s.learn(withSecret(one))
		}, true},
		{"or into one that another block copies", func(s *secrets, one, other *instance) {
			one.machine.readers = map[kind.Thing][]*instance{"path:/x": {other}}
			s.taint(withSecret(one))
		}, true},
		{"or that a call may have read", func(s *secrets, one, other *instance) {
			s.hear(other, Result{Reply: &function.CallReply{}})
			s.taint(withSecret(one))
		}, true},
	} {
		t.Run(c.promise, func(t *testing.T) {
			s := secretsOfTest()
			m := newOrdering(nil).machineNamed("m")
			c.event(s, claimant(m, "file", "one", 1, map[string]any{"path": "/x"}), claimant(m, "file", "other", 2, map[string]any{"path": "/y"}))
			if got := s.takeLate(); got != c.late {
				t.Errorf("marks are late: %v", got)
			}
			if s.takeLate() {
				t.Error("they are late still, after they were spread")
			}
		})
	}
}

// A copy of a file with a secret holds the secret, and so do copies of the copy.
func TestCopiesOfSecretsAreSecret(t *testing.T) {
	s := secretsOfTest()
	m := newOrdering(nil).machineNamed("m")
	one := claimant(m, "file", "one", 1, map[string]any{"path": "/x"})
	one.sensitive = []string{"content"}
	two := claimant(m, "file", "two", 2, map[string]any{"path": "/y", "copy_from": "/x"})
	three := claimant(m, "file", "three", 3, map[string]any{"path": "/z", "copy_from": "/y"})
	other := claimant(m, "file", "other", 4, map[string]any{"path": "/o", "copy_from": "/p"})
	for _, i := range []*instance{one, two, three, other} {
		s.taint(i)
	}
	for i, want := range map[*instance]bool{two: true, three: true, other: false} {
		if _, after := i.hidden(); after["content"] != want || i.holdsSecrets() != want {
			t.Errorf("the content of %s is a secret: %v, and it runs with one: %v", i.addr, after["content"], i.holdsSecrets())
		}
	}
}

// What an answer holds of a secret is neither in its texts nor shown as a value, but
// for an argument that comes back as it was sent.
func TestWhatIsHeard(t *testing.T) {
	for _, c := range []struct {
		promise      string
		answer       Result
		echoed       []string
		echoedBefore []string
	}{
		{"a fact", Result{Facts: map[string]any{"hostname": "h-" + password, "os": "linux"}}, []string{"hostname"}, nil},
		{"what a program said", Result{Reply: &function.CallReply{Results: map[string]any{"stdout": kind.Text(password), "exit_code": int64(0)}}}, []string{"stdout"}, nil},
		{"what was there", Result{Change: &resource.Change{Before: map[string]any{"content": password}, After: map[string]any{"content": "new"}}}, nil, []string{"content"}},
		{"a key of a map", Result{Facts: map[string]any{"env": map[string]any{password: "x"}}}, []string{"env"}, nil},
		{"an argument as it was sent", Result{Change: &resource.Change{After: map[string]any{"owner": password}}}, nil, nil},
	} {
		s := secretsOfTest()
		i := claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, map[string]any{"path": "/x", "owner": password})
		i.echoed = map[string]bool{"earlier": true}
		s.hear(i, c.answer)
		if !slices.Equal(sortedKeys(i.echoed), c.echoed) || !slices.Equal(sortedKeys(i.echoedBefore), c.echoedBefore) {
			t.Errorf("%s: echoed %v, before %v", c.promise, i.echoed, i.echoedBefore)
		}
	}
	s := secretsOfTest()
	i := claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, map[string]any{"path": "/x"})
	heard := s.hear(i, Result{Failure: &Failure{Summary: "Refused", Detail: "by " + password, Said: password}}).Failure
	if strings.Contains(heard.Summary+heard.Detail+heard.Said, password) || !strings.HasPrefix(heard.Detail, "by ") {
		t.Errorf("a failure says %+v", heard)
	}
}

// A thing that was made of a secret before may still hold it.
func TestFormerSecretsAreKnown(t *testing.T) {
	s := secretsOfTest()
	i := claimant(newOrdering(nil).machineNamed("m"), "file", "former", 1, map[string]any{"path": "/x"})
	s.learn(i)
	if before, after := i.hidden(); !before["content"] || !after["content"] {
		t.Errorf("hidden are %v before and %v after", before, after)
	}
	if !i.holdsSecrets() {
		t.Error("the programs that look at it get to see no secret")
	}
}

// A long content that is put back into an answer is looked through like one that a host
// has sent.
func TestSecretsInExcerptsAreFound(t *testing.T) {
	known := &secretsOfTest().known
	for name, c := range map[string]struct {
		v    any
		want bool
	}{
		"with the secret":    {resource.Digest{Excerpt: &resource.Excerpt{Text: kind.Text("x\n" + password + "\n")}}, true},
		"without":            {resource.Digest{Excerpt: &resource.Excerpt{Text: "x\n"}}, false},
		"without an excerpt": {resource.Digest{}, false},
		"as it was sent":     {map[string]any{"excerpt": map[string]any{"text": kind.Text(password)}}, true},
	} {
		if got := holdsSecret(known, c.v); got != c.want {
			t.Errorf("%s: found %v, want %v", name, got, c.want)
		}
	}
}

// The values of an argument that is a secret by its kind are secrets, whatever its type: also
// those of a map that were written as literals. Its names are none.
func TestValuesOfASecretMapAreSecrets(t *testing.T) {
	vs, _ := valuesOf(t, `
context "ssh" "bank" {
  host    = "bank"
  answers = { "Verification code" = "hunter2-code" }
}
`)
	i := vs.instances["context.ssh.bank"]
	if got := i.secretTexts(); !slices.Equal(got, []string{"hunter2-code"}) {
		t.Errorf("its secrets are %q", got)
	}
}
