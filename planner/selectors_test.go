package planner

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// -target and -exclude choose blocks and instances. A block can be sought or
// excluded. An instance can be wanted or left out, and everything on a context can
// be wanted.
func TestWhatSelectorsChoose(t *testing.T) {
	src := reload(`triggered_by = [file.conf]`) + `
resource "file" "apart" {
  on   = context.ssh.one
  path = "/apart"
}
output "cpus" { value = context.ssh.one.cpus }
`
	all := []string{
		`call.command.list wanted`, `call.command.reload["a"] wanted`, `call.command.reload["b"] wanted`,
		`file.apart wanted`, `file.conf["a"] wanted`, `file.conf["b"] wanted`,
	}
	sought := "call.command.list call.command.reload context.ssh.one context.ssh.web file.apart file.conf"
	for _, c := range []struct {
		promise           string
		targets, excludes []string
		sought            string
		want              []string
	}{
		{"without either, everything is", nil, nil, sought, all},
		{"a block", []string{"file.conf"}, nil, "file.conf", []string{`file.conf["a"] wanted`, `file.conf["b"] wanted`}},
		{"an instance of it", []string{`file.conf["a"]`}, nil, "file.conf", []string{`file.conf["a"] wanted`}},
		{"two of them", []string{`file.conf["a"]`, "file.apart"}, nil, "file.apart file.conf", []string{`file.apart wanted`, `file.conf["a"] wanted`}},
		{"a context means what is on it", []string{"context.ssh.one"}, nil, "call.command.list context.ssh.one file.apart", []string{
			`call.command.list wanted`, `context.ssh.one targeted`, `file.apart wanted`}},
		{"also one of a collection", []string{`context.ssh.web["b"]`}, nil, "call.command.reload context.ssh.web file.conf", []string{
			`call.command.reload["b"] wanted`, `context.ssh.web["b"] targeted`, `file.conf["b"] wanted`}},
		{"a block is left out", nil, []string{"file.conf"}, sought, slices.Concat(all[:4], []string{`file.conf["a"] excluded`, `file.conf["b"] excluded`})},
		{"an instance of it", nil, []string{`file.conf["a"]`}, sought, slices.Concat(all[:4], []string{`file.conf["a"] excluded`, all[5]})},
		{"a context takes along what is on it", nil, []string{`context.ssh.web["a"]`}, sought, []string{
			all[0], `call.command.reload["a"] excluded`, all[2], `context.ssh.web["a"] excluded`, all[3], `file.conf["a"] excluded`, all[5]}},
		{"what is asked for and left out is left out", []string{"file.conf"}, []string{`file.conf["a"]`}, "file.conf", []string{`file.conf["a"] excluded`, `file.conf["b"] wanted`}},
	} {
		t.Run(c.promise, func(t *testing.T) {
			vs, _ := valuesOf(t, src)
			ss := newSelectors(vs.graph, Options{Targets: c.targets, Excludes: c.excludes})
			var blocks, got []string
			for _, n := range vs.nodes {
				if n.sought {
					blocks = append(blocks, n.addr)
				}
				if whole := slices.Contains(c.excludes, n.addr); n.excluded != whole {
					t.Errorf("that %s is excluded as a whole is %v", n.addr, n.excluded)
				}
				if outputs := len(c.targets) == 0 && n.addr == "context.ssh.one"; n.outputs != outputs {
					t.Errorf("that an output uses %s is %v", n.addr, n.outputs)
				}
				for _, i := range n.insts {
					ss.choose(i)
					switch {
					case i.verdict == excluded:
						got = append(got, i.addr+" excluded")
					case i.targeted:
						got = append(got, i.addr+" targeted")
					case i.wanted:
						got = append(got, i.addr+" wanted")
					}
				}
			}
			slices.Sort(blocks)
			slices.Sort(got)
			if diff := cmp.Diff(c.sought, strings.Join(blocks, " ")); diff != "" {
				t.Errorf("sought (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("chosen (-want +got):\n%s", diff)
			}
		})
	}
}

// A selector that matches nothing is an error as soon as that is certain.
func TestSelectorsThatNameNothing(t *testing.T) {
	src := reload("on = context.ssh.one\nfor_each = toset(split(\",\", call.command.list.stdout))")
	for _, c := range []struct{ target, want string }{
		{"file.conf", ""},
		{`file.conf["a"]`, ""},
		{`file.conf["z"]`, `file.conf`},
		{"file.nothing", "there is no such block."},
		{"file.conf,file.x", "takes one address"},
		{"file.conf[\"a]", "Shells remove quotes."},
		{`call.command.reload["z"]`, ""}, // which instances there are is not known
	} {
		vs, _ := valuesOf(t, src)
		diags := newSelectors(vs.graph, Options{Targets: []string{c.target}}).allMisnamed()
		switch {
		case c.want == "":
			if diags.HasErrors() {
				t.Errorf("%s: %v", c.target, diags)
			}
		case !diags.HasErrors() || !strings.Contains(diags.Error(), c.want):
			t.Errorf("%s: got %v, want %q", c.target, diags, c.want)
		}
	}
}
