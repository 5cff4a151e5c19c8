package system_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestKernelModule has the cases of what the two files hold.
func TestKernelModule(t *testing.T) {
	f := newTestDir(t)
	module := func(more args) args {
		out := args{"name": "br-netfilter", "path": f.Arg("x"), "options_path": f.Arg("o"), "runtime": false}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	for _, c := range []struct {
		name        string
		args        args
		loads, opts string // what is there before; "" is no file
		want        resource.Op
		made, whole bool
		after, opt  string
	}{
		{name: "makes the file", args: module(nil), want: resource.Create, made: true, after: "br-netfilter\n"},
		{name: "makes both", whole: true, args: module(args{"params": "a=1  b=2"}), want: resource.Update, made: true, after: "br-netfilter\n", opt: "options br-netfilter a=1 b=2\n"},
		{name: "adds the parameters to a name that is there", args: module(args{"params": "a=1"}), loads: "br_netfilter\n", opts: "#\n", want: resource.Update, after: "br_netfilter\n", opt: "#\noptions br-netfilter a=1\n"},
		{name: "adds the name to parameters that are there", args: module(args{"params": "a=1"}), loads: "#\n", opts: "options br_netfilter a=2\n", want: resource.Update, after: "#\nbr-netfilter\n", opt: "options br-netfilter a=1\n"},
		{name: "as it should be", args: module(args{"params": "a=1"}), loads: "#\nbr_netfilter\n", opts: "options br_netfilter  a=1\n", want: resource.NoOp, after: "#\nbr_netfilter\n", opt: "options br_netfilter  a=1\n"},
		{name: "other parameters", args: module(args{"params": "a=1"}), loads: "br_netfilter\n", opts: "#\noptions br_netfilter a=2\n", want: resource.Update, after: "br_netfilter\n", opt: "#\noptions br-netfilter a=1\n"},
		{name: "parameters that are left alone", args: module(nil), loads: "br_netfilter\n", opts: "options br_netfilter a=2\n", want: resource.NoOp, after: "br_netfilter\n", opt: "options br_netfilter a=2\n"},
		{name: "no parameters", args: module(args{"params": ""}), loads: "br_netfilter\n", opts: "#\noptions br_netfilter a=2\n", want: resource.Update, after: "br_netfilter\n", opt: "#\n"},
		{name: "goes", args: module(args{"state": "absent"}), loads: "#\nbr_netfilter\n", opts: "#\noptions br_netfilter a=2\n", want: resource.Update, after: "#\n", opt: "#\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			holding := briefly
			if c.whole {
				holding = resourcetest.Run
			}
			holding(t, resourcetest.Case{
				Kind: "kernel_module", Args: c.args, Want: c.want, Made: c.made, Snapshot: f.Snapshot,
				Setup: func(t *testing.T) {
					f.Empty(t)
					if c.loads != "" {
						f.Write(t, "x", c.loads, 0o644)
					}
					if c.opts != "" {
						f.Write(t, "o", c.opts, 0o644)
					}
				},
				Neighbours: func() []resourcetest.Neighbour { return nil },
				Verify: func(t *testing.T) {
					f.Holds(t, "x", c.after, 0o644)
					if c.opt != "" {
						f.Holds(t, "o", c.opt, 0o644)
					} else {
						f.Gone(t, "o")
					}
				},
			})
		})
	}
}

// TestKernelModuleUnknownParams: parameters that an earlier block of the plan says are planned, too.
func TestKernelModuleUnknownParams(t *testing.T) {
	f := newTestDir(t)
	plan := func(more args) step {
		out := args{"name": "dummy", "path": f.Arg("x"), "options_path": f.Arg("o"), "runtime": false}
		maps.Copy(out, more)
		return step{Address: "a", Kind: "kernel_module", Args: out, Unknown: []string{"params"}}
	}
	for name, holds := range map[string]string{"no file": "", "a file": "options dummy a=1\n"} {
		t.Run(name, func(t *testing.T) {
			f.Empty(t)
			if holds != "" {
				f.Write(t, "o", holds, 0o644)
			}
			c := mustCheck(t, newService(), "p", plan(nil))
			if _, said := c.After["options"]; said || c.Op != resource.Update || !slices.Contains(c.Writes, kind.PathThing(f.At("o"))) {
				t.Errorf("it is %s, writes %q and leaves %v", c.Op, c.Writes, c.After)
			}
			c = mustCheck(t, newService(), "q", plan(args{"state": "absent"}))
			if holds != "" && (c.Op != resource.Update || resourceText(c.After["options"]) != "none") || holds == "" && c.Op != resource.NoOp {
				t.Errorf("that it goes is %s, from %v to %v", c.Op, c.Before, c.After)
			}
		})
	}
	_, err := resourcetest.Check(t, newService(), "p", plan(args{"options_path": f.Arg("no/o")}))
	wantProblem(t, err, "options_path", kind.CodeNoParent)
}

// TestEndOfKernelModule holds what is left of the two files that keep a module.
func TestEndOfKernelModule(t *testing.T) {
	for _, c := range []struct {
		name        string
		loads, opts string   // what is there before; "/" is a directory
		made        []string // the files that were made for it
		adopted     bool
		op          resource.Op
		after, opt  string // "" is no file
		stays       string
		warns       string // the argument that a warning is about
	}{
		{name: "both files keep other lines", loads: "#\ndummy\n", opts: "#\noptions dummy a=1\n", op: resource.Update, after: "#\n", opt: "#\n"},
		{name: "both files were made", loads: "dummy\n", opts: "options dummy a=1\n", made: []string{"x", "o"}, op: resource.Delete},
		{name: "the file of the parameters keeps other lines", loads: "dummy\n", opts: "#\noptions dummy a=1\n", made: []string{"x", "o"}, op: resource.Update, opt: "#\n"},
		{name: "the file of the names keeps other lines", loads: "#\ndummy\n", opts: "options dummy a=1\n", made: []string{"x", "o"}, op: resource.Update, after: "#\n"},
		{name: "the parameters are there twice", loads: "#\ndummy\n", opts: "options dummy a=1\noptions dummy a=1\n", op: resource.Update, after: "#\n", opt: "options dummy a=1\noptions dummy a=1\n", warns: "params"},
		{name: "a directory is where the parameters were", loads: "#\ndummy\n", opts: "/", op: resource.Update, after: "#\n", opt: "/", warns: "options_path"},
		{name: "the name is there twice", loads: "dummy\ndummy\n", opts: "options dummy a=1\n", op: resource.NoOp, after: "dummy\ndummy\n", opt: "options dummy a=1\n", stays: "more than once"},
		{name: "the name is gone", loads: "#\n", opts: "#\noptions dummy a=1\n", op: resource.Update, after: "#\n", opt: "#\n"},
		{name: "the name is gone, and the other file was made", loads: "#\n", opts: "options dummy a=1\n", made: []string{"o"}, op: resource.Delete, after: "#\n"},
		{name: "both are gone", loads: "#\n", opts: "#\n", op: resource.NoOp, after: "#\n", opt: "#\n"},
		{name: "one of the two was there before", loads: "dummy\n", opts: "options dummy a=1\n", adopted: true, op: resource.NoOp, after: "dummy\n", opt: "options dummy a=1\n", stays: "existed before"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newTestDir(t)
			f.Empty(t)
			f.Write(t, "x", c.loads, 0o644)
			if c.opts == "/" {
				must(t, os.Mkdir(f.At("o"), 0o755))
			} else {
				f.Write(t, "o", c.opts, 0o644)
			}
			e := ending{Kind: "kernel_module", Args: args{"name": "dummy", "params": "a=1", "path": f.Arg("x"), "options_path": f.Arg("o")}, End: resource.End{Adopted: c.adopted}}
			for _, name := range c.made {
				e.End.Along = append(e.End.Along, kind.PathThing(f.At(name)))
			}
			said, err := e.Check(t, newService(), "w")
			must(t, err)
			said.Warnings = slices.DeleteFunc(said.Warnings, func(w kind.Problem) bool { return w.Attr == "name" }) // See TestWhatTheKernelKeeps.
			if len(said.Warnings) > 0 != (c.warns != "") || c.warns != "" && said.Warnings[0].Attr != c.warns {
				t.Errorf("it warns of %v, want one of %q", said.Warnings, c.warns)
			}
			resourcetest.EndOf(t, f, e, c.op, c.stays)
			for name, want := range map[string]string{"x": c.after, "o": c.opt} {
				switch want {
				case "":
					f.Gone(t, name)
				case "/":
				default:
					f.Holds(t, name, want, 0o644)
				}
			}
		})
	}
}

// TestKernelModuleProblems: what is no module is refused.
func TestKernelModuleProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	with := func(more args) args {
		out := args{"name": "dummy", "path": f.Arg("x"), "options_path": f.Arg("o"), "runtime": false}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	problems(t, "kernel_module", []badArgs{
		{with(args{"name": "-r"}), "name", "name"},
		{with(args{"name": "a b"}), "name", "name"},
		{with(args{"name": "dummy.ko"}), "name", "name"},
		{with(args{"name": "../dummy"}), "name", "name"},
		{with(args{"params": "a=1\nb"}), "params", "params"},
		{with(args{"params": "--force"}), "params", "params"},
		{with(args{"params": "a=1 # b"}), "params", "params"},
		{with(args{"persist": false}), "runtime", kind.CodeExcluded},
		{with(args{"path": f.Arg("o")}), "options_path", kind.CodeExcluded},
		{with(args{"path": f.Arg("no/x")}), "path", kind.CodeNoParent},
		{with(args{"params": "a=1", "options_path": f.Arg("no/x")}), "options_path", kind.CodeNoParent},
	})
}

// modprobe speaks for the real one: it makes what the kernel shows of a module.
const modprobe = `#!/bin/sh
case $1 in
idle) ;;
-D) [ "$2" != nonesuch ] || { echo "FATAL: Module nonesuch not found" >&2; exit 1; };;
-r) [ "$2" != used ] || exit 1; rm -r "SYS/$2";;
-*) echo "unrecognized option $1" >&2; exit 1;;
*) mkdir -p "SYS/$1/holders"; echo live > "SYS/$1/initstate"; echo 0 > "SYS/$1/refcnt"; echo "$*" >> SAID;;
esac
`

// TestKernelModuleRunning: the module is loaded with its parameters, and unloaded, by a program
// that speaks for modprobe, and what cannot be is told while planning.
func TestKernelModuleRunning(t *testing.T) {
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		if _, err := os.Stat("/sys/module"); err != nil {
			t.Skip("the kernel shows no modules")
		}
		f := newTestDir(t)
		f.Empty(t)
		for _, dir := range []string{"bin", "sys", "sys/used", "sys/used/holders", "sys/used/holders/other", "sys/part"} {
			must(t, os.Mkdir(f.At(dir), 0o755))
		}
		f.Write(t, "sys/used/initstate", "live\n", 0o644)
		f.Write(t, "bin/modprobe", strings.NewReplacer("SYS", f.At("sys"), "SAID", f.At("said")).Replace(modprobe), 0o755)
		resourcetest.Cover(t, map[string]string{"/sys/module": f.At("sys")})
		t.Setenv("PATH", f.At("bin")+":"+os.Getenv("PATH"))
		check := func(a args) resource.Change {
			t.Helper()
			return mustCheck(t, newService(), "p", step{Address: "a", Kind: "kernel_module", Args: a})
		}
		settled := func(a args) {
			t.Helper()
			if c := check(a); c.Op != resource.NoOp {
				t.Errorf("after the apply a check says %s\nbefore %v\nafter  %v", c.Op, c.Before, c.After)
			}
		}
		is := args{"name": "mito_dummy", "params": "a=1 b=2", "path": f.Arg("x"), "options_path": f.Arg("o")}
		if c := check(is); c.Op != resource.Update || resourceText(c.Before["loaded"]) != "no" || resourceText(c.After["loaded"]) != "yes" {
			t.Errorf("a module that nobody loaded is planned as %s, from %v to %v", c.Op, c.Before, c.After)
		}
		must(t, apply(t, newService(), "kernel_module", is))
		f.Holds(t, "said", "mito_dummy a=1 b=2\n", 0o644)
		f.Holds(t, "x", "mito_dummy\n", 0o644)
		f.Holds(t, "o", "options mito_dummy a=1 b=2\n", 0o644)
		settled(is)

		// Other parameters are written, and the module stays as it is.
		is["params"] = "a=2"
		must(t, apply(t, newService(), "kernel_module", is))
		f.Holds(t, "said", "mito_dummy a=1 b=2\n", 0o644)
		settled(is)

		now := func(name, state string) args { return args{"name": name, "state": state, "persist": false} }
		if c := check(now("mito_other", "present")); c.Op != resource.Create {
			t.Errorf("a module that nobody loaded is planned as %s", c.Op)
		}
		if c := check(now("mito-dummy", "absent")); c.Op != resource.Delete {
			t.Errorf("a module that is to go is planned as %s", c.Op)
		}
		must(t, apply(t, newService(), "kernel_module", now("mito_dummy", "absent")))
		settled(now("mito-dummy", "absent"))
		settled(now("part", "present"))
		settled(now("used", "present"))

		// In one plan, the second sees what the first does.
		s := newService()
		mustCheck(t, s, "p", step{Address: "a", Kind: "kernel_module", Args: now("mito_dummy", "present")})
		if c := mustCheck(t, s, "p", step{Address: "b", Kind: "kernel_module", Args: now("mito_dummy", "absent"), After: []string{"a"}}); c.Op != resource.Delete {
			t.Errorf("a module that the plan loads before is planned as %s", c.Op)
		}

		resourcetest.Problem(t, "kernel_module", now("nonesuch", "present"), "name", kind.CodeNoModule)
		resourcetest.Problem(t, "kernel_module", now("part", "absent"), "name", kind.CodeModuleBusy)
		if c := check(now("used", "absent")); !strings.Contains(warned(c), "used by other") {
			t.Errorf("a module in use is planned with %q", warned(c))
		}
		wantProblem(t, apply(t, newService(), "kernel_module", now("used", "absent")), "name", kind.CodeToolFailed)
		wantProblem(t, apply(t, newService(), "kernel_module", now("idle", "present")), "name", kind.CodeNotIdempotent)
		must(t, os.Remove(f.At("bin/modprobe")))
		t.Setenv("PATH", f.At("bin"))
		resourcetest.Problem(t, "kernel_module", now("mito_other", "present"), "", kind.CodeToolMissing)
	})
}
