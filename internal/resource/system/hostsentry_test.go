package system_test

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

const hostsFile = "127.0.0.1\tlocalhost\n# ours\n  10.0.0.9   old  # a remark\n\n::1 localhost ip6-localhost"

func TestHostsEntry(t *testing.T) {
	db := args{"address": "10.0.0.5", "names": []string{"db.example.com", "db"}}
	runTable(t, "hosts_entry", args{"address": "fe80::1", "names": []string{"router"}}, []tableCase{
		{name: "makes the file", whole: true, args: db, want: resource.Create, after: "10.0.0.5\tdb.example.com db\n"},
		{name: "is added", whole: true, args: db, holds: holds(hostsFile), want: resource.Update, made: true, after: hostsFile + "\n10.0.0.5\tdb.example.com db\n"},
		{name: "is added with the line ends of the file", args: db, holds: holds("10.0.0.1 a\r\n"), want: resource.Update, made: true, after: "10.0.0.1 a\r\n10.0.0.5\tdb.example.com db\r\n"},
		{name: "gets other names and keeps its remark", args: args{"address": "10.0.0.9", "names": []string{"new"}}, holds: holds(hostsFile), want: resource.Update,
			after: "127.0.0.1\tlocalhost\n# ours\n10.0.0.9   new  # a remark\n\n::1 localhost ip6-localhost"},
		{name: "becomes one line", whole: true, args: args{"address": "10.0.0.9", "names": []string{"b", "a"}}, holds: holds("10.0.0.9 a\n1.1.1.1 x\n10.0.0.9 b\n"), want: resource.Update, after: "10.0.0.9 b a\n1.1.1.1 x\n"},
		{name: "is as it should be", args: args{"address": "0:0::0:1", "names": []string{"localhost", "ip6-localhost"}}, holds: holds(hostsFile), want: resource.NoOp, after: hostsFile},
		{name: "gets names in the last line", args: args{"address": "::1", "names": []string{"localhost"}}, holds: holds(hostsFile), want: resource.Update, after: hostsFile[:len(hostsFile)-len("::1 localhost ip6-localhost")] + "::1 localhost"},
		{name: "goes", args: args{"address": "10.0.0.9", "state": "absent"}, holds: holds(hostsFile), want: resource.Update, after: "127.0.0.1\tlocalhost\n# ours\n\n::1 localhost ip6-localhost"},
		{name: "is gone", args: args{"address": "10.0.0.1", "state": "absent"}, holds: holds(hostsFile), want: resource.NoOp, after: hostsFile},
	})
}

// TestHostsEntryProblems: what would be no entry, or take localhost its address, is refused.
func TestHostsEntryProblems(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	with := func(address string, names ...string) args {
		return args{"path": f.Arg("x"), "address": address, "names": names}
	}
	problems(t, "hosts_entry", []badArgs{
		{with("10.0.0.0/8", "a"), "address", "address"},
		{with("db", "a"), "address", "address"},
		{with("10.0.0.5"), "names", "names"},
		{with("10.0.0.5", ""), "names", "names"},
		{with("10.0.0.5", "a b"), "names", "names"},
		{with("10.0.0.5", "a#b"), "names", "names"},
		{with("10.0.0.5", "a\nb"), "names", "names"},
		{with("10.0.0.5", "10.0.0.6"), "names", "names"},
		{with("10.0.0.5", "a", "A"), "names", "names"},
		{with("10.0.0.5", "localhost"), "names", "names"},
		{with("127.0.0.1", "app"), "names", "names"},
		{with("::1", "app"), "names", "names"},
		{args{"path": f.Arg("x"), "address": "127.0.0.1", "state": "absent"}, "state", "state"},
		{args{"path": text("hosts"), "address": "10.0.0.5", "names": []string{"a"}}, "path", kind.CodePath},
		{args{"path": f.Arg("no/x"), "address": "10.0.0.5", "names": []string{"a"}}, "path", kind.CodeNoParent},
		{args{"path": f.Arg(""), "address": "10.0.0.5", "names": []string{"a"}}, "path", kind.CodeInTheWay},
	})
}

// TestHostsEntryOfTwoAddresses: a name that another address has is a warning, unless the other
// is of the other sort, or both are this machine.
func TestHostsEntryOfTwoAddresses(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "127.0.1.1 Web\n10.0.0.1 db web.example.com\nfe80::1 web\n", 0o644)
	for address, want := range map[string]bool{"10.0.0.5": true, "127.0.0.9": false, "fe80::2": true, "10.0.0.1": true} {
		c := mustCheck(t, newService(), "p", step{Address: "a", Kind: "hosts_entry", Args: args{"path": f.Arg("x"), "address": address, "names": []string{"web"}}})
		if got := len(c.Warnings) == 1 && c.Warnings[0].Code == kind.CodeSharedName; got != want {
			t.Errorf("%s: the warnings are %v", address, c.Warnings)
		}
	}
}

// TestHostsEntryInPlace: with in_place the file that is mounted by itself stays the same one.
func TestHostsEntryInPlace(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", "10.0.0.1 a\n", 0o644)
	inode := f.Inode(t, "x")
	must(t, apply(t, newService(), "hosts_entry", args{"path": f.Arg("x"), "address": "10.0.0.5", "names": []string{"db"}, "in_place": true}))
	f.Holds(t, "x", "10.0.0.1 a\n10.0.0.5\tdb\n", 0o644)
	if f.Inode(t, "x") != inode {
		t.Error("another file took its place")
	}
}

// TestHostsEntryPutBack: an entry that was there gets its former names back from the backup.
func TestHostsEntryPutBack(t *testing.T) {
	f := newTestDir(t)
	f.Empty(t)
	f.Write(t, "x", hostsFile, 0o644)
	a := args{"path": f.Arg("x"), "address": "10.0.0.9", "names": []string{"new"}, "backup": true}
	must(t, apply(t, newService(), "hosts_entry", a))
	kept := f.Kept(t, "x")
	if len(kept) != 1 || kept[0] != hostsFile {
		t.Fatalf("the backups hold %q", kept)
	}
	for _, backup := range backupsOf(t, f, "x") {
		must(t, ending{Kind: "hosts_entry", Args: a, End: resource.End{Adopted: true, Kept: resource.Kept{Backup: kind.Text(backup)}}}.Apply(t, newService(), ""))
	}
	f.Holds(t, "x", hostsFile, 0o644)
}
