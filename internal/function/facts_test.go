package function

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// machineOf makes the files of a machine in a directory. A text that begins with -> is a link.
func machineOf(t *testing.T, files map[string]string) here {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		p := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(p), 0o755))
		if to, ok := strings.CutPrefix(text, "->"); ok {
			must(t, os.Symlink(to, p))
			continue
		}
		must(t, os.WriteFile(p, []byte(text), 0o644))
	}
	return here(root)
}

func TestFactsOfSystems(t *testing.T) {
	for name, row := range map[string]struct {
		files map[string]string
		want  FactsOS
	}{
		"debian": {map[string]string{
			"etc/os-release": "# comment\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
			"etc/machine-id": "0123\n", "proc/sys/kernel/osrelease": "6.1.0-1-amd64\n", "proc/sys/kernel/hostname": "h1\n",
			"proc/sys/kernel/random/boot_id": "b-1\n", "proc/stat": "cpu 1 2\nbtime 1700000000\n", "proc/1/comm": "systemd\n",
			"run/systemd/system/x": "", "usr/bin/apt-get": "", "etc/localtime": "->/usr/share/zoneinfo/Europe/Berlin", "run/reboot-required": "",
		}, FactsOS{
			ID: "debian", Name: "Debian GNU/Linux", PrettyName: "Debian GNU/Linux 12 (bookworm)", Version: "12", Codename: "bookworm", Family: "debian",
			Kernel: "6.1.0-1-amd64", Hostname: "h1", MachineID: "0123", BootID: "b-1", Booted: "2023-11-14T22:13:20Z", Init: "systemd", Packages: "apt",
			TimeZone: "Europe/Berlin", SELinux: "disabled", RebootRequired: true,
		}},
		"rocky": {map[string]string{
			"usr/lib/os-release": "NAME='Rocky Linux'\nID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.3\"\n",
			"usr/bin/dnf":        "", "usr/bin/yum": "", "sys/fs/selinux/enforce": "1", "etc/timezone": "Etc/UTC\n",
		}, FactsOS{ID: "rocky", Like: []string{"rhel", "centos", "fedora"}, Name: "Rocky Linux", Version: "9.3", Family: "redhat", Packages: "dnf", TimeZone: "Etc/UTC", SELinux: "enforcing"}},
		"alpine": {map[string]string{
			"etc/os-release": "NAME=\"Alpine \\\"Linux\\\" \\$5\"\r\nID=alpine\r\n", "sbin/apk": "", "run/openrc/x": "", "sys/fs/selinux/enforce": "0",
		}, FactsOS{ID: "alpine", Name: `Alpine "Linux" $5`, Family: "alpine", Packages: "apk", Init: "openrc", SELinux: "permissive"}},
		"sysv":    {map[string]string{"proc/1/comm": "init\n", "etc/inittab": ""}, FactsOS{Init: "sysv", SELinux: "disabled"}},
		"nothing": {nil, FactsOS{SELinux: "disabled"}},
		"garbage": {map[string]string{"etc/os-release": "ID\n=\n\"\nID='", "proc/stat": "btime x\n", "etc/localtime": "x"}, FactsOS{ID: "'", Family: "'", Booted: "1970-01-01T00:00:00Z", SELinux: "disabled"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := *machineOf(t, row.files).system()
			got.Arch = ""
			if row.want.Like == nil {
				row.want.Like = []string{}
			}
			if !reflect.DeepEqual(got, row.want) {
				t.Errorf("got %+v\nwant %+v", got, row.want)
			}
		})
	}
}

func TestFactsOfHardware(t *testing.T) {
	got := machineOf(t, map[string]string{
		"proc/meminfo": "MemTotal:       1000 kB\nMemAvailable:    500 kB\nSwapTotal:   7 kB\nMemTotal: 5 kB\n", "proc/cpuinfo": "processor\t: 0\nmodel name\t: Fast: one\n\nmodel name\t: other\n",
		"sys/class/dmi/id/sys_vendor": "Maker\n", "sys/class/dmi/id/product_name": "Box\n", "sys/class/dmi/id/bios_version": "1.2\n",
		"sys/block/sda/size": "8\n", "sys/block/sda/device/model": "Disk  \n", "sys/block/sda/queue/rotational": "1\n", "sys/block/sda/removable": "0\n",
		"sys/block/nvme0n1/size": "2\n", "sys/block/nvme0n1/queue/rotational": "0\n", "sys/block/cciss!c0d0/size": "1\n", "sys/block/sdb/removable": "1\n",
		"sys/block/loop0/size": "1", "sys/block/dm-0/size": "1", "sys/block/sr0/size": "1", "sys/block/md127/size": "1", "sys/block/zram0/size": "1", "sys/block/mdx/size": "4",
	}).hardware()
	want := &FactsHardware{
		CPUs: got.CPUs, CPUModel: "Fast: one", Memory: 1024000, Available: 512000, Swap: 7168, Vendor: "Maker", Product: "Box", Firmware: "1.2",
		Disks: []FactsDisk{{Name: "cciss/c0d0", Size: 512}, {Name: "mdx", Size: 2048}, {Name: "nvme0n1", Size: 1024}, {Name: "sda", Size: 4096, Model: "Disk", Rotational: true}, {Name: "sdb", Removable: true}},
	}
	if !reflect.DeepEqual(got, want) || got.CPUs < 1 {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestFactsOfRoutesAndResolvers(t *testing.T) {
	if !littleEndian {
		t.Skip("the numbers of this table are those of another processor")
	}
	h := machineOf(t, map[string]string{
		"proc/net/route": "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n" +
			"wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\neth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\neth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n",
		"etc/resolv.conf": "# made by hand\nnameserver 192.0.2.1\nsearch a.example\nnameserver 2001:db8::1\nsearch b.example c.example\noptions edns0\nnameserver\n",
	})
	got := h.network()
	if got.Default4 != "eth0" || got.Gateway4 != "192.0.2.1" || !slices.Equal(got.Servers, []string{"192.0.2.1", "2001:db8::1"}) || !slices.Equal(got.Search, []string{"b.example", "c.example"}) {
		t.Errorf("got %+v", got)
	}
	h = machineOf(t, map[string]string{"proc/net/route": "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0\nshort\t00000000\n"})
	if name, gateway := h.defaultRoute(); name != "tun0" || gateway != "" {
		t.Errorf("without a gateway: got %q %q", name, gateway)
	}
	if name, gateway := machineOf(t, nil).defaultRoute(); name != "" || gateway != "" {
		t.Errorf("without a table: got %q %q", name, gateway)
	}
}

func TestFactsOfMounts(t *testing.T) {
	for line, want := range map[string]FactsMount{
		`36 35 98:0 / / rw,noatime master:1 - ext4 /dev/root rw,errors=continue,noatime`: {Path: "/", Source: "/dev/root", Type: "ext4", Options: []string{"rw", "noatime", "errors=continue"}},
		`40 36 0:31 / /a\040b\011c\134 ro - tmpfs tmp\0123fs rw,size=1k`:                 {Path: "/a b\tc\\", Source: "tmp\n3fs", Type: "tmpfs", Options: []string{"ro", "size=1k"}},
		`41 36 0:32 /x /m rw shared:5 master:6 propagate_from:2 - nfs4 s:/x rw,vers=4.2`: {Path: "/m", Source: "s:/x", Type: "nfs4", Options: []string{"rw", "vers=4.2"}},
		"42 36 0:33 / /b\xff rw - proc proc rw":                                          {Path: "/b\xff", Source: "proc", Type: "proc", Options: []string{"rw"}},
	} {
		if got, ok := parseMount(line); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v\nwant %+v", line, got, want)
		}
	}
	for _, line := range []string{"", "x", "36 35 98:0 / / rw - ext4", "36 35 98:0 / / rw master:1", `1 2 3 4 5 6 - \ \0`} {
		if m, ok := parseMount(line); ok {
			t.Errorf("%q: got %+v", line, m)
		}
	}
	for fs, hangs := range map[string]bool{"nfs4": true, "fuse.sshfs": true, "cifs": true, "autofs": true, "ext4": false, "tmpfs": false, "xfs": false, "overlay": false} {
		if mayHang(fs) != hangs {
			t.Errorf("%s: got %v", fs, !hangs)
		}
	}
}

func TestFactsOfUsers(t *testing.T) {
	h := machineOf(t, map[string]string{
		"etc/passwd": "root:x:0:0:Root \xff:/root:/bin/bash\n+::::::\n-bad::::::\n# no\nshort:x\nme:x:1000:1001::/home/me:\n",
		"etc/group":  "root:x:0:\nwheel:x:10:me,you\n+:::\n",
	})
	users := []FactsUser{{"root", 0, 0, "Root \xff", "/root", "/bin/bash"}, {"me", 1000, 1001, "", "/home/me", ""}}
	groups := []FactsGroup{{"root", 0, []string{}}, {"wheel", 10, []string{"me", "you"}}}
	if got := h.users(); !reflect.DeepEqual(got, users) {
		t.Errorf("got %+v", got)
	}
	if got := h.groups(); !reflect.DeepEqual(got, groups) {
		t.Errorf("got %+v", got)
	}
}

func TestFactsOfVirtualMachinesAndContainers(t *testing.T) {
	for name, row := range map[string]struct {
		files map[string]string
		want  FactsVirtual
	}{
		"bare":         {map[string]string{"proc/cpuinfo": "flags : fpu vme\n", "sys/class/dmi/id/sys_vendor": "Dell Inc.\n"}, FactsVirtual{"none", "none"}},
		"kvm":          {map[string]string{"sys/class/dmi/id/sys_vendor": "QEMU\n", "sys/class/dmi/id/product_name": "KVM\n"}, FactsVirtual{"none", "kvm"}},
		"qemu":         {map[string]string{"sys/class/dmi/id/sys_vendor": "QEMU\n", "sys/class/dmi/id/product_name": "Standard PC (Q35)\n"}, FactsVirtual{"none", "qemu"}},
		"amazon":       {map[string]string{"sys/class/dmi/id/sys_vendor": "Amazon EC2\n"}, FactsVirtual{"none", "amazon"}},
		"hyper-v":      {map[string]string{"sys/class/dmi/id/product_name": "Virtual Machine\n", "sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n"}, FactsVirtual{"none", "microsoft"}},
		"surface":      {map[string]string{"sys/class/dmi/id/product_name": "Surface\n", "sys/class/dmi/id/sys_vendor": "Microsoft Corporation\n"}, FactsVirtual{"none", "none"}},
		"xen":          {map[string]string{"sys/hypervisor/type": "xen\n"}, FactsVirtual{"none", "xen"}},
		"some":         {map[string]string{"proc/cpuinfo": "processor: 0\nflags\t\t: fpu hypervisor lm\n"}, FactsVirtual{"none", "vm-other"}},
		"nspawn":       {map[string]string{"run/systemd/container": "systemd-nspawn\n"}, FactsVirtual{"systemd-nspawn", "none"}},
		"of its init":  {map[string]string{"proc/1/environ": "A=b\x00container=lxc\x00container_uuid=x\x00"}, FactsVirtual{"lxc", "none"}},
		"podman":       {map[string]string{"run/.containerenv": ""}, FactsVirtual{"podman", "none"}},
		"docker on vm": {map[string]string{".dockerenv": "", "sys/class/dmi/id/sys_vendor": "VMware, Inc.\n"}, FactsVirtual{"docker", "vmware"}},
		"wsl":          {map[string]string{"proc/sys/kernel/osrelease": "5.15.0-microsoft-standard-WSL2\n"}, FactsVirtual{"wsl", "none"}},
	} {
		if got := *machineOf(t, row.files).virtualisation(); got != row.want {
			t.Errorf("%s: got %+v, want %+v", name, got, row.want)
		}
	}
}

// Only what is asked for is read, and all else is null.
func TestFactsAreThoseAskedFor(t *testing.T) {
	results := map[string]string{"os": "os", "hardware": "hardware", "network": "network", "mounts": "mounts", "users": "users", "virtualisation": "virtualisation"}
	for _, group := range factGroups {
		r := mustRun(t, "facts", args{"groups": []string{group}})
		for other, name := range results {
			if (r[name] != nil) != (other == group) {
				t.Errorf("with %s, %s is %v", group, name, r[name])
			}
		}
		if (r["user_groups"] != nil) != (group == "users") {
			t.Errorf("with %s, user_groups is %v", group, r["user_groups"])
		}
	}
	for _, wrong := range [][]string{{}, {"os", "packets"}} {
		_, err := runIt(t, request(t, "facts", args{"groups": wrong}))
		wantProblem(t, err, "groups", kind.CodeArgument)
	}
}

// A file that somebody else wrote is read up to a bound, and a pipe is not waited for.
func TestFactsAreBounded(t *testing.T) {
	h := machineOf(t, map[string]string{"etc/os-release": "ID=x\n" + strings.Repeat("# padding\n", factBytes/8)})
	if got := h.system().ID; got != "x" {
		t.Errorf("got %q", got)
	}
	if n := len(h.text("etc/os-release")); n != factBytes {
		t.Errorf("%d bytes were read", n)
	}
}
