//go:build linux

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
)

// neighbours are blocks that touch each other. There are accounts in two contexts
// of one machine, and a directory in the home of one of them. There are directories
// that share a missing parent, in a context of root and in one of a user. And there
// are paths at which others may have put something.
const neighbours = `
context "sudo" "again" {
  for_each = context.ssh.host
  via      = each.value
}
resource "user" "many" {
  for_each = toset([for i in range(6) : "many${i}"])
  on       = context.sudo.host
  name     = each.key
}
resource "user" "more" {
  for_each = toset([for i in range(6) : "more${i}"])
  on       = context.sudo.again
  name     = each.key
}
resource "user" "numbered" {
  on            = context.sudo.again
  name          = "numbered"
  uid           = var.uid
  password_hash = "*"
}
resource "directory" "ssh" {
  on   = context.sudo.again
  path = "/home/many2/.ssh"
}
resource "directory" "roots" {
  for_each = toset([for i in range(10) : "${i}/r"])
  on       = context.sudo.host
  path     = "/tmp/new/${each.key}"
}
resource "directory" "theirs" {
  for_each = toset([for i in range(10) : "r/${i}"])
  on       = context.sudo.again
  path     = "/tmp/new/${each.key}"
}
variable "uid" { type = number }
`

// Two applies on two equal machines give the same user ids, in the order of the
// configuration, and no block is in the way of another.
func TestNeighbours(t *testing.T) {
	t.Parallel()
	l := lab.New(t, lab.Options{Hosts: 2})
	first := 0
	for i := 1; i <= 2; i++ {
		first = max(first, highestUID(t, l, i)+1)
	}
	for i := 1; i <= 2; i++ {
		w := newWorkspace(t, map[string]string{"main.mito.hcl": fleet(l, i, i) + neighbours})
		w.setVar("uid", fmt.Sprint(first))
		if i == 2 {
			w.must(0, "apply", "-auto-approve", "-parallelism", "1")
		} else {
			w.must(0, "apply", "-auto-approve")
		}
		names := []string{"numbered"}
		for _, block := range []string{"many", "more"} {
			for k := range 6 {
				names = append(names, fmt.Sprint(block, k))
			}
		}
		for k, name := range names {
			if got := strings.TrimSpace(l.Exec(i, "id", "-u", name)); got != fmt.Sprint(first+k) {
				t.Errorf("%s: %s has the user id %s, want %d", l.Name(i), name, got, first+k)
			}
		}
		if got := strings.TrimSpace(l.Exec(i, "stat", "-c", "%U", "/home/many2")); got != "many2" {
			t.Errorf("the home directory of many2 belongs to %s", got)
		}
		w.converged()
	}
	l.AssertNoAgents(t)
}

func highestUID(t *testing.T, l *lab.Lab, i int) int {
	t.Helper()
	highest := 999
	for line := range strings.Lines(l.ReadFile(i, "/etc/passwd")) {
		var uid int
		f := strings.Split(line, ":")
		if _, err := fmt.Sscan(f[2], &uid); err == nil && uid < 60000 {
			highest = max(highest, uid)
		}
	}
	return highest
}

// If somebody on the host puts something in the way of root, that is refused, and the
// message points at the line of the block.
func TestAFileWithOtherNames(t *testing.T) {
	l := lab.New(t, lab.Options{})
	l.WriteFile(1, "/root/secret", "secret\n", 0o600)
	l.Exec(1, "sh", "-c", "mkdir -m 1777 /srv/shared && ln /root/secret /srv/shared/report")
	src := fleet(l, 1, 1) + `
resource "file" "report" {
  on   = context.sudo.host
  path = "/srv/shared/report"
  mode = "0644"
}
`
	w := newWorkspace(t, map[string]string{"main.mito.hcl": src})
	w.must(1, "plan").says(t, "The file has other names", "/srv/shared/report has 2 names")
	if got := strings.TrimSpace(l.Exec(1, "stat", "-c", "%a", "/root/secret")); got != "600" {
		t.Errorf("the secret has the mode %s", got)
	}
	w.write("main.mito.hcl", strings.Replace(src, `mode = "0644"`, "mode = \"0640\"\n  hard_links = true", 1))
	w.must(0, "apply", "-auto-approve")
	if got := strings.TrimSpace(l.Exec(1, "stat", "-c", "%a", "/root/secret")); got != "640" {
		t.Errorf("with hard_links the file has the mode %s, want 640", got)
	}
	l.AssertNoAgents(t)
}
