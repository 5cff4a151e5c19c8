package connect

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/transport"
)

// note is why one folder of a host cannot hold an agent: "WHY FOLDER", or for
// the word write "write FOLDER: TEXT", where the text is what a program of the
// host said.
type note struct{ why, text string }

func noteOf(line string) note {
	why, text, _ := strings.Cut(line, " ")
	return note{why, transport.Clean(text)}
}

// whys are sentences about a folder for a note's word; write has its own text.
var whys = map[string]string{
	"enter":  "does not exist or cannot be entered",
	"base":   "can be changed by others: it belongs to another user, or others may write to it and it is not sticky",
	"folder": "holds a folder for agents that is a link, belongs to somebody else or is open to others",
	"noexec": "is mounted noexec: nothing in it can be executed",
}

func (n note) String() string {
	if said, ok := whys[n.why]; ok {
		return n.text + " " + said
	}
	return n.text
}

// full tells that a folder had no room, in the words of strerror(3) of the GNU
// and other C libraries.
func (n note) full() bool {
	text := strings.ToLower(n.text)
	return strings.Contains(text, "no space left on device") || strings.Contains(text, "quota exceeded")
}

// refused is why no agent runs, for a word that ends the conversation.
func (b *Bootstrap) refused(verb string, notes []note, words *Words) error {
	switch verb {
	case "none", "need":
		return b.noFolder(notes, words)
	case "nopath":
		return blame("agent_path", "agent_path_missing", "No agent at agent_path",
			"Nothing can be executed at %s on the host. Install the agent there, or leave agent_path out.", b.agentPath)
	}
	return strange(verb)
}

func (b *Bootstrap) noFolder(notes []note, words *Words) error {
	said := saying(words.String())
	if len(notes) > 0 {
		said = ""
		for _, n := range notes[:min(len(notes), 10)] {
			said += "\n  " + n.String()
		}
	}
	if slices.ContainsFunc(notes, note.full) {
		return blame("agent_dirs", "agent_disk_full", "No space for the agent on the host",
			"Free some megabytes there, or set agent_dirs to a folder that has them:%s", said)
	}
	if len(notes) > 0 {
		return blame("agent_dirs", "agent_no_folder", "No folder for the agent",
			"Set agent_dirs to a folder in which you may write and execute, and others may not write:%s", said)
	}
	return blame("agent_dirs", "agent_no_folder", "No folder for the agent",
		"Of %s, none could be written, executed and kept private. Set agent_dirs to a folder that is not mounted noexec.%s", b.dirList(), said)
}

func (b *Bootstrap) dirList() string {
	if len(b.agentDirs) > 0 {
		return strings.Join(b.agentDirs, ", ")
	}
	return "$XDG_CACHE_HOME, ~/.cache, /var/tmp, $XDG_RUNTIME_DIR, /dev/shm and /tmp"
}
