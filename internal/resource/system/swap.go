package system

import (
	"strconv"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
	"github.com/mitoplan/mitoplan/internal/resource/files"
)

// swapArgs are what a block of the kind swap may set.
type swapArgs struct {
	Path     kind.Text  `cbor:"path" mito:"required,needs=path,public,end,shows=content|size|running|mode|owner"`
	Size     string     `cbor:"size,omitempty" mito:"shows=size|running"`
	Priority *int64     `cbor:"priority,omitempty" mito:"end,shows=content|running"`
	State    string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Persist  *bool      `cbor:"persist,omitempty" mito:"end,default=true,shows=content"`
	Runtime  *bool      `cbor:"runtime,omitempty" mito:"end,default=true,shows=running"`
	Fstab    *kind.Text `cbor:"fstab,omitempty" mito:"edits=path,default=/etc/fstab"`
}

// Manual says the texts of these arguments.
func (swapArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A file that the machine swaps to: now, and when it starts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "swap" "more" {
  on       = context.local.here
  path     = "/var/swap/more"
  size     = "16M"
  priority = 5
}
`,
			Reads:   "The owner, the permissions and the size of the file, its first 64 KiB by head, /proc/swaps, and all of /etc/fstab. Where a file is to be made, also how much is free on its file system, and which that is; where one is taken out of use, /proc/meminfo. The attribute size of the difference is how large the file is, running whether the machine swaps to it, and content what /etc/fstab holds.",
			Drift:   "The file is gone, has another size, or no header of a swap file; it has another owner or other permissions than root and 0600; the machine does not swap to it, or with another priority than the block says; or its line in /etc/fstab says something else, or is gone or there again. How much is swapped does not count.",
			Ansible: "There is no module of its own: roles have community.general.filesize, file, command with mkswap and swapon, and ansible.posix.mount with fstype swap. What those roles leave is as this kind has it.",
			Pyinfra: "There is no operation of its own.",
			Limits:  "Files only: a partition or a volume is swapped to by a line of its own, and zram by its generator. A file that is there and is no swap file is never overwritten, unless it is empty. On btrfs, on ZFS, in memory, on overlay and on network file systems no file is made; on btrfs one that btrfs filesystem mkswapfile made is taken as it is. Another size makes the file anew: it is out of use meanwhile, and what is swapped to it comes back into memory first. It keeps its UUID and its label; a machine that hibernates into it has to be told the new place. Other options of the line than the priority are not kept. Whether a file that was there has holes swapon alone tells. A file is made by fallocate, and written by dd where that cannot be; how long that takes depends on the disk. What was tested: files of a few MiB on ext4 on Linux 6.18, in use and in other sizes, with the programs of util-linux; written by dd; lack of space by a size that no machine has, and lack of memory by what /proc would say.",
			Traits:  []string{"content", "mode", "path", "size", "runtime"},
		},
		End:        "the machine does not swap any more to what an apply took into use, the line that it added to /etc/fstab is taken out, and the file that it made is removed, if it is still a swap file. What cannot be taken back: another size, another priority, and the permissions of a file that was there before. Where the line was there before, all stays.",
		OtherNames: "swapfile swapon mkswap",
		Attrs: map[string]kind.Entry{
			"path":     {Doc: "The file, absolute. Its directory has to be there, and nobody but root may be able to change it.", OtherNames: "file name src"},
			"size":     {Doc: "How large the file is, in MiB or more: 512M, 4G. Required, but with state absent."},
			"priority": {Doc: "What is swapped to first: the highest one, up to 32767. Left to the kernel when not set.", OtherNames: "pri"},
			"state":    {Doc: "Whether the file should be there. With absent it is taken out of use, its line taken out, and the file removed, if it is a swap file.", OtherNames: "ensure present", Values: resource.Presence()},
			"persist":  {Doc: "Keep it in /etc/fstab, so that it is in use when the machine starts.", OtherNames: "boot"},
			"runtime":  {Doc: "Have the machine swap to it now.", OtherNames: "live now"},
			"fstab":    {Doc: "The file that is in place of /etc/fstab, absolute. It is made if it is missing."},
		},
	}
}

func swapKind() kind.Kind {
	return resource.Define("swap", func() resource.Resource { return &Swap{} }, files.PartResults{})
}

// Swap is the desired state of a file that the machine swaps to.
type Swap struct{ swapArgs }

// mib is what a size is a multiple of.
const mib = 1 << 20

// Validate implements kind.Validator.
func (s *Swap) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", s.Path), resource.CheckState(s.State)...)
	if s.Fstab != nil {
		out = append(out, filesystem.CheckPath("fstab", *s.Fstab)...)
	}
	if len(out) == 0 && !oneLine(string(s.Path)) {
		out = wrong("path", "No path of a line", "The path has a character that ends a line or that nobody sees, which no line of /etc/fstab can hold.")
	}
	if s.gone() {
		return out
	}
	switch n := s.size(); {
	case s.Size == "":
		out = append(out, wrong("size", "No size", "Nothing says how large the file is. Set size, as in 512M, or set state to absent to have it removed.")...)
	case n <= 0 || n%mib != 0 || n > 1<<43:
		out = append(out, wrong("size", "No size of a swap file", "size is %q. Write a number with M, G or T for its unit, as 512M or 4G. It is 1M or more, a whole number of MiB, and 8T at most.", s.Size)...)
	}
	if p := s.Priority; p != nil && (*p < 0 || *p > 32767) {
		out = append(out, wrong("priority", "No such priority", "priority is %d. It is between 0 and 32767.", *p)...)
	}
	return out
}

// Part implements Parted.
func (*Swap) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	if args["persist"] == false {
		return resource.Part{}
	}
	return part(edit.Swaps, "path", args, unknown, edit.MountPath)
}

func (s *Swap) persists() bool { return s.Persist == nil || *s.Persist }

func (s *Swap) runs() bool { return s.Runtime == nil || *s.Runtime }

func (s *Swap) gone() bool { return s.State == "absent" }

// size is how many bytes the file has; 0 if size is none.
func (s *Swap) size() int64 {
	n, err := strconv.ParseInt(plainSize(s.Size, 1), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// item is the line in the file.
func (s *Swap) item() *files.Item {
	key := edit.MountPath(string(s.Path))
	r := &files.Item{
		Item: edit.Item{Table: edit.Swaps, Key: key}, Path: wanted(s.Fstab, fstabFile), Attr: "path", Part: "this line",
		From: []string{"path", "priority", "state"}, Gone: s.gone(), Create: true,
	}
	if s.gone() {
		return r
	}
	l := edit.MountLine{Source: key, Path: "none", Type: "swap", Options: "sw", Dump: "0", Pass: "0"}
	if s.Priority != nil {
		l.Options += ",pri=" + strconv.FormatInt(*s.Priority, 10)
	}
	r.Lines = []string{l.String()}
	return r
}
