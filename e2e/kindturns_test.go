//go:build linux

package e2e

import (
	"archive/tar"
	"bytes"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

var turnsAll = flag.Bool("turns.all", false, "TestTurnsOfEveryKind measures each kind by itself")

// turnsRows are the arguments of the n-th block of each kind, with NUM for its number.
var turnsRows = map[string]string{
	"file":           `path = "DIR/fileNUM", content = "x\n"`,
	"directory":      `path = "DIR/directoryNUM"`,
	"archive":        `path = "DIR/archiveNUM", source = "a.tar"`,
	"directory_sync": `path = "DIR/syncNUM", source = "d"`,
	"link":           `path = "DIR/linkNUM", target = "nowhere"`,
	"line":           `path = "DIR/lineNUM", line = "a", create = true`,
	"block":          `path = "DIR/blockNUM", content = "a", create = true`,
	"replace":        `path = "DIR/oldNUM", regexp = "old", replace = "new"`,
	"ini":            `path = "DIR/iniNUM", key = "k", value = "v", create = true`,
	"json_value":     `path = "DIR/jsonNUM", pointer = "/k", value = "1", create = true`,
	"toml_value":     `path = "DIR/tomlNUM", pointer = "/k", value = "1", create = true`,
	"yaml_value":     `path = "DIR/yamlNUM", pointer = "/k", value = "1", create = true`,
	"download":       `path = "DIR/downloadNUM", url = "URL", checksum = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"`,
	"sudoers":        `path = "DIR/sudoersNUM", user = "daemon", commands = ["/bin/true"]`,
	"authorized_key": `path = "DIR/keyNUM", user = "root", key = "` + aliceKey + `"`,
	"known_host":     `path = "DIR/hostNUM", name = "h", key = "` + aliceKey + `"`,
	"limits":         `path = "DIR/limitsNUM", domain = "a", type = "-", item = "core", value = "1"`,
	"group":          `name = "turnsNUM"`,
	"user":           `name = "turned-NUM", create_home = false`,
	"script":         `name = "sNUM", inputs = { is = "made" }, read = "[ ! -e DIR/scriptNUM ] || echo '{\"is\": \"made\"}'", apply = "touch DIR/scriptNUM", destroy = "rm DIR/scriptNUM"`,
	"cron":           `path = "DIR/cronNUM", name = "job", command = "true"`,
	"hosts_entry":    `path = "DIR/hostsNUM", address = "10.0.0.1", names = ["a"]`,
	"sysctl":         `path = "DIR/sysctlNUM", name = "vm.x", value = "1", runtime = false`,
	"hostname":       `path = "DIR/hostnameNUM", name = "a", runtime = false`,
	"timezone":       `path = "DIR/zoneNUM", name = "UTC"`,
	"locale":         `path = "DIR/localeNUM", name = "de_DE.UTF-8", charset = "UTF-8", runtime = false`,
	"kernel_module":  `path = "DIR/moduleNUM", name = "nothing_is_here", runtime = false`,
	"mount":          `path = "/nothing-is-here", fstab = "DIR/fstabNUM", src = "tmpfs", fstype = "tmpfs", runtime = false`,
	"swap":           `path = "DIR/swapNUM", size = "1M", fstab = "DIR/swapsNUM", runtime = false`,
	"alternatives":   `name = "edNUM", path = "/bin/sh", link = "DIR/edNUM", priority = 10, altdir = "DIR/alt", admindir = "DIR/admin"`,
}

// TestTurnsOfEveryKind: n blocks of every kind are planned and applied in as many turns of the wire
// as one. Every run of the tests has one configuration with nearly all kinds. This measures each by
// itself, and prints the table:
//
//	go test ./e2e -run TestTurnsOfEveryKind -v -turns.all
func TestTurnsOfEveryKind(t *testing.T) {
	l := lab.New(t, lab.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("a")) }))
	defer server.Close()
	const dir = "/srv/turns"
	l.Exec(1, "sh", "-c", "mkdir -p "+dir+"/alt "+dir+"/admin; for k in $(seq 0 400); do echo old >"+dir+"/old$k; done")
	// No swap file can be made in the lab: each is there, and its line is not.
	l.Exec(1, "sh", "-c", "cd "+dir+"; umask 077; truncate -s 1M swap; PATH=$PATH:/usr/sbin:/sbin mkswap swap >/dev/null; for k in $(seq 0 400); do cp --sparse=always swap swap$k; done")
	var packed bytes.Buffer
	tw := tar.NewWriter(&packed)
	_ = tw.WriteHeader(&tar.Header{Name: "a", Typeflag: tar.TypeReg, Mode: 0o644})
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, k := range kinds.Kinds() {
		if turnsRows[k.Name] == "" {
			t.Errorf("turnsRows has no row of the kind %s", k.Name)
		}
		all = append(all, k.Name)
	}
	slices.Sort(all)
	if len(turnsRows) != len(all) {
		t.Errorf("turnsRows has %d kinds, and there are %d", len(turnsRows), len(all))
	}
	base := 0
	measure := func(t *testing.T, many int, names ...string) string {
		var b strings.Builder
		b.WriteString("variable \"n\" {\n  type = number\n}\nvariable \"base\" {\n  type = number\n}\n")
		b.WriteString(sshContext(l, "h", 1, "deploy", "") + "context \"sudo\" \"root\" {\n  via = context.ssh.h\n}\n")
		for _, name := range names {
			row := strings.NewReplacer("NUM", "${var.base + count.index}", "DIR", dir, "URL", server.URL).Replace(turnsRows[name])
			fmt.Fprintf(&b, "resource %q \"r\" {\n  on = context.sudo.root\n  count = var.n\n  %s\n}\n", name, strings.ReplaceAll(row, ", ", "\n  "))
		}
		w := newWorkspace(t, map[string]string{"main.mito.hcl": b.String(), "a.tar": packed.String()})
		if err := os.Mkdir(w.path("d"), 0o755); err != nil {
			t.Fatal(err)
		}
		w.write("d/x", "x")
		turns := func(args ...string) int {
			os.Remove(w.path("frames"))
			logged := *w
			logged.env = append(logged.env[:len(logged.env):len(logged.env)], "MITOPLAN_LOG=io", "MITOPLAN_LOG_FORMAT=json", "MITOPLAN_LOG_PATH="+w.path("frames"))
			logged.must(0, args...)
			return countTurns(t, w.read("frames"))
		}
		w.must(0, "plan", "-var", "n=0", "-var", "base=0") // which puts the agent there
		var plan, apply [2]int
		for k, n := range []int{1, many} {
			os.RemoveAll(w.path(".mitoplan"))
			plan[k] = turns("plan", "-var", fmt.Sprint("n=", n), "-var", fmt.Sprint("base=", base), "-out", "p.plan")
			apply[k] = turns("apply", "p.plan")
			base += n
		}
		if plan[1] > plan[0]+turnSlack || apply[1] > apply[0]+turnSlack {
			t.Errorf("of %q one block takes %d turns to plan and %d to apply, and %d take %d and %d", names, plan[0], apply[0], many, plan[1], apply[1])
		}
		return fmt.Sprintf("%8d %8d %8d %8d", plan[0], plan[1], apply[0], apply[1])
	}
	if !*turnsAll {
		// What is brought in streams is sent whenever there is room, between the turns of the others.
		measure(t, 3, slices.DeleteFunc(all, func(name string) bool { return name == "download" })...)
		return
	}
	table := fmt.Sprintf("%-16s %8s %8s %8s %8s", "", "plan 1", "plan 10", "apply 1", "apply 10")
	for _, name := range all {
		t.Run(name, func(t *testing.T) { table += fmt.Sprintf("\n%-16s %s", name, measure(t, 10, name)) })
	}
	t.Logf("turns of the wire\n%s", table)
}
