//go:build linux

package lab

import (
	"path/filepath"
	"testing"
)

// Containers run on several hosts at once, and leave no cgroup.
func TestStartContainer(t *testing.T) {
	var left string
	t.Run("lab", func(t *testing.T) {
		l := New(t, Options{Hosts: 2})
		for i := 1; i <= 2; i++ {
			l.StartContainer(i, "c")
		}
		for i := 1; i <= 2; i++ {
			if got := l.Exec(i, "podman", "exec", "-i", "c", "sh", "-c", "echo in $(id -u); ls /"); got != "in 0\nbin\ndev\netc\nlib\nlib64\nproc\nroot\nrun\nsys\ntmp\n" {
				t.Errorf("the container says %q", got)
			}
		}
		left = l.cgroup()
	})
	if left == "" {
		t.Skip("no containers here")
	}
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		if found, _ := filepath.Glob(pattern + left); len(found) > 0 {
			t.Errorf("left: %v", found)
		}
	}
}
