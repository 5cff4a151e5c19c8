package system

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/charset"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// swapHead is how much of a file is read, and how much of it is written before it gets its size:
// the largest page of any machine.
const swapHead = 1 << 16

// swapMark begins a file that is being made. It is there until mkswap puts its header in place, so
// that a file whose making was cut short is told from one of others.
const swapMark = "mitoplan makes a swap file here\n"

// swapHeader is what the first page of a file says.
type swapHeader struct {
	// swap is set if it is a swap file, begun if it is one that is being made.
	swap, begun bool
	// page is the size of a page where it was made, and size how many bytes are used.
	page, size  int64
	uuid, label string
}

// parseSwapHeader reads the beginning of a file.
func parseSwapHeader(b []byte) (h swapHeader) {
	h.begun = bytes.HasPrefix(b, []byte(swapMark))
	for page := 4096; page <= len(b); page *= 2 {
		if string(b[page-10:page]) != "SWAPSPACE2" {
			continue
		}
		h.swap, h.page = true, int64(page)
		h.size = (int64(binary.NativeEndian.Uint32(b[1028:])) + 1) * h.page
		h.uuid = uuidText(b[1036:1052])
		label, _, _ := bytes.Cut(b[1052:1068], []byte{0})
		h.label = string(label)
		return h
	}
	return h
}

// uuidText is a UUID as people write it; "" for none.
func uuidText(b []byte) string {
	const digits = "0123456789abcdef"
	var out []byte
	for k, c := range b {
		if k == 4 || k == 6 || k == 8 || k == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[c>>4], digits[c&15])
	}
	if strings.Trim(string(out), "0-") == "" {
		return ""
	}
	return string(out)
}

// header reads the header of a file that is there.
func (p *swapPlan) header(ctx context.Context, h resource.Host) (swapHeader, error) {
	out, err := h.Ask(ctx, resource.Tool{Argv: []string{"head", "-c", strconv.Itoa(swapHead), p.at}})
	return parseSwapHeader(out), err
}

// fits reports whether a file with the header has a size, for the pages of this machine.
func (h swapHeader) fits(size int64) bool {
	return h.swap && h.size == size && h.page == int64(os.Getpagesize())
}

// swapRow is a line of /proc/swaps: what the machine swaps to. Sizes are in KiB.
type swapRow struct {
	path                 string
	size, used, priority int64
}

// parseSwaps reads /proc/swaps.
func parseSwaps(content []byte) (out []swapRow) {
	for line := range strings.Lines(string(content)) {
		f := strings.Fields(line)
		if len(f) != 5 {
			continue
		}
		var n [3]int64
		var bad bool
		for k := range n {
			var err error
			n[k], err = strconv.ParseInt(f[k+2], 10, 64)
			bad = bad || err != nil
		}
		if !bad {
			out = append(out, swapRow{charset.UnescapeOctal(f[0]), n[0], n[1], n[2]})
		}
	}
	return out
}

// swaps is what the machine swaps to now; nothing where the kernel cannot swap.
func swaps(ctx context.Context, h resource.Host) ([]swapRow, error) {
	if absent(h, "/proc/swaps") {
		return nil, nil
	}
	c, err := h.Read(ctx, "/proc/swaps", resource.ShownContent)
	return parseSwaps(c.Data), err
}

// rowOf is the row of a path; nil if there is none.
func rowOf(rows []swapRow, at string) *swapRow {
	for k := range rows {
		if rows[k].path == at {
			return &rows[k]
		}
	}
	return nil
}

// parseAvailable is how much memory /proc/meminfo says is available, in KiB; -1 if it does not.
func parseAvailable(content []byte) int64 {
	for line := range strings.Lines(string(content)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" {
			if n, err := strconv.ParseInt(f[1], 10, 64); err == nil {
				return n
			}
		}
	}
	return -1
}

// roomBeside is how many KiB there is room for beside a file that is swapped to: in memory, as
// /proc/meminfo says it, and in all else that is swapped to; -1 if that is not known.
func roomBeside(rows []swapRow, at string, meminfo []byte) int64 {
	room := parseAvailable(meminfo)
	if room < 0 {
		return room
	}
	for _, r := range rows {
		if r.path != at {
			room += r.size - r.used
		}
	}
	return room
}

// swapFileSystems are those on which no file is made that can be swapped to, and why.
var swapFileSystems = map[string]string{
	"btrfs": "On btrfs it needs more than a file has elsewhere. Make it by hand with btrfs filesystem mkswapfile, in this size; the block then takes it into use.",
	"tmpfs": "It is in memory itself.", "ramfs": "It is in memory itself.",
	"overlay": "The kernel swaps to no file of it.", "squashfs": "The kernel swaps to no file of it.", "zfs": "The kernel swaps to no file of it.",
	"bcachefs": "The kernel swaps to no file of it.", "9p": "The kernel swaps to no file of it.", "virtiofs": "The kernel swaps to no file of it.",
	"nfs": "It is on the network.", "nfs4": "It is on the network.", "cifs": "It is on the network.", "smb3": "It is on the network.", "ceph": "It is on the network.",
}
