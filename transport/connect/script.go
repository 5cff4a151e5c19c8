package connect

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/hostcache"
)

// agentName is the file name of an agent in a cache directory on a host. Half a
// digest keeps the script short, and two agents still never have the same name
// by chance.
func agentName(sum [32]byte) string { return hostcache.AgentPrefix + hex.EncodeToString(sum[:16]) }

// script is the whole sh script of one start: the parts of bootstrap.sh that it
// needs, with its values in their places.
func (b *Bootstrap) script() string {
	var s []string
	add := func(part string, values ...string) {
		s = append(s, strings.NewReplacer(values...).Replace(bootstrapParts()[part]))
	}
	add("head", "@TOKEN@", b.token)
	if b.fresh && b.stale > 0 {
		add("kill", "@STALE@", strconv.Itoa(b.stale))
	}
	if b.locale != "" {
		s = append(s, b.locale)
	}
	set := ""
	switch {
	case b.onStdin:
		set = assignments(b.env)
	case len(b.env) > 0:
		add("env")
		set = `eval "$_mE";`
	}
	add("run", "@SET@;", set, "@PROCESS@", word(b.process))
	if b.agentPath != "" {
		add("path", "@PATH@", word(b.agentPath))
		return strings.Join(s, ";")
	}
	if len(b.agentDirs) > 0 {
		s = append(s, b.dirs())
	} else {
		add("dirs")
	}
	add("find")
	if cases := b.hits(); cases != "" && !b.fresh {
		add("hit", "@HITS@);;", cases)
	}
	add("miss", "@ROUNDS@", b.rounds())
	return strings.Join(s, ";")
}

// pushScript is the sh that takes an agent.
func (b *Bootstrap) pushScript() string {
	return strings.ReplaceAll(bootstrapParts()["push"], "@ROUNDS@", b.rounds())
}

// rounds is after how many times 2 s a host gives up.
func (b *Bootstrap) rounds() string { return strconv.Itoa(int(b.silence / reportEvery)) }

// dirs sets the positional parameters to the bases of cache directories that were
// asked for.
func (b *Bootstrap) dirs() string {
	s := "set --"
	for _, dir := range b.agentDirs {
		s += " " + word(dir)
	}
	return s
}

// hits is one case for each platform whose image is known already.
func (b *Bootstrap) hits() string {
	var s strings.Builder
	for _, p := range platforms {
		if sum, ok := b.known[p.Platform]; ok {
			fmt.Fprintf(&s, `"%s "%s)_mh=%s;;`, p.sys, p.machines, hex.EncodeToString(sum[:16]))
		}
	}
	return s.String()
}

// Line is one command line for the login shell of a host, whichever shell that
// is.
func (b *Bootstrap) Line() string { return "exec sh -c '" + b.script() + "'" }

// Script is what sh runs, for a caller that starts sh itself.
func (b *Bootstrap) Script() string { return b.script() }

// preamble is what the host reads right after the start, before it has answered
// anything: what may not stand in a command line. That is the environment, or,
// if a shell reads its script from stdin, the whole script. Such a shell has
// read the script to its last byte before it runs a word of it.
func (b *Bootstrap) preamble() []byte {
	switch {
	case b.onStdin:
		return []byte(b.script() + "\n")
	case len(b.env) > 0:
		return []byte(assignments(b.env) + "\n")
	}
	return nil
}
