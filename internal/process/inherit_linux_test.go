package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	runner "github.com/mitoplan/mitoplan/transport/process"
)

// roleName is the variable that tells a process of this test program which role to
// play.
const roleName = "PROCESS_TEST_ROLE"

func TestMain(m *testing.M) {
	act(os.Getenv(roleName))
	m.Run()
}

// act plays the agent if this test program was started as one.
func act(role string) {
	switch role {
	case "":
		return
	case "agent":
		_ = KeepDescriptors()
		_ = LeaveTerminal()
		DefaultSignals()
		fallthrough
	case "bare":
		if _, err := runner.Run(context.Background(), runner.Spec{Argv: []string{"/bin/sh", "-c", probe}, Stdout: os.Stdout, Stderr: os.Stdout}); err != nil {
			fmt.Println(err)
		}
	case "erase":
		taken := Erase(func(name string) bool { return strings.HasPrefix(name, "SECRET_") })
		shown, _ := os.ReadFile("/proc/self/environ")
		fmt.Printf("taken %q\nleft %q kept %q\nshown %q\n", taken, os.Getenv("SECRET_A"), os.Getenv("KEPT"), shown)
	}
	os.Exit(0)
}

// probe prints what a program finds in its environment, one fact a line.
const probe = `grep -E '^Sig(Blk|Ign):' /proc/self/status
for n in 3 4 5 6 7 8 9; do [ -e /proc/$$/fd/$n ] && echo descriptor $n; done
if (: </dev/tty) 2>/dev/null; then echo terminal; else echo no terminal; fi
read -r pid name state ppid pgrp session tty rest </proc/$$/stat
[ $pid = $session ] && [ $pid = $pgrp ] && echo own session
[ $tty = 0 ] && echo tty 0
readlink /proc/$$/fd/0
echo limit $(ulimit -n) nice $(nice) umask $(umask) oom $(cat /proc/self/oom_score_adj)
`

// TestSurroundings holds that a program finds the same environment however the agent
// was started: with a terminal, with signals ignored and blocked, with descriptors
// open, and with unusual limits, priority and umask.
func TestSurroundings(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	defer tty.Close()
	cmd := exec.Command("/bin/sh", "-c", `trap '' HUP INT PIPE TSTP TTIN TTOU USR2
ulimit -S -n 200; umask 0137; exec 5</etc/passwd 9>/dev/null; exec nice -n 3 "$0"`, os.Args[0])
	cmd.Env = append(os.Environ(), roleName+"=agent")
	cmd.Stdin = tty
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := startBlocking(cmd, unix.SIGTERM, unix.SIGUSR2, unix.SIGCHLD); err != nil {
		t.Fatal(err)
	}
	defer time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() }).Stop()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	oom, _ := os.ReadFile("/proc/self/oom_score_adj")
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0) // 20 less the niceness
	if err != nil {
		t.Fatal(err)
	}
	want := "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nno terminal\nown session\ntty 0\n/dev/null\n" +
		fmt.Sprintf("limit 200 nice %d umask 0137 oom %s", min(20-raw+3, 19), oom)
	if out.String() != want {
		t.Errorf("a program found\n%s, want\n%s", out.String(), want)
	}
}

// startBlocking starts a command with some signals blocked.
func startBlocking(cmd *exec.Cmd, signals ...unix.Signal) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set, before unix.Sigset_t
	for _, s := range signals {
		set.Val[0] |= 1 << (s - 1)
	}
	if err := unix.PthreadSigmask(unix.SIG_BLOCK, &set, &before); err != nil {
		return err
	}
	defer func() { _ = unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil) }()
	return cmd.Start()
}

// TestTerminalIsRefusedAtOnce holds that a program that asks a person gets an error. On
// the terminal of another session it would be stopped for ever: a background process
// group that reads gets SIGTTIN.
func TestTerminalIsRefusedAtOnce(t *testing.T) {
	master, tty, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer master.Close()
	defer tty.Close()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleName+"=bare")
	cmd.Stdin = tty
	cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "\nno terminal\nown session\ntty 0\n") {
		t.Errorf("%v: %s", err, out)
	}
}

// TestErase holds that /proc shows nothing of an erased variable, even if it was given
// twice, in which case Go knows only one value.
func TestErase(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p, err := os.StartProcess(os.Args[0], os.Args[:1], &os.ProcAttr{
		Env:   []string{"SECRET_A=s3cret-1", "KEPT=kept", "SECRET_A=s3cret-2", "SECRET_B=s3cret-3", roleName + "=erase", "XSECRET_A=other"},
		Files: []*os.File{nil, w, w},
	})
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	out.ReadFrom(r)
	if st, err := p.Wait(); err != nil || !st.Success() {
		t.Fatalf("%v %v: %s", st, err, out.String())
	}
	head, shown, _ := strings.Cut(out.String(), "shown ")
	if want := "taken [\"SECRET_A=s3cret-1\" \"SECRET_B=s3cret-3\"]\nleft \"\" kept \"kept\"\n"; head != want {
		t.Errorf("got %s, want %s", head, want)
	}
	if strings.Contains(shown, "s3cret") || !strings.Contains(shown, "KEPT=kept") || !strings.Contains(shown, "XSECRET_A=other") {
		t.Errorf("/proc shows %s", shown)
	}
}

// TestKeepDescriptorsWithoutTheSystemCall covers the way that older kernels need.
func TestKeepDescriptorsWithoutTheSystemCall(t *testing.T) {
	f, err := os.Open(filepath.Join("/proc", "self", "stat"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd := int(f.Fd())
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	if err := keepEach(); err != nil {
		t.Fatal(err)
	}
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("descriptor %d has flags %d, %v", fd, flags, err)
	}
}

// What this process hides, the programs that it starts do not: they may leave
// core files as their own settings say.
func TestHideMemoryIsForThisProcessAlone(t *testing.T) {
	if err := HideMemory(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0) }()
	if own, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); own != 0 || err != nil {
		t.Errorf("the setting is %d, %v", own, err)
	}
	var out bytes.Buffer
	s := runner.Spec{Argv: []string{"/bin/sh", "-c", "stat -c %u /proc/self/environ; id -u; ulimit -c"}, Stdout: &out}
	if _, err := runner.Run(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil {
		t.Fatal(err)
	}
	if f := strings.Fields(out.String()); len(f) != 3 || f[0] != f[1] || f[2] == "0" && limit.Cur != 0 {
		t.Errorf("a program that was started has %q: owner of its environ, own user, limit", f)
	}
}
