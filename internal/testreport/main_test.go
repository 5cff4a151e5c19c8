package main

import (
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	tests := []struct {
		name, in, want string
		bad            bool
	}{
		{"passes and skips", `
{"Action":"output","Package":"p","Test":"TestA","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestB","Output":"    b_test.go:7: no lab: not root\n"}
{"Action":"output","Package":"p","Test":"TestB","Output":"--- SKIP: TestB\n"}
{"Action":"skip","Package":"p","Test":"TestB"}
{"Action":"pass","Package":"p","Elapsed":1.26}
`, "ok    p 1.3s\n\nLeft out:\n     1  no lab: not root\n\n1 passed, 0 failed, 1 skipped\n", false},
		{"shows what failed", `
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:3: wrong\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`, "--- p TestA\n    a_test.go:3: wrong\nFAIL  p 0.1s\nFAIL\n\n0 passed, 1 failed, 0 skipped\n", true},
		{"shows what a panic cut short", `
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: oh\n"}
{"Action":"fail","Package":"p"}
`, "FAIL  p 0.0s\npanic: oh\n\n0 passed, 0 failed, 0 skipped\n", true},
		{"shows what does not build", `
{"Action":"build-output","ImportPath":"p","Output":"p.go:1: no\n"}
{"Action":"build-fail","ImportPath":"p"}
`, "p.go:1: no\n\n0 passed, 0 failed, 0 skipped\n", true},
		{"passes on what is no event", "go: no such thing\n", "go: no such thing\n\n0 passed, 0 failed, 0 skipped\n", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			r := newReport(&out)
			if err := r.read(strings.NewReader(strings.TrimPrefix(test.in, "\n"))); err != nil {
				t.Fatal(err)
			}
			r.summary()
			if out.String() != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", out.String(), test.want)
			}
			if bad := r.failed > 0 || r.broken; bad != test.bad {
				t.Errorf("failed is %v", bad)
			}
		})
	}
}
