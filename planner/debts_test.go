package planner

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// twoHosts has on each of two hosts a file and calls that a change of it triggers.
const twoHosts = `
context "ssh" "web" {
  for_each = { a = "10.0.0.1", b = "10.0.0.2" }
  host     = each.value
}
context "ssh" "one" { host = "10.0.0.9" }
call "command" "list" {
  on        = context.ssh.one
  argv      = ["ls"]
  read_only = true
}
resource "file" "conf" {
  on   = context.ssh.web
  path = "/conf"
}
`

// reload writes a call with these arguments. It is on both hosts unless they say
// otherwise.
func reload(args string) string {
	if !strings.HasPrefix(args, "on =") {
		args = "on = context.ssh.web\n" + args
	}
	return twoHosts + "call \"command\" \"reload\" {\n argv = [\"reload\"]\n" + args + "\n}\n"
}

// debtsOfTest makes the debts of a configuration. The blocks have expanded as far
// as they can without an answer of a host.
func debtsOfTest(t *testing.T, src string, prior earlier) *debts {
	t.Helper()
	vs, _ := valuesOf(t, src)
	for _, i := range vs.instances {
		i.wire, _, _, _ = i.args.ToWire()
	}
	return newDebts(vs, recordOf(prior))
}

// The debtors of a change are the calls that run when an instance changes.
func TestDebtorsOfAChange(t *testing.T) {
	for _, c := range []struct {
		promise, args string
		want          []string // the debtors of file.conf["a"]
	}{
		{"a call on the same host", "triggered_by = [file.conf]", []string{`call.command.reload["a"]`}},
		{"all of them, where it names all", "triggered_by = [all(file.conf)]", []string{`call.command.reload["a"]`, `call.command.reload["b"]`}},
		{"each once, where it names the block twice", `triggered_by = [file.conf, file.conf["a"]]`, []string{`call.command.reload["a"]`, `call.command.reload["b"]`}},
		{"only those that name it", `triggered_by = [file.conf["b"]]`, nil},
		{"the block, while its instances are not known", "on = context.ssh.one\ntriggered_by = [file.conf]\nfor_each = toset(split(\",\", call.command.list.stdout))", []string{"call.command.reload"}},
		{"none that only reads", "triggered_by = [file.conf]\nread_only = true", nil},
		{"none that only comes after it", "depends_on = [file.conf]", nil},
	} {
		t.Run(c.promise, func(t *testing.T) {
			ds := debtsOfTest(t, reload(c.args), earlier{})
			for range 2 { // the second time the answer is remembered
				got := ds.debtorsOf(ds.instances[`file.conf["a"]`])
				slices.Sort(got)
				if diff := cmp.Diff(strings.Join(c.want, " "), strings.Join(got, " ")); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

// Some call that exists now answers for each recorded debt. If its address has
// changed, the debt moves.
func TestWhoOwesWhatIsRecorded(t *testing.T) {
	const triggered = "triggered_by = [file.conf]"
	ran := Recorded{Kind: "command"}
	for _, c := range []struct {
		promise, args string
		owed          map[string][]string
		applied       []string // other addresses in the record
		want          []string // what is owed
		moves         []string
	}{
		{"nothing is owed", triggered, nil, nil, nil, nil},
		{"an instance owes what is under its address", triggered, map[string][]string{`call.command.reload["a"]`: {`file.conf["a"]`}}, nil,
			[]string{`["a"]: file.conf["a"]`}, nil},
		{"what the block owes goes to the instance that the thing triggers", triggered, map[string][]string{"call.command.reload": {`file.conf["b"]`}}, nil,
			[]string{`["b"]: file.conf["b"]`}, []string{`call.command.reload: file.conf["b"] to call.command.reload["b"]`}},
		{"what a key owes that is gone goes to one that is new", triggered, map[string][]string{`call.command.reload["z"]`: {`file.conf["z"]`}}, []string{`call.command.reload["a"]`, `file.conf["a"]`},
			[]string{`["b"]: file.conf["z"]`}, []string{`call.command.reload["z"]: file.conf["z"] to call.command.reload["b"]`}},
		{"and to nobody where none is new", triggered, map[string][]string{`call.command.reload["z"]`: {`file.conf["z"]`}},
			[]string{`call.command.reload["a"]`, `call.command.reload["b"]`, `file.conf["a"]`, `file.conf["b"]`}, nil, nil},
		{"a thing that no longer triggers it is still to be answered", triggered, map[string][]string{"call.command.reload": {"file.other"}}, nil,
			[]string{`["a"]: file.other`, `["b"]: file.other`}, []string{`call.command.reload: file.other to call.command.reload["a"] call.command.reload["b"]`}},
		{"a debt of two addresses is one", triggered, map[string][]string{`call.command.reload["a"]`: {`file.conf["a"]`}, "call.command.reload": {`file.conf["a"]`}}, nil,
			[]string{`["a"]: file.conf["a"]`}, []string{`call.command.reload: file.conf["a"] to call.command.reload["a"]`}},
		{"the debt of a call that is triggered no more is forgotten", "", map[string][]string{`call.command.reload["a"]`: {`file.conf["a"]`}}, nil,
			[]string{`["a"]: file.conf["a"]`}, []string{`call.command.reload["a"]: file.conf["a"] to `}},
		{"so it is of one that only reads", triggered + "\nread_only = true", map[string][]string{`call.command.reload["a"]`: {`file.conf["a"]`}}, nil,
			nil, []string{`call.command.reload["a"]: file.conf["a"] to `}},
		{"so it is of one that is gone", triggered, map[string][]string{"call.command.gone": {`file.conf["a"]`}}, nil,
			nil, []string{`call.command.gone: file.conf["a"] to `}},
		{"while its instances are not known, nothing changes hands", "on = context.ssh.one\n" + triggered + "\nfor_each = toset(split(\",\", call.command.list.stdout))",
			map[string][]string{"call.command.reload": {`file.conf["a"]`}}, nil, nil, nil},
	} {
		t.Run(c.promise, func(t *testing.T) {
			prior := earlier{owed: c.owed, blocks: map[string]Recorded{}}
			for _, address := range c.applied {
				prior.blocks[address] = ran
			}
			ds := debtsOfTest(t, reload(c.args), prior)
			var owed, moves []string
			for _, i := range ds.byAddress["call.command.reload"].insts {
				if things := ds.owedBy(i); len(things) > 0 {
					owed = append(owed, strings.TrimPrefix(i.addr, "call.command.reload")+": "+strings.Join(things, " "))
				}
			}
			for _, m := range ds.moves() {
				moves = append(moves, fmt.Sprintf("%s: %s to %s", m.From, strings.Join(m.Things, " "), strings.Join(m.To, " ")))
			}
			if !slices.Equal(owed, c.want) {
				t.Errorf("the debts of the call are %q, want %q", owed, c.want)
			}
			if !slices.Equal(moves, c.moves) {
				t.Errorf("the debts move as %q, want %q", moves, c.moves)
			}
		})
	}
}
