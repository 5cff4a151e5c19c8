package connect

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// shortage is something that a program found no more of.
type shortage struct {
	// says are words of programs: those of errno(3), of dash and busybox, and of the Go
	// runtime.
	says []string
	// crowded means that other starts may give it back.
	crowded bool
	detail  kind.Rule
}

const ofFiles = "It could open no more files: a process of the account may have too few (nofile in /etc/security/limits.conf, LimitNOFILE of its service), or the machine has none left (/proc/sys/fs/file-max). Raise that limit."

// shortages are in the order in which they are looked for.
var shortages = []shortage{
	{[]string{"Too many open files in system"}, true, ofFiles},
	{[]string{"Too many open files"}, false, ofFiles},
	{[]string{"Cannot allocate memory", "cannot allocate memory", "out of memory", "failed to reserve page summary memory"}, true,
		"It got no memory: a process of the account may have too little (as in /etc/security/limits.conf, ulimit -v), its service or container may (MemoryMax), or the machine has none left. Raise that limit, or free some."},
	{[]string{"esource temporarily unavailable", "annot fork", "failed to create new OS thread"}, true,
		"No process could be started: the account has as many as it may (nproc in /etc/security/limits.conf, TasksMax of its service, pids of its container), or the machine has no more. Raise that limit, or end what runs there."},
}

// shortageIn returns what a program that did not become an agent says that it has run out
// of, nil if it does not.
func shortageIn(words string) *shortage {
	for i, s := range shortages {
		if slices.ContainsFunc(s.says, func(text string) bool { return strings.Contains(words, text) }) {
			return &shortages[i]
		}
	}
	return nil
}

// problem is what a person is told. Of a program of Go that ended of it, where it was says
// nothing more.
func (s *shortage) problem(words string) error {
	words, _, _ = strings.Cut(words, "\nruntime stack:")
	words, _, _ = strings.Cut(words, "\ngoroutine ")
	return problem(kind.CodeAgentLimit, "A limit of the host is reached", "What was to start an agent was not given what it needs. %s%s", s.detail, saying(words))
}

// ranOut reports whether a program says that it has run out of something that other starts
// may give back.
func ranOut(words string) bool {
	s := shortageIn(words)
	return s != nil && s.crowded
}

// crowdedIf marks the error of a start that may succeed when there are fewer.
func crowdedIf(so bool, err error) error {
	if so {
		return &transport.CrowdedError{Err: err}
	}
	return err
}
