package mitoplan_test

import (
	"regexp"
	"strings"
	"testing"
)

// boundsHeldBy are the tests that hold each bound of the first table in
// docs/bounds.md, by what is waited for.
var boundsHeldBy = map[string][]string{
	"a hop, from dialling to the greeting with its facts, without progress of its host": {"TestStartsThatFail", "TestStartClock", "TestWhatBringsALoginOn"},
	"the same, in all": {"TestStartClock"},
	"an agent that is sent, without 4 KiB more of it arriving":                                                                       {"TestStartClock", "TestWhatHadArrivedIsTold", "TestHostsSayHowMuchHasArrived"},
	"more of an agent, by the host that it is sent to; or a sign that it is still being made":                                        {"TestNothingIsLeftByASilentLine", "TestSlowIsNotSilent"},
	"a person who has to touch a security key, or to confirm in an ssh-agent":                                                        {"TestAskingAPersonTakesNoTimeOfTheStart", "TestTouchOfASecurityKeyIsAskedFor"},
	"an agent that is made here for a new platform":                                                                                  {"TestStartClock"},
	"its turn, when many are started at once":                                                                                        {"TestASlotThatIsHeldForLongCountsNoMore", "TestWaitingForATurnTakesNoTimeOfTheStart"},
	"the word of a context on one that it should start":                                                                              {"TestALiarHoldsNoOtherWait"},
	"that of a host that others are reached through, while those are heard":                                                          {"TestABastionWhoseLineBecomesSlow", "TestASmallCallOnALineThatBecomesSlow"},
	"any sign of life of who started it, by an agent: that may stand behind what is under way to others through the same connection": {"TestASilentParentIsGivenUp", "TestABastionHearsLateOfItsParent"},
	"any sign of life of a host":                                                                                                     {"TestSilenceIsLoss", "TestDeadBehindATransfer", "TestSmallFramesOvertakeOnASlowLine"},
	"an answer of the host that a lost one is reached through, which may be the cause":                                               {"TestALostCarrierIsTheRootCause", "TestALostCarrierIsTheRootCauseOfAStart", "TestACarrierIsAskedOnce"},
	"a check of a resource, without progress":                                                                                        {"TestNoHostHoldsARun"},
	"a check of a resource, in all":                                                                                                  {"TestNoHostHoldsARun"},
	"a call that only reads, also if its result is saved here":                                                                       {"TestNoHostHoldsARun"},
	"a guard (`unless`, `only_if`)":                                                                                                  {"TestNoHostHoldsARun", "TestAGuardIsBounded"},
	"the lock of a machine":                                                                                                          {"TestNoHostHoldsARun"},
	"the change of a resource, without progress":                                                                                     {"TestNoHostHoldsARun"},
	"the change of a resource, in all":                                                                                               {"TestNoHostHoldsARun"},
	"a call that may change something":                                                                                               {"TestNoHostHoldsARun"},
	"contents of any of these that move, at 4 KB/s or more":                                                                          {"TestContentsGiveTime", "TestContentsThatAreSharedGiveTimeToAll", "TestEachOfferGivesItsTimeOnce", "TestNothingIsGainedByPullingAgain", "TestATrickleGivesNoTime", "TestASavedFileIsReplacedAsAWhole"},
	"a function that was told to end":                                                                                                {"TestADeafFunctionIsAnsweredFor", "TestALiarHoldsNoOtherWait"},
	"what still runs after the user asked to stop an apply":                                                                          {"TestInterruptedApply", "TestStop", "TestLoopOwnsTheClock"},
	"contents that an agent pulls from its parent, without a byte or credit":                                                         {"TestAParentThatLies", "TestWhoPullsTooMuchHoldsNobodyUp", "TestBlobsOverAVerySlowLine"},
	"more of a `download`, by whoever asks the server":                                                                               {"TestASilentServer", "TestAServerThatGivesLittle"},
	"anything to be taken of what a host sent, while 32 MiB of it wait":                                                              {"TestAReceiverThatIsFloodedEndsTheFlood", "TestRepliesThatNobodyTakes"},
	"an agent that was stopped (SIGSTOP), and that nobody has killed, on Linux":                                                      {"TestNothingIsLeftOfAChain", "TestAClientEndsWithWhoStartedIt"},
	"a host to say that it ends":                                                                                                     {"TestShutdownDoesNotWaitForLies", "TestShutdownWithAFullQueue"},
	"the end of a session, all hosts at once":                                                                                        {"TestShutdownIsBounded", "TestALiarHoldsNoOtherWait"},
	"the dump of what is waited for":                                                                                                 {"TestALiarHoldsNoOtherWait"},
}

// rowOfBounds is a row of a table, up to the end of its first cell.
var rowOfBounds = regexp.MustCompile(`(?m)^\| ([^|]+) \|`)

// TestBoundsAreHeld: every bound that docs/bounds.md promises is held by a test.
func TestBoundsAreHeld(t *testing.T) {
	_, table, _ := strings.Cut(papers(t)["docs/bounds.md"], "\n| what is waited for |")
	table, _, _ = strings.Cut(table, "\n\n")
	seen := map[string]bool{}
	tests := testsOfAll(t)
	for _, m := range rowOfBounds.FindAllStringSubmatch(table, -1) {
		what := m[1]
		if what == "---" {
			continue
		}
		seen[what] = true
		if len(boundsHeldBy[what]) == 0 {
			t.Errorf("say which tests hold the bound of this: %s", what)
		}
		for _, name := range boundsHeldBy[what] {
			if !strings.Contains(tests, "func "+name+"(") {
				t.Errorf("%s, which should hold the bound of %q, is no test", name, what)
			}
		}
	}
	for what := range boundsHeldBy {
		if !seen[what] {
			t.Errorf("docs/bounds.md has no such row: %s", what)
		}
	}
}
