package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// answered is a command of scripts: answered FILE PROGRAM ARGUMENT... runs a program
// whose standard input is a terminal, at which each question gets the next line of the
// file once it is shown. It is exec for all else.
func answered(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: answered file program [args...]")
	}
	master, terminal, err := pty.Open()
	ts.Check(err)
	defer master.Close()
	defer terminal.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, args[1], args[2:]...)
	cmd.Dir, cmd.Env = ts.MkAbs("."), append(os.Environ(), "CI=", "HOME="+ts.Getenv("HOME"))
	answers := strings.SplitAfter(ts.ReadFile(args[0]), "\n")
	cmd.Stdin, cmd.Stdout = terminal, ts.Stdout()
	cmd.Stderr = io.MultiWriter(ts.Stderr(), atQuestion(func() {
		if len(answers) > 0 {
			_, _ = io.WriteString(master, answers[0]) // without it, the program waits
			answers = answers[1:]
		}
	}))
	if err := cmd.Run(); (err != nil) != neg {
		ts.Fatalf("%s ended with: %v", args[1], err)
	}
}

// atQuestion is where a question is shown: it is called when the whole of it is there.
type atQuestion func()

func (q atQuestion) Write(p []byte) (int, error) {
	if bytes.HasSuffix(p, []byte("Enter a value: ")) {
		q()
	}
	return len(p), nil
}
