//go:build linux

package lab

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// traces lists what a lab leaves on the machine: processes in other process namespaces,
// links, mounts and directories. Labs of other tests are found, too, so a test looks
// only for the traces of its own lab.
func traces(dir, device string, pids []string) []string {
	var found []string
	for _, pid := range pids {
		if _, err := os.Stat("/proc/" + pid); err == nil {
			found = append(found, "process "+pid)
		}
	}
	if _, err := net.InterfaceByName(device); err == nil {
		found = append(found, "link "+device)
	}
	if mounts, _ := os.ReadFile("/proc/self/mountinfo"); strings.Contains(string(mounts), dir) {
		found = append(found, "mounts under "+dir)
	}
	return found
}

// hostPIDs returns the processes of a lab's hosts by the numbers that the machine gives
// them.
func hostPIDs(t *testing.T, l *Lab) []string {
	t.Helper()
	mine := map[string]bool{}
	for _, h := range l.hosts {
		ns, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", h.init.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		mine[ns] = true
	}
	all, _ := filepath.Glob("/proc/[0-9]*/ns/pid")
	var pids []string
	for _, p := range all {
		if ns, _ := os.Readlink(p); mine[ns] {
			pids = append(pids, strings.Split(p, "/")[2])
		}
	}
	return pids
}

func TestNothingIsLeft(t *testing.T) {
	if err := Available(); err != nil {
		t.Skipf("no lab: %v", err)
	}
	var dir, disk, device string
	var pids []string
	t.Run("lab", func(t *testing.T) {
		l := New(t, Options{Hosts: 2, Bastion: true, OnDisk: true})
		l.Exec(2, "sh", "-c", "sleep 100 >/dev/null 2>&1 &")
		l.WriteFile(2, Disk+"/file", "text", 0o600)
		dir, disk, device, pids = l.Dir(), l.disk, l.net.device(), hostPIDs(t, l)
		if len(pids) != 3 {
			t.Fatalf("the hosts run %v, not two sshd and a sleep", pids)
		}
	})
	if found := traces(dir, device, pids); found != nil {
		t.Errorf("left: %v", found)
	}
	for _, dir := range []string{dir, disk} {
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("left: %s", dir)
		}
	}
}

// TestHold is the process that TestKilled kills.
func TestHold(t *testing.T) {
	if os.Getenv("LAB_TEST_HOLD") == "" {
		t.Skip("runs inside TestKilled only")
	}
	l := New(t, Options{Hosts: 2})
	fmt.Println("lab", l.Dir(), l.net.device(), strings.Join(hostPIDs(t, l), " "))
	select {}
}

// If a test process is killed, its lab is gone, too. Only its directories stay, which
// the next lab of that number removes.
func TestKilled(t *testing.T) {
	if err := Available(); err != nil {
		t.Skipf("no lab: %v", err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHold$", "-test.v")
	cmd.Env = append(os.Environ(), "LAB_TEST_HOLD=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	dir, device, pids := readHold(t, bufio.NewScanner(out))
	cmd.Process.Kill()
	cmd.Wait()
	defer os.RemoveAll(dir)
	deadline := time.Now().Add(10 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for found := traces(dir, device, pids); found != nil; found = traces(dir, device, pids) {
		if time.Now().After(deadline) {
			t.Fatalf("left after the kill: %v", found)
		}
		<-tick.C
	}
}

func readHold(t *testing.T, s *bufio.Scanner) (dir, device string, pids []string) {
	t.Helper()
	for s.Scan() {
		if f := strings.Fields(s.Text()); len(f) > 3 && f[0] == "lab" {
			return f[1], f[2], f[3:]
		}
	}
	t.Fatal("the process to kill made no lab")
	return "", "", nil
}
