package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// release is the version of this source or, between releases, the next one.
const release = "0.1.0"

// toolVersion returns the version of this program. If it is not built from a release,
// it ends with -dev and the commit.
func toolVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return release + "-dev"
	}
	if info.Main.Version == "v"+release {
		return release
	}
	if rev := revision(info); rev != "" {
		return release + "-dev+" + rev
	}
	return release + "-dev"
}

// toolBuild returns a digest of the program if toolVersion does not say what is in
// it, because its source is no commit. It is "" for releases and commits.
var toolBuild = sync.OnceValue(func() string {
	version := toolVersion()
	if version == release || strings.Contains(version, "+") && !strings.HasSuffix(version, dirty) {
		return ""
	}
	f, err := openSelf()
	if err != nil {
		return ""
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return ""
	}
	return hex.EncodeToString(sum.Sum(nil)[:6])
})

// openSelf opens the running program, even if another one has been installed in its
// place since it was started.
func openSelf() (*os.File, error) {
	if f, err := os.Open("/proc/self/exe"); err == nil {
		return f, nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return os.Open(path)
}

// dirty ends the version of a build whose source is a commit with changes.
const dirty = ".dirty"

func revision(info *debug.BuildInfo) string {
	var rev, changed string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = dirty
		}
	}
	if rev == "" {
		return ""
	}
	return rev + changed
}

func (a *app) versionCommand() *cli.Command {
	o := &options{}
	return &cli.Command{
		Name: "version", Usage: "show the version", Flags: o.outputFlags(),
		Action: func(_ context.Context, c *cli.Command) error {
			if err := noArguments(c); err != nil {
				return err
			}
			return a.version(o.json)
		},
	}
}

func (a *app) version(asJSON bool) error {
	platform := runtime.GOOS + "_" + runtime.GOARCH
	if !asJSON {
		build := ""
		if toolBuild() != "" {
			build = ", build " + toolBuild()
		}
		_, err := fmt.Fprintf(a.stdout, "mitoplan %s%s\non %s, built with %s\n", toolVersion(), build, platform, runtime.Version())
		return err
	}
	return a.document(versionDocument{view.FormatVersion, toolVersion(), toolBuild(), platform, runtime.Version()})
}

// versionDocument is what version -json writes.
type versionDocument struct {
	Format  string `json:"format_version"`
	Version string `json:"mitoplan_version"`
	// Build tells builds of one version apart.
	Build    string `json:"build,omitempty"`
	Platform string `json:"platform"`
	Go       string `json:"go_version"`
}

// document writes one JSON document to stdout.
func (a *app) document(doc any) error {
	b, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = a.stdout.Write(append(b, '\n'))
	return err
}
