package function

import (
	"runtime"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// FactsHardware is what a host is made of.
type FactsHardware struct {
	CPUs      int64       `cbor:"cpus" mito:"computed"`
	CPUModel  string      `cbor:"cpu_model" mito:"computed"`
	Memory    int64       `cbor:"memory" mito:"computed"`
	Available int64       `cbor:"memory_available" mito:"computed"`
	Swap      int64       `cbor:"swap" mito:"computed"`
	Vendor    string      `cbor:"vendor" mito:"computed"`
	Product   string      `cbor:"product" mito:"computed"`
	Firmware  string      `cbor:"firmware_version" mito:"computed"`
	Disks     []FactsDisk `cbor:"disks" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsHardware) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"cpus":             {Doc: "How many processors the host may use.", OtherNames: "processor_vcpus processor_count"},
			"cpu_model":        {Doc: "What the first processor calls itself. Empty on architectures that do not say.", OtherNames: "processor"},
			"memory":           {Doc: "Bytes of memory.", OtherNames: "memtotal_mb memory_mb"},
			"memory_available": {Doc: "Bytes of memory that programs could still have: MemAvailable of /proc/meminfo. It differs each time.", OtherNames: "memfree_mb"},
			"swap":             {Doc: "Bytes of swap.", OtherNames: "swaptotal_mb"},
			"vendor":           {Doc: "Who made the machine, as its firmware says. Empty if that says nothing.", OtherNames: "system_vendor"},
			"product":          {Doc: "What the machine is called, as its firmware says.", OtherNames: "product_name"},
			"firmware_version": {Doc: "The version of the firmware.", OtherNames: "bios_version"},
			"disks":            {Doc: "The disks, in the order of their names. Loop devices, memory disks and optical drives are left out.", OtherNames: "devices"},
		},
	}
}

// FactsDisk is one disk.
type FactsDisk struct {
	Name       string `cbor:"name" mito:"computed"`
	Size       int64  `cbor:"size" mito:"computed"`
	Model      string `cbor:"model" mito:"computed"`
	Rotational bool   `cbor:"rotational" mito:"computed"`
	Removable  bool   `cbor:"removable" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsDisk) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":       {Doc: "Its name in /dev, such as sda or nvme0n1."},
			"size":       {Doc: "Bytes on it."},
			"model":      {Doc: "What it calls itself. Empty if it does not."},
			"rotational": {Doc: "Whether the kernel takes it for one that turns. Virtual disks often are taken for one."},
			"removable":  {Doc: "Whether its medium can be taken out."},
		},
	}
}

func (h here) hardware() *FactsHardware {
	memory := h.fields("proc/meminfo")
	out := &FactsHardware{
		CPUs: int64(runtime.NumCPU()), CPUModel: h.fields("proc/cpuinfo")["model name"],
		Memory: kibibytes(memory["MemTotal"]), Available: kibibytes(memory["MemAvailable"]), Swap: kibibytes(memory["SwapTotal"]),
		Vendor: h.word("sys/class/dmi/id/sys_vendor"), Product: h.word("sys/class/dmi/id/product_name"),
		Firmware: h.word("sys/class/dmi/id/bios_version"), Disks: []FactsDisk{},
	}
	for _, name := range h.names("sys/block") {
		dir := "sys/block/" + name + "/"
		if isNoDisk(name) {
			continue
		}
		const sector = 512 // whatever the disk has: see linux/types.h on sector_t
		out.Disks = append(out.Disks, FactsDisk{
			Name: strings.ReplaceAll(name, "!", "/"), Size: sector * h.number(dir+"size"), Model: h.word(dir + "device/model"),
			Rotational: h.word(dir+"queue/rotational") == "1", Removable: h.word(dir+"removable") == "1",
		})
	}
	return out
}

// isNoDisk tells the block devices that are made of something else, or of media.
func isNoDisk(name string) bool {
	for _, begin := range []string{"loop", "ram", "zram", "sr", "fd", "nbd", "dm-", "md"} {
		if rest, ok := strings.CutPrefix(name, begin); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return true
		}
	}
	return false
}

// kibibytes is a value of /proc/meminfo, "24684044 kB", in bytes.
func kibibytes(text string) int64 { return 1024 * number(strings.TrimSuffix(text, " kB")) }
