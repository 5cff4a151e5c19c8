// Package agent is what runs inside a context: it serves the functions that
// look at a machine and change it, and starts contexts further in.
//
// It knows no configuration and decides nothing: its parent asks, and it answers.
// Start reading at Main.
package agent

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/catalogue"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/process"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
)

// Version is that of the agent; a build that knows better sets it.
var Version = version(debug.ReadBuildInfo())

// version is that of the module, else the commit, as far as the build knows.
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

// Functions are those that every agent serves.
func Functions() []transport.Function {
	return []transport.Function{resource.CheckFunc, resource.ApplyFunc, resource.LockFunc, function.CallFunc}
}

// Main serves until the parent ends it or is lost, and returns the exit status.
func Main() (exit int) {
	// Without it, orphans of a cancelled command go to another process and
	// are found by their mark alone.
	_ = process.BecomeReaper()
	// A kernel that refuses it leaves memory as open as that of any program.
	_ = process.HideMemory()
	// What the programs of this context find around them is the account's, and
	// nothing of what this process happened to be started with or by.
	_ = process.KeepDescriptors()
	_ = process.LeaveTerminal()
	process.DefaultSignals()
	os.Setenv("PATH", systemPath(os.Getenv("PATH")))
	stop := tidyLater()
	defer stop()
	return transport.Serve(transport.ServeOptions{
		Functions:  Functions(),
		Connectors: connect.Types(catalogue.Kinds()),
		Agents:     connect.Self(),
		Version:    Version,
	})
}

// tidyDelay keeps the cache directory out of the way of the greeting and of what
// is asked for right after it.
const tidyDelay = time.Second

// tidy is exchanged by tests.
var tidy = connect.TidyCache

// tidyLater removes old agents from the directory that this one lies in, once: a
// second after the start, or when stop is called. stop returns when that is done. If it
// hangs, the watchdog that bounds the end of every agent ends it.
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
// shell that is no login shell may lack some, such as /usr/sbin.
func systemPath(path string) string {
	dirs := filepath.SplitList(path)
	for _, dir := range []string{"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"} {
		if !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	return strings.Join(dirs, string(filepath.ListSeparator))
}
