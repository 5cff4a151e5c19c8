package prose

import (
	"os/exec"
	"strings"
	"testing"
)

// TestCommandLine holds that a shell reads each argument as it was, and that plain words
// stay plain.
func TestCommandLine(t *testing.T) {
	argv := []string{"printf", `%s\n`, "", "a b", "it's", `"$HOME"`, "*", "a;b", "plain-1.2/x:y,@%+="}
	line := CommandLine(argv)
	out, err := exec.Command("sh", "-c", line).Output()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out), strings.Join(argv[2:], "\n")+"\n"; got != want {
		t.Errorf("a shell reads %q, want %q", got, want)
	}
	if !strings.HasPrefix(line, "printf '%s\\n' '' ") || !strings.HasSuffix(line, " plain-1.2/x:y,@%+=") {
		t.Errorf("the line is %s", line)
	}
}
