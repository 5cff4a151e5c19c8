package planner_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// accounts are accounts in two contexts of one machine, and one on another machine.
// The first waits for a file. One asks for its user id.
var accounts = twoHosts +
	block("file.before", asRoot, "") +
	block("user.first", onA, after("file.before")) +
	block("user.second", asRoot, "") +
	block("user.third", onA, "") +
	block("user.fourth", onA, "") +
	block("user.numbered", asRoot, "uid = 1000") +
	block("user.elsewhere", onB, "")

// The accounts of one machine are made one after the other, in the order of the
// plan, and the one that asks for its user id first. That holds whoever is slow,
// and whether or not those before it succeed.
func TestAccountsTakeTurns(t *testing.T) {
	all := []string{"", "file.before", "user.first", "user.second", "user.third", "user.numbered", "user.elsewhere"}
	for _, slow := range all {
		for _, failing := range all {
			t.Run(fmt.Sprintf("slow %s, failing %s", slow, failing), func(t *testing.T) {
				w := &world{
					slow:    map[string]bool{slow: true},
					applied: map[string]planner.Result{failing: fails(planner.Failure{Summary: "No"})},
				}
				plan, p := makePlan(t, accounts, w)
				a := beginApply(t, p, plan, w)
				a.run()
				want := []string{"user.numbered", "user.first", "user.second", "user.third", "user.fourth"}
				if failing == "file.before" {
					want = slices.DeleteFunc(want, func(address string) bool { return address == "user.first" })
				}
				if got := a.begunOneByOne(t); !slices.Equal(got, want) {
					t.Errorf("the accounts began in the order %q, want %q", got, want)
				}
			})
		}
	}
}

// begunOneByOne returns the accounts of the first machine in the order in which
// they begin. It holds that none begins before the one before it has ended.
func (a *applied) begunOneByOne(t *testing.T) (order []string) {
	running := ""
	for _, e := range a.progress {
		address := e.Action.Address
		if !strings.HasPrefix(address, "user.") || address == "user.elsewhere" {
			continue
		}
		switch {
		case e.Stage != planner.StageBegun:
			if running == address {
				running = ""
			}
		case running != "":
			t.Errorf("%s begins while %s runs", address, running)
		default:
			running = address
			order = append(order, address)
		}
	}
	return order
}

// The next account in the same context is sent while the one before it runs, as the
// agent keeps the order. In another context it is sent when that one has ended.
func TestTurnsLeaveTogetherInOneContext(t *testing.T) {
	w := &world{}
	plan, p := makePlan(t, accounts, w)
	a := applyPlan(t, p, plan, w)
	want := "user.numbered file.before user.elsewhere | user.first | user.second | user.third user.fourth"
	if got := a.sentBatches(); got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	for address, want := range map[string]string{"user.numbered": "", "user.first": "", "user.second": "", "user.third": "", "user.fourth": "user.third"} {
		if got := a.steps[address].Turn; got != want {
			t.Errorf("%s comes after %q, want %q", address, got, want)
		}
	}
}

// If an account is skipped, the next one takes its turn and can be sent together
// with the one before.
func TestTurnsLeaveTogetherAroundOneThatIsSkipped(t *testing.T) {
	w := &world{
		applied: map[string]planner.Result{"call.command.no": fails(planner.Failure{Summary: "No"}), "call.command.slow": reply(map[string]any{"stdout": kind.Text("/bin/sh")})},
		slow:    map[string]bool{"call.command.slow": true},
	}
	plan, p := makePlan(t, twoHosts+block("call.no", onB, "")+block("call.slow", onA, "")+
		block("user.first", onA, "shell = call.command.slow.stdout")+
		block("user.second", onA, after("call.command.no"))+
		block("user.third", onA, ""), w)
	a := applyPlan(t, p, plan, w)
	want := "call.command.no call.command.slow | user.first user.third"
	if got := a.sentBatches(); got != want {
		t.Errorf("sent %q, want %q\n%s", got, want, a.said())
	}
}
