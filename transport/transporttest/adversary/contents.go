package adversary

import (
	"crypto/sha256"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

const followsFromContents = "Of contents that they were sent they can say only what follows from them: of an answer that says something else nothing is used."

// long is a block on the hostile host whose content is named.
var long = `
resource "file" "long" {
  on      = BAD
  path    = "/srv/long"
  content = "` + strings.Repeat("long ", 100) + `"
}
`

// withFlags is the name of a content, as the specification of blobs has it, with other
// flags than those that it came with.
func withFlags(name cbor.ByteString, flags byte) []byte {
	const sum, all = 32, 41
	if len(name) <= sum || len(name) > all {
		return []byte(name)
	}
	full := append([]byte(name[:sum]), make([]byte, all-len(name))...)
	full = append(full, name[sum:]...)
	full[all-1] = flags
	return full
}

// lying has the answer to a check say something else of contents.
func lying(lie func(c *Call, change Map)) func(h *Host, c *Call) bool {
	return func(h *Host, c *Call) bool {
		if c.Func != check {
			return false
		}
		change := c.Change()
		lie(c, change)
		return h.Reply(c, answered(change))
	}
}

// contents are lies about contents that the host was sent, or was sent the name of.
var contents = []*Attack{
	{
		Name: "another-digest", At: []Position{Beside, Below}, Sample: true,
		Rule: followsFromContents,
		Does: "answers with the digest of another content than that of which it was sent the name",
		Call: lying(func(c *Call, change Map) {
			mac := sha256.Sum256([]byte(pwned))
			change["after"] = Map{"path": c.Path(), "content": Map{"mac": mac[:], "size": len(pwned)}}
		}),
		Blamed: []string{"Answer not understood"}, Fails: true,
	},
	{
		Name: "given-elsewhere", At: []Position{Beside, Below}, Sample: true,
		Rule: followsFromContents,
		Does: "says that its owner, its path and what it held before are the content that it was given, or contents that it was not given",
		Call: lying(func(_ *Call, change Map) {
			change["given"] = []string{"path", "content", "source_content", "password"}
			change["before"] = Map{"path": Map{"given": "content"}, "content": Map{"given": "source_content"}}
			change["after"] = Map{"owner": Map{"given": "content"}}
			change["action"] = "update"
		}),
		Blamed: []string{"Answer not understood"}, Fails: true,
	},
	{
		Name: "effects-name-others", At: []Position{Beside, Below}, Sample: true,
		Rule: "What a context may pull are the contents of its own blocks, and those of blocks before them on its machine, as you named them: no host adds to that by what it says.",
		Does: "answers with effects that name contents which it was not given, and pulls them",
		Call: lying(func(c *Call, change Map) {
			var effects []Map
			for _, name := range guesses() {
				if len(name) != 41 || name[32] >= 0x80 {
					continue // no name at all
				}
				e := entry()
				e["content"] = Map{"blob": name}
				effects = append(effects, Map{"thing": "path:" + c.Path(), "entry": e})
			}
			change["effects"] = effects
		}),
		Up: func(h *Host) {
			for i, name := range guesses() {
				h.pull(h.Up, h.Self, h.Self, uint32(First+i), name, 0)
			}
		},
		Blamed: []string{"Answer not understood"}, Fails: true,
	},
	{
		Name: "pulls-what-it-writes", At: []Position{Beside, Below}, Sample: true,
		Rule:   "What a context may pull are the contents of its own blocks, and those of blocks before them on its machine, as you named them: no host adds to that by what it says.",
		Does:   "pulls what its own block names a hundred times, with the other flags and lengths, and for the contexts beside it",
		Config: long,
		Call: func(h *Host, c *Call) bool {
			for _, name := range c.Named() {
				note(partCall)
				for i := range 100 {
					for _, other := range everyone(h) {
						h.pull(h.Up, h.Self, other, uint32(First+i), withFlags(name, byte(i%3)), int64(i))
					}
				}
			}
			return false
		},
	},
}
