package files

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// capabilityNames are the capabilities in the order of their numbers, without "cap_".
var capabilityNames = strings.Fields("chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore")

// capabilities are those of a file: sets of numbers, and whether a program has them at once.
type capabilities struct {
	permitted, inheritable uint64
	effective              bool
}

// parseCapabilities reads what setcap takes: clauses such as cap_a,cap_b=+ep. why is what is
// wrong with it.
func parseCapabilities(text string) (c capabilities, why string) {
	for n, clause := range strings.Fields(text) {
		at := strings.IndexAny(clause, "=+")
		if at < 0 {
			return c, "a clause has no = or +"
		}
		letters := strings.TrimLeft(clause[at:], "=+")
		if strings.Trim(letters, "epi") != "" || letters == "" || len(clause)-at-len(letters) > 2 {
			return c, "after = or + come the letters e, p and i"
		}
		var set uint64
		for _, name := range strings.Split(clause[:at], ",") {
			k := slices.Index(capabilityNames, strings.TrimPrefix(strings.ToLower(name), "cap_"))
			if !strings.HasPrefix(strings.ToLower(name), "cap_") || k < 0 {
				return c, "there is no capability " + strconv.Quote(name)
			}
			set |= 1 << k
		}
		if strings.Contains(letters, "p") {
			c.permitted |= set
		}
		if strings.Contains(letters, "i") {
			c.inheritable |= set
		}
		effective := strings.Contains(letters, "e")
		if n == 0 {
			c.effective = effective
		}
		if c.effective != effective {
			return c, "of one file either all capabilities are effective or none"
		}
	}
	if c.effective && c.permitted|c.inheritable == 0 {
		return c, "what is effective has to be permitted or inheritable, too"
	}
	return c, ""
}

const (
	capsRevision  = 0x02000000
	capsEffective = 1
	capsLength    = 20
)

// encode is the form of the kernel, revision 2 of vfs_cap_data; nil for none.
func (c capabilities) encode() []byte {
	if c == (capabilities{}) {
		return nil
	}
	magic := uint32(capsRevision)
	if c.effective {
		magic |= capsEffective
	}
	out := binary.LittleEndian.AppendUint32(nil, magic)
	for shift := 0; shift < 64; shift += 32 {
		out = binary.LittleEndian.AppendUint32(out, uint32(c.permitted>>shift))
		out = binary.LittleEndian.AppendUint32(out, uint32(c.inheritable>>shift))
	}
	return out
}

// decodeCapabilities reads the form of the kernel. What is none has none.
func decodeCapabilities(b []byte) (c capabilities) {
	if len(b) < capsLength {
		return c
	}
	c.effective = b[0]&capsEffective != 0
	for k := range 2 {
		c.permitted |= uint64(binary.LittleEndian.Uint32(b[4+8*k:])) << (32 * k)
		c.inheritable |= uint64(binary.LittleEndian.Uint32(b[8+8*k:])) << (32 * k)
	}
	return c
}

// String is as getcap shows them.
func (c capabilities) String() string {
	groups := map[string][]string{}
	for k := range 64 {
		letters := ""
		if p, i := c.permitted>>k&1 == 1, c.inheritable>>k&1 == 1; p || i {
			if c.effective {
				letters = "e"
			}
			if i {
				letters += "i"
			}
			if p {
				letters += "p"
			}
			name := fmt.Sprintf("cap_%d", k)
			if k < len(capabilityNames) {
				name = "cap_" + capabilityNames[k]
			}
			groups[letters] = append(groups[letters], name)
		}
	}
	var out []string
	for _, letters := range []string{"p", "i", "ip", "ep", "ei", "eip"} {
		if names := groups[letters]; names != nil {
			out = append(out, strings.Join(names, ",")+"="+letters)
		}
	}
	return strings.Join(out, " ")
}
