package adversary

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// changes answers checks and applies. It takes an honest change and lets lie
// falsify it.
func changes(lie func(h *Host, c *Call, change Map)) func(h *Host, c *Call) bool {
	return func(h *Host, c *Call) bool {
		if c.Func != check && c.Func != "apply" {
			return false
		}
		change := c.Change()
		lie(h, c, change)
		return h.Reply(c, answered(change))
	}
}

// saying answers calls of functions with a text as their output.
func saying(text func() string) func(h *Host, c *Call) bool {
	return func(h *Host, c *Call) bool {
		return c.Func == call && h.Reply(c, Map{"would_run": true, "results": Results(text())})
	}
}

const theyChoose = "they choose that value"

// lockLie is closed by tellLockLie when the lie about the lock has been told.
var (
	lockLie     = make(chan struct{})
	tellLockLie = sync.OnceFunc(func() { close(lockLie) })
)

// results are lies about what the host holds and does.
var results = []*Attack{
	{
		Name: "another-after", At: []Position{Beside, Below}, Sample: true,
		Rule: "They can lie about that host: its facts, its files, the results of calls on it.",
		Does: "says that a file will hold something else than was asked for, at another path, with attributes that do not exist",
		Call: changes(func(_ *Host, _ *Call, c Map) {
			c["before"] = Map{"path": "/etc/shadow", "content": "\x1b[2Jbefore\n", "mode": "6777"}
			c["after"] = Map{"path": "/etc/passwd", "content": "\x1b[31mafter\n\u202e", "mode": -1, "no_such": []any{Map{"x": nil}}}
			c["action"] = "update"
		}),
		Blamed: []string{"Answer not understood"}, Fails: true,
	},
	{
		Name: "fingerprint-changes",
		Rule: "They can lie about that host: its facts, its files, the results of calls on it.",
		Does: "gives another fingerprint of 1 MiB at each check",
		Call: changes(func(h *Host, _ *Call, c Map) {
			c["fingerprint"] = strings.Repeat(fmt.Sprintf("%016x", h.randomInt(1<<62)), mega/16)
		}),
	},
	{
		Name: "effects-on-others", At: []Position{Beside, Below}, Sample: true,
		Rule: "They cannot run anything on the controller or on another host",
		Does: "claims effects on paths and accounts that it was not asked about, on /etc/shadow, root and paths with ..",
		Config: `
resource "file" "after" {
  on         = context.sudo.root
  path       = "/srv/after"
  content    = "after\n"
  depends_on = [file.bad]
}
`,
		Call: changes(func(_ *Host, _ *Call, c Map) {
			things := []string{"path:/srv/after", "path:/srv/ATTACK", "path:/etc/shadow", "path:/etc/../srv", "path:/", "path:/srv", "path:/home/nosudo/../../srv/x", "user:root", "group:root", "nothing", "x:y:z"}
			var effects []Map
			for _, thing := range things {
				effects = append(effects, Map{"thing": thing, "entry": Map{"type": "link", "owner": Map{"id": -5}, "group": Map{"id": 0}, "mode": -1, "target": []byte("/etc/shadow")}})
				effects = append(effects, Map{"thing": thing, "user": Map{"name": "root", "gone": true, "uid": -7, "gid": 1 << 40}, "group": Map{"name": "root", "gid": -1}})
			}
			c["effects"], c["writes"], c["reads"], c["restores"] = effects, things, things, things
		}),
	},
	{
		Name: "million-effects", Waits: 10,
		Rule: "They cannot use up the memory of the controller",
		Does: "claims 100,000 effects, writes and warnings",
		Call: changes(func(_ *Host, _ *Call, c Map) {
			var effects, warnings []Map
			var writes []string
			for i := range 100_000 {
				effects = append(effects, Map{"thing": fmt.Sprint("path:/srv/", i), "entry": entry()})
				writes = append(writes, fmt.Sprint("path:/srv/", i))
				warnings = append(warnings, Map{"attr": "path", "summary": "\x1b[2Jwarning", "detail": fmt.Sprint("number ", i)})
			}
			c["effects"], c["writes"], c["warnings"] = effects, writes, warnings
		}),
	},
	{
		Name: "forged-warnings",
		Rule: "They cannot make your terminal obey them.",
		Does: "adds warnings that look like other messages of the tool",
		Call: changes(func(_ *Host, _ *Call, c Map) {
			c["warnings"] = []Map{{"attr": "content", "summary": "\x1b[2J\x1b[31mApply complete!\n\u202e", "detail": "Error: forged\r\n\x07context.ssh.good"}}
		}),
	},
	{
		Name: "million-keys", Waits: 20,
		Rule: theyChoose,
		Does: "answers a call whose lines become instances on another host with 1,000,000 lines",
		Config: `
resource "file" "each" {
  for_each = toset(split("\n", trimspace(call.command.bad.stdout)))
  on       = context.sudo.good
  path     = "/srv/ATTACK-each/${each.key}"
  content  = "x"
}
`,
		Call: saying(func() string {
			var b strings.Builder
			for i := range 1_000_000 {
				fmt.Fprintln(&b, i)
			}
			return b.String()
		}),
		Blamed: []string{"Too many instances", "Answer not understood"}, Fails: true, Used: []int{1, 2},
	},
	{
		Name: "keys-with-control-characters", Sample: true,
		Rule: theyChoose,
		Does: "answers a call whose lines become instances and paths on another host with control characters, quotes, expressions and paths with ..",
		Config: `
resource "file" "each" {
  for_each = toset(split("|", trimspace(call.command.bad.stdout)))
  on       = context.sudo.good
  path     = "/tmp/ATTACK/${each.key}"
  content  = each.key
}
`,
		Used: []int{1, 2},
		Call: saying(func() string {
			return strings.Join([]string{"a\x1b[2J", "b\"]\n", "${file(\"/etc/passwd\")}", "%{ for x in [1] }", "\u202ec", "d\x00e", "../../../run/mitoplan-adversary", "'; touch /run/mitoplan-adversary #"}, "|")
		}),
		Fails: true,
	},
	{
		Name: "values-like-code", Sample: true,
		Rule: theyChoose,
		Does: "answers a call whose output becomes the content of a file on another host with expressions, formats and escape sequences",
		Config: `
resource "file" "copied" {
  on      = context.sudo.good
  path    = "/tmp/ATTACK.copied"
  content = call.command.bad.stdout
}

output "formatted" {
  value = format("%s", call.command.bad.stdout)
}
`,
		Call: saying(func() string {
			return "${file(\"/etc/passwd\")} %{ if true } %s%n%!d \x1b[2J\u202e $(touch /run/mitoplan-adversary) `id` {{.}}\n"
		}),
	},
	{
		Name: "results-of-other-kinds", Sample: true,
		Rule: "They can lie about that host: its facts, its files, the results of calls on it.",
		Does: "answers a call with results that it does not have, and without those that it has",
		Call: func(h *Host, c *Call) bool {
			return c.Func == call && h.Reply(c, Map{"would_run": true, "results": Map{"exit_code": "\x1b[2J", "stdout": []any{1, Map{}}, "content": "x", "__proto__": Map{}}})
		},
		Fails: true, Blamed: []string{"stdout", "exit_code", "result"},
	},
	{
		Name: "lock-lies", Sample: true,
		Rule: "They can lie about that host: its facts, its files, the results of calls on it.",
		Does: "says that somebody else holds the machine's lock, in words with escape sequences",
		Call: func(h *Host, c *Call) bool {
			if c.Func == "apply" { // its answer would end the run, if it came first
				select {
				case <-lockLie:
				case <-time.After(playTime):
				}
			}
			if c.Func != "machine.lock" {
				return false
			}
			defer tellLockLie()
			h.ReplyRaw(c, Encode(Map{"e": Map{"remote": Map{"message": "m", "function": c.Func, "problem": Map{"code": "locked", "summary": "Another apply has locked the machine\x1b[2J", "detail": "root@good\x07 holds it\n\nError: forged"}}}}))
			return true
		},
		Blamed: []string{"Another apply has locked the machine"},
		Fails:  true,
	},
	{
		Name: "lost-and-back",
		Rule: "a lost about a context that is not the source's child;",
		Does: "says of its own child that it is lost, up, lost and up again, with replies from it in between",
		Call: func(h *Host, c *Call) bool {
			if c.To == h.Self || c.Func == "shutdown" {
				return false
			}
			note(partCall)
			for i := range uint32(200) {
				h.Send(Frame{Src: h.Self, Handle: Lost, Data: Encode(Map{"address": []byte(c.To), "e": Map{"cause": "\x1b[2Jlost", "last_words": strings.Repeat("w", 20_000)}})})
				h.Send(Frame{Src: c.To, Handle: First + i, Data: result()})
			}
			return true
		},
		Fails: true, Blamed: []string{"lost"},
	},
	{
		Name: "lost-before-it-is-up", Sample: true,
		Rule: "They cannot keep another host from its work, unless your configuration makes that host use what they say.",
		Does: "says of its own child that it is lost, and then that it is up",
		Call: func(h *Host, c *Call) bool {
			var p struct {
				Address cbor.ByteString `cbor:"address"`
			}
			if c.Func != "spawn" || cbor.Unmarshal(c.In, &p) != nil {
				return false
			}
			h.Send(Frame{Src: h.Self, Handle: Lost, Data: Encode(Map{"address": []byte(p.Address), "e": Map{"cause": "so it is said"}})})
			h.Honest(c)
			return true
		},
		Blamed: []string{"it ended before it was up: so it is said"}, Fails: true,
	},
	{
		Name: "child-that-was-not-started", Sample: true,
		Rule: "it came from a child and its source is not behind that child",
		Does: "says that the sudo below it is up though nothing runs, and speaks as contexts far below it",
		Up: func(h *Host) {
			deep := h.Self
			for range 30 {
				deep = deep.Child(0, 0)
				h.Send(Frame{Src: deep, Handle: Log, Data: Encode(Map{"l": 5, "m": "from below", "k": []string{"context", "ssh.good"}})})
				each(h, []Path{""}, First+20, Frame{Src: deep, Data: result()})
			}
		},
	},
}
