package transport

import (
	"os"
	"strings"
	"unsafe"
)

// setProcessName makes the process list show name: it overwrites the memory
// that the kernel shows as the command line. The runtime's os.Args point into
// that memory, so they are copied first.
func setProcessName(name string) {
	area := commandLine()
	for i, arg := range os.Args {
		os.Args[i] = strings.Clone(arg)
	}
	if len(area) > 0 {
		n := copy(area[:len(area)-1], name)
		clear(area[n:])
	}
	_ = os.WriteFile("/proc/self/comm", []byte("mitoplan"), 0)
}

// commandLine is the memory of the arguments, as far as it is in one piece.
func commandLine() []byte {
	if len(os.Args) == 0 || os.Args[0] == "" {
		return nil
	}
	start := unsafe.StringData(os.Args[0])
	n := 0
	for _, arg := range os.Args {
		if arg == "" || unsafe.StringData(arg) != (*byte)(unsafe.Add(unsafe.Pointer(start), n)) {
			break
		}
		n += len(arg) + 1
	}
	return unsafe.Slice(start, n)
}
