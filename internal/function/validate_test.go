package function

import (
	"maps"
	"os"
	"reflect"
	"strconv"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Relative paths are reported before any machine is asked.
func TestValidatePaths(t *testing.T) {
	for _, in := range []interface{ Validate() []kind.Problem }{&StatIn{Path: "etc/x"}, &ReadFileIn{Path: ""}} {
		if p := in.Validate(); len(p) != 1 || p[0].Attr != "path" {
			t.Errorf("%T: %v", in, p)
		}
	}
	for _, in := range []interface{ Validate() []kind.Problem }{&StatIn{Path: "/etc/x"}, &ReadFileIn{Path: "/"}} {
		if p := in.Validate(); len(p) != 0 {
			t.Errorf("%T: %v", in, p)
		}
	}
}

// What the manual calls the default of an argument is what a function does without it.
// Nothing on the way fills defaults in.
func TestDefaultsAreWhatIsDone(t *testing.T) {
	dir := madeTree(t)
	listening, _ := server(t, "")
	required := map[string]args{
		"stat": {"path": text1(dir + "/a/one.conf")}, "read_file": {"path": text1(dir + "/a/one.conf")}, "checksum": {"path": text1(dir + "/a/one.conf")},
		"find": {"path": text1(dir)}, "list_dir": {"path": text1(dir)}, "glob": {"pattern": text1(dir + "/*")}, "port": {"port": 1},
		"command": {"argv": argv("sh", "-c", "umask; pwd")}, "hostname": {}, "facts": {"groups": []string{"users"}}, "assert": {"that": []bool{true}},
		"wait_for": {"port": listening}, "process": {"pid": os.Getppid()}, "script": {"content": text1("pwd; umask")},
		"env": {"names": []string{"PATH"}}, "tempfile": {}, "dns": {"name": "localhost"}, "log": {"message": "x"}, "sleep": {"duration": "0s"}, "ping": {}, "time": {}, "http": {"url": "http://localhost"},
		"fetch": {"path": text1(dir + "/a/one.conf"), "save_as": text1("x")},
	}
	for _, k := range Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			in, ok := required[k.Name]
			if !ok {
				t.Fatal("say here which arguments it needs")
			}
			want, full := mustRun(t, k.Name, in), maps.Clone(in)
			for _, a := range k.Args.Attrs {
				if v := defaultOf(a); v != nil {
					full[a.Name] = v
				}
			}
			got := mustRun(t, k.Name, full)
			for _, passing := range []string{"duration", "path", "now", "unix", "local", "ahead", "round_trip"} {
				delete(got, passing)
				delete(want, passing)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("with all defaults %v: got %v, without them %v", full, got, want)
			}
		})
	}
}

// defaultOf is the default of an argument as it is sent, nil if it has none that is a value.
func defaultOf(a kind.Attr) any {
	switch a.Type.Base {
	case kind.Bool:
		if b, err := strconv.ParseBool(a.Default); err == nil {
			return b
		}
	case kind.Number:
		if n, err := strconv.ParseInt(a.Default, 10, 64); err == nil {
			return n
		}
	case kind.String:
		if a.Default != "" && !a.Type.Text {
			return a.Default
		}
	}
	return nil
}
