package kind

import "strings"

// Problem is something wrong that a person can act on. It crosses the wire as
// it is, and becomes a diagnostic on the line that caused it: Attr names the
// argument, where one is to blame.
type Problem struct {
	// Code tells problems apart in programs and tests, e.g. "sudo_wrong_password".
	Code string `cbor:"code,omitempty"`
	// Attr is the argument to blame, or "".
	Attr string `cbor:"attr,omitempty"`
	// Summary is short and constant; Detail is sentences with names, the
	// cause and what to do.
	Summary string `cbor:"summary"`
	Detail  string `cbor:"detail,omitempty"`
}

// Error makes a Problem an error.
func (p *Problem) Error() string {
	var b strings.Builder
	if p.Attr != "" {
		b.WriteString(p.Attr + ": ")
	}
	b.WriteString(p.Summary)
	if p.Detail != "" {
		b.WriteString(": " + p.Detail)
	}
	return b.String()
}
