// Sink writes what it reads to a file, as durably as a person would want it: beside the
// file, synced, and renamed. It prints the SHA-256. BenchmarkStreams compares with it.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

func main() {
	if err := sink(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func sink(name string) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".sink-")
	if err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(f, sum), os.Stdin); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	fmt.Printf("%x", sum.Sum(nil))
	return dir.Sync()
}
