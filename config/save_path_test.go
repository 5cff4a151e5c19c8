package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/config"
)

// TestSavesThatReplaceTheConfiguration: a result is not saved to a file of the
// configuration, nor to one that it reads, by whatever path, nor through a link. It is said without a host,
// on the line of the argument.
func TestSavesThatReplaceTheConfiguration(t *testing.T) {
	const block = `
context "local" "h" {}
resource "file" "f" {
  on     = context.local.h
  path   = "/etc/f"
  source = "src.bin"
}
call "%s" "x" {
  on  = context.local.h
  %s
  %s = %s
}
`
	dir := t.TempDir()
	for _, name := range []string{"src.bin", "other.txt", "mitoplan.mitovars.hcl"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"link": "main.mito.hcl", "linkdir": ".", "link.bin": "src.bin", "linked-other": "other.txt", "dangling": "nothing"} {
		if err := os.Symlink(to, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	const isLink, noFile = "is a link, and where that leads can change", "is not a regular file"
	const ofConfig, ofValues, ofSources = "is a file of this configuration", "is a file with values of variables", "is a file that this configuration reads"
	for path, want := range map[string]string{
		`"main.mito.hcl"`:                  ofConfig,
		`"./main.mito.hcl"`:                ofConfig,
		`"sub/../main.mito.hcl"`:           ofConfig,
		`"${path.module}/main.mito.hcl"`:   ofConfig,
		`"` + dir + `/main.mito.hcl"`:      ofConfig,
		`"linkdir/main.mito.hcl"`:          ofConfig,
		`"link"`:                           isLink,
		`"new.mito.hcl"`:                   ofConfig,
		`"new.mito.json"`:                  ofConfig,
		`"mitoplan.mitovars.hcl"`:          ofValues,
		`"linkdir/mitoplan.mitovars.json"`: ofValues,
		`"new.auto.mitovars.json"`:         ofValues,
		`"src.bin"`:                        ofSources,
		`"link.bin"`:                       isLink,
		`"sub/"`:                           "names a directory",
		`""`:                               `"" is not a path`,
		`"sub/main.mito.hcl"`:              "",
		`"other.txt"`:                      "",
		`"linked-other"`:                   isLink,
		`"dangling"`:                       isLink,
		`"/proc/self/fd/1"`:                isLink,
		`"/dev/fd/1"`:                      isLink,
		`"/dev/stdout"`:                    isLink,
		`"/dev/null"`:                      noFile,
		`"pipe"`:                           noFile,
		`"sub"`:                            "is a directory",
		`"linkdir/other.txt"`:              "",
		`"new.txt"`:                        "",
	} {
		for call, args := range map[string][2]string{"command": {`argv = ["x"]`, "stdout_file"}, "read_file": {`path = "/x"`, "save_as"}} {
			src := fmt.Sprintf(block, call, args[0], args[1], path)
			if err := os.WriteFile(filepath.Join(dir, "main.mito.hcl"), []byte(src), 0o600); err != nil {
				t.Fatal(err)
			}
			_, diags := config.Load(dir, realCatalogue())
			switch {
			case want == "" && diags.HasErrors():
				t.Errorf("%s: %v", path, diags)
			case want != "" && (len(diags) != 1 || !strings.Contains(diags[0].Detail, want) || diags[0].Summary != "Cannot save there" || diags[0].Subject.Start.Line != 11):
				t.Errorf("%s = %s: %v, want %q", args[1], path, diags, want)
			}
		}
	}
}
