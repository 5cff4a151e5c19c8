package connect

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// forgetsMain is the environment variable that makes this program one without Main: each of
// its processes leaves a file in the directory that it names.
const forgetsMain = "CONNECT_TEST_FORGETS_MAIN"

// forgetMain does what a program does that has no Main.
func forgetMain() {
	_ = os.WriteFile(filepath.Join(os.Getenv(forgetsMain), fmt.Sprint(os.Getpid())), nil, 0o600)
	err := transport.RunWith(context.Background(), transport.Options{Agents: Self()}, func(ctx context.Context, r *transport.Router) error {
		c, err := r.Connect(ctx, Local{})
		if err != nil {
			return err
		}
		_, err = c.Ready().Get(ctx)
		return err
	})
	fmt.Println("it ended:", err)
	os.Exit(0)
}

// A program without Main is told so where it starts a context, whatever the kind, and was
// started once for each: not by what it has started, and so on.
func TestAProgramWithoutMainIsToldSo(t *testing.T) {
	for name, k := range map[string]func(c Common) transport.Connector{
		"local": func(c Common) transport.Connector { return Local{Common{Env: c.Env}} },
		"exec":  func(c Common) transport.Connector { return Exec{Common: c, Command: []string{"env"}} },
	} {
		t.Run(name, func(t *testing.T) {
			seen := t.TempDir()
			err := transport.RunWith(t.Context(), transport.Options{Agents: Self()}, func(ctx context.Context, r *transport.Router) error {
				c, err := r.Connect(ctx, k(Common{Env: map[string]string{forgetsMain: seen}, AgentDirs: []string{t.TempDir()}}))
				if err != nil {
					return err
				}
				_, err = c.Ready().Get(ctx)
				return err
			})
			var p *kind.Problem
			if !errors.As(err, &p) || p.Code != kind.CodeAgentNoMain || !strings.Contains(p.Detail, "connect.Main") {
				t.Errorf("it is told %v", err)
			}
			if started, err := os.ReadDir(seen); len(started) != 1 || err != nil {
				t.Errorf("%d processes were started, want 1 (%v)", len(started), err)
			}
		})
	}
}
