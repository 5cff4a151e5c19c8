package system_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// swapsHere skips a test where the kernel does not swap to a file of a directory, as on overlay,
// and sees that nothing of it is swapped to afterwards.
func swapsHere(t *testing.T, f testDir) {
	t.Helper()
	t.Cleanup(func() { noSwap(t, f) })
	f.Empty(t)
	if err := swapFile(f, "s", "1M", "swapon"); err != nil {
		t.Skipf("nothing can be swapped to here: %v", err)
	}
	noSwap(t, f)
}

// swapFile makes a swap file by the programs, and runs another on it.
func swapFile(f testDir, name, size string, program ...string) error {
	for _, argv := range [][]string{{"fallocate", "-l", size}, {"chmod", "0600"}, {"mkswap", "-U", "11111111-2222-4333-8444-555555555555", "-L", "ours"}, program} {
		if len(argv) == 0 {
			continue
		}
		if out, err := exec.Command(argv[0], append(argv[1:], f.At(name))...).CombinedOutput(); err != nil {
			return fmt.Errorf("%q: %w: %s", argv, err, out)
		}
	}
	return nil
}

// swapsIn are the files of a directory that the machine swaps to, with their priorities.
func swapsIn(t *testing.T, f testDir) map[string]string {
	t.Helper()
	b, err := os.ReadFile("/proc/swaps")
	must(t, err)
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if w := strings.Fields(line); len(w) == 5 && strings.HasPrefix(w[0], f.Path+"/") {
			out["swapped to "+filepath.Base(w[0])] = w[4]
		}
	}
	return out
}

func noSwap(t *testing.T, f testDir) {
	t.Helper()
	for name := range swapsIn(t, f) {
		run(t, "swapoff", f.At(strings.TrimPrefix(name, "swapped to ")))
	}
}

// swapSnapshot is what is in a directory, and swapped to. What is in a swap file does not count:
// each has a UUID of its own.
func swapSnapshot(f testDir) func(t *testing.T, times bool) map[string]string {
	return func(t *testing.T, times bool) map[string]string {
		out := swapsIn(t, f)
		for name := range out {
			if out[name][0] == '-' {
				out[name] = "as the kernel likes"
			}
		}
		for name, is := range f.Snapshot(t, times) {
			if b, err := os.ReadFile(name); err == nil && len(b) >= 4096 && string(b[4086:4096]) == "SWAPSPACE2" {
				st, err := os.Stat(name)
				must(t, err)
				if is = fmt.Sprint("a swap file of ", len(b), " ", st.Mode()); times {
					is += fmt.Sprint(st.ModTime())
				}
			}
			out[name] = is
		}
		return out
	}
}

// swap are the arguments of the file s, with the file x for /etc/fstab.
func swap(f testDir, more args) args {
	out := args{"path": f.Arg("s"), "size": "1M", "fstab": f.Arg("x")}
	for k, v := range more {
		if out[k] = v; v == nil {
			delete(out, k)
		}
	}
	return out
}

// TestSwap: the file is there, in its size and without holes, in use and kept, and nothing else
// is done. The kernel and the programs are the real ones.
func TestSwap(t *testing.T) {
	f := newTestDir(t)
	swapsHere(t, f)
	row := f.At("s") + " none swap sw 0 0\n"
	also := func(all ...func(t *testing.T)) func(t *testing.T) {
		return func(t *testing.T) {
			for _, one := range all {
				one(t)
			}
		}
	}
	has := func(holds string) func(t *testing.T) {
		return func(t *testing.T) { f.Write(t, "x", holds, 0o644) }
	}
	made := func(size string, program ...string) func(t *testing.T) {
		return func(t *testing.T) { must(t, swapFile(f, "s", size, program...)) }
	}
	holds := func(content string) func(t *testing.T) {
		return func(t *testing.T) { f.Write(t, "s", content, 0o600) }
	}
	goes := args{"size": nil, "state": "absent"}
	for _, c := range []struct {
		name   string
		args   args
		before func(t *testing.T)
		want   resource.Op
		made   bool
		whole  bool
		// size is that of the file afterwards, 0 for none, line what /etc/fstab has, and runs the
		// priority, "any", or "" if it is not in use.
		size int64
		line string
		runs string
	}{
		{name: "is made", before: has("# ours\n"), want: resource.Update, made: true, size: 1, line: "# ours\n" + row, runs: "any"},
		{name: "with a priority", args: args{"priority": 7}, want: resource.Update, made: true, size: 1, line: strings.Replace(row, "sw ", "sw,pri=7 ", 1), runs: "7"},
		{name: "now alone", args: args{"persist": false}, want: resource.Create, size: 1, runs: "any"},
		{name: "kept alone", whole: true, args: args{"runtime": false}, want: resource.Update, made: true, size: 1, line: row},
		{name: "the file alone", args: args{"runtime": false, "persist": false}, want: resource.Create, size: 1},
		{name: "an empty file", before: holds(""), want: resource.Update, made: true, size: 1, line: row, runs: "any"},
		{name: "one that was begun", before: holds("mitoplan makes a swap file here\n" + strings.Repeat("\x00", 5000)), want: resource.Update, made: true, size: 1, line: row, runs: "any"},
		{name: "is as it should be", before: also(made("1M", "swapon"), has("#\n"+row)), want: resource.NoOp, size: 1, line: "#\n" + row, runs: "any"},
		{name: "is written otherwise", args: args{"priority": 9}, before: also(made("1M", "swapon", "-p", "9"), has(f.Path+"//s\tswap  swap pri=9,defaults\n")), want: resource.NoOp, size: 1, line: f.Path + "//s\tswap  swap pri=9,defaults\n", runs: "9"},
		{name: "is not in use", before: also(made("1M"), has(row)), want: resource.Update, size: 1, line: row, runs: "any"},
		{name: "is not kept", before: made("1M", "swapon"), want: resource.Update, made: true, size: 1, line: row, runs: "any"},
		{name: "is not in use, now alone", args: args{"persist": false}, before: made("1M"), want: resource.Update, made: true, size: 1, runs: "any"},
		{name: "another priority", args: args{"priority": 7}, before: also(made("1M", "swapon", "-p", "9"), has(row)), want: resource.Update, size: 1, line: strings.Replace(row, "sw ", "sw,pri=7 ", 1), runs: "7"},
		{name: "another size", args: args{"size": "2M"}, before: also(made("1M", "swapon"), has(row)), want: resource.Update, size: 2, line: row, runs: "any"},
		{name: "a header of another size", before: also(made("2M"), func(t *testing.T) { must(t, os.Truncate(f.At("s"), 1<<20)) }, has(row)), want: resource.Update, size: 1, line: row, runs: "any"},
		{name: "everybody may read it", before: also(made("1M"), func(t *testing.T) { must(t, os.Chmod(f.At("s"), 0o644)) }, has(row)), want: resource.Update, size: 1, line: row, runs: "any"},
		{name: "of another owner", before: also(made("1M"), func(t *testing.T) { must(t, os.Chown(f.At("s"), 1, 1)) }, has(row)), want: resource.Update, size: 1, line: row, runs: "any"},
		{name: "goes", args: goes, before: also(made("1M", "swapon"), has("#\n"+row)), want: resource.Update, line: "#\n"},
		{name: "goes, and is not in use", args: goes, before: also(made("1M"), has(row)), want: resource.Update},
		{name: "goes, and the line stays", args: args{"size": nil, "state": "absent", "persist": false}, before: also(made("1M", "swapon"), has(row)), want: resource.Delete, line: row},
		{name: "is gone", args: goes, before: has("#\n"), want: resource.NoOp, line: "#\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			holding := briefly
			if c.whole {
				holding = resourcetest.Run
			}
			a := swap(f, c.args)
			setup := func(t *testing.T) {
				noSwap(t, f)
				f.Empty(t)
				if c.before != nil {
					c.before(t)
				}
			}
			holding(t, resourcetest.Case{
				Kind: "swap", Args: a, Want: c.want, Made: c.made, Snapshot: swapSnapshot(f), Halves: true, Setup: setup,
				Neighbours: func() []resourcetest.Neighbour {
					return []resourcetest.Neighbour{{Kind: "file", Make: args{"path": f.Arg("y")}, Undo: args{"path": f.Arg("y"), "state": "absent"}, Elsewhere: true}}
				},
				Verify: func(t *testing.T) {
					if b, err := os.ReadFile(f.At("x")); err == nil && string(b) != c.line || err != nil && c.line != "" {
						t.Errorf("the file holds %q, want %q", b, c.line)
					}
					if is := swapsIn(t, f)["swapped to s"]; is != c.runs && (c.runs != "any" || is == "") {
						t.Errorf("in use with the priority %q, want %q", is, c.runs)
					}
					if c.size == 0 {
						f.Gone(t, "s")
						return
					}
					b, err := os.ReadFile(f.At("s"))
					if must(t, err); int64(len(b)) != c.size<<20 || string(b[4086:4096]) != "SWAPSPACE2" {
						t.Errorf("the file has %d bytes, and %q at its signature", len(b), b[4086:4096])
					}
					if st, err := os.Stat(f.At("s")); err != nil || st.Mode() != 0o600 {
						t.Errorf("its mode is %v, %v", st.Mode(), err)
					}
				},
			})
			if !c.made && c.want != resource.Create || c.whole || c.name == "one that was begun" || c.name == "an empty file" {
				return
			}
			setup(t)
			before := fmt.Sprint(swapSnapshot(f)(t, false))
			did, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "swap", Args: resourcetest.Encode(t, a)})
			must(t, err)
			end := ending{Kind: "swap", Args: a}
			if did.Change.Kept != nil {
				end.End.Kept = *did.Change.Kept
			}
			must(t, end.Apply(t, newService(), ""))
			if after := fmt.Sprint(swapSnapshot(f)(t, false)); after != before {
				t.Errorf("the end left\n%s\nwhere there was\n%s", after, before)
			}
		})
	}
	t.Run("another size keeps the names", func(t *testing.T) {
		noSwap(t, f)
		f.Empty(t)
		must(t, swapFile(f, "s", "1M"))
		must(t, apply(t, newService(), "swap", swap(f, args{"size": "3M", "runtime": false})))
		b, err := os.ReadFile(f.At("s"))
		if must(t, err); !strings.HasPrefix(string(b[1052:1068]), "ours\x00") || fmt.Sprintf("%x", b[1036:1040]) != "11111111" {
			t.Errorf("the label is %q, and the UUID %x", b[1052:1068], b[1036:1052])
		}
	})
	t.Run("it is written where there is no fallocate", func(t *testing.T) {
		noSwap(t, f)
		f.Empty(t)
		bin := t.TempDir()
		must(t, os.WriteFile(bin+"/fallocate", []byte("#!/bin/sh\nexit 1\n"), 0o755))
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		must(t, apply(t, newService(), "swap", swap(f, args{"size": "2M"})))
		if is := swapsIn(t, f)["swapped to s"]; is == "" {
			t.Error("it is not in use")
		}
	})
	t.Run("an end leaves what is another file now", func(t *testing.T) {
		noSwap(t, f)
		f.Empty(t)
		a := swap(f, args{"runtime": false})
		did, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "swap", Args: resourcetest.Encode(t, a)})
		must(t, err)
		f.Write(t, "s", "data\n", 0o600)
		end := ending{Kind: "swap", Args: a}
		end.End.Kept = *did.Change.Kept
		must(t, end.Apply(t, newService(), ""))
		f.Holds(t, "s", "data\n", 0o600)
	})
	t.Run("a path with a blank", func(t *testing.T) {
		noSwap(t, f)
		f.Empty(t)
		a := swap(f, args{"path": f.Arg("a b")})
		must(t, apply(t, newService(), "swap", a))
		f.Holds(t, "x", f.At("a\\040b")+" none swap sw 0 0\n", 0o644)
		if again := mustCheck(t, newService(), "p", step{Address: "a", Kind: "swap", Args: a}); again.Op != resource.NoOp {
			t.Errorf("after the apply it is %s: %v, %v", again.Op, again.Before, again.After)
		}
		must(t, apply(t, newService(), "swap", swap(f, args{"path": f.Arg("a b"), "size": nil, "state": "absent"})))
		f.Gone(t, "a b")
	})
	t.Run("a size that is not known yet", func(t *testing.T) {
		f.Empty(t)
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "swap", Args: swap(f, args{"size": nil}), Unknown: []string{"size"}})
		if c.Op != resource.Update || c.Fingerprint != "" {
			t.Errorf("it is planned as %s", c.Op)
		}
	})
	t.Run("a program that does nothing", func(t *testing.T) {
		noSwap(t, f)
		f.Empty(t)
		bin := t.TempDir()
		t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
		for program, attr := range map[string]string{"mkswap": "size", "swapon": "path"} {
			must(t, os.WriteFile(bin+"/"+program, []byte("#!/bin/sh\n"), 0o755))
			wantProblem(t, apply(t, newService(), "swap", swap(f, nil)), attr, kind.CodeNotIdempotent)
			must(t, os.Remove(bin+"/"+program))
			noSwap(t, f)
			f.Empty(t)
		}
	})
	t.Run("in use, and not to be touched", func(t *testing.T) {
		noSwap(t, f)
		f.Empty(t)
		must(t, swapFile(f, "s", "1M", "swapon"))
		resourcetest.Problem(t, "swap", swap(f, args{"size": "2M", "runtime": false}), "runtime", kind.CodeBusy)
		resourcetest.Problem(t, "swap", swap(f, args{"state": "absent", "size": nil, "runtime": false}), "runtime", kind.CodeBusy)
	})
}

// TestSwapProblems: what cannot be a swap file is told while planning, and no file of others is
// overwritten.
func TestSwapProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "data", strings.Repeat("\x00", 1<<16), 0o600)
	must(t, os.Mkdir(f.At("dir"), 0o755))
	must(t, os.Mkdir(f.At("open"), 0o777))
	must(t, os.Chmod(f.At("open"), 0o777))
	with := func(more args) args { return swap(f, more) }
	problems(t, "swap", []badArgs{
		{with(args{"path": text("s")}), "path", kind.CodePath},
		{with(args{"path": text("/s\n/etc")}), "path", "path"},
		{with(args{"size": nil}), "size", "size"},
		{with(args{"size": "1"}), "size", "size"},
		{with(args{"size": "100K"}), "size", "size"},
		{with(args{"size": "0M"}), "size", "size"},
		{with(args{"size": "-1M"}), "size", "size"},
		{with(args{"size": "2GiB"}), "size", "size"},
		{with(args{"size": "1.5G"}), "size", "size"},
		{with(args{"size": "50%"}), "size", "size"},
		{with(args{"size": "9T"}), "size", "size"},
		{with(args{"priority": -1}), "priority", "priority"},
		{with(args{"priority": 32768}), "priority", "priority"},
		{with(args{"fstab": text("x")}), "fstab", kind.CodePath},
		{with(args{"fstab": f.Arg("no/x")}), "fstab", kind.CodeNoParent},
		{with(args{"path": f.Arg("data")}), "path", kind.CodeInTheWay},
		{with(args{"path": f.Arg("data"), "size": nil, "state": "absent"}), "path", kind.CodeInTheWay},
		{with(args{"path": f.Arg("dir")}), "path", kind.CodeInTheWay},
		{with(args{"path": f.Arg("no/s")}), "path", kind.CodeNoParent},
		{with(args{"path": f.Arg("open/s")}), "path", kind.CodeUnsafeDirectory},
		{with(args{"size": "8T"}), "size", kind.CodeNoSpace},
		{with(args{"path": text("/dev/shm/mitoplan-swap")}), "path", kind.CodeOtherFileSystem},
	})
	f.Holds(t, "data", strings.Repeat("\x00", 1<<16), 0o600)
}
