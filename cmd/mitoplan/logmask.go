package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/cmd/mitoplan/view"
)

// newLogger returns a logger that masks what hosts said: the messages of entries that
// came from a context, and the values of all entries except addresses. Keys, names
// and mitoplan's own messages stay as they are. So do single words of its own in what an
// agent says: all that is not what a program printed.
func newLogger(o hclog.LoggerOptions, m *view.Masker) hclog.Logger {
	out := hclog.NewSinkAdapter(&o)
	// What is not excluded would be formatted twice.
	none := hclog.LoggerOptions{Name: o.Name, Level: o.Level, Output: io.Discard, Exclude: func(hclog.Level, string, ...any) bool { return true }}
	l := hclog.NewInterceptLogger(&none)
	l.RegisterSink(maskedSink{out, m, !o.JSONFormat})
	return l
}

// maskedSink masks entries on their way to the sink that writes them.
type maskedSink struct {
	out  hclog.SinkAdapter
	mask *view.Masker
	text bool // for people: control characters in it are made visible
}

// fromHost is the key by which an entry of a host is recognised.
const fromHost = "context"

// addressKeys are those whose values are addresses. A host cannot use them itself.
var addressKeys = []string{fromHost, "chain", "by", "address", "src", "dst"}

// Accept is called for each record, from any goroutine.
func (s maskedSink) Accept(name string, level hclog.Level, msg string, args ...any) {
	masked := slices.Clone(args)
	host := false
	for i := 1; i < len(masked); i += 2 {
		key, _ := masked[i-1].(string)
		host = host || key == fromHost
		if !slices.Contains(addressKeys, key) {
			masked[i] = s.value(masked[i])
		}
	}
	if len(masked)%2 == 1 {
		masked[len(masked)-1] = s.value(masked[len(masked)-1])
	}
	if host {
		msg = s.said(msg)
	}
	if s.text {
		msg = view.Said(msg)
	}
	s.out.Accept(name, level, msg, masked...)
}

// said masks the message of a context.
func (s maskedSink) said(msg string) string {
	if strings.HasPrefix(msg, "stdout: ") || strings.HasPrefix(msg, "stderr: ") { // see transport.Node
		return s.mask.LogText(msg)
	}
	return s.mask.Words(msg)
}

// value masks a value of an entry. If there is nothing to mask, it returns the value
// itself, so that its type stays.
func (s maskedSink) value(v any) any {
	text := ""
	switch v := v.(type) {
	case hclog.CapturedStacktrace:
		return v
	case hclog.Format:
		if format, ok := v[0].(string); ok {
			text = fmt.Sprintf(format, v[1:]...)
		}
	default:
		text = fmt.Sprint(v)
	}
	masked := s.mask.Text(text)
	if err, is := v.(error); is {
		masked = s.mask.Error(err)
	}
	if masked != text {
		return masked
	}
	return v
}
