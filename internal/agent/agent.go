// Package agent is the program that runs inside a context. It serves the functions that
// look at a machine and change it, and it starts the contexts that are nested in this
// one.
//
// It knows no configuration and decides nothing: it answers what its parent asks. Start
// reading at Main.
package agent

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/process"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Version is the version of the agent. It comes from the build information, unless the
// program sets it.
var Version = version(debug.ReadBuildInfo())

// version returns the version of the module, or else the commit that it was built from.
// Without build information it returns "dev".
func version(info *debug.BuildInfo, ok bool) string {
	if !ok {
		return "dev"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return strings.TrimPrefix(v, "v")
	}
	v := "dev"
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v += "+" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			v += ".dirty"
		}
	}
	return v
}

// Functions returns the functions that every agent serves.
func Functions() []transport.Function {
	return []transport.Function{kinds.CheckFunc, kinds.ApplyFunc, kinds.LockFunc, function.CallFunc}
}

// connectors returns the context kinds that every agent can start.
func connectors() []transport.ConnectorType { return connect.AgentTypes() }

// Main runs an agent on stdin and stdout until its parent ends it or the connection is
// lost. It returns the exit status of the process.
func Main() (exit int) {
	if transport.Watches() { // what follows is of no use to a process that runs nothing
		return transport.Serve(transport.ServeOptions{})
	}
	connect.EndIfOpen()
	// If the kernel refuses this, the memory of the agent can be read as that of any
	// program.
	_ = process.HideMemory()
	// The programs that the agent starts shall find the environment that the account
	// gives them, and nothing of the program that started the agent.
	_ = process.KeepDescriptors()
	_ = process.LeaveTerminal()
	process.DefaultSignals()
	os.Setenv("PATH", systemPath(os.Getenv("PATH")))
	stop := tidyLater()
	defer stop()
	defer kinds.Keep()
	defer function.RemoveTemporary()
	return transport.Serve(transport.ServeOptions{
		Functions:  Functions(),
		Connectors: connectors(),
		Agents:     connect.Self(),
		Version:    Version,
	})
}

// tidyDelay is how long the agent waits before it looks at the cache directory, so that
// this does not slow down the handshake and the first calls.
const tidyDelay = time.Second

// tidy is a variable so that tests can replace it.
var tidy = connect.TidyCache

// tidyLater removes old agents from the directory of this agent's program. It does so
// once: a second after the start, or when stop is called. stop waits until that is
// done. If the removal hangs, the watchdog that bounds the end of every agent ends it.
func tidyLater() (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		t := time.NewTimer(tidyDelay)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ended:
		}
		tidy()
	}()
	return func() {
		close(ended)
		<-done
	}
}

// systemPath adds to a PATH the directories in which a system keeps its programs. A
// shell that is not a login shell may lack some of them, such as /usr/sbin.
func systemPath(path string) string {
	dirs := filepath.SplitList(path)
	for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}
