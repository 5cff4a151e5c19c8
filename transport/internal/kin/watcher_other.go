//go:build !unix

package kin

import (
	"io"
	"time"
)

// Watcher does nothing on this system: package process runs no programs on it.
type Watcher struct{}

// Own is the watcher of this process.
var Own Watcher

// Enable does nothing.
func (*Watcher) Enable([]string) {}

// Close does nothing.
func (*Watcher) Close(time.Duration) {}

// Watch does nothing.
func Watch(io.Reader) {}

// BecomeReaper does nothing.
func BecomeReaper() error { return nil }

// ContinueAbove does nothing.
func ContinueAbove() {}
