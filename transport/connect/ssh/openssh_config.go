package ssh

import (
	"context"
	"os/exec"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/transport/connect"
)

// configArgs say which configuration the program reads.
func (k SSH) configArgs() []string {
	switch k.SSHConfig {
	case "":
		return nil
	case "false":
		return []string{"-F", "none"}
	}
	return []string{"-F", expandHome(k.SSHConfig, homeDir())}
}

// configured is what the program's configuration says about the host, "" if nothing.
func (k SSH) configured(keyword string) string {
	args := k.configArgs()
	if k.User != "" {
		args = append(args, "-l", k.User)
	}
	out, err := askProgram(append(args, "--", k.Host)...)
	if err != nil {
		return "" // the login fails of the same, and says why
	}
	return dumped(out, keyword)
}

// withoutAgent are options against lines of the configuration with which the program would run
// nothing on the host, give it no input or go into the background. Since OpenSSH 8.7 there
// are such lines.
var withoutAgent = []string{"SessionType=default", "StdinNull=no", "ForkAfterAuthentication=no"}

// sessionOptions are withoutAgent, or none if the program does not know them: it would end.
func sessionOptions() []string {
	path, err := exec.LookPath("ssh")
	if err != nil {
		return nil
	}
	known, _ := knowsThem.LoadOrStore(path, sync.OnceValue(func() bool {
		args := []string{"-F", "none"}
		for _, o := range withoutAgent {
			args = append(args, "-o", o)
		}
		_, err := askProgram(append(args, "--", "host")...)
		return err == nil
	}))
	if !known.(func() bool)() {
		return nil
	}
	return withoutAgent
}

// knowsThem has for each path of a program whether it knows these options, as a function.
var knowsThem sync.Map

// askProgram returns what the program would do (ssh -G). It connects to nothing.
func askProgram(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), matchWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ssh", append([]string{"-G"}, args...)...)
	cmd.Env = connect.Environ()
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	return string(out), err
}
