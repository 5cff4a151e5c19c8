package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/secret"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// ownText is what mitoplan says in TestSecretsOnEachWayToPeople: words of which many are
// passwords of somebody.
const ownText = "the password of root was not accepted on ssh: the connection has a private key"

// ways are those by which a text reaches people. Each shows ownText and what a host said.
var ways = map[string]func(a *app, said string){
	"an error of the configuration": func(a *app, said string) {
		a.ui(&options{}).diagnostics(hcl.Diagnostics{{Summary: "Bad", Detail: fmt.Sprintf("%s: \"%s\".", ownText, said)}})
	},
	"an error of a host": func(a *app, said string) { hostError(a, &options{}, said) },
	"the same in JSON":   func(a *app, said string) { hostError(a, &options{json: true}, said) },
	"why a command does not run": func(a *app, said string) {
		a.sayNotRun(fmt.Errorf("%s: \"%s\"", ownText, said))
	},
	"why a command does not end well": func(a *app, said string) {
		_ = a.told(&options{json: true}, "Bad", fmt.Errorf("%s: \"%s\"", ownText, said))
	},
	"an entry of an agent": func(a *app, said string) {
		a.logger(false).With("context", "ssh.web").Info(ownText, "value", said)
	},
	"an entry in JSON": func(a *app, said string) {
		a.logger(true).With("context", "ssh.web").Info(ownText, "value", said)
	},
	"an entry with an error": func(a *app, said string) {
		a.logger(false).Warn("it failed", "error", kind.NewProblem("", "c", "Bad", ownText+": %s", said))
	},
	"a line about a start": func(a *app, said string) {
		log := newLogger(hclog.LoggerOptions{Output: a.stderr, Level: hclog.Debug}, a.mask)
		transport.NewStartLog(log.With("context", "ssh.web", "chain", "ssh.web")).Debug(ownText, "cause", said)
	},
	"what a program printed": func(a *app, said string) {
		fmt.Fprintln(a.stderr, ownText)
		a.logger(false).With("context", "ssh.web").Info("stdout: " + said)
	},
	"a crash": func(a *app, said string) {
		fmt.Fprintln(a.stderr, ownText)
		defer a.guard()
		panic(said)
	},
	"what goes on":         func(a *app, said string) { event(a, &options{}, said) },
	"what goes on in JSON": func(a *app, said string) { event(a, &options{json: true}, said) },
	"a warning of a plan": func(a *app, said string) {
		w := kind.Say(ownText+": %s", said)
		p := &planner.Plan{Actions: []*planner.Action{{Address: "file.x", Op: planner.Create, Warnings: []string{w.String()}, Told: []kind.Wording{w}}}}
		for _, action := range view.NewPlan(p, config.Catalogue{}, "v", a.mask).Actions {
			fmt.Fprintln(a.stderr, action.Warnings)
		}
	},
}

func hostError(a *app, o *options, said string) {
	w := kind.Say(ownText+": %s", said)
	a.ui(o).diagnostics(hcl.Diagnostics{{Summary: "Bad", Detail: w.String(), Extra: planner.Location{Host: true, Own: w.Own()}}})
}

func event(a *app, o *options, said string) {
	w := executor.Words(&transport.LostError{Context: "web", Cause: ownText, LastWords: said})
	a.ui(o).sink().Event(executor.Event{Type: executor.ApplyErrored, Op: planner.Create, Address: "file.x", Reason: w.String(), Own: w.Own(), Quotes: true})
}

func (a *app) logger(json bool) hclog.Logger {
	return newLogger(hclog.LoggerOptions{Output: a.stderr, JSONFormat: json}, a.mask)
}

// TestSecretsOnEachWayToPeople: on each way by which a text reaches people, what mitoplan says
// keeps its words, whatever a secret is spelt like. A secret of 8 bytes or more that a host
// said is not shown, in any form in which programs write it.
func TestSecretsOnEachWayToPeople(t *testing.T) {
	for _, pw := range []string{"on", "ssh", "root", "key", "a b", "private", "password", "accepted", "connection", "passwor7", "hunter2-very-secret", "quo\"te's\nand\tlines ${x}", "pässwörter", "8 bytes."} {
		for way, show := range ways {
			for _, form := range append(secret.Forms(pw), inOneLine(pw)) {
				shown := shownBy(show, pw, form)
				if !strings.Contains(shown, ownText) && !strings.Contains(shown, "T"+ownText[1:]) {
					t.Errorf("%s, with the secret %q, loses words:\n%s", way, pw, shown)
				}
				_, said, _ := strings.Cut(shown, "it said ")
				said, _, _ = strings.Cut(said, " and more")
				if bare := strings.TrimSpace(pw); len(bare) < secret.MinLength {
					continue
				} else if said = strings.TrimSpace(strings.Trim(said, "\\ ")); said != view.Masked {
					t.Errorf("%s shows of the secret %q as %q:\n%s", way, pw, form, said)
				}
			}
		}
	}
}

// inOneLine is a secret as an error quotes it that a program has printed. One of which less
// than 8 bytes are left without blanks is not looked for in that form.
func inOneLine(pw string) string {
	words := strings.Fields(pw)
	if len(strings.Join(words, "")) < secret.MinLength {
		return pw
	}
	return strings.Join(words, "; ")
}

// shownBy is what is shown of a text that a host said, on both streams.
func shownBy(show func(a *app, said string), pw, form string) string {
	var b bytes.Buffer
	a := &app{stdout: &b, stderr: &b, mask: &view.Masker{}, now: time.Now, exit: func(int) {}}
	a.mask.Add(pw)
	show(a, "it said "+form+" and more")
	return b.String()
}
