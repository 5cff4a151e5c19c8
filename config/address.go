package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// Address names a block, or one or several of the instances that it expands to.
// ParseAddress reads one from text, such as the value of -target, and String
// writes it as plans show it. Everything that reads or writes addresses as text
// does it through this type. An Address says nothing about whether the thing
// exists: Config.Block finds the block, and the planner the instances.
type Address struct {
	// Block is as Block.Address gives it: "file.motd", "context.ssh.web".
	Block string
	// Keys are the key of `on`, then that of for_each or count. If there are
	// fewer than an instance has, the address means all instances whose keys
	// begin with these.
	Keys []Key
}

// Key is one instance key. Index is true for that of count, which is written
// without quotes.
type Key struct {
	Text  string
	Index bool
}

// keyOfValue is a key that is known and no secret. It is false for a value that is
// neither a string nor a number.
func keyOfValue(v cty.Value) (Key, bool) {
	switch v.Type() {
	case cty.String:
		return Key{Text: v.AsString()}, true
	case cty.Number:
		return Key{Text: v.AsBigFloat().Text('f', -1), Index: true}, true
	}
	return Key{}, false
}

// String is the address as plans show it: `file.motd["web1"][0]`.
func (a Address) String() string {
	s := a.Block
	for _, k := range a.Keys {
		s += k.String()
	}
	return s
}

// String is the key in brackets.
func (k Key) String() string {
	if k.Index {
		return "[" + k.Text + "]"
	}
	return "[" + strconv.Quote(k.Text) + "]"
}

// Includes reports whether an address means, or is one of, what this one means: the same
// block, with keys that begin with the keys of this one.
func (a Address) Includes(address string) bool {
	other, err := ParseAddress(address)
	if err != nil || other.Block != a.Block || len(other.Keys) < len(a.Keys) {
		return false
	}
	for k, key := range a.Keys {
		if other.Keys[k].Text != key.Text {
			return false
		}
	}
	return true
}

// ParseAddress reads an address. A key may lack its quotes, which shells take
// away: `file.motd[web1]` is `file.motd["web1"]`. Its errors say what is wrong
// with the text, not whether such a thing exists.
func ParseAddress(text string) (Address, error) {
	block, rest := cutKeys(text)
	a := Address{Block: block}
	if block == "" {
		return a, errors.New("it names no block")
	}
	for rest != "" {
		k, after, err := parseKey(rest)
		if err != nil {
			return a, err
		}
		a.Keys, rest = append(a.Keys, k), after
	}
	return a, nil
}

// BlockAddress is the address without its keys.
func BlockAddress(address string) string {
	block, _ := cutKeys(address)
	return block
}

// The first words of addresses that have one.
const (
	contextPrefix  = string(ContextBlock) + "."
	resourcePrefix = string(ResourceBlock) + "."
	localPrefix    = string(RefLocal) + "."
	variablePrefix = string(RefVar) + "."
)

// VariableAddress is the address of a variable: "var.NAME".
func VariableAddress(name string) string { return variablePrefix + name }

// VariableName is the name in the address of a variable.
func VariableName(address string) string { return strings.TrimPrefix(address, variablePrefix) }

// Address is "local.NAME".
func (l *Local) Address() string { return localAddress(l.Name) }

func localAddress(name string) string { return localPrefix + name }

// Local is the local that an address names; nil if it names something else,
// or nothing.
func (c *Config) Local(address string) *Local {
	name, ok := strings.CutPrefix(address, localPrefix)
	if !ok {
		return nil
	}
	return c.Locals[name]
}

// withFirstWord is the block whose address is the given one behind the word of
// its type, as context.ssh.web is for ssh.web; nil if there is none.
func (c *Config) withFirstWord(word BlockType, given string) *Block {
	return c.byAddress[string(word)+"."+given]
}

// withoutResource is an address without the word resource, which no address has.
func withoutResource(address string) string { return strings.TrimPrefix(address, resourcePrefix) }

func isLocal(address string) bool { return strings.HasPrefix(address, localPrefix) }

// Label is what the tree and the headings of a plan call a context by: its address
// without the word context. Everywhere else it has its address.
func Label(context string) string { return strings.TrimPrefix(context, contextPrefix) }

// IsContext reports whether an address is that of a context.
func IsContext(address string) bool { return strings.HasPrefix(address, contextPrefix) }

func cutKeys(address string) (block, keys string) {
	if at := strings.IndexByte(address, '['); at >= 0 {
		return address[:at], address[at:]
	}
	return address, ""
}

// parseKey reads one key in brackets off the front of a text.
func parseKey(s string) (Key, string, error) {
	if s[0] != '[' {
		return Key{}, "", fmt.Errorf("after ] stands %q: a key begins with [", s)
	}
	if strings.HasPrefix(s, `["`) {
		return parseQuoted(s)
	}
	text, rest, closed := strings.Cut(s[1:], "]")
	switch {
	case !closed:
		return Key{}, "", fmt.Errorf("the key %s is not closed: write %s", s, Key{Text: s[1:]})
	case text == "":
		return Key{}, "", errors.New("a key is empty: leave out [] to name all instances")
	}
	return Key{Text: text, Index: isIndex(text)}, rest, nil
}

func parseQuoted(s string) (Key, string, error) {
	quoted, err := strconv.QuotedPrefix(s[1:])
	if err != nil {
		return Key{}, "", fmt.Errorf("the quotes of the key %s are not closed: write %s", s, Key{Text: strings.Trim(s[2:], `"]\`)})
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return Key{}, "", fmt.Errorf("the key %s cannot be read: %w", quoted, err)
	}
	rest, closed := strings.CutPrefix(s[1+len(quoted):], "]")
	if !closed {
		return Key{}, "", fmt.Errorf("the key %s is not closed: write %s", s, Key{Text: text})
	}
	return Key{Text: text}, rest, nil
}

// isIndex reports whether an unquoted key can be that of count.
func isIndex(text string) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= 0 && strconv.Itoa(n) == text
}

// NearBlock is the address of the block that a mistyped address most likely means.
// It also finds blocks whose first word is missing, as in ssh.web. It is "" if no
// block is similar.
func (c *Config) NearBlock(given string) string {
	for _, first := range []BlockType{ContextBlock, CallBlock} {
		if b := c.withFirstWord(first, given); b != nil {
			return b.Address()
		}
	}
	if b := c.byAddress[withoutResource(given)]; b != nil {
		return b.Address()
	}
	if best := prose.Closest(given, slices.Collect(maps.Keys(c.byAddress))); best != "" {
		return best
	}
	return c.named(given)
}

// named is the address of the only block of that name, or "" if there is none or
// several.
func (c *Config) named(name string) (found string) {
	for address, b := range c.byAddress {
		if b.Name == name {
			if found != "" {
				return ""
			}
			found = address
		}
	}
	return found
}

// contextNamed is the address of the context that a word means. The word may be the
// address, the address without its first word, or the name alone. The result is "" if
// that is no context, or several.
func (c *Config) contextNamed(word string) string {
	if b := c.byAddress[word]; b != nil && b.Type == ContextBlock {
		return word
	}
	if b := c.withFirstWord(ContextBlock, word); b != nil {
		return b.Address()
	}
	found := ""
	for _, b := range c.Contexts {
		if b.Name == word {
			if found != "" {
				return ""
			}
			found = b.Address()
		}
	}
	return found
}
