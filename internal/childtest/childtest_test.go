package childtest

import (
	"os"
	"os/exec"
	"slices"
	"testing"
)

// inside is set in the process that the test starts.
const inside = "MITOPLAN_TEST_CHILD"

func TestWhatIsLeftOutIsTold(t *testing.T) {
	if os.Getenv(inside) != "" {
		t.Run("a", func(t *testing.T) { t.Skip("no useradd here") })
		t.Run("b", func(t *testing.T) { t.SkipNow() })
		return
	}
	cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^TestWhatIsLeftOutIsTold$")
	cmd.Env = append(os.Environ(), inside+"=1")
	count(t, cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	all := leftOut(string(out))
	for i := range all {
		all[i] = all[i][:len("TestWhatIsLeftOutIsTold/a")] + all[i][slices.Index([]byte(all[i]), ':'):]
	}
	if want := []string{"TestWhatIsLeftOutIsTold/a: no useradd here", "TestWhatIsLeftOutIsTold/b: no reason given"}; !slices.Equal(all, want) {
		t.Errorf("left out are %q, want %q", all, want)
	}
}
