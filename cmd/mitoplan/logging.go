package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/transport"
)

// logging is the logger that the environment asks for.
type logging struct {
	hclog.Logger
	io   bool // log every frame
	file *os.File
}

// levels of MITOPLAN_LOG. The level io is trace with every frame.
var levels = map[string]hclog.Level{
	"off": hclog.Off, "error": hclog.Error, "warn": hclog.Warn, "info": hclog.Info,
	"debug": hclog.Debug, "trace": hclog.Trace, "io": hclog.Trace,
}

func (a *app) newLogging() (*logging, error) {
	name := strings.ToLower(a.getenv("MITOPLAN_LOG"))
	if name == "" {
		name = "warn"
	}
	level, ok := levels[name]
	if !ok {
		return nil, fmt.Errorf("MITOPLAN_LOG is %q: it is one of off, error, warn, info, debug, trace, io", name)
	}
	l := &logging{io: name == "io"}
	var out io.Writer = a.stderr
	if path := a.getenv("MITOPLAN_LOG_PATH"); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("MITOPLAN_LOG_PATH is %s: %s", path, files.NotMade(path, err))
		}
		l.file, out = f, f
	}
	json := a.getenv("MITOPLAN_LOG_FORMAT") == "json"
	l.Logger = newLogger(hclog.LoggerOptions{Name: "mitoplan", Level: level, Output: out, JSONFormat: json}, a.mask)
	return l, nil
}

// frames returns the function that logs each frame of transport, nil unless the level
// is io.
func (l *logging) frames() func(transport.FrameEvent) {
	if !l.io {
		return nil
	}
	return func(e transport.FrameEvent) {
		direction := "in"
		if e.Out {
			direction = "out"
		}
		l.Trace("frame", "direction", direction, "src", e.Src.String(), "dst", e.Dst.String(), "handle", e.Handle, "size", e.Size)
	}
}

func (l *logging) close() error {
	if l.file == nil {
		return nil
	}
	return errors.Join(l.file.Sync(), l.file.Close())
}
