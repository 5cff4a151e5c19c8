package connect

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// note says why one directory of a host cannot hold an agent. The host sends
// "WHY DIRECTORY", or "write DIRECTORY: TEXT", where the text is what a program
// of the host said.
type note struct{ why, text string }

// noteOf reads what follows the verb "no". With the word base comes what ls said of the
// directory. If that is no line about one, ls did not run: the word is then programs.
func noteOf(line string) note {
	why, text, _ := strings.Cut(line, " ")
	if dir, ls, more := strings.Cut(text, ": "); why == "base" && more {
		if text = dir; !strings.HasPrefix(ls, "d") {
			why, text = "programs", dir+": "+ls
		}
	}
	return note{why, transport.Clean(text)}
}

// reasonsAgainst are the ends of sentences about a directory, by the word of a
// note. The words write and programs have a text of their own.
var reasonsAgainst = map[string]string{
	"enter":  "does not exist or cannot be entered",
	"base":   "can be changed by others: it belongs to another user, or others may write to it and it is not sticky",
	"dir":    "holds a directory for agents that is a link, belongs to somebody else or is open to others",
	"noexec": "is mounted noexec: nothing in it can be executed",
}

func (n note) String() string {
	if said, ok := reasonsAgainst[n.why]; ok {
		return n.text + " " + said
	}
	return n.text
}

// full reports whether a directory had no room, by the words of strerror(3) of
// the GNU and other C libraries.
func (n note) full() bool {
	text := strings.ToLower(n.text)
	return strings.Contains(text, "no space left on device") || strings.Contains(text, "quota exceeded")
}

// refused says why no agent runs, for a verb that ends the conversation.
func (b *Bootstrap) refused(verb, rest string, notes []note, words *LastWords) error {
	switch verb {
	case "none", "need":
		return b.noDirectory(notes, words)
	case "nopath":
		return noAgentAt(b.agentPath, transport.Clean(rest))
	}
	return notUnderstood(verb)
}

// noDirectory is the problem of a host on which no directory can hold an agent.
func (b *Bootstrap) noDirectory(notes []note, words *LastWords) error {
	if len(notes) > 0 && !slices.ContainsFunc(notes, func(n note) bool { return n.why != "programs" }) {
		_, text, _ := strings.Cut(notes[0].text, ": ")
		return problem(kind.CodeAgentNoPrograms, "Shell can run no programs",
			"The shell that is to start the agent runs there, but cannot run ls: %s. NOEXEC in sudoers forbids it; so do rules of the host for this user, and a place without that program. Allow it, or set agent_path.", text)
	}
	var said kind.Wording
	for _, n := range notes[:min(len(notes), 10)] {
		said.Add("\n  %s", n)
	}
	for _, reason := range b.leftOut(notes) {
		said.Add("\n  %s", kind.Rule(reason))
	}
	if text := words.String(); len(notes) == 0 && text != "" {
		said.Add("\n%s", printed(text))
	}
	if slices.ContainsFunc(notes, note.full) {
		return blame("agent_dirs", kind.CodeAgentDiskFull, "No space for the agent on the host",
			"Free some megabytes there, or set agent_dirs to a directory that has them:%s", said)
	}
	return blame("agent_dirs", kind.CodeAgentNoDirectory, "No directory for the agent",
		"Set agent_dirs to a directory in which you may write and execute, and others may not write:%s", said)
}

// notTried are the directories that are tried without agent_dirs, with why a host does not
// try one: see the part "dirs" of the script.
var notTried = [...]string{
	"$XDG_CACHE_HOME is not set, or it or the directory above it does not belong to the user",
	"~/.cache does not belong to the user, or cannot be made there: HOME may be unset, missing or not writable",
	"/var/tmp is not there, or not sticky (mode 1777)",
	"$XDG_RUNTIME_DIR is not set, or does not belong to the user",
	"/dev/shm is not there, or not sticky (mode 1777)",
	"/tmp is not there, or not sticky (mode 1777)",
}

// leftOut says of each directory that the host has no note about why it was not tried. The
// notes come in the order of notTried, and have the values of the variables.
func (b *Bootstrap) leftOut(notes []note) (reasons []string) {
	if len(b.agentDirs) > 0 {
		return nil
	}
	var tried [len(notTried)]bool
	for _, n := range notes {
		dir, _, _ := strings.Cut(n.text+" ", ": ")
		switch dir = strings.TrimSpace(dir); {
		case dir == "/var/tmp":
			tried[2] = true
		case dir == "/dev/shm":
			tried[4] = true
		case dir == "/tmp":
			tried[5] = true
		case tried[2] || strings.HasPrefix(dir, "/run/"):
			tried[3] = true
		case strings.HasSuffix(dir, "/.cache") && !tried[1]:
			tried[1] = true
		default:
			tried[0] = true
		}
	}
	for k, why := range notTried {
		if !tried[k] {
			reasons = append(reasons, why)
		}
	}
	return reasons
}
