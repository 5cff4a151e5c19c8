package view

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/mitoplan/mitoplan/config"
)

// Four times as many problems, in a file of four times as many lines with four times as
// many secrets, take four times the memory, not sixteen.
func TestManyDiagnosticsAreLinear(t *testing.T) {
	few, many := diagnosedBytes(t, 150), diagnosedBytes(t, 600)
	if many > 6*few {
		t.Errorf("%d bytes for 600 diagnostics, and %d for 150", many, few)
	}
}

// diagnosedBytes is how much memory n diagnostics of one file take.
func diagnosedBytes(t *testing.T, n int) uint64 {
	t.Helper()
	text := strings.Repeat("resource \"file\" \"f\" {\n  # a comment\n  password = \"hunter2\"\n  mode = 1\n}\n", n)
	f, diags := hclsyntax.ParseConfig([]byte(text), "main.mito.hcl", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	var spans []config.Span
	for i, b := range f.Body.(*hclsyntax.Body).Blocks {
		mode, password := b.Body.Attributes["mode"].SrcRange, b.Body.Attributes["password"].Expr.Range()
		spans = append(spans, config.Span{From: password.Start.Byte, To: password.End.Byte})
		diags = append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Wrong", Detail: fmt.Sprintf("It is %d.", i), Subject: &mode})
	}
	src := Sources{Files: map[string]*hcl.File{"main.mito.hcl": f}, Secret: func([]byte) []config.Span { return spans }}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	shown := NewDiagnostics(diags, src, nil)
	runtime.ReadMemStats(&after)
	for i, d := range shown {
		if d.Snippet.StartLine != 5*i+4 || d.Snippet.Code != "  mode = 1" || d.Snippet.Context != `resource "file" "f"` {
			t.Fatalf("diagnostic %d shows %+v", i, d.Snippet)
		}
	}
	return after.TotalAlloc - before.TotalAlloc
}
