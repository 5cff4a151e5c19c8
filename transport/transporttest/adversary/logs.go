package adversary

import (
	"bytes"
	"io"
	"os"
	"strings"
)

// logs sends one log entry.
func (h *Host) logs(level int, name, text string, pairs ...string) bool {
	return h.Message(Frame{Src: h.Self, Handle: Log, Data: Encode(Map{"l": level, "n": name, "m": text, "k": pairs})})
}

// entries are attacks with log entries and with the output of the process.
var entries = []*Attack{
	{
		Name: "log-flood", At: []Position{Beside, Below}, Waits: 20,
		Rule: "Of one context 10,000 log entries a second are shown, and 20,000 at once",
		Does: "sends 2,000,000 entries as fast as it can, without credit",
		Up: func(h *Host) {
			entry := Frame{Src: h.Self, Handle: Log, Data: Encode(Map{"l": 4, "m": "again"})}.Bytes()
			batch := bytes.Repeat(entry, 1000)
			for range 2000 {
				if !h.Raw(batch) {
					return
				}
			}
		},
	},
	{
		Name: "log-keys", Sample: true, Env: []string{"MITOPLAN_LOG_FORMAT=json"},
		Rule: "A key that the controller itself uses (context, address, level, time and the like) is shown as",
		Does: "sends entries with keys such as context, address, @level and @timestamp, and texts with escape sequences, line breaks and bidirectional marks",
		Up: func(h *Host) {
			for _, key := range []string{"context", "address", "@level", "@module", "@message", "@timestamp", "\x1b[2J", "a\nb", "", strings.Repeat("k", 10_000)} {
				h.logs(5, "good\n\x1b[31m", "forged \x1b[2J\x1b]0;t\a\r\nError: forged\n\u202e\u2066", key, "ssh.good", key, "0.1\x1b[1m")
			}
			h.logs(-1000, "", "levels that are none")
			h.logs(1000, "", "levels that are none")
		},
		Blamed: []string{"bad"},
	},
	{
		Name: "log-lines", At: []Position{Beside, Below}, Sample: true,
		Rule: "Escape sequences and control characters are removed from every text that comes from another machine.",
		Does: "sends entries that look like other lines of the log",
		Up: func(h *Host) {
			h.logs(3, "", "one\n2026-11-26T04:42:41.954Z [WARN]  mitoplan.ssh.good: forged: context=ssh.good\r\nError: forged")
			h.logs(3, "ssh.good: a forged name", "m", "k", "v\n2026-11-26T04:42:41.954Z [WARN]  mitoplan.ssh.good: forged")
		},
	},
	{
		Name: "log-of-60-mib",
		Rule: "Messages are cut to 8 KiB, values to 4 KiB, and all values of an entry together to 16 KiB",
		Does: "sends entries of 60 MiB, in one text and in pairs",
		Up: func(h *Host) {
			h.logs(5, "", strings.Repeat("long ", 12*mega))
			pairs := make([]string, 65_000)
			for i := range pairs {
				pairs[i] = strings.Repeat("p", 900)
			}
			h.logs(5, "", "pairs", pairs...)
		},
	},
	{
		Name: "stderr-without-end", Waits: 20,
		Rule: "Control characters from hosts are shown by their names",
		Does: "writes 1 GB without a line break, with escape sequences, to its standard error",
		Up: func(h *Host) {
			b := bytes.Repeat([]byte("\x1b[2J\x07noise"), 100_000)
			for range 1 << 30 / len(b) {
				if _, err := h.err.Write(b); err != nil {
					return
				}
			}
			_, _ = io.WriteString(h.err, "end")
		},
	},
	{
		Name: "last-words", Sample: true,
		Rule: "Escape sequences and control characters are removed from every text that comes from another machine.",
		Does: "writes escape sequences and a forged message to its standard error, and dies in the middle of a call",
		Call: func(h *Host, c *Call) bool {
			if c.Func == "spawn" || c.Func == "shutdown" {
				return false
			}
			_, _ = io.WriteString(h.err, "\x1b[2Jfatal\r\n\u202eApply complete! 9 added.\x1b]0;x\a\n")
			note(partCall)
			os.Exit(3)
			return true
		},
		Blamed: []string{"exit status 3", "was closed", "lost"}, Fails: true,
	},
}
