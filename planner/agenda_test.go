package planner

import (
	"slices"
	"strings"
	"testing"
)

// agendaOf makes the agenda of a configuration, with nothing on it. The blocks have
// expanded as far as they can without an answer of a host.
func agendaOf(t *testing.T, src string) *agenda {
	t.Helper()
	vs, _ := valuesOf(t, src)
	for _, n := range vs.nodes {
		n.value = valueCurrent
		for _, i := range n.insts {
			for _, r := range n.refs {
				for _, q := range match(i, r) {
					if r.ordered {
						i.follow(q)
					}
				}
			}
		}
	}
	return newAgenda(vs)
}

// take returns the addresses of what is on the agenda, and takes them off it.
func (ag *agenda) take() string {
	var out []string
	for n := range ag.dirtyNodes {
		out = append(out, n.addr)
	}
	for i := range ag.dirty {
		out = append(out, i.addr)
	}
	clear(ag.dirtyNodes)
	clear(ag.dirty)
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Each event puts exactly those blocks and instances on the agenda that it can
// change.
func TestWhatIsLookedAtAgain(t *testing.T) {
	src := reload("triggered_by = [file.conf]") + `
resource "file" "named" {
  on      = context.ssh.one
  path    = "/named"
  content = file.conf["b"].path
}
resource "file" "late" {
  on       = context.ssh.one
  for_each = toset(split(",", call.command.list.stdout))
  path     = "/late"
}
resource "file" "after" {
  on         = context.ssh.one
  path       = "/after"
  depends_on = [file.late]
}
`
	at := func(ag *agenda, address string) *instance { return ag.values.instances[address] }
	for _, c := range []struct {
		promise string
		event   func(ag *agenda)
		want    string
	}{
		{"what comes after an instance that settled", func(ag *agenda) { ag.settle(at(ag, `file.conf["a"]`), done, "") }, `call.command.reload["a"]`},
		{"and, with the last of its block, what refers to that", func(ag *agenda) {
			ag.settle(at(ag, `file.conf["a"]`), done, "")
			ag.settle(at(ag, `file.conf["b"]`), done, "")
		}, `call.command.reload["a"] call.command.reload["b"] file.named`},
		{"but not what was sent", func(ag *agenda) {
			at(ag, "file.named").phase = sent
			at(ag, `file.conf["b"]`).followers = nil
			ag.touchUsers(ag.values.byAddress["file.conf"])
		}, `call.command.reload["a"] call.command.reload["b"]`},
		{"nothing by an instance that settles twice", func(ag *agenda) {
			ag.settle(at(ag, `file.conf["a"]`), done, "")
			ag.take()
			ag.settle(at(ag, `file.conf["a"]`), failed, "late")
		}, ""},
		{"what is on a context that settled", func(ag *agenda) { ag.settle(at(ag, `context.ssh.web["a"]`), done, "") }, `call.command.reload["a"] file.conf["a"]`},
		{"a block whose instances hang on it", func(ag *agenda) { ag.settle(at(ag, "call.command.list"), done, "") }, "file.late"},
		{"what is wanted", func(ag *agenda) { ag.want(at(ag, "file.named")) }, "file.named"},
		{"once", func(ag *agenda) {
			ag.want(at(ag, "file.named"))
			ag.take()
			ag.want(at(ag, "file.named"))
		}, ""},
		{"what a context is reached through", func(ag *agenda) {
			at(ag, `context.ssh.web["a"]`).via = at(ag, "context.ssh.one")
			ag.want(at(ag, `context.ssh.web["a"]`))
		}, `context.ssh.one context.ssh.web["a"]`},
		{"of a collection, what an instance names by key, and its context", func(ag *agenda) { ag.wakeValues(at(ag, "file.named")) }, `context.ssh.one file.conf["b"]`},
		{"what the expansion of a block refers to", func(ag *agenda) { ag.wakeRefs(ag.values.byAddress["file.late"]) }, "call.command.list context.ssh.one"},
		{"a block that is sought", func(ag *agenda) {
			ag.values.byAddress["file.late"].sought = false
			ag.seek(ag.values.byAddress["file.late"])
		}, "file.late"},
		{"what is on a context that -target names", func(ag *agenda) { ag.targetBelow(at(ag, "context.ssh.one")) }, "call.command.list file.after file.named"},
		{"what waited for an instance that was deferred", func(ag *agenda) {
			for _, address := range []string{`file.conf["a"]`, `call.command.reload["a"]`} {
				ag.settle(at(ag, address), deferred, "waits")
			}
			ag.take()
			ag.undefer(at(ag, `file.conf["a"]`))
		}, `call.command.reload["a"] file.conf["a"]`},
		{"what refers to a block that cannot expand", func(ag *agenda) { ag.leaveOutNode(ag.values.byAddress["file.late"]) }, "file.after"},
	} {
		t.Run(c.promise, func(t *testing.T) {
			ag := agendaOf(t, src)
			for _, n := range ag.values.nodes {
				n.sought = true
			}
			c.event(ag)
			if got := ag.take(); got != c.want {
				t.Errorf("on the agenda are %q, want %q", got, c.want)
			}
		})
	}
}

// Three things end an instance without its own doing: the end of its context, of
// what it refers to, and of what comes before it.
func TestHowAnInstanceEndsByWhatOthersDo(t *testing.T) {
	for _, c := range []struct {
		promise string
		event   func(ag *agenda, i *instance) bool // whether it ended
		verdict verdict
		reason  string
	}{
		{"its context is left out", func(ag *agenda, i *instance) bool { i.on.end(excluded); return ag.goneWith(i) }, excluded, `context.ssh.web["a"] is left out`},
		{"its context is disabled", func(ag *agenda, i *instance) bool { i.on.end(disabled); return ag.goneWith(i) }, disabled, ""},
		{"its context is there", func(ag *agenda, i *instance) bool { i.on.end(done); return ag.goneWith(i) }, pending, ""},
		{"something that it refers to is left out", func(ag *agenda, i *instance) bool { i.preds[0].end(excluded); return ag.excludeFor(i) }, excluded, `file.conf["a"] is left out`},
		{"what it refers to is there", func(ag *agenda, i *instance) bool { i.preds[0].end(done); return ag.excludeFor(i) }, pending, ""},
		{"what comes before it failed", func(ag *agenda, i *instance) bool { i.preds[0].end(failed); return !ag.unblocked(i) }, skipped, `file.conf["a"] failed`},
		{"what comes before it is deferred", func(ag *agenda, i *instance) bool { i.preds[0].end(deferred); return !ag.unblocked(i) }, deferred, `waits for file.conf["a"]`},
		{"nothing is in its way", func(ag *agenda, i *instance) bool { i.preds[0].end(done); return !ag.unblocked(i) }, pending, ""},
		{"it was done before it was known that what comes before it failed", func(ag *agenda, i *instance) bool {
			i.finish(done, "")
			i.preds[0].end(failed)
			ag.takeBack()
			return true
		}, skipped, `file.conf["a"] failed`},
		{"it waited for what failed then", func(ag *agenda, i *instance) bool {
			ag.waiting[i] = true
			i.preds[0].end(failed)
			ag.takeBack()
			return len(ag.waiting) == 0
		}, skipped, `file.conf["a"] failed`},
	} {
		t.Run(c.promise, func(t *testing.T) {
			ag := agendaOf(t, reload("triggered_by = [file.conf]"))
			i := ag.values.instances[`call.command.reload["a"]`]
			if ended := c.event(ag, i); ended != (c.verdict != pending) {
				t.Errorf("that the instance ended is %v, want %v", ended, c.verdict != pending)
			}
			if i.verdict != c.verdict || i.reason != c.reason {
				t.Errorf("the instance is %v: %q, want %v: %q", i.verdict, i.reason, c.verdict, c.reason)
			}
		})
	}
}
