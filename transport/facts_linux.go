package transport

import "golang.org/x/sys/unix"

func systemFacts(g *Greeting) {
	var u unix.Utsname
	if unix.Uname(&u) == nil {
		g.Kernel = unix.ByteSliceToString(u.Release[:])
	}
	var s unix.Sysinfo_t
	if unix.Sysinfo(&s) == nil {
		g.Memory = int64(uint64(s.Totalram) * uint64(s.Unit))
	}
}
