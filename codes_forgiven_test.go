package mitoplan_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/planner"
)

// forgiveness is whether -allow-unreachable forgives problems, and why.
type forgiveness struct {
	forgiven bool
	why      string
	codes    []kind.Code
}

// forgiving has each code that a start of a context can end with.
var forgiving = []forgiveness{
	{true, "the network does not lead there, or nothing answers in time", []kind.Code{
		kind.CodeLost, kind.CodeStartTimeout, kind.CodeKubectlNoServer, kind.CodeInstanceNoServer,
		kind.CodeContainerNoEngine, kind.CodeSSHDial, kind.CodeSSHHandshakeTimeout, kind.CodeSSHLoginTimeout,
		kind.CodeSSHLost, kind.CodeSSHNoRoute, kind.CodeSSHRefused, kind.CodeSSHTimeout,
	}},
	{true, "the name of the host leads nowhere", []kind.Code{
		kind.CodeSSHNameNotFound, kind.CodeSSHNameUnresolved,
	}},
	{true, "the place is there and switched off, as a host can be", []kind.Code{
		kind.CodeContainerNotRunning, kind.CodeInstanceNotRunning, kind.CodeKubectlNotRunning,
		kind.CodeMachineNoSystemd,
	}},
	{false, "a user, a key or a password is refused", []kind.Code{
		kind.CodeBecomeExpired, kind.CodeSSHAccountExpired, kind.CodeSSHAccountRefused, kind.CodeSSHPasswordExpired, kind.CodeBecomeLocked, kind.CodeBecomePasswordExpired, kind.CodeSudoPasswordExpired, kind.CodeBecomeNoShell, kind.CodeBecomeWrongPassword, kind.CodeBecomePasswordUnanswered, kind.CodeSudoPasswordUnanswered, kind.CodeKubectlLogin,
		kind.CodeSudoAccountExpired, kind.CodeSudoWrongPassword, kind.CodeSSHAnswersRefused,
		kind.CodeSSHCertAddress, kind.CodeSSHCertEarly, kind.CodeSSHCertExpired, kind.CodeSSHCertOption,
		kind.CodeSSHCertPrincipal, kind.CodeSSHCertRefused, kind.CodeSSHKeyRefused, kind.CodeSSHKeyUnproven,
		kind.CodeSSHLoginRefused, kind.CodeSSHNoKeysTaken, kind.CodeSSHNoPasswordsTaken, kind.CodeSSHNoShell,
		kind.CodeSSHPasswordRefused, kind.CodeSSHPasswordUnanswered, kind.CodeSSHTooManyKeys, kind.CodeSSHTouchRequired, kind.CodeSSHVerifyRequired,
	}},
	{false, "what it needs to be let in is not given, or not usable", []kind.Code{
		kind.CodeBecomePasswordNeeded, kind.CodeBecomeUnknownPrompt, kind.CodeSudoPasswordNeeded,
		kind.CodeSudoUnknownPrompt, kind.CodeSSHAgentWaits, kind.CodeSSHCertificate, kind.CodeSSHKeyEncrypted,
		kind.CodeSSHKeyForm, kind.CodeSSHKeyLines, kind.CodeSSHKeyOpen, kind.CodeSSHKeyPublic,
		kind.CodeSSHKeyUnreadable, kind.CodeSSHKeyUnsigned, kind.CodeSSHNothingToOffer, kind.CodeSSHQuestions,
		kind.CodeSSHWrongPassphrase,
	}},
	{false, "who answers may be somebody else", []kind.Code{
		kind.CodeKubectlCertificate, kind.CodeSSHHandshake, kind.CodeSSHHostCAUnknown, kind.CodeSSHHostCertBroken,
		kind.CodeSSHHostCertEarly, kind.CodeSSHHostCertExpired, kind.CodeSSHHostCertKind,
		kind.CodeSSHHostCertOption, kind.CodeSSHHostCertPrincipal, kind.CodeSSHHostCertWeak,
		kind.CodeSSHHostKeyChanged, kind.CodeSSHHostKeyRevoked, kind.CodeSSHHostKeyShort,
		kind.CodeSSHHostKeyUnknown, kind.CodeSSHNotSpoken, kind.CodeSSHRevocationUnreadable,
		kind.CodeSSHRevokedKeys,
	}},
	{false, "a rule of the place forbids it", []kind.Code{
		kind.CodeBecomeNotAllowed, kind.CodeBecomeRules, kind.CodeChrootNotAllowed, kind.CodeContainerNotAllowed,
		kind.CodeInstanceNotAllowed, kind.CodeKubectlNotAllowed, kind.CodeMachineNotAllowed,
		kind.CodeNsenterNotAllowed, kind.CodeSudoCommandNotAllowed, kind.CodeSudoNotInSudoers,
		kind.CodeSudoSudoersBroken, kind.CodeSSHForcedCommand, kind.CodeBecomeNoSession, kind.CodeSSHSessionRefused, kind.CodeSudoAccountRefused, kind.CodeSudoEnvironment, kind.CodeSudoNoShell, kind.CodeSudoOtherHost, kind.CodeSudoSudoersOpen, kind.CodeAgentNoPrograms, kind.CodeSSHNoSession,
	}},
	{false, "no such thing is there, which a name that is wrong looks like, too", []kind.Code{
		kind.CodeBecomeUnknownUser, kind.CodeChrootRoot, kind.CodeContainerMissing, kind.CodeInstanceMissing,
		kind.CodeInstanceProject, kind.CodeInstanceRemote, kind.CodeKubectlContainer, kind.CodeKubectlContext,
		kind.CodeKubectlMissing, kind.CodeMachineMissing, kind.CodeNsenterNamespace, kind.CodeNsenterNoProcess,
		kind.CodeSudoUnknownUser,
	}},
	{false, "the place lacks something, or is set up wrongly", []kind.Code{
		kind.CodeAgentAnswer, kind.CodeAgentDiskFull, kind.CodeAgentLimit, kind.CodeAgentNoDirectory, kind.CodeAgentNoProc,
		kind.CodeAgentNoise, kind.CodeAgentNotStarted, kind.CodeAgentPathMissing, kind.CodeAgentPlatform,
		kind.CodeAgentTerminal, kind.CodeBecomeCommandMissing, kind.CodeBecomeNoAccount, kind.CodeBecomeNoTTY, kind.CodeSudoNoAccount, kind.CodeSudoNoPTY, kind.CodeBecomePowerless,
		kind.CodeChrootNoShell, kind.CodeContainerNoShell,
		kind.CodeContextProgramMissing, kind.CodeInstanceNoShell, kind.CodeKubectlNoShell, kind.CodeMachineNoShell,
		kind.CodeNsenterNoShell, kind.CodeSudoCommandMissing, kind.CodeSudoMissing, kind.CodeSudoNoTTY,
		kind.CodeSudoPowerless,
	}},
	{false, "this machine lacks something, or is set up wrongly", []kind.Code{
		kind.CodeAgentBuildSlow, kind.CodeAgentMissing, kind.CodeAgentNoMain, kind.CodeKubectlConfig, kind.CodeSSHAlgorithms,
		kind.CodeSSHBind, kind.CodeSSHConfig, kind.CodeSSHConfigIgnored, kind.CodeSSHControlMaster,
		kind.CodeSSHKnownHosts, kind.CodeSSHKnownHostsLine, kind.CodeSSHRefusedByConfig,
	}},
	{false, "the configuration has a mistake", []kind.Code{
		kind.CodeBecomeEnvAgentPath, kind.CodeBecomePasswordForm, kind.CodeBecomeUser, kind.CodeContainerName,
		kind.CodeContainerUser, kind.CodeContextConflict, kind.CodeContextDepth, kind.CodeContextDuration, kind.CodeContextEnv,
		kind.CodeContextParallelism, kind.CodeContextPath, kind.CodeContextProgram, kind.CodeExecCommand,
		kind.CodeInstanceName, kind.CodeKubectlName, kind.CodeMachineName, kind.CodeMachineUser,
		kind.CodeNsenterPID, kind.CodePassphraseLineEnd, kind.CodePasswordLineEnd, kind.CodeSudoEnvAgentPath,
		kind.CodeSudoLoginPath, kind.CodeSudoPasswordForm, kind.CodeSudoPath, kind.CodeSudoSELinux,
		kind.CodeSudoUser, kind.CodeSSHAnswers, kind.CodeSSHClient, kind.CodeSSHClientArgument,
		kind.CodeSSHHostKeyCheck, kind.CodeSSHHostKeyForm, kind.CodeSSHHostName, kind.CodeSSHKeepalive,
		kind.CodeSSHPort, kind.CodeSSHTwoKeys, kind.CodeSSHUserName,
	}},
	{false, "the reason is not known, or can be any", []kind.Code{
		kind.CodeConnect, kind.CodeSSHClosed, kind.CodeSSHEnded, kind.CodeSSHProxyCommand,
	}},
	{false, "mitoplan itself ended it", []kind.Code{
		kind.CodeCancelled, kind.CodePanic,
	}},
	{false, "it is about a call that took too long, and not about a place", []kind.Code{
		kind.CodeTimeout,
	}},
}

// -allow-unreachable forgives what the table says, and nothing else. These contexts alone are
// told as unreachable: any other that did not start has failed. A new code of a
// context has to be put into the table.
func TestCodesThatAreForgiven(t *testing.T) {
	listed := map[kind.Code]bool{}
	for _, f := range forgiving {
		for _, c := range f.codes {
			if listed[c] {
				t.Errorf("%s is in the table twice", c)
			}
			listed[c] = true
			if c.Away() != f.forgiven {
				t.Errorf("%s is forgiven: %t, want %t: %s", c, c.Away(), f.forgiven, f.why)
			}
			if got := (&planner.Failure{Code: c}).ContextStatus(); (got == planner.ContextUnreachable) != f.forgiven {
				t.Errorf("a context that ended with %s is told as %s: %s", c, got, f.why)
			}
		}
	}
	ofContexts := false
	for _, s := range codeList(t) {
		ofContexts = ofContexts || s.title == "Of calls and contexts, whatever they do"
		for _, c := range s.codes {
			switch code := kind.Code(c.text); {
			case ofContexts && !listed[code]:
				t.Errorf("%s is not in the table", code)
			case !ofContexts && (listed[code] || code.Away()):
				t.Errorf("%s is no code of a context", code)
			}
		}
	}
}
