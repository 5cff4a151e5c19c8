package function

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsVirtual says what a host runs in. The names are those of systemd-detect-virt(1).
type FactsVirtual struct {
	Container string `cbor:"container" mito:"computed"`
	VM        string `cbor:"vm" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsVirtual) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"container": {Doc: "The container that the host is: docker, podman, lxc, systemd-nspawn, wsl, or another name that its manager gives; none if it is none. Root sees more signs of that than others.", OtherNames: "virtualization_role"},
			"vm":        {Doc: "The virtual machine that it is in: kvm, qemu, vmware, oracle, microsoft, xen, amazon, google, apple, parallels, bochs, or vm-other if the processor says no more; none if it is none."},
		},
	}
}

func (h here) virtualisation() *FactsVirtual {
	return &FactsVirtual{Container: h.container(), VM: h.vm()}
}

// container goes by what managers of containers promise to tell, and then by their traces.
func (h here) container() string {
	if name := h.word("run/systemd/container"); name != "" {
		return name
	}
	for _, kv := range strings.Split(h.text("proc/1/environ"), "\x00") {
		if name, ok := strings.CutPrefix(kv, "container="); ok && name != "" {
			return name
		}
	}
	kernel := strings.ToLower(h.word("proc/sys/kernel/osrelease"))
	switch {
	case h.is("run/.containerenv"):
		return "podman"
	case h.is(".dockerenv"):
		return "docker"
	case h.is("proc/vz") && !h.is("proc/bc"):
		return "openvz"
	case strings.Contains(kernel, "microsoft") || strings.Contains(kernel, "wsl"):
		return "wsl"
	case strings.Contains(h.text("proc/1/cgroup"), "/lxc/"):
		return "lxc"
	}
	return "none"
}

// makers are words of the firmware of virtual machines.
var makers = [][2]string{
	{"KVM", "kvm"}, {"OpenStack", "kvm"}, {"KubeVirt", "kvm"}, {"Amazon EC2", "amazon"}, {"Google Compute Engine", "google"}, {"QEMU", "qemu"},
	{"VMware", "vmware"}, {"VMW", "vmware"}, {"innotek GmbH", "oracle"}, {"VirtualBox", "oracle"}, {"Oracle Corporation", "oracle"},
	{"Xen", "xen"}, {"Bochs", "bochs"}, {"Parallels", "parallels"}, {"Hyper-V", "microsoft"}, {"Virtual Machine", "microsoft"},
	{"Apple Virtualization", "apple"}, {"BHYVE", "bhyve"},
}

func (h here) vm() string {
	if h.is("proc/xen") || h.word("sys/hypervisor/type") == "xen" {
		return "xen"
	}
	for _, name := range []string{"product_name", "sys_vendor", "board_vendor", "bios_vendor", "product_version"} {
		text := h.word("sys/class/dmi/id/" + name)
		for _, m := range makers {
			if strings.Contains(text, m[0]) {
				return m[1]
			}
		}
	}
	for _, line := range h.lines("proc/cpuinfo") {
		if k, flags, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "flags" {
			if strings.Contains(" "+flags+" ", " hypervisor ") {
				return "vm-other"
			}
			break
		}
	}
	return "none"
}
