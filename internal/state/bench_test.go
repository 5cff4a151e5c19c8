package state

import (
	"fmt"
	"testing"
)

// BenchmarkLoad reads a record of 10,000 files, after an apply that has ended.
func BenchmarkLoad(b *testing.B) {
	st := Open(b.TempDir()+"/state.json", "v0.1.0-test")
	s := New()
	for i := range 10_000 {
		r := *motd()
		r.Address, r.Block, r.Machine = fmt.Sprintf("file.x[%d]", i), "file.x", "local"
		s.Instances[r.Address] = &r
		s.setThing(&r, map[string]string{"content": "d1", "mode": "d2"})
	}
	if err := st.Save(s); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if got, err := st.Load(); err != nil || len(got.Instances) != 10_000 {
			b.Fatal(len(got.Instances), err)
		}
	}
}
