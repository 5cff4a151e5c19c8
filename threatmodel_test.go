package mitoplan_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport/transporttest/adversary"
)

// sentence is one sentence of docs/threat-model.md with the tests that hold it. A
// test is "DIRECTORY.TestName", followed by "/NAME" for a script or an attack. If
// the sentence promises nothing, none says what it does instead.
type sentence struct {
	text string
	held []string
	none string
}

// Every sentence of the threat model is held by a test. Whoever changes a sentence
// has to change it here, too, and looks at its tests again.
func TestThreatModelIsHeld(t *testing.T) {
	page, err := os.ReadFile("docs/threat-model.md")
	if err != nil {
		t.Fatal(err)
	}
	said := sentences(string(page))
	for _, s := range threatModel {
		switch {
		case !slices.Contains(said, s.text):
			t.Errorf("docs/threat-model.md does not have the sentence: %s", s.text)
		case len(s.held) == 0 && s.none == "":
			t.Errorf("no test is given for the sentence: %s", s.text)
		}
		for _, name := range s.held {
			assertTestExists(t, name)
		}
	}
	for _, text := range said {
		if !slices.ContainsFunc(threatModel, func(s sentence) bool { return s.text == text }) {
			t.Errorf("a sentence is missing here; say which tests hold it, or why none has to: %s", text)
		}
	}
}

var (
	sentenceEnd = regexp.MustCompile(`([.:]) +(["“(A-Z])`)
	blank       = regexp.MustCompile(`\n\s*\n`)
)

// sentences returns the sentences of a page, without headings and code.
func sentences(page string) (all []string) {
	for _, paragraph := range blank.Split(page, -1) {
		if strings.HasPrefix(paragraph, "#") || strings.HasPrefix(paragraph, "    ") {
			continue
		}
		text := strings.Join(strings.Fields(paragraph), " ")
		text = sentenceEnd.ReplaceAllString(text, "$1\n$2")
		all = append(all, strings.Split(text, "\n")...)
	}
	return all
}

func assertTestExists(t *testing.T, name string) {
	t.Helper()
	directory, function, _ := strings.Cut(name, ".")
	function, sub, _ := strings.Cut(function, "/")
	files, _ := filepath.Glob(filepath.Join(directory, "*_test.go"))
	found := false
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		found = found || strings.Contains(string(source), "func "+function+"(")
	}
	switch {
	case !found:
		t.Errorf("there is no test %s", name)
	case function == "TestAdversary" && adversary.Lookup(sub) == nil:
		t.Errorf("there is no attack %q", sub)
	case function == "TestScripts" && !exists(filepath.Join(directory, "testdata", "script", sub+".txtar")):
		t.Errorf("there is no script %q", sub)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// attacks writes names of attacks as tests.
func attacks(names ...string) (tests []string) {
	for _, n := range names {
		tests = append(tests, "e2e.TestAdversary/"+n)
	}
	return tests
}

// threatModel are the sentences of docs/threat-model.md, in their order.
var threatModel = []sentence{
	{text: "What somebody hostile can and cannot do, by where they are.", none: "says what the page is"},
	{text: "\"You\" are the person who runs mitoplan; the machine that you run it on is the controller, and is trusted.", none: "says who is meant"},
	{text: "Each sentence is held by the tests that `threatmodel_test.go` names.", held: []string{".TestThreatModelIsHeld"}},
	{text: "The hostile host of those tests is `transport/transporttest/adversary`; this prints what each of its attacks achieves:", held: []string{"e2e.TestAdversary/call-upwards"}},

	// A hostile host.
	{text: "Somebody has root on a host that you manage, or an account there that a context uses.", none: "says who is meant"},
	{
		text: "They can lie about that host: its facts, its files, the results of calls on it.",
		held: attacks("lying-facts", "wrong-facts", "another-after", "fingerprint-changes", "wrong-types", "results-of-other-kinds", "lock-lies"),
	},
	{
		text: "They get what you send there: the content of its files, the arguments of its calls, and the sudo password that is typed there.",
		none: "says what they get",
	},
	{
		text: "They get nothing that lets them try values against another host.",
		held: []string{"executor.TestEachMachineHasItsOwnKey"},
	},
	{
		text: "Fingerprints and digests are made with a key of the machine, which is random, differs in every plan, and is known to the contexts of that machine only.",
		held: []string{"executor.TestEachMachineHasItsOwnKey"},
	},
	{
		text: "Of contents that they were sent they can say only what follows from them: of an answer that says something else nothing is used.",
		held: append(attacks("another-after", "another-digest", "given-elsewhere"), "internal/resource.TestLiesAboutContents", "planner.TestAnswersThatAreNotUsed"),
	},
	{
		text: "If they send back one of your secrets, it is hidden, and stored nowhere in clear.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestWhatAHostEchoesIsHidden", "planner.TestFactsAndTextsOfHostsAreHidden"},
	},
	{
		text: "If they spell it in a way of their own, it is not recognised; but then they have the secret already.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestWhatAHostEchoesIsHidden", "planner.TestFactsAndTextsOfHostsAreHidden"},
	},
	{
		text: "If your configuration uses what a host says (a call's result in a `for_each`, in another context's `host`, in an `argv`), they choose that value.",
		held: attacks("values-like-code", "keys-with-control-characters", "million-keys"),
	},
	{text: "Nothing in the plan marks it: read such values before you say yes, and check them with a `precondition`.", none: "is advice"},
	{text: "It is a value and never code: no expression or format in it is evaluated.", held: attacks("values-like-code", "keys-with-control-characters")},
	{
		text: "They cannot run anything on the controller or on another host.",
		held: append(attacks("call-upwards", "call-sideways", "forged-sources", "old-generations", "replies-for-others", "guessed-receivers", "others-are-lost", "dial-lies", "effects-on-others"),
			"transport.TestFramesFromAboveThatAreDropped", "transport.TestFramesThatAreDropped"),
	},
	{
		text: "Calls, starts of contexts and cancels are obeyed only from above.",
		held: append(attacks("call-upwards", "call-sideways", "forged-sources", "old-generations", "replies-for-others", "guessed-receivers", "others-are-lost", "dial-lies", "effects-on-others"),
			"transport.TestFramesFromAboveThatAreDropped", "transport.TestFramesThatAreDropped"),
	},
	{
		text: "A message whose sender is not below the connection that it came on is dropped.",
		held: append(attacks("call-upwards", "call-sideways", "forged-sources", "old-generations", "replies-for-others", "guessed-receivers", "others-are-lost", "dial-lies", "effects-on-others"),
			"transport.TestFramesFromAboveThatAreDropped", "transport.TestFramesThatAreDropped"),
	},
	{
		text: "A reply counts only if it comes from the context that was asked.",
		held: append(attacks("call-upwards", "call-sideways", "forged-sources", "old-generations", "replies-for-others", "guessed-receivers", "others-are-lost", "dial-lies", "effects-on-others"),
			"transport.TestFramesFromAboveThatAreDropped", "transport.TestFramesThatAreDropped"),
	},
	{
		text: "A message goes from one host to another only if the controller allowed the one to send to the other.",
		held: append(attacks("call-upwards", "call-sideways", "forged-sources", "old-generations", "replies-for-others", "guessed-receivers", "others-are-lost", "dial-lies", "effects-on-others"),
			"transport.TestFramesFromAboveThatAreDropped", "transport.TestFramesThatAreDropped"),
	},
	{
		text: "Contents that are pulled by their digest go only to the context that the controller offered them to, whoever knows the digest.",
		held: append(attacks("pulls-for-others", "pulls-guessed"), "transport.TestLifeOfAPull", "transport.TestPullsThatAreDropped"),
	},
	{
		text: "What a context may pull are the contents of its own blocks, and those of blocks before them on its machine, as you named them: no host adds to that by what it says.",
		held: append(attacks("effects-name-others", "pulls-what-it-writes"), "internal/resource.TestNamedEffectsAreThoseOfTheController", "executor.TestPlanSendsNames"),
	},
	{
		text: "A context passes what it pulls to those behind it on the same terms, and a secret never gets onto its disk by that.",
		held: append(attacks("swaps-contents"), "transport.TestLifeOfAPull", "transport.TestWhereABlobIsKept", "transport.TestAParentThatLies"),
	},
	{
		text: "A host that pulls without end, or does not take what it pulls, holds nobody up.",
		held: append(attacks("pulls-without-credit", "pulls-without-marks", "reads-no-contents"), "transport.TestWhoPullsTooMuchHoldsNobodyUp", "transport.TestWhatIsSentIntoAPullEndsIt"),
	},
	{
		text: "They cannot fill the disk of the controller: what a call saves there is bounded by what you allow and by what is free, and nothing is left of a call that goes beyond.",
		held: []string{"executor.TestAHostDoesNotFillTheDisk", "executor.TestASavedFileIsReplacedAsAWhole", "transport.TestAHostThatFloodsAPipe"},
	},
	{
		text: "They cannot use up the memory of the controller, or have the connection of another host ended.",
		held: append(attacks("sibling-flood", "fragments-to-siblings", "empty-maps-in-before", "empty-maps-in-results", "small-numbers", "many-keys", "huge-string", "huge-before", "huge-strings-slowly", "deep-nesting", "unfinished-transfers", "unfinished-bytes", "million-effects"),
			"transport.TestPayloadLimits"),
	},
	{
		text: "Credit counts only from the context that it is for, and so does the word that a receiver takes nothing, or that of a context on the way there.",
		held: append(attacks("refusals-for-others"), "transport.TestForgedCreditAndRefusals", "transport.TestCreditOfALyingReceiver"),
	},
	{
		text: "What a host sends beyond its window of 1 MiB is dropped.",
		held: append(attacks("values-without-credit"), "transport.TestASenderThatIgnoresItsWindowIsRefused"),
	},
	{
		text: "A host can say that contexts below it have ended, and that of no other.",
		held: append(attacks("deaths-of-others", "others-are-lost"), "transport.TestForgedDeathsOfSenders"),
	},
	{
		text: "Of what one host sent, at most 32 MiB wait to be looked at.",
		held: append(attacks("sibling-flood", "fragments-to-siblings", "empty-maps-in-before", "empty-maps-in-results", "small-numbers", "many-keys", "huge-string", "huge-before", "huge-strings-slowly", "deep-nesting", "unfinished-transfers", "unfinished-bytes", "million-effects"),
			"transport.TestPayloadLimits"),
	},
	{
		text: "How much memory its answers would take is known before they are decoded, and is at most 64 MiB in all.",
		held: append(attacks("sibling-flood", "fragments-to-siblings", "empty-maps-in-before", "empty-maps-in-results", "small-numbers", "many-keys", "huge-string", "huge-before", "huge-strings-slowly", "deep-nesting", "unfinished-transfers", "unfinished-bytes", "million-effects"),
			"transport.TestPayloadLimits"),
	},
	{
		text: "The connection of a host that goes beyond is ended, and the error says what it did.",
		held: attacks("empty-maps-in-before", "empty-maps-in-results", "small-numbers", "unfinished-transfers", "unfinished-bytes", "total-too-large"),
	},
	{
		text: "The whole program stays below 256 MiB then.",
		held: attacks("sibling-flood", "dead-letters", "flood-of-the-controller", "fragments-without-credit", "empty-maps-in-before", "huge-strings-slowly", "log-flood", "stderr-without-end", "tunnel-overflow"),
	},
	{
		text: "They cannot keep another host from its work, unless your configuration makes that host use what they say.",
		held: append(attacks("sibling-flood", "others-are-lost", "lost-before-it-is-up", "does-not-end", "forks-hold-the-stream", "reads-nothing", "wrong-types", "forged-error-text", "keys-with-control-characters"),
			"planner.TestWhatOneHostSaysLeavesOutItsMachine", "e2e.TestHostThatFailsWhilePlanning"),
	},
	{
		text: "They cannot hold you up for ever: every wait for a host has a bound.",
		held: attacks("heartbeats-only", "logs-only", "apply-never-ends", "one-byte-a-second", "half-a-frame", "lock-never-comes", "reads-nothing", "no-greeting", "greeting-slowly", "banner-slowly", "agent-not-read", "agent-arrives-for-ever"),
	},
	{
		text: "They cannot flood the log, or write entries that seem to come from another context.",
		held: attacks("log-flood", "log-keys", "log-lines", "log-of-60-mib", "stderr-without-end", "child-that-was-not-started"),
	},
	{
		text: "Of one context, 10,000 log entries a second are shown, and 20,000 more that come at once; an honest agent waits, and the rest of what another one sends is counted.",
		held: attacks("log-flood", "log-keys", "log-lines", "log-of-60-mib", "stderr-without-end", "child-that-was-not-started"),
	},
	{
		text: "A key such as `context` or `time` that a host sends is shown as `host.context` or `host.time`.",
		held: attacks("log-flood", "log-keys", "log-lines", "log-of-60-mib", "stderr-without-end", "child-that-was-not-started"),
	},
	{
		text: "They can delay the end of a run by at most 3 s if they answer nothing, each on its own way, and by at most 10 s in all if they say that they end and do not.",
		held: append(attacks("does-not-end", "forks-hold-the-stream"), "transport.TestShutdownIsBounded"),
	},
	{text: "They cannot use your keys: private keys stay on the controller, and no ssh-agent is forwarded.", held: []string{"e2e.TestFleet", "transport/connect/ssh.TestNothingIsForwardedToAHost"}},
	{
		text: "They cannot make your terminal obey them.",
		held: append(attacks("forged-error-text", "forged-warnings", "log-keys", "last-words", "lying-facts", "huge-error", "another-after"), "transport.TestTextOfOthersIsClean"),
	},
	{
		text: "Control characters from hosts are shown by their names, such as `«ESC»`, and colours are removed.",
		held: append(attacks("forged-error-text", "forged-warnings", "log-keys", "last-words", "lying-facts", "huge-error", "another-after"), "transport.TestTextOfOthersIsClean"),
	},
	{
		text: "A hostile account that another account reaches with sudo, through an honest agent, can do no more than that.",
		held: attacks("call-sideways", "replies-for-others", "guessed-receivers", "sibling-flood", "dead-letters", "effects-on-others"),
	},
	{
		text: "For it, root on the same machine is another host.",
		held: attacks("call-sideways", "replies-for-others", "guessed-receivers", "sibling-flood", "dead-letters", "effects-on-others"),
	},

	{
		text: "But what it says about the machine is believed in plans for other accounts there, until an apply looks again.",
		held: append(attacks("effects-on-others", "guessed-receivers", "total-too-large"), "planner.TestAnswersThatAreNotUsed", "planner.TestWhatOneHostSaysLeavesOutItsMachine", "executor.TestChangedSinceThePlan"),
	},
	{
		text: "What it does can make a run leave out or lose the work of the whole machine.",
		held: append(attacks("effects-on-others", "guessed-receivers", "total-too-large"), "planner.TestAnswersThatAreNotUsed", "planner.TestWhatOneHostSaysLeavesOutItsMachine", "executor.TestChangedSinceThePlan"),
	},

	// A hostile bastion.
	{
		text: "It carries ciphertext only, because connections through it are SSH end to end.",
		held: append(attacks("honest-bastion", "another-host"), "transport/connect/ssh.TestThrough"),
	},
	{
		text: "The controller checks the key of the host behind it.",
		held: append(attacks("honest-bastion", "another-host"), "transport/connect/ssh.TestThrough"),
	},
	{text: "It can delay and cut, and learn which hosts you reach and how much is sent.", held: attacks("tunnel-of-silence", "tunnel-cut")},
	{text: "It cannot read, change, or act as the host.", held: attacks("bits-flipped", "another-host", "tunnel-overflow", "tunnel-credit")},
	{text: "The contexts on the bastion itself are those of a hostile host.", none: "says which section is about them"},

	// Another user of a host.
	{
		text: "An agent is put only into a directory that belongs to the user who runs it, has mode 0700 and is no link.",
		held: []string{"transport/connect.TestDirectoryChoice", "transport/connect.TestHitInSharedDirectories", "transport/connect.TestTidyOnlyCaches"},
	},
	{
		text: "The directory above it has to belong to that user or to root and, if others may write to it, to be sticky.",
		held: []string{"transport/connect.TestDirectoryChoice", "transport/connect.TestHitInSharedDirectories", "transport/connect.TestTidyOnlyCaches"},
	},
	{
		text: "Both are looked at, and the agent is executed, from inside that directory above.",
		held: []string{"transport/connect.TestBases", "transport/connect.TestCachedInBadBase"},
	},
	{
		text: "So another user can put no program there at any moment, even one who may rename a directory further up.",
		held: []string{"transport/connect.TestBases", "transport/connect.TestCachedInBadBase"},
	},
	{
		text: "An agent that lies there is executed if its directory and its file belong to the user, and it has its seal: the sticky bit, and the time of its last change in 1970.",
		held: []string{"transport/connect.TestSealedAgents"},
	},
	{text: "A write by anybody else sets that time to now, and only the owner can set it back.", held: []string{"transport/connect.TestSealedAgents"}},
	{text: "What is executed is the open file that was looked at.", held: []string{"transport/connect.TestSealedDescriptor"}},
	{
		text: "Without the seal `ls` is asked for the modes again, and the content has to have the digest of the agent.",
		held: []string{"transport/connect.TestSealedAgents", "transport/connect.TestCachedInBadBase"},
	},
	{
		text: "So an agent that was changed while its owner had opened it to others (`chmod -R 777`) is replaced, also if it was closed again since.",
		held: []string{"transport/connect.TestSealedAgents"},
	},
	{
		text: "If it or its directories are open at the moment, the agent sees that before it says a word, takes the seal away and ends; another directory is used then.",
		held: []string{"transport/connect.TestSealedAgents", "internal/hostcache.TestClosed"},
	},
	{
		text: "What is left to another user is the first start after such a mistake, when they would have to write to the file in the moment between that look and the execution, and a host whose clock stood before the day of its `/bin/sh` at the time of such a mistake.",
		none: "says what is not promised",
	},
	{
		text: "Where there is no /proc, or no program that tells a digest, the modes alone tell.",
		held: []string{"transport/connect.TestAgentsWithoutASeal"},
	},
	{
		text: "What an agent finds beside its program, digests, beginnings of contents and lists of directories, it takes only if nobody else can read or write it.",
		held: []string{"internal/hostcache.TestForeignPartsAreNotUsed", "internal/hostcache.TestDamagedDigestsAreNone", "internal/hostcache.TestAnotherFileIsNotKept", "internal/hostcache.TestRemembered"},
	},
	{
		text: "Of a secret content nothing is kept.",
		held: []string{"internal/resource.TestWhatIsNotKeptOfACut", "internal/resource.TestListsAreRemembered"},
	},
	{text: "Passwords are in no command line and no environment.", held: []string{"e2e.TestFleet"}},
	{
		text: "Files are written under a name that nobody else can take, with their owner and mode before they get their place.",
		held: []string{"internal/resource.TestALinkPutInTheWayLeadsNowhere", "internal/resource.TestOwnerIsKept", "internal/resource.TestSideBySide"},
	},
	{
		text: "Owner and mode are given to the thing that was looked at, and to nothing that somebody puts in its place.",
		held: []string{"internal/resource.TestANameGivenMeanwhile", "internal/resource.TestWhatTurnsUpIsNotReplaced", "internal/resource.TestALinkPutInTheWayLeadsNowhere"},
	},
	{
		text: "A link is never followed there.",
		held: []string{"internal/resource.TestANameGivenMeanwhile", "internal/resource.TestWhatTurnsUpIsNotReplaced", "internal/resource.TestALinkPutInTheWayLeadsNowhere"},
	},
	{
		text: "If another user can write in the directory, they may have given a name there to a file of somebody else.",
		held: []string{"internal/resource.TestFilesWithSeveralNames", "internal/resource.TestOneNameWhereOthersWrite", "internal/resource.TestOthersDoNotKeepTheirHandOnAFile", "internal/resource/files.TestInPlaceIsForWhatWasMeant"},
	},
	{
		text: "So a file with several names is left alone there, unless `hard_links` says that all are meant.",
		held: []string{"internal/resource.TestFilesWithSeveralNames", "internal/resource.TestOneNameWhereOthersWrite", "internal/resource.TestOthersDoNotKeepTheirHandOnAFile", "internal/resource/files.TestInPlaceIsForWhatWasMeant"},
	},
	{
		text: "A file whose content is managed is replaced by a new one there when it gets another owner or mode, so that nobody has it open; `in_place` gives that up.",
		held: []string{"internal/resource.TestFilesWithSeveralNames", "internal/resource.TestOneNameWhereOthersWrite", "internal/resource.TestOthersDoNotKeepTheirHandOnAFile", "internal/resource/files.TestInPlaceIsForWhatWasMeant"},
	},
	{text: "The bits set-user-ID and set-group-ID do not pass to a new owner by themselves.", held: []string{"internal/resource.TestRightsAreNotLentOn"}},
	{
		text: "A link of another user, neither root nor the user of the context, is followed only to what that user owns, when something is read as when something is changed.",
		held: []string{"internal/resource.TestALinkOfAnotherUser", "internal/function.TestLinksOfOthersAreNotReadThrough"},
	},
	{
		text: "Directories are held open meanwhile, so that a link that is put in place of one leads nowhere.",
		held: []string{"internal/resource.TestALinkPutInTheWayLeadsNowhere", "internal/function.TestADirectoryExchangedForALink"},
	},
	{text: "Beyond that, a path whose directories another user can write to is as unsafe as it always is: they can remove what is in them, and choose what a file without managed content holds.", none: "is a warning"},

	// A thief of a plan file.
	{text: "A saved plan has mode 0600.", held: []string{"cmd/mitoplan.TestScripts/saved"}},
	{
		text: "In clear it holds your configuration, the files that it read, the values of variables without a secret in them, and the plan as it is shown: what hosts look like, and contents without a secret in them.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestSeal", "cmd/mitoplan.TestScripts/saved_withheld"},
	},
	{
		text: "What hosts answered is encrypted (AES-256-GCM).",
		held: []string{"planner.TestSeal", "planner.TestInputs", "executor.TestSavedPlanWantsTheSameSecrets", "executor.TestWhatMayDifferAtApply", "cmd/mitoplan.TestScripts/saved_withheld"},
	},
	{
		text: "Scrypt derives the key from a salt and all of these together: the values of variables that are sensitive or ephemeral, or that hold a secret all the same, such as one that becomes a password; and the files of the configuration that hold a secret.",
		held: []string{"planner.TestSeal", "planner.TestInputs", "executor.TestSavedPlanWantsTheSameSecrets", "executor.TestWhatMayDifferAtApply", "cmd/mitoplan.TestScripts/saved_withheld"},
	},
	{
		text: "Those files are not in the plan.",
		held: []string{"planner.TestSeal", "planner.TestInputs", "executor.TestSavedPlanWantsTheSameSecrets", "executor.TestWhatMayDifferAtApply", "cmd/mitoplan.TestScripts/saved_withheld"},
	},
	{
		text: "Variables that only open a context do not count.",
		held: []string{"planner.TestSeal", "planner.TestInputs", "executor.TestSavedPlanWantsTheSameSecrets", "executor.TestWhatMayDifferAtApply", "cmd/mitoplan.TestScripts/saved_withheld"},
	},
	{
		text: "Every digest in the clear part is made with a random key, which is in the encrypted part, but for two kinds: the SHA-256 of each file of a directory or an archive in which no secret was found, and that of a source of more than 1 MiB in which none was found.",
		held: []string{"executor.TestEachMachineHasItsOwnKey", "executor.TestALargeSourceWithASecret", "executor.TestATreeWithASecretComesBack"},
	},
	{
		text: "With `-bundle` such a source is in the file in clear.",
		held: []string{"executor.TestALargeSourceWithASecret"},
	},
	{
		text: "One in which a secret was found is encrypted there, and so is its SHA-256, and the list of a directory or an archive.",
		held: []string{"executor.TestALargeSourceWithASecret", "executor.TestATreeWithASecretComesBack", "planner.TestASecretInABundleIsEncrypted"},
	},
	{
		text: "Without `-bundle` that list is not in the file.",
		held: []string{"executor.TestATreeWithASecretComesBack"},
	},
	{
		text: "So a thief can only guess all of these inputs at once, at a cost of 50 ms and 32 MiB for each guess, and learns nothing about one of them before all are right.",
		none: "says what guessing costs",
	},
	{
		text: "Whoever guesses right, or knows them, can read what hosts answered: contents with those secrets in them, and what calls gave that were given one.",
		none: "is a warning",
	},
	{
		text: "Without any such input the encryption hides nothing, and then nothing sensitive is in it.",
		held: []string{"executor.TestWhatAPlanFileMayNotKeepIsAskedAgain"},
	},
	{
		text: "An answer with a secret in it, or with what the configuration says is one, is left out, and the host is asked again.",
		held: []string{"executor.TestWhatAPlanFileMayNotKeepIsAskedAgain"},
	},
	{
		text: "A password that only opens a context is never in it, even if a host sends it back.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "executor.TestWhatMayDifferAtApply"},
	},

	{text: "Somebody who can change a plan file can make apply do anything.", none: "is a warning"},
	{text: "Treat it as you treat the configuration.", none: "is advice"},

	// A reader of the terminal or a log.
	{
		text: "Nothing made of a sensitive or ephemeral value is shown.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestWhatHangsOnASecretIsHidden", "planner.TestSecretInAPlace", "config.TestFunctionsKeepSecrets", "config.TestEvaluatorKeepsSecrets"},
	},
	{
		text: "Values carry a mark that what is made of them inherits.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestWhatHangsOnASecretIsHidden", "planner.TestSecretInAPlace", "config.TestFunctionsKeepSecrets", "config.TestEvaluatorKeepsSecrets"},
	},
	{
		text: "Errors about them name only the function and the argument.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestWhatHangsOnASecretIsHidden", "planner.TestSecretInAPlace", "config.TestFunctionsKeepSecrets", "config.TestEvaluatorKeepsSecrets"},
	},
	{
		text: "Nothing marked can be a part of a path, an address or a host's name.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestWhatHangsOnASecretIsHidden", "planner.TestSecretInAPlace", "config.TestFunctionsKeepSecrets", "config.TestEvaluatorKeepsSecrets"},
	},
	{text: "What a host echoes carries no mark.", none: "says what is not so"},
	{text: "In it, known secrets are looked for, in the forms that `docs/language.md` lists, which are those that programs print by themselves.", held: []string{"internal/secret.TestASecretIsFoundHoweverItIsWritten", "internal/secret.TestASecretIsFoundAsShellsQuoteIt", "cmd/mitoplan.TestScripts/masked"}},
	{text: "That does not find a secret of less than 8 bytes, half of one, or one that a hostile host spells in another way: whoever has a secret can tell it.", held: []string{"internal/secret.TestOnlyWholeSecretsOfSomeLengthAreFound"}},
	{text: "In what is said of a block, the secrets of that block itself are found from 4 bytes on.", held: []string{"planner.TestWeakPasswordsLeaveOwnWords"}},
	{text: "What `su`, `sudo` and `doas` print is shown without the password that is typed there, however short it is.", held: []string{"transport/connect.TestWeakPasswordsHideNoCause"}},
	{text: "The words of mitoplan that stand around what a host said, or around a value of the configuration, are shown, though a secret may be spelt like one.", held: []string{"cmd/mitoplan.TestSecretsOnEachWayToPeople", "cmd/mitoplan.TestWrongConfigurations", "executor.TestWeakPasswordsLeaveWordsOfTransport", "internal/kind.TestUnquoted", "planner.TestWeakPasswordsLeaveOwnWords", "transport/connect.TestWeakPasswordsHideNoCause", "transport/connect/ssh.TestWeakPasswordsLeaveOwnWords", "transport/connect/ssh.TestWeakPasswordsAreHiddenInWhatServersSay", "internal/kind.TestOwnWords"}},
	{text: "Only single words of letters count as that, with - and _, of at most 16 bytes.", held: []string{"internal/secret.TestOwnWordsAreKept", "internal/secret.FuzzTold"}},
	{text: "So a hostile host that passes its words off as those of mitoplan can have a secret shown that is such a word, and no other: no password should be one.", held: []string{"internal/secret.FuzzTold", "cmd/mitoplan/view.TestOwnWordsOfDiagnosticsAreShown"}},
	{text: "In a line of the configuration that an error quotes, they are looked for in whatever may be a value: texts, comments, labels and keys.", held: []string{"cmd/mitoplan/view.FuzzQuotedSecrets", "config.FuzzPlainSpans", "internal/secret.FuzzFind"}},
	{text: "Each line of a secret counts there that has 8 bytes or more, since a text of several lines is quoted line by line.", held: []string{"cmd/mitoplan.TestScripts/quoted_secrets"}},
	{text: "Names of arguments and references stay as they are, though a secret may be spelt like one.", held: []string{"cmd/mitoplan/view.TestQuotedLinesKeepTheirNames", "config.TestPlainSpans"}},
	{text: "What the configuration itself says is one is not quoted: the value of an argument that is a secret, though its name is misspelt, the default of a sensitive or ephemeral variable, and what `sensitive()` is called with.", held: []string{"config.TestSecretSpans", "cmd/mitoplan.TestScripts/quoted_secrets"}},
	{text: "Such a secret is also looked for in all other lines that are quoted, and in what is said of them.", held: []string{"config.TestSecretLiterals", "cmd/mitoplan.TestScripts/quoted_secrets"}},
	{text: "What a condition in such a variable or output compares with is not quoted either.", held: []string{"config.TestSecretSpans", "cmd/mitoplan.TestScripts/quoted_secrets"}},

	// A thief of the record.
	{
		text: "The record has mode 0600.",
		held: []string{"internal/state.TestSaveAndLoad"},
	},
	{
		text: "It holds addresses, digests and outputs, and no secret: an output made from a sensitive value, or of what a host answered with a secret in it, is not stored.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "planner.TestRecordKeepsNoSecretOfOthers", "cmd/mitoplan.TestScripts/output"},
	},
	{
		text: "Digests of sensitive arguments, of attributes that hold a secret and of `triggers` with a sensitive value in it are made by scrypt.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "executor.TestDriftOfSecrets"},
	},
	{
		text: "A thief can guess such a value at a cost of 50 ms and 32 MiB for each guess.",
		held: []string{"executor.TestPlantedSecretsAreNowhere", "executor.TestDriftOfSecrets"},
	},
	{
		text: "Of a directory or an archive that is sent the record has the list, with the SHA-256 of each file, unless a secret is found in it.",
		held: []string{"executor.TestTheRecordOfATreeWithASecret", "internal/kind.TestArgumentsOfTheEnd"},
	},
	{
		text: "Contents of more than 1 MiB together are not searched for that: keep a password in a file of its own block.",
		none: "it says what is not promised",
	},
	{
		text: "The key of the digests is in the record itself, so a digest alone is of no use to anybody.",
		held: []string{"executor.TestDigestsOfAnEarlierRecord"},
	},

	// The network.
	{text: "SSH protects connections.", held: []string{"transport/connect/ssh.TestHostKeys"}},
	{
		text: "An unknown host key is an error, unless you ask for `accept_new`.",
		held: []string{"transport/connect/ssh.TestHostKeys"},
	},
	{
		text: "A changed one is an error even then.",
		held: []string{"transport/connect/ssh.TestHostKeys"},
	},
	{
		text: "With `host_key_check = \"off\"` no key is checked; it is for hosts that are made and thrown away.",
		held: []string{"transport/connect/ssh.TestHostKeys"},
	},

	// Not defended against.
	{text: "A hostile controller, or another process of your own user on it.", none: "is what is not defended against"},
	{text: "Root on a host while you work on it.", none: "is what is not defended against"},
	{text: "Side channels of timing and size.", none: "is what is not defended against"},
}
