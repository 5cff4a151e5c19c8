package system_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
)

// TestLocale has the cases of what the file holds.
func TestLocale(t *testing.T) {
	const comment = "# de_DE.UTF-8 UTF-8\n"
	runTable(t, "locale", args{"name": "en_US", "charset": "ISO-8859-1", "runtime": false}, []tableCase{
		{name: "adds a line", args: args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}, holds: holds(comment), want: resource.Update, made: true, after: comment + "de_DE.UTF-8 UTF-8\n", whole: true},
		{name: "is there", args: args{"name": "de_DE.utf8", "charset": "UTF-8", "runtime": false}, holds: holds("de_DE.UTF-8  UTF-8\n"), want: resource.Update, after: "de_DE.utf8 UTF-8\n"},
		{name: "as it should be", args: args{"name": "de_DE.UTF-8", "charset": "UTF-8", "runtime": false}, holds: holds("\tde_DE.UTF-8\tUTF-8\n"), want: resource.NoOp, after: "\tde_DE.UTF-8\tUTF-8\n"},
		{name: "another charset", args: args{"name": "de_DE", "charset": "UTF-8", "runtime": false}, holds: holds("de_DE ISO-8859-1\nde_DE@euro ISO-8859-15\n"), want: resource.Update, after: "de_DE UTF-8\nde_DE@euro ISO-8859-15\n"},
		{name: "goes", args: args{"name": "de_DE.UTF-8", "state": "absent", "runtime": false}, holds: holds(comment + "de_DE.utf8 UTF-8\nde_DE ISO-8859-1\n"), want: resource.Update, after: comment + "de_DE ISO-8859-1\n", whole: true},
		{name: "is not there", args: args{"name": "de_DE.UTF-8", "state": "absent", "runtime": false}, holds: holds(comment), want: resource.NoOp, after: comment},
	})
}

// The programs that speak for those of the C library: what is generated is a directory of DIR.
const (
	localeProgram    = "#!/bin/sh\n[ $1 = -a ] || { echo UTF-8; exit; }\necho C; echo C.utf8; echo POSIX; /bin/ls DIR\n"
	localedefProgram = `#!/bin/sh
case $1 in
--delete-from-archive) [ ! -e DIR/sv_SE.utf8 ] || exit 0; shift; for name; do rm -rf "DIR/$name"; done;;
*)
  for name; do :; done
  case $name in fr_FR*) echo "LC_TIME: wrong" >&2; exit 4;; it_IT*) exit 0;; esac
  mkdir "DIR/$(echo "$name" | sed s/UTF-8/utf8/)"; echo "a warning" >&2; exit 1;;
esac
`
)

// localesIn has the programs of the C library work in a directory of a case.
func localesIn(t *testing.T, f testDir) (bin string) {
	t.Helper()
	if _, err := os.Stat("/usr/share/i18n/SUPPORTED"); err != nil {
		t.Skip("no sources of locales here")
	}
	bin = t.TempDir()
	for name, program := range map[string]string{"locale": localeProgram, "localedef": localedefProgram} {
		must(t, os.WriteFile(bin+"/"+name, []byte(strings.ReplaceAll(program, "DIR", f.At("made"))), 0o755))
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	return bin
}

// TestLocaleRunning: a locale is generated, and removed, by programs that speak for those of the
// C library. What was there before stays.
func TestLocaleRunning(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root generates locales")
	}
	f := newTestDir(t)
	bin := localesIn(t, f)
	german := func(more args) args {
		out := args{"name": "de_DE.utf8", "path": f.Arg("x")}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	const line = "de_DE.UTF-8 UTF-8\n"
	for _, c := range []struct {
		name        string
		args        args
		holds       string
		there       bool
		want        resource.Op
		made, whole bool
		after       string
		is          bool
	}{
		{name: "is generated", args: german(nil), holds: "#\n", want: resource.Update, made: true, whole: true, after: "#\n" + line, is: true},
		{name: "has a line", args: german(nil), holds: line, want: resource.Update, after: line, is: true},
		{name: "has no line", args: german(nil), holds: "#\n", there: true, want: resource.Update, made: true, whole: true, after: "#\n" + line, is: true},
		{name: "as it should be", args: german(nil), holds: line, there: true, want: resource.NoOp, after: line, is: true},
		{name: "goes", args: german(args{"state": "absent"}), holds: "#\n" + line, there: true, want: resource.Update, after: "#\n"},
		{name: "has gone", args: german(args{"state": "absent"}), holds: "#\n", want: resource.NoOp, after: "#\n"},
		{name: "is a part of the C library", args: german(args{"name": "C.UTF-8"}), holds: "#\n", want: resource.NoOp, after: "#\n"},
		{name: "is a part of the C library, and only the file is changed", args: german(args{"name": "C.UTF-8", "runtime": false}), holds: "#\n", want: resource.NoOp, after: "#\n"},
		{name: "is C itself", args: german(args{"name": "C", "runtime": false}), holds: "#\n", want: resource.NoOp, after: "#\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			holding := briefly
			if c.whole {
				holding = resourcetest.Run
			}
			holding(t, resourcetest.Case{
				Kind: "locale", Args: c.args, Want: c.want, Made: c.made, Snapshot: f.Snapshot,
				Setup: func(t *testing.T) {
					f.Empty(t)
					f.Write(t, "x", c.holds, 0o644)
					must(t, os.MkdirAll(f.At("made"), 0o755))
					if c.there {
						must(t, os.Mkdir(f.At("made/de_DE.utf8"), 0o755))
					}
				},
				Neighbours: func() []resourcetest.Neighbour { return nil },
				Verify: func(t *testing.T) {
					f.Holds(t, "x", c.after, 0o644)
					if _, err := os.Stat(f.At("made/de_DE.utf8")); (err == nil) != c.is {
						t.Errorf("the locale is there: %v", err == nil)
					}
				},
			})
		})
	}

	f.Empty(t)
	f.Write(t, "x", "#\n", 0o644)
	must(t, os.Mkdir(f.At("made"), 0o755))
	// In one plan, the second sees what the first does. What is generated is a thing besides the
	// file: a chain of blocks that leaves the file as it is may still have something to generate.
	s := newService()
	if c := mustCheck(t, s, "p", step{Address: "a", Kind: "locale", Args: german(nil)}); len(c.Writes) != 2 {
		t.Errorf("a locale that is generated writes %q", c.Writes)
	}
	made := kind.ThingOf(kind.LocaleOf, "de_DE.utf8")
	if c := mustCheck(t, s, "p", step{Address: "b", Kind: "locale", Args: german(args{"state": "absent"}), After: []string{"a"}}); c.Op != resource.Update || resourceText(c.Before["generated"]) != "yes" || !slices.Contains(c.Restores, made) {
		t.Errorf("a locale that the plan makes before is planned as %s, and as it is now is %q: %v", c.Op, c.Restores, c.Before)
	}
	// Where localedef puts it is nobody's path.
	if c := mustCheck(t, s, "p", step{Address: "d", Kind: "file", Args: args{"path": text("/usr/lib/locale/de_DE.utf8"), "state": "absent"}, After: []string{"a"}}); c.Op != resource.NoOp {
		t.Errorf("a path that nobody makes is planned to be removed")
	}
	if c := mustCheck(t, s, "p", step{Address: "c", Kind: "locale", Args: german(args{"name": "xx_XX.UTF-8"}), After: []string{"a"}}); !strings.Contains(warned(c), string(kind.CodeNoLocale)) {
		t.Errorf("a locale that may come is planned with %q", warned(c))
	}

	must(t, os.Mkdir(f.At("made/sv_SE.utf8"), 0o755))
	for _, c := range []struct {
		name string
		code kind.Code
		more args
	}{
		{"fr_FR.UTF-8", kind.CodeToolFailed, nil},
		{"it_IT.UTF-8", kind.CodeNotIdempotent, nil},
		{"sv_SE.UTF-8", kind.CodeNoLocale, args{"state": "absent"}},
	} {
		a := german(c.more)
		a["name"] = c.name
		wantProblem(t, apply(t, newService(), "locale", a), "name", c.code)
	}
	problems(t, "locale", []badArgs{
		{german(args{"name": "../x"}), "name", "name"},
		{german(args{"name": "-i"}), "name", "name"},
		{german(args{"name": "de_DE.UTF-8 UTF-8"}), "name", "name"},
		{german(args{"charset": "UTF-8\nx"}), "charset", "charset"},
		{german(args{"name": "de_AB.UTF-8"}), "name", kind.CodeNoLocale},
		{german(args{"name": "xx_XX", "charset": "UTF-8"}), "name", kind.CodeNoLocale},
		{german(args{"name": "C.UTF-8", "state": "absent"}), "name", kind.CodeNoLocale},
		{german(args{"path": f.Arg("no/x")}), "path", kind.CodeNoParent},
		{german(args{"path": text("x")}), "path", kind.CodePath},
	})
	_, err := resourcetest.Check(t, newService(), "q", step{Address: "a", Kind: "locale", Args: german(args{"name": "de_de.UTF-8"})})
	if err == nil || !strings.Contains(err.Error(), "Did you mean de_DE.UTF-8?") {
		t.Errorf("the locale that is meant is not named: %v", err)
	}
	// Two words in a comment are no locale and its charset.
	for _, c := range []struct {
		holds string
		code  kind.Code
	}{{"# xx_XX broken\n## xx_XX UTF-8\nxx_XX a/b\n", kind.CodeNoLocale}, {"#xx_XX UTF-8\n", ""}, {"xx_XX utf8\n", ""}} {
		f.Write(t, "x", c.holds, 0o644)
		_, err := resourcetest.Check(t, newService(), "q", step{Address: "a", Kind: "locale", Args: german(args{"name": "xx_XX", "runtime": false})})
		if c.code == "" {
			must(t, err)
			continue
		}
		wantProblem(t, err, "name", c.code)
	}

	// One without a charset in its name goes with the name that has it, unless that has a line.
	for _, c := range []struct {
		line  string
		stays bool
	}{{"de_DE.ISO-8859-1 ISO-8859-1\n", true}, {"#de_DE.ISO-8859-1 ISO-8859-1\n", false}} {
		f.Empty(t)
		f.Write(t, "x", "de_DE ISO-8859-1\n"+c.line, 0o644)
		must(t, os.MkdirAll(f.At("made/de_DE"), 0o755))
		must(t, os.Mkdir(f.At("made/de_DE.iso88591"), 0o755))
		must(t, apply(t, newService(), "locale", german(args{"name": "de_DE", "state": "absent"})))
		f.Holds(t, "x", c.line, 0o644)
		left, err := os.ReadDir(f.At("made"))
		if must(t, err); len(left) > 1 || c.stays != (len(left) == 1 && left[0].Name() == "de_DE.iso88591") {
			t.Errorf("beside %q there is %q", c.line, left)
		}
	}

	f.Write(t, "x", "#\n", 0o644)
	reply, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "locale", Args: resourcetest.Encode(t, german(nil))})
	must(t, err)
	must(t, os.Remove(bin+"/localedef"))
	t.Setenv("PATH", bin+":/bin/none")
	end := ending{Kind: "locale", Args: german(nil), End: resource.End{Kept: *reply.Change.Kept}}
	_, err = end.Check(t, newService(), "p")
	wantProblem(t, err, "", kind.CodeToolMissing)
	t.Setenv("PATH", f.At("made"))
	resourcetest.Problem(t, "locale", german(nil), "", kind.CodeToolMissing)
}

// TestLocaleOfOtherFiles: the charset is that of a file which the block does not write. What the
// apply finds there is what was planned, and what is a guess is not planned.
func TestLocaleOfOtherFiles(t *testing.T) {
	if _, err := os.Stat("/usr/share/i18n/SUPPORTED"); err != nil {
		t.Skip("no sources of locales here")
	}
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		f.Write(t, "x", "#\n", 0o644)
		f.Write(t, "supported", "xx_XX UTF-8\n", 0o644)
		resourcetest.Cover(t, map[string]string{"/usr/share/i18n/SUPPORTED": f.At("supported")})
		s, a := newService(), args{"name": "xx_XX", "path": f.Arg("x"), "runtime": false}
		c := mustCheck(t, s, "p", step{Address: "a", Kind: "locale", Args: a})
		f.Write(t, "supported", "xx_XX ISO-8859-1\n", 0o644)
		_, err := s.Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "locale", Args: resourcetest.Encode(t, a), Fingerprint: c.Fingerprint, Key: resourcetest.PlanKey})
		wantProblem(t, err, "", kind.CodeMoved)
		f.Holds(t, "x", "#\n", 0o644)

		f.Write(t, "supported", "", 0o644)
		mustCheck(t, s, "q", step{Address: "a", Kind: "file", Args: args{"path": f.Arg("other"), "content": text("x")}})
		c = mustCheck(t, s, "q", step{Address: "b", Kind: "locale", Args: a, After: []string{"a"}})
		if _, known := c.After["content"]; known || c.Fingerprint != "" || !strings.Contains(warned(c), string(kind.CodeNoLocale)) {
			t.Errorf("a charset that is a guess is planned as %v, %q, with %q", c.After, c.Fingerprint, warned(c))
		}
	})
}

// TestLocaleForReal: the real programs generate a locale and remove it, in a directory in place
// of /usr/lib/locale.
func TestLocaleForReal(t *testing.T) {
	for _, program := range []string{"locale", "localedef"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip("no programs of the C library here")
		}
	}
	for _, needed := range []string{"/usr/share/i18n/locales/en_US", "/usr/lib/locale/C.utf8"} {
		if _, err := os.Stat(needed); err != nil {
			t.Skip("no sources of locales here")
		}
	}
	inOwn(t, resourcetest.OwnMounts(), func(t *testing.T) {
		f := newTestDir(t)
		f.Empty(t)
		must(t, os.Mkdir(f.At("made"), 0o755))
		must(t, os.CopyFS(f.At("made/sv_SE.utf8"), os.DirFS("/usr/lib/locale/C.utf8")))
		resourcetest.Cover(t, map[string]string{"/usr/lib/locale": f.At("made")})
		f.Write(t, "x", "# locales\n", 0o644)
		a := args{"name": "en_US", "path": f.Arg("x")}
		check := func(a args, want resource.Op) {
			t.Helper()
			if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "locale", Args: a}); c.Op != want {
				t.Errorf("it is planned as %s: %v, %v", c.Op, c.Before, c.After)
			}
		}
		check(a, resource.Update)
		reply, err := newService().Apply(t.Context(), resource.ApplyRequest{Session: "r", Kind: "locale", Args: resourcetest.Encode(t, a)})
		must(t, err)
		f.Holds(t, "x", "# locales\nen_US ISO-8859-1\n", 0o644)
		check(a, resource.NoOp)

		utf8 := args{"name": "en_US", "path": f.Arg("x"), "charset": "UTF-8"}
		if c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "locale", Args: utf8}); resourceText(c.Before["generated"]) != "with ISO-8859-1" || resourceText(c.After["generated"]) != "yes" {
			t.Errorf("another charset is planned as %v, %v", c.Before, c.After)
		}
		for _, c := range []struct {
			args    args
			charset string
		}{{utf8, "UTF-8"}, {a, "ISO-8859-1"}} {
			must(t, apply(t, newService(), "locale", c.args))
			out, err := exec.Command("env", "LC_ALL=en_US", "locale", "charmap").Output()
			if must(t, err); strings.TrimSpace(string(out)) != c.charset {
				t.Errorf("programs find it with %s and not %s", out, c.charset)
			}
			f.Holds(t, "x", "# locales\nen_US "+c.charset+"\n", 0o644)
			check(c.args, resource.NoOp)
		}

		must(t, ending{Kind: "locale", Args: a, End: resource.End{Kept: *reply.Change.Kept}}.Apply(t, newService(), ""))
		f.Holds(t, "x", "# locales\n", 0o644)
		out, err := exec.Command("locale", "-a").Output()
		if must(t, err); strings.Contains(string(out), "en_US\n") || strings.Contains(string(out), "en_US.iso") {
			t.Errorf("the locale is still there:\n%s", out)
		}
		check(a, resource.Update)

		// What a package brings is in a directory of its own.
		_, err = resourcetest.Check(t, newService(), "p", step{Address: "a", Kind: "locale", Args: args{"name": "sv_SE.UTF-8", "path": f.Arg("x"), "state": "absent"}})
		wantProblem(t, err, "name", kind.CodeNoLocale)
	})
}
