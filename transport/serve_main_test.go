package transport_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// Main is the first line of a program's main. In the parent it returns, so that the
// program goes on. In a process that was started as an agent, it would serve and
// then exit, and this test would end here.
func TestMainReturnsInTheParent(*testing.T) {
	transport.Main()
}

// forgetsMain is the environment variable that makes this program one that forgets Main.
const forgetsMain = "MITOPLAN_TEST_FORGETS_MAIN"

// startAgain does what a program does that forgets Main: it starts a context, though it
// was started as one.
func startAgain() {
	err := transport.Run(context.Background(), func(ctx context.Context, r *transport.Router) error {
		_, err := r.Connect(ctx, agent())
		return err
	})
	if err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// A program that forgets Main runs its main again in the child, which would start a child
// again. There were 900 processes after a second, and they went on when the first had ended.
func TestAProgramThatForgetsMainStartsOneProcess(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{"x", transport.ChildArg, "token", "x"}
	cmd.Env = append(os.Environ(), forgetsMain+"=1")
	said, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(said), "must be the first line of main") {
		t.Errorf("the child ended with %v and said %q", err, said)
	}
}
