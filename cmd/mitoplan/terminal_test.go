//go:build linux

package main

import (
	"testing"

	"github.com/creack/pty"
)

// TestColourOnlyWhereItIsObeyed holds that a terminal that obeys no escape sequences
// gets none: neither colours nor lines that change in place. Whoever asks for no
// colour gets none.
func TestColourOnlyWhereItIsObeyed(t *testing.T) {
	for name, c := range map[string]struct {
		environ         []string
		noColor         bool
		colour, inPlace bool
	}{
		"a terminal":      {[]string{"TERM=xterm-256color"}, false, true, true},
		"TERM=dumb":       {[]string{"TERM=dumb"}, false, false, false},
		"no TERM":         {nil, false, false, false},
		"an empty TERM":   {[]string{"TERM="}, false, false, false},
		"NO_COLOR":        {[]string{"TERM=xterm", "NO_COLOR=1"}, false, false, true},
		"an empty one":    {[]string{"TERM=xterm", "NO_COLOR="}, false, true, true},
		"-no-color":       {[]string{"TERM=xterm"}, true, false, true},
		"-no-color, dumb": {[]string{"TERM=dumb"}, true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			master, terminal, err := pty.Open()
			if err != nil {
				t.Skip(err) // no pseudo-terminals here
			}
			defer master.Close()
			defer terminal.Close()
			a := &app{environ: c.environ, outTTY: true, errTTY: true, stdout: terminal, stderr: terminal}
			a.findTerminal(terminal, terminal)
			if got := a.viewFor(&options{noColor: c.noColor}, true).Paint.On; got != c.colour {
				t.Errorf("colour is %v", got)
			}
			if got := a.terminal.screen != nil; got != c.inPlace {
				t.Errorf("lines change in place: %v", got)
			}
			if a.viewFor(&options{}, false).Paint.On {
				t.Error("a file is coloured")
			}
		})
	}
}
