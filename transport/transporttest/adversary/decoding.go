package adversary

import (
	"bytes"
	"fmt"
	"strings"
)

// in encodes a map with one key whose value is item. With more keys, each further
// key is one level deeper.
func in(item []byte, keys ...string) []byte {
	for i := len(keys) - 1; i >= 0; i-- {
		item = append(append([]byte{0xa1}, Encode(keys[i])...), item...)
	}
	return item
}

// many encodes a list of lists that hold item n times in all.
func many(item []byte, n int) []byte {
	const row = 100_000
	rows := max(1, n/row)
	b := head(4, rows)
	for range rows {
		b = append(b, head(4, min(n, row))...)
		b = append(b, bytes.Repeat(item, min(n, row))...)
	}
	return b
}

// answerWith answers the calls of a function with the bytes of data, which is
// called once.
func answerWith(function string, data func() []byte) func(h *Host, c *Call) bool {
	return func(h *Host, c *Call) bool {
		if c.Func != function {
			return false
		}
		h.ReplyRaw(c, data())
		return true
	}
}

// hugeBefore answers checks with a content of 25 MiB before the change.
func hugeBefore(h *Host, c *Call) bool {
	if c.Func != check {
		return false
	}
	change := c.Change()
	change["action"] = "update"
	change["before"] = Map{"path": c.Path(), "content": strings.Repeat("line\n", 5*mega)}
	return h.Reply(c, answered(change))
}

const (
	check = "check"
	call  = "function.call"
)

// tooMuch are the words of a report that say that a reply was not decoded.
var tooMuch = []string{"not decoded", "bad frame", "of memory", "cannot be read", "Answer not understood"}

// decoding are attacks with replies that take much memory when they are decoded.
var decoding = []*Attack{
	{
		Name:   "empty-maps-in-before",
		Rule:   "They cannot use up the memory of the controller",
		Does:   "answers a check with 27 MiB of empty maps in Change.before",
		Call:   answerWith(check, func() []byte { return in(many([]byte{0xa0}, 27*mega), "o", "c", "b", "content") }),
		Blamed: tooMuch, Fails: true,
	},
	{
		Name:   "empty-maps-in-results",
		Rule:   "They cannot use up the memory of the controller",
		Does:   "answers a call with 27 MiB of empty maps in its results",
		Call:   answerWith(call, func() []byte { return in(many([]byte{0xa0}, 27*mega), "o", "results", "stdout") }),
		Blamed: tooMuch, Fails: true,
	},
	{
		Name:   "small-numbers",
		Rule:   "They cannot use up the memory of the controller",
		Does:   "answers a call with 27 Mi small numbers",
		Call:   answerWith(call, func() []byte { return in(many([]byte{0x01}, 27*mega), "o", "results", "x") }),
		Blamed: tooMuch, Fails: true,
	},
	{
		Name: "many-keys",
		Rule: "How much memory its answers would take is known before they are decoded",
		Does: "answers a call with 65,000 results of 400 bytes",
		Call: answerWith(call, func() []byte {
			b := head(5, 65_000)
			for i := range 65_000 {
				b = append(append(b, Encode(fmt.Sprint("key", i))...), Encode(strings.Repeat("v", 400))...)
			}
			return in(b, "o", "results")
		}),
	},
	{
		Name: "huge-string",
		Rule: "How much memory its answers would take is known before they are decoded",
		Does: "answers a call with a text of 27 MiB",
		Call: answerWith(call, func() []byte {
			return Encode(Map{"o": Map{"would_run": true, "results": Results(strings.Repeat("x", 27*mega))}})
		}),
		Blamed: []string{"Answer not understood"}, Fails: true,
	},
	{
		Name: "huge-before",
		Rule: "How much memory its answers would take is known before they are decoded",
		Does: "answers a check with a content of 25 MiB before",
		Call: hugeBefore,
	},
	{
		Name: "huge-strings-slowly",
		Rule: "They cannot use up the memory of the controller",
		Does: "answers each of 20 checks with a content of 25 MiB before",
		Config: `
resource "file" "many" {
  for_each = toset([for i in range(20) : tostring(i)])
  on       = BAD
  path     = "/home/nosudo/${each.key}"
  content  = "x"
}
`,
		Call:  hugeBefore,
		Fails: true,
	},
	{
		Name: "deep-nesting", Sample: true,
		Rule: "Nesting is at most 32",
		Does: "answers a call with maps in maps, 30 and 1,000,000 deep",
		Call: func(h *Host, c *Call) bool {
			if c.Func != call {
				return false
			}
			h.ReplyRaw(c, in(append(bytes.Repeat([]byte{0x81}, mega), 0x80), "o", "results", "stdout"))
			return true
		},
		Blamed: tooMuch, Fails: true,
	},
	{
		Name: "no-cbor",
		Rule: "Indefinite lengths, duplicate keys, tags other than these and text that is not UTF-8 are refused",
		Does: "answers calls with indefinite lengths, tags, duplicate keys, text that is not UTF-8 and lengths that lie",
		Call: func(h *Host, c *Call) bool {
			if c.Func == "shutdown" || c.Func == "spawn" {
				return false
			}
			payloads := [][]byte{
				{0xbf, 0x61, 'o', 0xa0, 0xff}, {0xc1, 0x00}, {0xa2, 0x61, 'o', 0xa0, 0x61, 'o', 0xa0},
				{0xa1, 0x61, 'o', 0x62, 0xff, 0xfe}, head(5, 1<<31-1), head(4, 1<<31-1), head(2, 1<<31-1), {}, {0xf6}, {0xa0},
			}
			h.ReplyRaw(c, payloads[h.randomInt(len(payloads))])
			return true
		},
		Blamed: []string{"cannot be read", "is empty"}, Fails: true,
	},
	{
		Name: "wrong-types", Sample: true,
		Rule: "They can lie about that host: its facts, its files, the results of calls on it.",
		Does: "answers every call with values of other types than those that are expected",
		Call: func(h *Host, c *Call) bool {
			values := []any{1, "text", []int{1, 2}, Map{"c": "no"}, answered(Map{"action": 7}), answered(Map{"action": "explode", "before": Map{"path": []int{1}}, "after": 5}),
				Map{"would_run": "yes"}, Map{"would_run": true, "results": Map{"stdout": Map{"a": 1}, "exit_code": "no", "extra": -1}}, true, nil, 1.5}
			return c.Func != "shutdown" && h.Reply(c, values[h.randomInt(len(values))])
		},
		Fails: true,
	},
	{
		Name: "thousand-replies",
		Rule: "Of several replies to one call the first counts.",
		Does: "answers every call 10,000 times, each time with something else",
		Call: func(h *Host, c *Call) bool {
			h.Honest(c)
			note(partCall)
			for range 10_000 {
				h.Send(Frame{Src: c.To, Dst: c.From, Handle: c.ID, Data: result()})
			}
			return true
		},
	},
	{
		Name: "huge-error",
		Rule: "Escape sequences and control characters are removed from every text that comes from another machine.",
		Does: "answers with an error of 60 MiB in 20 nested causes, with escape sequences and forged lines",
		Call: func(h *Host, c *Call) bool {
			if c.Func == "shutdown" || c.Func == "spawn" {
				return false
			}
			text := strings.Repeat("\x1b[2J\x1b]0;owned\a\nError: forged\n  on main.mito.hcl line 1:\n\u202e", mega)
			var e any = Map{"remote": Map{"kind": text, "message": text, "function": text, "stack": text, "problem": Map{"attr": "path", "code": "moved", "summary": text, "detail": text}}}
			for range 20 {
				e = Map{"skipped": Map{"function": "\x1b[31m", "cause": e}}
			}
			note(partCall)
			h.ReplyRaw(c, Encode(Map{"e": e}))
			return true
		},
		Fails: true,
	},
	{
		Name: "forged-error-text", Sample: true,
		Rule: "They cannot make your terminal obey them.",
		Does: "answers with problems whose text looks like other messages of the tool, with escape sequences and bidirectional marks",
		Call: func(h *Host, c *Call) bool {
			if c.Func == "shutdown" || c.Func == "spawn" {
				return false
			}
			h.ReplyRaw(c, Encode(Map{"e": Map{"remote": Map{"message": "m", "function": c.Func, "problem": Map{
				"attr": "content", "code": "x",
				"summary": "Apply complete!\x1b[2J\r\n\u202eError: \u2066forged",
				"detail":  "\x1b]8;;http://x\x07link\x9b31m\nApply complete! 99 added.\n\nError: context.ssh.good is hostile\x00",
			}}}}))
			return true
		},
		Fails: true,
	},
}
