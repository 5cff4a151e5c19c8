package terminaltest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/creack/pty"
)

// Session is a program that runs at a Terminal.
type Session struct {
	*Terminal
	cmd    *exec.Cmd
	master *os.File
	ended  chan struct{}
}

// Start starts a program on a terminal of a given size. The caller has to call Wait.
func Start(cmd *exec.Cmd, columns, rows int) (*Session, error) {
	cmd.Stdin, cmd.Stdout, cmd.Stderr = nil, nil, nil
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(columns), Rows: uint16(rows)})
	if err != nil {
		return nil, fmt.Errorf("start %s at a terminal: %w", cmd.Path, err)
	}
	s := &Session{New(columns, rows), cmd, master, make(chan struct{})}
	go func() {
		defer close(s.ended)
		_, _ = io.Copy(s.Terminal, master) // it ends with an error when the program does
	}()
	return s, nil
}

// Type types something.
func (s *Session) Type(text string) error {
	_, err := io.WriteString(s.master, text)
	return err
}

// Until waits until the screen fulfils a condition of the test, and returns the screen.
func (s *Session) Until(limit time.Duration, is func(screen string) bool) (string, error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(limit); ; {
		if screen := s.Screen(); is(screen) {
			return screen, nil
		}
		select {
		case <-s.ended:
			return "", fmt.Errorf("it ended before, with\n%s", s.Text())
		case <-tick.C:
		}
		if time.Now().After(end) {
			return "", fmt.Errorf("not within %s:\n%s", limit, s.Screen())
		}
	}
}

// Wait waits for the end of the program and returns its exit status.
func (s *Session) Wait() int {
	<-s.ended
	_ = s.cmd.Wait()
	_ = s.master.Close()
	return s.cmd.ProcessState.ExitCode()
}
