package process

import (
	"bytes"
	"os"
	"strconv"
	"unsafe"
)

// overwrite fills the memory of variables with zeros where the kernel shows it. It
// walks the block of the kernel, because Go does not know both values of a name that
// was given twice.
func overwrite(drop func(name string) bool) {
	block := environBlock()
	for len(block) > 0 {
		entry, rest, _ := bytes.Cut(block, []byte{0})
		if name, _, ok := bytes.Cut(entry, []byte("=")); ok && drop(string(name)) {
			clear(entry)
		}
		block = rest
	}
}

// environBlock returns the memory that /proc/self/environ shows, or nil if it cannot be
// found. execve(2) leaves it on the stack directly behind the arguments, to which
// os.Args still points. It is used only if the kernel reports the same bounds.
func environBlock() []byte {
	argStart, argEnd, start, end, ok := argumentBounds()
	if !ok || len(os.Args) == 0 || os.Args[0] == "" {
		return nil
	}
	first := unsafe.Pointer(unsafe.StringData(os.Args[0]))
	if at := uint64(uintptr(first)); at != argStart || argEnd > start || start >= end {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Add(first, int(start-argStart))), int(end-start))
}

// argumentBounds are arg_start, arg_end, env_start and env_end, the fields 48 to
// 51 of proc_pid_stat(5).
func argumentBounds() (argStart, argEnd, envStart, envEnd uint64, ok bool) {
	b, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		return 0, 0, 0, 0, false
	}
	const first, wanted = 3, 48 // the field behind the name, and the first of ours
	f := bytes.Fields(b[bytes.LastIndexByte(b, ')')+1:])
	var bounds [4]uint64
	for i := range bounds {
		if wanted-first+i >= len(f) {
			return 0, 0, 0, 0, false
		}
		if bounds[i], err = strconv.ParseUint(string(f[wanted-first+i]), 10, 64); err != nil {
			return 0, 0, 0, 0, false
		}
	}
	return bounds[0], bounds[1], bounds[2], bounds[3], bounds[0] > 0
}
