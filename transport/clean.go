package transport

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// maxText is how many bytes of a message, a stack or last words cross the wire.
const maxText = 64 << 10

// shorten keeps the beginning and the end of a long text, and says how much is
// left out in between. So neither the first error nor the last one is lost.
func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	head, tail := s[:limit/2], s[len(s)-limit/2:]
	return strings.ToValidUTF8(head, "") +
		"\n[… " + itoa(len(s)-limit) + " bytes left out …]\n" + strings.ToValidUTF8(tail, "")
}

// Clean removes from a text of another machine whatever could steer a
// terminal or make the text read otherwise than it is stored: escape sequences,
// control characters other than newline and tab, and the marks that change the
// direction of writing (Bidi_Control of Unicode: U+061C, U+200E, U+200F, U+202A
// to U+202E, U+2066 to U+2069). What is not UTF-8 becomes U+FFFD.
func Clean(s string) string { return prose.Clean(s) }

// maxName is how many bytes of a name, a phase or a summary are taken.
const maxName = 1 << 10

// cleanNames cleans names, phases and summaries that came from another machine.
// Each becomes one line, so that it cannot look like several.
func cleanNames(names ...*string) {
	for _, s := range names {
		*s = strings.ReplaceAll(shorten(Clean(*s), maxName), "\n", `\n`)
	}
}

// cleanTexts cleans texts that may have several lines.
func cleanTexts(texts ...*string) {
	for _, s := range texts {
		*s = shorten(Clean(*s), maxText)
	}
}

func cleanProblem(p *kind.Problem) {
	if p != nil {
		cleanNames(&p.Attr, &p.Summary)
		if !p.Code.Valid() {
			p.Code = ""
		}
		cleanTexts(&p.Detail, &p.Own, &p.Said)
	}
}

func (e *RemoteError) clean() {
	cleanNames(&e.Kind, &e.Function)
	cleanTexts(&e.Message, &e.Stack)
	cleanProblem(e.Problem)
}

func (e *ConnectError) clean() {
	cleanNames((*string)(&e.Phase))
	cleanTexts(&e.Cause, &e.LastWords)
	cleanProblem(e.Problem)
	e.Exit.clean()
}

func (e *LostError) clean() {
	cleanTexts(&e.Cause, &e.LastWords)
	e.Exit.clean()
}

func (e *CancelledError) clean() {
	cleanNames(&e.Function, (*string)(&e.Phase))
	cleanTexts(&e.Cause)
}

func (e *TimeoutError) clean() { cleanNames(&e.Function, (*string)(&e.Phase)) }

func (e *Exit) clean() {
	if e != nil {
		cleanNames(&e.Signal)
	}
}

func (g *Greeting) clean() {
	cleanNames(&g.OS, &g.Arch, &g.Hostname, &g.Distro, &g.DistroVersion, &g.Kernel, &g.User, &g.Home, &g.Version)
}

// oneLine cleans a text that came from another machine and makes one line of
// it.
func oneLine(s string) string {
	return strings.ReplaceAll(shorten(Clean(s), maxLine), "\n", `\n`)
}
