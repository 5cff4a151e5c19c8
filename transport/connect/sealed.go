package connect

import (
	"errors"
	"os"
	"syscall"

	"github.com/mitoplan/mitoplan/internal/hostcache"
)

// sealedProgram is how the part "hit" of bootstrap.sh executes a cached agent of which it
// knows that nobody has changed it: through a descriptor that is open in the shell.
const (
	sealedProgram    = "/proc/self/fd/3"
	sealedDescriptor = 3
)

// EndIfOpen ends the process if it is a cached agent that others can change by now: its
// file, its directory, or the one above that. The shell that executed it knows that nobody
// has changed it so far, and has not looked at the modes, as that takes a process. The
// controller then starts an agent without what is cached. It is called before the agent
// greets.
func EndIfOpen() {
	if len(os.Args) == 0 || os.Args[0] != sealedProgram {
		return
	}
	closeProgram()
	path, err := os.Executable()
	if err == nil && hostcache.Closed(path) {
		return
	}
	// Without the seal, the next start asks ls, and looks in the other directories. Where that
	// cannot be taken away nobody else can change anything either.
	if err := hostcache.Unseal(ownProgram); !errors.Is(err, syscall.EROFS) {
		os.Exit(1)
	}
}

// ownProgram leads to the file of this process' own program, whatever its path is by now.
const ownProgram = "/proc/self/exe"

// closeProgram closes the descriptor that this program was executed through. Some shells do
// that themselves, and then it may be another file.
func closeProgram() {
	var program, open syscall.Stat_t
	if syscall.Stat(ownProgram, &program) == nil && syscall.Fstat(sealedDescriptor, &open) == nil && program.Dev == open.Dev && program.Ino == open.Ino {
		_ = syscall.Close(sealedDescriptor)
	}
}
