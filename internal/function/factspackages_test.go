package function

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// programs puts programs that speak for real ones before all others.
func programs(t *testing.T, scripts map[string]string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range scripts {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755))
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
}

// What is installed is in the list of its manager; what was removed and has left its
// configuration, or was only half unpacked, is not.
func TestFactsOfPackages(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for name, row := range map[string]struct {
		files map[string]string
		want  []FactsPackage
	}{
		"dpkg": {map[string]string{"var/lib/dpkg/status": "Package: bash\nStatus: install ok installed\nDescription: a\n Version: no\n b\nArchitecture: amd64\nVersion: 5.2-1\nSource: " + long + "\n\n\nPackage: old\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: half\nStatus: install reinstreq half-installed\nVersion: 1\n\nPackage: held\nStatus: hold ok installed\nVersion: 1:2\nArchitecture: all"},
			[]FactsPackage{{"bash", "5.2-1", "amd64", "dpkg"}, {"held", "1:2", "all", "dpkg"}}},
		"apk": {map[string]string{"lib/apk/db/installed": "C:Q1x=\nP:musl\nV:1.2-r0\nA:x86_64\nF:lib\nR:P:no\n\nP:busybox\nV:1.36\nA:x86_64\n\n", "usr/lib/apk/db/installed": "P:musl\nV:1.2-r0\n"},
			[]FactsPackage{{"musl", "1.2-r0", "x86_64", "apk"}, {"busybox", "1.36", "x86_64", "apk"}}},
		"pacman": {map[string]string{"var/lib/pacman/local/bash-5.2-1/desc": "%NAME%\nbash\n\n%VERSION%\n5.2-1\n\n%ARCH%\nx86_64\n\n%LICENSE%\nGPL\n", "var/lib/pacman/local/ALPM_DB_VERSION": "9\n"},
			[]FactsPackage{{"bash", "5.2-1", "x86_64", "pacman"}}},
		"rpm": {map[string]string{"var/lib/rpm/rpmdb.sqlite": ""},
			[]FactsPackage{{"bash", "5.1-1.el9", "x86_64", "rpm"}, {"tzdata", "1:2024a-1", "noarch", "rpm"}}},
		"none": {nil, []FactsPackage{}},
	} {
		t.Run(name, func(t *testing.T) {
			programs(t, map[string]string{"rpm": `[ "$1 $LC_ALL" = "-qa C" ] && printf 'bash\t5.1-1.el9\tx86_64\ngpg-pubkey\t1-2\t(none)\ntzdata\t1:2024a-1\tnoarch\nwarning: x\n'`})
			got, err := machineOf(t, row.files).packages(t.Context(), "groups")
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, row.want)
			}
		})
	}
}

// What dpkg says itself is what is read of its list.
func TestFactsOfPackagesAgreeWithDpkg(t *testing.T) {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${Status} ${Package} ${Version} ${Architecture}\n").Output()
	if err != nil {
		t.Skip(err)
	}
	want := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); f[2] == "installed" {
			want[strings.Join(f[3:], " ")] = true
		}
	}
	got, err := here("/").packages(t.Context(), "groups")
	must(t, err)
	for _, p := range got {
		if p.Manager == "dpkg" && !want[p.Name+" "+p.Version+" "+p.Arch] {
			t.Errorf("dpkg does not say %+v", p)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %d packages, want %d", len(got), len(want))
	}
}

func TestFactsOfServices(t *testing.T) {
	systemctl := map[string]string{"systemctl": `
case "$1" in
list-unit-files) echo 'ssh.service enabled enabled
getty@.service enabled enabled
off.service masked enabled
rescue.service static -
net.service enabled enabled' ;;
list-units) printf 'ssh.service loaded active running OpenBSD Secure Shell server\n\342\227\217 bad.service loaded failed failed Bad\ngetty@tty1.service loaded active running Getty\ngone.service not-found inactive dead gone.service\nnet.service loaded active exited Net\nslow.service loaded activating start-pre Slow\n' ;;
esac`}
	for name, row := range map[string]struct {
		programs, files map[string]string
		want            []FactsService
	}{
		"systemd": {systemctl, map[string]string{"run/systemd/system/x": ""}, []FactsService{
			{"bad", "failed", "", "systemd"}, {"getty@tty1", "running", "", "systemd"}, {"net", "exited", "enabled", "systemd"}, {"off", "stopped", "masked", "systemd"},
			{"rescue", "stopped", "static", "systemd"}, {"slow", "changing", "", "systemd"}, {"ssh", "running", "enabled", "systemd"},
		}},
		"openrc": {nil, map[string]string{"etc/init.d/sshd": "", "etc/init.d/cron": "", "etc/init.d/bad": "", "etc/init.d/functions.sh": "", "etc/runlevels/default/sshd": "", "etc/runlevels/boot/x": "", "run/openrc/started/sshd": "", "run/openrc/failed/bad": ""}, []FactsService{
			{"bad", "failed", "disabled", "openrc"}, {"cron", "stopped", "disabled", "openrc"}, {"sshd", "running", "enabled", "openrc"},
		}},
		"sysv": {nil, map[string]string{"etc/init.d/ssh": "", "etc/init.d/cron": "", "etc/init.d/README": "", "etc/rc3.d/S01ssh": "", "etc/rc3.d/K01cron": ""}, []FactsService{
			{"cron", "", "disabled", "sysv"}, {"ssh", "", "enabled", "sysv"},
		}},
		"none": {nil, nil, []FactsService{}},
	} {
		t.Run(name, func(t *testing.T) {
			programs(t, row.programs)
			got, err := machineOf(t, row.files).services(t.Context(), "groups")
			if err != nil || !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, row.want)
			}
		})
	}
}

// A program that is missing or fails is told, and nothing is taken for none.
func TestFactsOfBrokenPrograms(t *testing.T) {
	rpm := machineOf(t, map[string]string{"usr/lib/sysimage/rpm/rpmdb.sqlite": ""})
	t.Run("missing", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := rpm.packages(t.Context(), "groups")
		wantProblem(t, err, "groups", kind.CodeToolMissing)
	})
	t.Run("fails", func(t *testing.T) {
		programs(t, map[string]string{"rpm": "echo broken >&2; exit 1", "systemctl": "kill -9 $$"})
		_, err := rpm.packages(t.Context(), "groups")
		if p := wantProblem(t, err, "groups", kind.CodeToolFailed); p.Said != "broken" {
			t.Errorf("it said %q", p.Said)
		}
		_, err = machineOf(t, map[string]string{"run/systemd/system/x": ""}).services(t.Context(), "groups")
		wantProblem(t, err, "groups", kind.CodeToolFailed)
	})
}
