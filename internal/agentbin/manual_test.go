package agentbin

import (
	"bytes"
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// assertNoManual holds that an agent has no text of the manual of kinds. The agent
// crosses the wire to every host, and nobody reads the manual there.
func assertNoManual(t *testing.T, agent []byte) {
	t.Helper()
	looked := 0
	for _, text := range manualTexts() {
		if len(text) < 24 {
			continue // It may be part of a message.
		}
		looked++
		if bytes.Contains(agent, []byte(text)) {
			t.Errorf("the agent holds a text of the manual: %s", text)
		}
	}
	if looked < 100 {
		t.Errorf("the manual has only %d texts", looked)
	}
}

// manualTexts returns all texts of the manual of kinds.
func manualTexts() []string {
	var out []string
	for _, k := range controller.Kinds() {
		out = append(append(out, k.Doc, k.End, k.Page.Example, k.Page.Reads, k.Page.Drift, k.Page.Ansible, k.Page.Pyinfra, k.Page.Limits), values(k.Hints)...)
		for _, s := range []kind.Schema{k.Args, k.Results} {
			for _, a := range s.Attrs {
				out = append(append(append(out, a.Doc, a.List), values(a.Values)...), values(a.Instead)...)
			}
		}
	}
	return out
}

func values(m map[string]string) []string {
	var out []string
	for _, text := range m {
		out = append(out, text)
	}
	return out
}
