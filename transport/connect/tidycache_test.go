package connect

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cacheDirectory makes a cache directory as hosts have it, with files of certain
// ages.
func cacheDirectory(t *testing.T, now time.Time, ages map[string]time.Duration) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "mitoplan-"+strconv.Itoa(os.Getuid()))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, age := range ages {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const day = 24 * time.Hour

var agents = map[string]string{
	"own": agentName([32]byte{1}), "old": agentName([32]byte{2}), "used": agentName([32]byte{3}), "link": agentName([32]byte{4}),
}

func ages() map[string]time.Duration {
	return map[string]time.Duration{
		agents["own"]: 40 * day, agents["old"]: 31 * day, agents["used"]: 29 * day,
		"t.17": 25 * time.Hour, "t.18": time.Hour, "x": 90 * day, "agent-notes": 90 * day, agents["old"] + ".bak": 90 * day,
	}
}

// TestTidyCache holds what is removed from a cache directory, and what stays.
func TestTidyCache(t *testing.T) {
	now := time.Now()
	dir := cacheDirectory(t, now, ages())
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, agents["link"])); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "t.d"), 0o700); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, agents["own"])
	tidyCache(own, now)
	want := []string{agents["own"], agents["used"], agents["link"], "t.18", "t.d", "x", "agent-notes", agents["old"] + ".bak"}
	assertHolds(t, dir, want)
	if st, err := os.Stat(own); err != nil || now.Sub(st.ModTime()).Abs() > time.Second {
		t.Errorf("the last use of the agent's own file is %v, want now (%v)", st.ModTime(), err)
	}
	// The link and the directory are new. Seen from next year they are old, too.
	tidyCache(own, now.Add(365*day))
	assertHolds(t, dir, []string{agents["own"], agents["link"], "t.d", "x", "agent-notes", agents["old"] + ".bak"})
	if _, err := os.Stat(outside); err != nil {
		t.Error("a file outside was removed through a link")
	}
}

// TestTidyCacheOfSealedAgents: the seal of an agent is the time of its last change, so
// another one tells when it was used.
func TestTidyCacheOfSealedAgents(t *testing.T) {
	now := time.Now()
	dir := cacheDirectory(t, now, map[string]time.Duration{agents["own"]: 0, agents["old"]: 0})
	own := filepath.Join(dir, agents["own"])
	for _, name := range []string{own, filepath.Join(dir, agents["old"])} {
		if err := os.Chtimes(name, now, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	tidyCache(own, now.Add(29*day))
	assertHolds(t, dir, []string{agents["own"], agents["old"]})
	st, err := os.Stat(own)
	if err != nil || st.ModTime().Unix() != 0 {
		t.Errorf("the seal of the agent's own file is %v, want the beginning of 1970 (%v)", st.ModTime(), err)
	}
	tidyCache(own, now.Add(31*day))
	assertHolds(t, dir, []string{agents["own"]})
}

// TestTidyCacheKeepsSome: however many agents were put on a host lately, those that were
// used last stay.
func TestTidyCacheKeepsSome(t *testing.T) {
	now := time.Now()
	all, want := map[string]time.Duration{agents["own"]: 25 * day}, []string{agents["own"]}
	for k := range 3 * agentsKept {
		age := time.Duration(k*7%(3*agentsKept)) * 10 * time.Hour // in another order than the names
		name := agentName([32]byte{9, byte(k)})
		if all[name] = age; age < agentsKept*10*time.Hour {
			want = append(want, name)
		}
	}
	dir := cacheDirectory(t, now, all)
	tidyCache(filepath.Join(dir, agents["own"]), now)
	assertHolds(t, dir, want)
}

func assertHolds(t *testing.T, dir string, want []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the directory holds\n%s, want\n%s", strings.Join(got, " "), strings.Join(want, " "))
	}
}

// TestTidyOnlyCaches: in a directory that is not a cache of this user alone,
// nothing is removed. agent_path may point anywhere.
func TestTidyOnlyCaches(t *testing.T) {
	now := time.Now()
	for name, change := range map[string]func(dir string) (own string){
		"another name": func(dir string) string {
			other := filepath.Join(filepath.Dir(dir), "bin")
			os.Rename(dir, other)
			return filepath.Join(other, agents["own"])
		},
		"another program": func(dir string) string { return filepath.Join(dir, "x") },
		"others may write": func(dir string) string {
			os.Chmod(dir, 0o770)
			return filepath.Join(dir, agents["own"])
		},
		"a link": func(dir string) string {
			other := filepath.Join(filepath.Dir(dir), "other")
			os.Rename(dir, other)
			os.Symlink(other, dir)
			return filepath.Join(dir, agents["own"])
		},
	} {
		t.Run(name, func(t *testing.T) {
			own := change(cacheDirectory(t, now, ages()))
			tidyCache(own, now)
			if entries, err := os.ReadDir(filepath.Dir(own)); err != nil || len(entries) != len(ages()) {
				t.Errorf("the directory holds %v (%v), want everything that was there", entries, err)
			}
		})
	}
}
