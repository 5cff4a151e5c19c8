package adversary

import (
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// PlayedPath is a file on the host. The adversary notes in it which parts of its attack it
// has carried out, one a line, with the name of the attack. Without that, an attack that the program has no use for any
// more would pass as one that it resists.
const PlayedPath = "/home/nosudo/played"

// The parts of an attack.
const (
	partStart    = "start"
	partHello    = "hello"
	partUp       = "up"
	partCall     = "call"
	partTunnel   = "tunnel"
	partRedirect = "redirect"
	partBehind   = "behind"
	partStays    = "stays"
	partMute     = "mute"
	partDeaf     = "deaf"
	partMarks    = "marks"
)

// Parts returns what has to be in the file at PlayedPath when the attack was carried out.
func (a *Attack) Parts() (parts []string) {
	for _, part := range []struct {
		name string
		has  bool
	}{
		{partStart, a.Start != nil},
		{partHello, a.Hello != nil},
		{partUp, a.Up != nil},
		{partCall, a.Call != nil && !strings.HasPrefix(a.Name, random)}, // that one may answer honestly
		{partTunnel, a.Tunnel != nil},
		{partRedirect, a.Redirect != ""},
		{partBehind, a.Behind != nil},
		{partStays, a.Stays},
		{partMute, a.AnswersNothing},
		{partDeaf, a.ReadsNothing},
		{partMarks, a.KeepsMarks},
	} {
		if part.has {
			parts = append(parts, a.Name+"/"+part.name)
		}
	}
	return parts
}

var (
	playing atomic.Pointer[string] // the name of the attack

	noting sync.Mutex // guards noted, and is held until the file has what is noted
	noted  = map[string]bool{}
)

// note notes that a part of the attack has been carried out.
func note(part string) {
	noting.Lock()
	defer noting.Unlock()
	if noted[part] {
		return
	}
	noted[part] = true
	f, err := os.OpenFile(PlayedPath, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return // then the test misses it
	}
	_, _ = f.WriteString(*playing.Load() + "/" + part + "\n")
	f.Close()
}
