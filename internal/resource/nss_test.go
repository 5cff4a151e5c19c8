package resource

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// fakeGetent is a getent that counts its runs, and of which the first waits until release is called.
type fakeGetent struct{ dir string }

// ldap is what the source behind the fake has, by key.
const ldap = `case $key in
  odd*[13579]) echo "$key:x:7000:" ;;
  7001|seven) echo "seven:x:7001:ann" ;;
  ALICE|alice) echo "alice:x:7002:" ;;
  root|0) echo "root:x:0:" ;;
  *) missing=2 ;;
esac`

func newFakeGetent(t *testing.T, program string) fakeGetent {
	f := fakeGetent{t.TempDir()}
	script := "#!/bin/sh\ncd " + f.dir + "\necho $# >>runs\n[ -p hold ] && read line <hold\nshift; missing=0\n" + program + "\nexit $missing\n"
	if err := os.WriteFile(filepath.Join(f.dir, "getent"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mkfifo(filepath.Join(f.dir, "hold"), 0o600); err != nil {
		t.Skip(err)
	}
	t.Setenv("PATH", f.dir+":"+os.Getenv("PATH"))
	return f
}

// runs returns how many arguments each run had, in their order.
func (f fakeGetent) runs() (counts []int) {
	b, _ := os.ReadFile(filepath.Join(f.dir, "runs"))
	for line := range strings.Lines(string(b)) {
		var n int
		if _, err := fmt.Sscan(line, &n); err == nil {
			counts = append(counts, n)
		}
	}
	return counts
}

// release has the first run go on.
func (f fakeGetent) release(t *testing.T) {
	hold := filepath.Join(f.dir, "hold")
	w, err := os.OpenFile(hold, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := os.Remove(hold); err != nil {
		t.Fatal(err)
	}
	_, _ = w.WriteString("go\n")
}

// ask asks for all keys at once: the first run goes on when all are asked for.
func (f fakeGetent) ask(t *testing.T, keys []string) map[string]string {
	t.Helper()
	var (
		n    nss
		wg   sync.WaitGroup
		mu   sync.Mutex
		told = map[string]string{}
	)
	for _, key := range keys {
		wg.Go(func() {
			line := n.get("group", key, "root")
			mu.Lock()
			defer mu.Unlock()
			told[key] = line
		})
	}
	waiting := func() int {
		n.mu.Lock()
		defer n.mu.Unlock()
		return len(n.next["group"])
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		// The first run has the database, its keys and the one that is there as arguments.
		if runs := f.runs(); len(runs) == 1 && runs[0]-2+waiting() == len(keys) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("after a minute %d of %d keys wait, and the runs were %v", waiting(), len(keys), f.runs())
		}
	}
	f.release(t)
	wg.Wait()
	return told
}

// TestNamesAreAskedForTogether: of a thousand names that are not in the file and are asked for
// at once, a few processes tell which there are, for each name by itself.
func TestNamesAreAskedForTogether(t *testing.T) {
	f := newFakeGetent(t, "for key; do "+ldap+"; done")
	var keys []string
	for i := range 1000 {
		keys = append(keys, fmt.Sprint("odd", i))
	}
	told := f.ask(t, keys)
	if runs := f.runs(); len(runs) > 2+1000/nssKeys {
		t.Errorf("there were %d processes for 1,000 names: %v", len(runs), runs)
	}
	for i, key := range keys {
		want := ""
		if i%2 == 1 {
			want = key + ":x:7000:"
		}
		if told[key] != want {
			t.Errorf("%s is %q, want %q", key, told[key], want)
		}
	}
}

// TestEachNameHasItsOwnAnswer: whatever a getent does with several keys, each key has the
// answer that it has by itself. Where it takes several keys as the one of glibc does, the
// second run is the last.
func TestEachNameHasItsOwnAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		program  string
		keys     []string
		together bool
	}{
		"several":                       {"for key; do " + ldap + "; done", []string{"odd1", "none", "odd3", "5", "seven"}, true},
		"a name and its number":         {"for key; do " + ldap + "; done", []string{"seven", "7001", "none"}, true},
		"another spelling":              {"for key; do " + ldap + "; done", []string{"ALICE", "none", "odd1"}, false},
		"two spellings":                 {"for key; do " + ldap + "; done", []string{"ALICE", "alice", "none"}, false},
		"only the first key":            {"key=$1; " + ldap, []string{"odd1", "none", "seven"}, false},
		"no key after a missing one":    {"for key; do " + ldap + `; [ $missing = 0 ] || exit 2; done`, []string{"none", "odd1", "seven"}, false},
		"nothing for several":           {"[ $# = 1 ] || exit 1; key=$1; " + ldap, []string{"odd1", "none"}, false},
		"dies before it is through":     {"[ $# = 1 ] || { echo odd1:x:7000:; kill -9 $$; }; key=$1; " + ldap, []string{"odd1", "odd3"}, false},
		"prints and says that it fails": {"[ $# = 1 ] && { echo none:x:1:; exit 3; }; exit 3", []string{"none", "odd2"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFakeGetent(t, c.program)
			told := f.ask(t, append([]string{"first"}, c.keys...))
			if runs := f.runs(); c.together && len(runs) > 2 {
				t.Errorf("there were %d processes", len(runs))
			}
			want := map[string]string{
				"odd1": "odd1:x:7000:", "odd3": "odd3:x:7000:", "seven": "seven:x:7001:ann", "7001": "seven:x:7001:ann", "ALICE": "alice:x:7002:", "alice": "alice:x:7002:",
			}
			for key, line := range told {
				if line != want[key] {
					t.Errorf("%s is %q, want %q", key, line, want[key])
				}
			}
		})
	}
}

// TestKeysThatGoAlone: what getent would take for an option, and what is asked for where no
// entry is there for sure, goes into a process of its own.
func TestKeysThatGoAlone(t *testing.T) {
	f := newFakeGetent(t, "key=$1; "+ldap)
	if err := os.Remove(filepath.Join(f.dir, "hold")); err != nil {
		t.Fatal(err)
	}
	var n nss
	for _, c := range []struct{ key, there, want string }{
		{"-s", "root", ""}, {"", "root", ""}, {"odd1", "", "odd1:x:7000:"}, {"odd1", "root", "odd1:x:7000:"},
	} {
		if got := n.get("group", c.key, c.there); got != c.want {
			t.Errorf("%q is %q, want %q", c.key, got, c.want)
		}
	}
	if runs := f.runs(); len(runs) != 3 || runs[0] != 2 || runs[2] != 2 {
		t.Errorf("the runs had %v arguments, want three of 2 each, and none for an answer that is known", runs)
	}
}
