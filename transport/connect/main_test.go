package connect

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// TestMain serves if this process was started as an agent: as the agent of the
// contract, or as one that greets, says what it was given, and echoes until its
// input ends.
func TestMain(m *testing.M) {
	EndIfOpen()
	if os.Getenv(forgetsMain) != "" && len(os.Args) > 2 {
		forgetMain()
	}
	transporttest.Main(AgentTypes()...)
	if len(os.Args) > 2 && os.Args[1] == agentWord {
		actAsAgent(os.Args[2])
	}
	goleak.VerifyTestMain(m)
}

// umask returns the umask of this process.
func umask() int {
	now := syscall.Umask(0)
	syscall.Umask(now)
	return now
}

// programDescriptors counts the descriptors of this process that are its own program.
func programDescriptors() (n int) {
	own, _ := os.Executable()
	names, _ := filepath.Glob("/proc/self/fd/*")
	for _, name := range names {
		if to, _ := os.Readlink(name); to == own {
			n++
		}
	}
	return n
}

func actAsAgent(token string) {
	switch os.Getenv("MODE") {
	case "fail":
		fmt.Fprintln(os.Stderr, "a reason to end")
		os.Exit(7)
	case "ask":
		fmt.Printf("\n%s need Linux mipsel gz\n", token)
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	case "program descriptors":
		fmt.Printf("\n%s\n"+frameStart+"%d of %s\n", token, programDescriptors(), os.Args[0])
		io.Copy(os.Stdout, os.Stdin)
		os.Exit(0)
	case "hang":
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}
	fmt.Printf("noise\n\n%s\n"+frameStart+"ARGS %s GOGC=%q EXTRA=%q LC_ALL=%q UID=%d VAR=%q LOG=%q UMASK=%03o\n", token, strings.Join(os.Args, "|"), os.Getenv("GOGC"), os.Getenv("EXTRA"), os.Getenv("LC_ALL"), os.Getuid(), os.Getenv("MITOPLAN_VAR_x"), os.Getenv("MITOPLAN_LOG_PATH"), umask())
	io.Copy(os.Stdout, os.Stdin)
	fmt.Fprintln(os.Stderr, "bye")
	os.Exit(3)
}
