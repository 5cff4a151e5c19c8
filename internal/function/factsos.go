package function

import (
	"runtime"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsOS is the system of a host. The names of the release are those of os-release(5).
type FactsOS struct {
	ID             string   `cbor:"id" mito:"computed"`
	Like           []string `cbor:"id_like" mito:"computed"`
	Name           string   `cbor:"name" mito:"computed"`
	PrettyName     string   `cbor:"pretty_name" mito:"computed"`
	Version        string   `cbor:"version_id" mito:"computed"`
	Codename       string   `cbor:"version_codename" mito:"computed"`
	Family         string   `cbor:"family" mito:"computed"`
	Arch           string   `cbor:"arch" mito:"computed"`
	Kernel         string   `cbor:"kernel" mito:"computed"`
	Hostname       string   `cbor:"hostname" mito:"computed"`
	MachineID      string   `cbor:"machine_id" mito:"computed"`
	BootID         string   `cbor:"boot_id" mito:"computed"`
	Booted         string   `cbor:"booted" mito:"computed"`
	Init           string   `cbor:"init" mito:"computed"`
	Packages       string   `cbor:"package_manager" mito:"computed"`
	TimeZone       string   `cbor:"timezone" mito:"computed"`
	SELinux        string   `cbor:"selinux" mito:"computed"`
	RebootRequired bool     `cbor:"reboot_required" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsOS) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"id":               {Doc: "ID of os-release, such as debian.", OtherNames: "distribution distro"},
			"id_like":          {Doc: "ID_LIKE of os-release: the systems that this one is derived from."},
			"name":             {Doc: "NAME of os-release."},
			"pretty_name":      {Doc: "PRETTY_NAME of os-release."},
			"version_id":       {Doc: "VERSION_ID of os-release. Rolling systems have none.", OtherNames: "version distribution_version"},
			"version_codename": {Doc: "VERSION_CODENAME of os-release.", OtherNames: "codename distribution_release"},
			"family":           {Doc: "debian, redhat, suse, arch, alpine or gentoo, told by id and id_like; else id.", OtherNames: "os_family"},
			"arch":             {Doc: "The architecture as Go calls it, such as amd64 or arm64.", OtherNames: "architecture machine"},
			"kernel":           {Doc: "The release of the kernel."},
			"hostname":         {Doc: "The name that the kernel has.", OtherNames: "nodename"},
			"machine_id":       {Doc: "The number in /etc/machine-id, see machine-id(5).", OtherNames: "uuid"},
			"boot_id":          {Doc: "A number that changes with each boot."},
			"booted":           {Doc: "When the kernel was started: UTC, as in RFC 3339. In a container it is that of the machine below.", OtherNames: "uptime boot_time"},
			"init":             {Doc: "What runs as process 1 and starts services: systemd, openrc, sysv or runit. Empty if it is none of these, as in most containers.", OtherNames: "service_mgr"},
			"package_manager":  {Doc: "The program that installs packages: apt, dnf, yum, zypper, pacman, apk or emerge. Empty if none is there.", OtherNames: "pkg_mgr"},
			"timezone":         {Doc: "The zone that /etc/localtime links to, such as Europe/Berlin, or what /etc/timezone says. Empty if neither does."},
			"selinux":          {Doc: "enforcing, permissive, or disabled."},
			"reboot_required":  {Doc: "Whether a package has asked for a reboot, in /run/reboot-required."},
		},
	}
}

func (h here) system() *FactsOS {
	r := h.release()
	out := &FactsOS{
		ID: r["ID"], Like: append([]string{}, strings.Fields(r["ID_LIKE"])...), Name: r["NAME"], PrettyName: r["PRETTY_NAME"],
		Version: r["VERSION_ID"], Codename: r["VERSION_CODENAME"], Arch: runtime.GOARCH,
		Kernel: h.word("proc/sys/kernel/osrelease"), Hostname: h.word("proc/sys/kernel/hostname"),
		MachineID: h.word("etc/machine-id"), BootID: h.word("proc/sys/kernel/random/boot_id"), Booted: h.booted(),
		Init: h.init(), Packages: h.packageManager(), TimeZone: h.timeZone(), SELinux: h.selinux(),
		RebootRequired: h.is("run/reboot-required") || h.is("var/run/reboot-required"),
	}
	out.Family = family(out.ID, out.Like)
	return out
}

// release is what os-release says: see os-release(5).
func (h here) release() map[string]string {
	out := map[string]string{}
	name := "etc/os-release"
	if !h.is(name) {
		name = "usr/lib/os-release"
	}
	for _, line := range h.lines(name) {
		k, v, _ := strings.Cut(line, "=")
		out[strings.TrimSpace(k)] = shellValue(strings.TrimSpace(v))
	}
	return out
}

// shellValue is the value of an assignment of a shell: without quotes, and without the
// backslashes of double ones.
func shellValue(v string) string {
	if len(v) < 2 || v[0] != v[len(v)-1] || v[0] != '"' && v[0] != '\'' {
		return v
	}
	quoted := v[1 : len(v)-1]
	if v[0] == '"' {
		quoted = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\$`, `$`, "\\`", "`").Replace(quoted)
	}
	return quoted
}

// family is the family of the first of the names that belongs to one.
func family(id string, like []string) string {
	for _, name := range append([]string{id}, like...) {
		switch name {
		case "debian", "ubuntu":
			return "debian"
		case "rhel", "fedora", "centos":
			return "redhat"
		case "suse", "opensuse", "sles":
			return "suse"
		case "arch", "alpine", "gentoo":
			return name
		}
	}
	return id
}

// booted is the time at which the kernel was started; see proc_stat(5).
func (h here) booted() string {
	for _, line := range h.lines("proc/stat") {
		if at, ok := strings.CutPrefix(line, "btime "); ok {
			return time.Unix(number(at), 0).UTC().Format(time.RFC3339)
		}
	}
	return ""
}

// init is what starts services. systemd makes the directory when it runs: see sd_booted(3).
func (h here) init() string {
	comm := h.word("proc/1/comm")
	switch {
	case h.is("run/systemd/system"):
		return "systemd"
	case h.is("run/openrc"):
		return "openrc"
	case comm == "runit":
		return "runit"
	case comm == "init" && h.is("etc/inittab"):
		return "sysv"
	}
	return ""
}

// packageManagers are programs, the one that a system means first.
var packageManagers = [][2]string{
	{"apt", "usr/bin/apt-get"}, {"dnf", "usr/bin/dnf"}, {"yum", "usr/bin/yum"}, {"zypper", "usr/bin/zypper"},
	{"pacman", "usr/bin/pacman"}, {"apk", "sbin/apk"}, {"emerge", "usr/bin/emerge"},
}

func (h here) packageManager() string {
	for _, m := range packageManagers {
		if h.is(m[1]) {
			return m[0]
		}
	}
	return ""
}

func (h here) timeZone() string {
	if _, zone, ok := strings.Cut(h.target("etc/localtime"), "zoneinfo/"); ok {
		return zone
	}
	return h.word("etc/timezone")
}

func (h here) selinux() string {
	switch h.word("sys/fs/selinux/enforce") {
	case "1":
		return "enforcing"
	case "0":
		return "permissive"
	}
	return "disabled"
}
