package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v3"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// release is the version that this source is of, or becomes.
const release = "0.1.0"

// toolVersion is the release and, of a build that is none, the commit.
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

func revision(info *debug.BuildInfo) string {
	var rev, dirty string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			rev = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = ".dirty"
		}
	}
	if rev == "" {
		return ""
	}
	return rev + dirty
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
		_, err := fmt.Fprintf(a.stdout, "mitoplan %s\non %s, built with %s\n", toolVersion(), platform, runtime.Version())
		return err
	}
	return a.document(versionDocument{view.FormatVersion, toolVersion(), platform, runtime.Version()})
}

// versionDocument is what version -json writes.
type versionDocument struct {
	Format   string `json:"format_version"`
	Version  string `json:"mitoplan_version"`
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
