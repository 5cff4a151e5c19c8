//go:build linux

package files_test

import (
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// attributesOf are the extended attributes of a file, by their names.
func attributesOf(t *testing.T, p string) map[string]string {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := unix.Llistxattr(p, buf)
	must(t, err)
	out := map[string]string{}
	for _, name := range strings.Split(strings.TrimRight(string(buf[:n]), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value := make([]byte, 4096)
		k, err := unix.Lgetxattr(p, name, value)
		must(t, err)
		out[name] = string(value[:k])
	}
	return out
}

const someLabel = "system_u:object_r:httpd_sys_content_t:s0"

func TestExtendedAttributes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may set them")
	}
	all := args{"attributes": map[string]any{"note": text("n"), "empty": text("")}, "acl": []any{"user:12345:rw", "g:54321:r"}, "capabilities": "cap_net_raw,cap_net_bind_service=+ep", "selinux": someLabel}
	set := func(more args) func(f testDir) args { return on("x", mergeArgs(mergeArgs(args{}, all), more)) }
	given := func(mode os.FileMode) func(t *testing.T, f testDir) {
		return func(t *testing.T, f testDir) {
			t.Helper()
			f.HasMode(t, "x", mode)
			is := attributesOf(t, f.At("x"))
			if is["user.note"] != "n" || is["security.selinux"] != someLabel+"\x00" || is["user.theirs"] != "" && is["user.theirs"] != "kept" {
				t.Errorf("the attributes are %q", is)
			}
			if _, has := is["user.empty"]; !has {
				t.Error("the empty attribute is missing")
			}
			if out, err := exec.Command("getcap", f.At("x")).CombinedOutput(); err == nil && !strings.Contains(string(out), "cap_net_bind_service,cap_net_raw=ep") {
				t.Errorf("getcap says %s", out)
			}
			may(t, f.At("x"), 12345, 1, true)
			may(t, f.At("x"), 12346, 54321, false)
			may(t, f.At("x"), 12346, 1, false)
		}
	}
	dressed := func(t *testing.T, f testDir) {
		plainFile(t, f)
		must(t, os.Chmod(f.At("x"), 0o640))
		setAttribute(t, f.At("x"), "user.theirs", "kept")
		must(t, apply(t, newService(), "file", set(nil)(f)))
	}
	for _, c := range []fileCase{
		{name: "is made with attributes", want: resource.Create, args: set(args{"content": text("new\n"), "mode": "0660"}), verify: given(0o660)},
		{name: "gets attributes", want: resource.Update, args: set(nil), verify: given(0o664), setup: func(t *testing.T, f testDir) {
			plainFile(t, f)
			setAttribute(t, f.At("x"), "user.theirs", "kept")
		}},
		{name: "has its attributes", want: resource.NoOp, args: set(nil), setup: dressed},
		{name: "keeps attributes over another content", want: resource.Update, args: on("x", args{"content": text("new\n")}), setup: dressed, verify: func(t *testing.T, f testDir) {
			given(0o660)(t, f)
			f.Holds(t, "x", "new\n", 0o660)
			if is := attributesOf(t, f.At("x")); is["user.theirs"] != "kept" {
				t.Errorf("the attributes are %q", is)
			}
		}},
		{name: "gets another content and attributes", want: resource.Update, args: set(args{"content": text("new\n")}), setup: func(t *testing.T, f testDir) { plainFile(t, f) }, verify: given(0o664)},
		{name: "loses its access list and capabilities", want: resource.Update, args: on("x", args{"acl": []any{}, "capabilities": ""}), setup: dressed, verify: func(t *testing.T, f testDir) {
			is := attributesOf(t, f.At("x"))
			if is["system.posix_acl_access"] != "" || is["security.capability"] != "" || is["user.note"] != "n" {
				t.Errorf("the attributes are %q", is)
			}
		}},
		{name: "gets another owner and keeps its capabilities", want: resource.Update, args: set(args{"owner": "12347"}), setup: dressed, verify: func(t *testing.T, f testDir) {
			given(0o660)(t, f)
			f.Owned(t, "x", 12347, 0)
		}},
	} {
		c.kind = "file"
		c.run(t)
	}
}

// TestGroupGetsNoMoreByAnAccessList: the mask that an entry needs is not what the group of the
// file may do.
func TestGroupGetsNoMoreByAnAccessList(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may try it out")
	}
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "a", 0o640)
	must(t, os.Chown(f.At("x"), 0, 54321))
	setAttribute(t, f.At("x"), "user.note", "n")
	for range 2 {
		must(t, apply(t, newService(), "file", on("x", args{"acl": []any{"user:12345:rw"}})(f)))
		may(t, f.At("x"), 12345, 1, true)
		may(t, f.At("x"), 12346, 54321, false)
		f.HasMode(t, "x", 0o660)
	}
}

// TestAttributesThatAreNotKnownYet: a file that gets one is changed, though nothing else is.
func TestAttributesThatAreNotKnownYet(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	plainFile(t, f)
	for _, name := range []string{"attributes", "acl", "capabilities", "selinux"} {
		if c := mustCheck(t, newService(), name, step{Address: "a", Kind: "file", Args: on("x", nil)(f), Unknown: []string{name}}); c.Op != resource.Update {
			t.Errorf("with %s that is not known yet the file is %s", name, c.Op)
		}
	}
}

// may holds whether a user and group may write a file. The directories above have to let them.
func may(t *testing.T, p string, uid, gid uint32, want bool) {
	t.Helper()
	f, err := os.OpenFile(p, unix.O_PATH, 0)
	must(t, err)
	defer f.Close()
	try := exec.Command("/bin/sh", "-c", "[ -w /proc/self/fd/3 ]")
	try.ExtraFiles = []*os.File{f}
	try.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: gid}}
	if got := try.Run() == nil; got != want {
		t.Errorf("user %d of group %d may write: %v", uid, gid, got)
	}
}

func TestExtendedProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	plainFile(t, f)
	for name, c := range map[string]struct {
		args args
		attr string
		code kind.Code
	}{
		"an attribute of the system": {args{"attributes": map[string]any{"security.x": text("")}}, "attributes", kind.CodeAttribute},
		"a prefix too much":          {args{"attributes": map[string]any{"user.x": text("")}}, "attributes", kind.CodeAttribute},
		"no name":                    {args{"attributes": map[string]any{"": text("")}}, "attributes", kind.CodeAttribute},
		"too long":                   {args{"attributes": map[string]any{"x": text(strings.Repeat("x", 64<<10+1))}}, "attributes", kind.CodeAttribute},
		"two parts":                  {args{"acl": []any{"app:rw"}}, "acl", kind.CodeAttribute},
		"the owner":                  {args{"acl": []any{"user::rw"}}, "acl", kind.CodeAttribute},
		"the mask":                   {args{"acl": []any{"mask::rw"}}, "acl", kind.CodeAttribute},
		"digits":                     {args{"acl": []any{"user:app:7"}}, "acl", kind.CodeAttribute},
		"nobody":                     {args{"acl": []any{"user:no-such-user:r"}}, "acl", kind.CodeNoUser},
		"no capability":              {args{"capabilities": "cap_everything=ep"}, "capabilities", kind.CodeAttribute},
		"no letters":                 {args{"capabilities": "cap_net_raw="}, "capabilities", kind.CodeAttribute},
		"some effective":             {args{"capabilities": "cap_net_raw=ep cap_net_admin=p"}, "capabilities", kind.CodeAttribute},
		"others effective":           {args{"capabilities": "cap_net_admin=p cap_net_raw=ep"}, "capabilities", kind.CodeAttribute},
		"only effective":             {args{"capabilities": "cap_net_raw=e"}, "capabilities", kind.CodeAttribute},
		"a type alone":               {args{"selinux": "httpd_sys_content_t"}, "selinux", kind.CodeAttribute},
		"a file that goes":           {args{"selinux": someLabel, "state": "absent"}, "selinux", kind.CodeExcluded},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(t, newService(), name, step{Address: "a", Kind: "file", Args: on("x", c.args)(f)})
			wantProblem(t, err, c.attr, c.code)
		})
	}
}
