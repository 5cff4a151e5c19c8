package files

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// The kinds of entries of an access list, as the kernel has them; see acl(5).
const (
	tagUserObj  = 0x01
	tagUser     = 0x02
	tagGroupObj = 0x04
	tagGroup    = 0x08
	tagMask     = 0x10
	tagOther    = 0x20
)

// accessEntry is what one user or group may do.
type accessEntry struct {
	tag uint16
	may uint16
	id  uint32
}

// accessList are the entries beside those of the mode, sorted.
type accessList []accessEntry

// splitEntry takes an entry apart as it is written: what it is of, the name and the letters.
// why is what is wrong with it.
func splitEntry(text string) (parts [3]string, why string) {
	all := strings.Split(text, ":")
	switch {
	case len(all) != 3:
		return parts, "it has not three parts with colons between"
	case all[0] != "user" && all[0] != "u" && all[0] != "group" && all[0] != "g":
		return parts, "it is neither of a user nor of a group; what the owner, the group and others may do is in mode"
	case all[1] == "":
		return parts, "it names nobody; what the owner and the group of the file may do is in mode"
	case strings.Trim(all[2], "rwx-") != "" || all[2] == "":
		return parts, "its last part has other letters than r, w and x, or none; \"-\" is nothing"
	}
	return [3]string(all), ""
}

// parseList looks up the names of entries.
func parseList(h resource.Host, texts []string) (accessList, error) {
	var list accessList
	for _, text := range texts {
		parts, _ := splitEntry(text)
		e, find := accessEntry{tag: tagUser}, resource.UserIdentity
		if parts[0][0] == 'g' {
			e.tag, find = tagGroup, resource.GroupIdentity
		}
		who, err := find(h, "acl", parts[1])
		if err != nil {
			return nil, err
		}
		if who.ID < 0 {
			return nil, kind.NewProblem("acl", kind.CodeNoUser, "The number is not known yet", "%q gets its number only when it is made, in this apply, and an access list has numbers. Give it a number, or apply once without this entry.", parts[1])
		}
		e.id = uint32(who.ID)
		for k, letter := range "xwr" {
			if strings.ContainsRune(parts[2], letter) {
				e.may |= 1 << k
			}
		}
		list = append(list, e)
	}
	return list.sorted(), nil
}

// sorted puts the entries in the order that the kernel asks for. Of two of one the last counts.
func (l accessList) sorted() accessList {
	slices.SortStableFunc(l, func(a, b accessEntry) int {
		if a.tag != b.tag {
			return int(a.tag) - int(b.tag)
		}
		return int(int64(a.id) - int64(b.id))
	})
	var out accessList
	for _, e := range l {
		if n := len(out); n > 0 && out[n-1].tag == e.tag && out[n-1].id == e.id {
			out[n-1] = e
			continue
		}
		out = append(out, e)
	}
	return out
}

// needs is the mask that lets all entries, and the group, do what they may.
func (l accessList) needs(group int64) int64 {
	for _, e := range l {
		group |= int64(e.may)
	}
	return group
}

// encode is the form of the kernel; nil for a list without entries. The mask is the middle
// digit of the mode; group is what the group of the file may do.
func (l accessList) encode(mode, group int64) []byte {
	if len(l) == 0 {
		return nil
	}
	all := slices.Concat(accessList{{tagUserObj, uint16(mode >> 6 & 7), noAccount}}, l, accessList{
		{tagGroupObj, uint16(group), noAccount}, {tagMask, uint16(mode >> 3 & 7), noAccount}, {tagOther, uint16(mode & 7), noAccount},
	})
	slices.SortStableFunc(all, func(a, b accessEntry) int { return int(a.tag) - int(b.tag) })
	out := binary.LittleEndian.AppendUint32(nil, listVersion)
	for _, e := range all {
		out = binary.LittleEndian.AppendUint16(out, e.tag)
		out = binary.LittleEndian.AppendUint16(out, e.may)
		out = binary.LittleEndian.AppendUint32(out, e.id)
	}
	return out
}

const (
	listVersion = 2
	noAccount   = 1<<32 - 1
)

// decodeList reads the form of the kernel. What is no such list has no entries.
func decodeList(b []byte) (list accessList) {
	if len(b) < 4 || len(b)%8 != 4 || binary.LittleEndian.Uint32(b) != listVersion {
		return nil
	}
	for b = b[4:]; len(b) > 0; b = b[8:] {
		e := accessEntry{binary.LittleEndian.Uint16(b), binary.LittleEndian.Uint16(b[2:]) & 7, binary.LittleEndian.Uint32(b[4:])}
		if e.tag == tagUser || e.tag == tagGroup {
			list = append(list, e)
		}
	}
	return list.sorted()
}

// listedGroup is what the group of a file may do by its access list; without one it is the middle
// digit of its mode.
func listedGroup(b []byte, digit int64) int64 {
	for len(b) >= 12 {
		if b = b[4:]; binary.LittleEndian.Uint16(b) == tagGroupObj {
			return int64(binary.LittleEndian.Uint16(b[2:]) & 7)
		}
		b = b[4:]
	}
	return digit
}

// texts are the entries as people write them.
func (l accessList) texts(h resource.Host) []string {
	out := []string{}
	for _, e := range l {
		id := resource.Identity{ID: int64(e.id)}
		of := "user"
		if e.tag == tagGroup {
			of = "group"
			if g, err := h.LookupGID(id.ID); err == nil && g != nil {
				id.Name = g.Name
			}
		} else if u, err := h.LookupUID(id.ID); err == nil && u != nil {
			id.Name = u.Name
		}
		may := []byte("---")
		for k, letter := range []byte("rwx") {
			if e.may&(4>>k) != 0 {
				may[k] = letter
			}
		}
		out = append(out, of+":"+id.String()+":"+string(may))
	}
	return out
}
