// Command pack fills the embed directory with agents of both editions for the platforms
// that are named, or for the machine's own. It runs in the root of the module.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/mitoplan/mitoplan/internal/agentbin"
	"github.com/mitoplan/mitoplan/transport/connect"
)

func main() {
	targets := os.Args[1:]
	if len(targets) == 0 {
		targets = []string{runtime.GOOS + "/" + runtime.GOARCH}
	}
	for _, t := range targets {
		if err := pack(t); err != nil {
			fmt.Fprintln(os.Stderr, "pack:", err)
			os.Exit(1)
		}
	}
}

func pack(target string) error {
	goos, arch, ok := strings.Cut(target, "/")
	if !ok {
		return fmt.Errorf("%q is not of the form os/arch", target)
	}
	p := connect.Platform{OS: goos, Arch: arch}
	dir := filepath.Join("internal", "agentbin", "agents")
	old, err := filepath.Glob(filepath.Join(dir, goos+"_"+arch+"-*.gz"))
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, e := range []agentbin.Edition{agentbin.Usual, agentbin.Full} {
		content, err := agentbin.Build(context.Background(), ".", p, e)
		if err != nil {
			return err
		}
		z := agentbin.Compress(content, 9)
		name := agentbin.FileName(p, e, sha256.Sum256(content))
		files[name] = z
		fmt.Printf("%s: %d bytes, compressed %d\n", name, len(content), len(z))
	}
	// Both are built before one of the old is taken away, so that a failure leaves those.
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	for name, z := range files {
		if err := os.WriteFile(filepath.Join(dir, name), z, 0o644); err != nil {
			return err
		}
	}
	return nil
}
