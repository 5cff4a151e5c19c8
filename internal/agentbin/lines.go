package agentbin

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
)

// withoutLines takes the numbers of lines out of an executable that Go's linker made:
// the tables by which a trace of the stack tells files and lines. They are a tenth of
// an agent on the wire. A trace still names functions, with the offset of the
// instruction in each, from which docs/agent.md says how to get the line. The tables
// that the runtime needs to walk the stack are not touched.
//
// The size stays the same: the tables become zeros, which compress to nothing. An
// executable that is not ELF, or has tables of another form than that of Go 1.20 to
// 1.26, is returned as it is.
func withoutLines(content []byte) []byte {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return content
	}
	s := f.Section(".gopclntab")
	if s == nil || s.Type == elf.SHT_NOBITS || s.Offset > uint64(len(content)) || s.Size > uint64(len(content))-s.Offset {
		return content
	}
	out := bytes.Clone(content)
	if err := (&pclntab{f.ByteOrder, out[s.Offset:][:s.Size]}).forgetLines(); err != nil {
		return content
	}
	return out
}

// pclntab is the table of functions of an executable. Its form is that of pcHeader in
// runtime/symtab.go and _func in runtime/runtime2.go.
type pclntab struct {
	order binary.ByteOrder
	table []byte
}

// pclntabMagic is abi.Go120PCLnTabMagic.
const pclntabMagic = 0xfffffff1

// Where the fields of a _func are, and how long it is without the tables after it.
const (
	funcPCSP      = 16
	funcPCFile    = 20
	funcPCLine    = 24
	funcTables    = 28 // how many offsets follow it
	funcUnit      = 32 // where its files are among the names
	funcStartLine = 36
	funcSize      = 44
)

var errForm = errors.New("the table of functions has another form")

// word reads a field of the header. The fields after the first 8 bytes are pointers.
func (t *pclntab) word(i int) int {
	if t.table[7] == 4 {
		return int(t.order.Uint32(t.table[8+4*i:]))
	}
	return int(t.order.Uint64(t.table[8+8*i:]))
}

// forgetLines sets the references to tables of files and lines to none, as functions
// in assembly have it, and makes what only they refer to zeros.
func (t *pclntab) forgetLines() (err error) {
	defer func() {
		if recover() != nil { // An offset leads out of the table.
			err = errForm
		}
	}()
	if t.order.Uint32(t.table) != pclntabMagic || t.table[7] != 4 && t.table[7] != 8 {
		return errForm
	}
	functions, values := t.table[t.word(7):], t.table[t.word(6):t.word(7)]
	needed := make([]bool, len(values))
	for i := range t.word(0) {
		fn := functions[t.order.Uint32(functions[8*i+4:]):]
		need(values, needed, t.order.Uint32(fn[funcPCSP:]))
		for k := range t.order.Uint32(fn[funcTables:]) {
			need(values, needed, t.order.Uint32(fn[funcSize+4*k:]))
		}
		for _, at := range []int{funcPCFile, funcPCLine, funcUnit, funcStartLine} {
			t.order.PutUint32(fn[at:], 0)
		}
	}
	clear(t.table[t.word(4):t.word(6)]) // the names of files
	for i, is := range needed {
		if !is {
			values[i] = 0
		}
	}
	return nil
}

// need marks the table at an offset: pairs of a difference of values and one of
// program counters, up to a pair whose first is zero. No table is at the offset 0.
func need(values []byte, needed []bool, offset uint32) {
	if offset == 0 || needed[offset] {
		return
	}
	at := int(offset)
	for first := true; ; first = false {
		value, n := binary.Uvarint(values[at:])
		if n <= 0 {
			panic(errForm)
		}
		at += n
		if value == 0 && !first {
			break
		}
		_, n = binary.Uvarint(values[at:])
		if n <= 0 {
			panic(errForm)
		}
		at += n
	}
	for i := int(offset); i < at; i++ {
		needed[i] = true
	}
}
