package function

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What programs of the system say is what facts says.
func TestFactsAgreeWithTheSystem(t *testing.T) {
	h := here("/")
	said := func(t *testing.T, name string, argv ...string) string {
		t.Helper()
		out, err := exec.Command(name, argv...).Output()
		if err != nil && len(out) == 0 {
			t.Skipf("%s: %v", name, err)
		}
		return strings.TrimSpace(string(out))
	}
	t.Run("kernel", func(t *testing.T) {
		if got, want := h.system().Kernel, said(t, "uname", "-r"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("addresses", func(t *testing.T) {
		var all []struct {
			Ifname, Address string
			Mtu             int64
			Flags           []string
			AddrInfo        []struct {
				Local     string
				Prefixlen int
			} `json:"addr_info"`
		}
		if err := json.Unmarshal([]byte(said(t, "ip", "-j", "addr")), &all); err != nil {
			t.Fatal(err)
		}
		got := interfaces()
		for _, want := range all {
			i := slices.IndexFunc(got, func(f FactsInterface) bool { return f.Name == want.Ifname })
			if i < 0 { // it came since
				continue
			}
			if got[i].MTU != want.Mtu || got[i].Up != slices.Contains(want.Flags, "UP") || len(got[i].Addresses) != len(want.AddrInfo) {
				t.Errorf("got %+v, want %+v", got[i], want)
			}
		}
	})
	t.Run("mounts", func(t *testing.T) {
		if got, want := len(h.mounts()), len(strings.Split(said(t, "findmnt", "-l", "-n", "-o", "TARGET", "--kernel=mountinfo"), "\n")); got == 0 || want > 2*got || got > 2*want {
			t.Errorf("got %d mounts, want about %d", got, want) // others mount meanwhile
		}
	})
	t.Run("room", func(t *testing.T) {
		size, free := room("/")
		if size == nil || free == nil || *size <= 0 || *free > *size {
			t.Errorf("got %v %v", size, free)
		}
		if size, _ := room("/proc"); size != nil {
			t.Errorf("/proc has %d bytes", *size)
		}
	})
}

// A pipe in the place of a file is not waited for.
func TestFactsOfAPipe(t *testing.T) {
	h := machineOf(t, map[string]string{"etc/x": ""})
	must(t, unix.Mkfifo(string(h)+"/etc/os-release", 0o600))
	if got := h.system().ID; got != "" {
		t.Errorf("got %q", got)
	}
	_ = os.Remove(string(h) + "/etc/os-release")
}
