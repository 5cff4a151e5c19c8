package kin

import (
	"fmt"
	"strings"
	"testing"
)

// FuzzStat: whatever a process is called, its numbers are read out of its stat file, and
// whatever is in such a file is read or refused.
func FuzzStat(f *testing.F) {
	f.Add("1 (init) S 0 1 1 0 -1 4194560", "init", uint32(1), uint32(0), byte('S'))
	f.Add("12 (a) b) (c) R 1 2 3", ") R 1 2 3 (", uint32(4194304), uint32(1), byte('Z'))
	f.Add("12 (a)", "a\nb", uint32(9), uint32(8), byte('X'))
	f.Fuzz(func(t *testing.T, line, name string, pid, ppid uint32, state byte) {
		parseStat([]byte(line))
		if state &= 0x7f; strings.IndexByte(" ()", state) >= 0 {
			return // the kernel has no such state
		}
		text := fmt.Sprintf("%d (%s) %c %d %d %d 0 -1 4194560 1 2", pid, name, state, ppid, pid, ppid)
		got, ok := parseStat([]byte(text))
		if want := (stat{pid: int(pid), ppid: int(ppid), pgrp: int(pid), session: int(ppid), dead: state == 'Z' || state == 'X'}); !ok || got != want {
			t.Errorf("%q is read as %+v, %v, want %+v", text, got, ok, want)
		}
	})
}
