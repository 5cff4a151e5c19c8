package view

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/planner"
)

// LargeSource is a source of more than 1 MiB in a plan file.
type LargeSource struct {
	Path string `json:"path"`
	Size int64  `json:"size"`
	// SHA256 is in hexadecimal. It is "" for a source that holds a secret.
	SHA256 string `json:"sha256,omitempty"`
	// Bundled is true if the plan file holds the source. Otherwise it has to be there,
	// as it was, when the plan is applied.
	Bundled bool `json:"bundled"`
}

// SetSources says which large sources a plan file names, and which it holds.
func (p *Plan) SetSources(large map[string]planner.Large) {
	p.LargeSources = nil
	for _, name := range sortedNames(large) {
		l := large[name]
		p.LargeSources = append(p.LargeSources, LargeSource{name, l.Size, hex.EncodeToString(l.Sum), l.Bundled})
	}
}

// NotHeld says of large sources of which a plan sends something that a plan file which was just saved has only their names,
// in one sentence with a line end, or "" if there are none.
func (h *Human) NotHeld(large map[string]files.Large) string {
	if len(large) == 0 {
		return ""
	}
	all := int64(0)
	for _, l := range large {
		all += l.Size
	}
	which, have, them := fmt.Sprintf("%d large sources, %s in all", len(large), prose.Bytes(all)), "they have", "them"
	if len(large) == 1 {
		which, have, them = "1 large source, "+prose.Bytes(all), "it has", "it"
	}
	return h.sentence(fmt.Sprintf("It does not hold %s: %s to be there, unchanged, when the plan is applied. With -bundle the file holds %s.", which, have, them), "") + "\n"
}

// maxWithheld is how many files are named that a plan file does not hold.
const maxWithheld = 10

// Withheld says of files that hold a secret that a plan file does not hold them, in one
// sentence with a line end, or "" if there are none.
func (h *Human) Withheld(names []string) string {
	if len(names) == 0 {
		return ""
	}
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = unbroken(name)
	}
	since, have := "they hold secrets", "they have"
	if len(names) == 1 {
		since, have = "that holds a secret", "it has"
	}
	return h.sentence(fmt.Sprintf("The plan file does not hold %s, not even with -bundle, since %s: %s to be there, unchanged, when the plan is applied.",
		prose.List(shown, maxWithheld), since, have), "") + "\n"
}

// largeSources lists the large sources of a plan file: those that are only named, and
// those that it holds.
func (h *Human) largeSources(p *Plan) string {
	var named, held []string
	for _, s := range p.LargeSources {
		line := fmt.Sprintf("  %s: %s bytes", unbroken(s.Path), prose.Number(s.Size))
		if s.SHA256 != "" {
			line += ", SHA-256 " + s.SHA256
		} else {
			line += ", holds a sensitive value"
		}
		if s.Bundled {
			held = append(held, line+"\n")
			continue
		}
		named = append(named, line+"\n")
	}
	var b strings.Builder
	if named != nil {
		b.WriteString(h.sentence(plural(len(named), "large source is", "large sources are")+" named in the plan file and not held by it. When it is applied, what it sends of them has to be there as it was:", "") + "\n" + strings.Join(named, ""))
	}
	if held != nil {
		b.WriteString(h.sentence(plural(len(held), "large source is", "large sources are")+" held by the plan file:", "") + "\n" + strings.Join(held, ""))
	}
	return b.String()
}
