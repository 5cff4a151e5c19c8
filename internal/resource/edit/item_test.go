package edit

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// tables are all of them, with an item of each.
var tables = []Item{
	{Table: Hosts, Key: "10.0.0.5", Lines: []string{"10.0.0.5\tdb"}},
	{Table: Settings, Key: "vm.x", Lines: []string{"vm.x = 1"}},
	{Table: Jobs, Key: "job", Lines: []string{JobMark + "job", "@daily true"}, First: true},
	{Table: Variables, Key: "LANG", Lines: []string{"LANG=C"}},
	{Table: Hostname, Key: Hostname, Lines: []string{"web1"}},
	{Table: Mounts, Key: "/srv", Lines: []string{"/dev/sdb1 /srv ext4 defaults 0 2"}},
	{Table: Modules, Key: "br_netfilter", Lines: []string{"br_netfilter"}},
	{Table: ModuleOptions, Key: "dummy", Lines: []string{"options dummy numdummies=2"}},
	{Table: Swaps, Key: "/swap", Lines: []string{"/swap none swap sw,pri=5 0 0"}},
	{Table: Locales, Key: "de_DE.utf8", Lines: []string{"de_DE.UTF-8 UTF-8"}},
}

// Each table tells its items in whatever way they are written, and leaves all else.
func TestItems(t *testing.T) {
	for _, c := range []struct {
		table         string
		key, line     string
		content, made string
		without       string
	}{
		{Hosts, "fe80::1", "fe80::1\tx", "FE80:0::1 x # own\n1 y\n", "", "1 y\n"},
		{Hosts, "10.0.0.1", "10.0.0.1\tx", "#10.0.0.1 x\n10.0.0.10 x\n", "#10.0.0.1 x\n10.0.0.10 x\n10.0.0.1\tx\n", ""},
		{Settings, "net.a", "net.a = 1", " -net/a=1\n", "", ""},
		{Settings, "net.a", "net.a = 1", "net.ab = 2\n;net.a = 3", "net.ab = 2\n;net.a = 3\nnet.a = 1\n", ""},
		{Jobs, "a b", JobMark + "a b", "#Ansible: a\nx\n#Ansible: a b\n#Ansible: c\ny\n", "", "#Ansible: a\nx\n#Ansible: c\ny\n"},
		{Hostname, Hostname, "web1", "# a\nweb2\n\nweb1\n", "# a\nweb1\n\n", "# a\n\n"},
		{Modules, "br_netfilter", "br_netfilter", "# br_netfilter\nbr-netfilter\nloop\n", "", "# br_netfilter\nloop\n"},
		{ModuleOptions, "a_b", "options a_b x=1", "blacklist a_b\noptions  a-b  x=1\noptions a x=2\noptions a_b\n", "", "blacklist a_b\noptions a x=2\noptions a_b\n"},
		{Locales, "de_DE.utf8", "de_DE.UTF-8 UTF-8", "# de_DE.UTF-8 UTF-8\n de_DE.utf8\tUTF-8\nde_DE ISO-8859-1\nde_DE.UTF-8\n", "# de_DE.UTF-8 UTF-8\nde_DE.UTF-8 UTF-8\nde_DE ISO-8859-1\nde_DE.UTF-8\n", "# de_DE.UTF-8 UTF-8\nde_DE ISO-8859-1\nde_DE.UTF-8\n"},
		{Swaps, "/a b", "/a\\040b none swap sw 0 0", "//a\\040b\tswap swap\n/a\\040b /a ext4\nUUID=x none swap sw 0 0\n", "", "/a\\040b /a ext4\nUUID=x none swap sw 0 0\n"},
		{Swaps, "/s", "/s none swap sw,pri=5 0 0", "/s none swap pri=4 0 0 # ours\n#/s none swap\n", "/s none swap sw,pri=5 0 0\n#/s none swap\n", "#/s none swap\n"},
		{Mounts, "/srv", "UUID=a /srv ext4 defaults 0 0", "UUID=\"a\"\t/srv/  ext4\n# UUID=b /srv ext4\n/dev/sdb /srv2 ext4 ro\n", "", "# UUID=b /srv ext4\n/dev/sdb /srv2 ext4 ro\n"},
		{Mounts, "/a\u00a0b", "/dev/sdb /a\u00a0b ext4 ro 0 0", "/dev/sdb /a\u00a0b ext4 defaults 0 0\n/dev/sdc /a ext4\n", "/dev/sdb /a\u00a0b ext4 ro 0 0\n/dev/sdc /a ext4\n", "/dev/sdc /a ext4\n"},
		{Mounts, "/a b", "/dev/sdb /a\\040b ext4 ro,noexec 0 0", "# /etc/fstab\n/dev/sdb\t/a\\040b ext4 noexec,ro\nnone swap swap\n", "# /etc/fstab\n/dev/sdb /a\\040b ext4 ro,noexec 0 0\nnone swap swap\n", ""},
		{Variables, "LANG", "LANG=C", "export LANG=\"C\"\nLANGUAGE=x\n", "", "LANGUAGE=x\n"},
		{Variables, "LANG", "LANG=C", "#LANG=C\nLANG='D'\n", "#LANG=C\nLANG=C\n", ""},
	} {
		r := Item{Table: c.table, Key: c.key, Lines: []string{c.line}}
		got, err := r.Apply([]byte(c.content))
		want := c.made
		if want == "" {
			want = c.content
		}
		if err != nil || string(got) != want {
			t.Errorf("%s: of %q became %q, want %q: %v", c.table, c.content, got, want, err)
		}
		if r.Lines = nil; c.without == "" {
			continue
		}
		if got, err := r.Apply([]byte(c.content)); err != nil || string(got) != c.without {
			t.Errorf("%s: without the item, of %q became %q, want %q: %v", c.table, c.content, got, c.without, err)
		}
	}
}

// An item that comes first does so before what counts, and behind what explains the file.
func TestItemsThatComeFirst(t *testing.T) {
	r := Item{Table: Variables, Key: "PATH", Lines: []string{"PATH=/bin"}, First: true}
	for content, want := range map[string]string{
		"":                           "PATH=/bin\n",
		"# all\n":                    "# all\nPATH=/bin\n",
		"# all\n#Ansible: x\n# job":  "# all\nPATH=/bin\n#Ansible: x\n# job",
		"# all\n\n* * * * * job\r\n": "# all\n\nPATH=/bin\n* * * * * job\r\n",
	} {
		if got, err := r.Apply([]byte(content)); err != nil || string(got) != want {
			t.Errorf("of %q became %q, want %q: %v", content, got, want, err)
		}
	}
}

func TestItemsOfNoForm(t *testing.T) {
	for _, r := range []Item{{Table: "no", Key: "a"}, {Table: Hosts}, {Table: Hosts, Key: "a", Lines: []string{"a\nb"}}} {
		if got, err := r.Apply([]byte("a\n")); err == nil {
			t.Errorf("%+v made %q", r, got)
		}
	}
}

// FuzzItem: whatever a file holds, an edit of an item settles at once and writes into no
// input; all lines that are of no such item stay; and with the item taken out, none is left.
func FuzzItem(f *testing.F) {
	f.Add(byte(0), []byte("10.0.0.5 a # b\r\n#\n0x\n"), "10.0.0.5", "10.0.0.5 c")
	f.Add(byte(2), []byte("#Ansible: a\n#Ansible: a\nx"), "a", "* * * * * b")
	f.Add(byte(1), []byte("-a/b.c=1\n=\n"), "a.b/c", "a.b/c = 2")
	f.Add(byte(3), []byte("export A='\n"), "A", "A='b")
	f.Add(byte(5), []byte("UUID=\"a\" /a\\040b/ ext4\n#\n"), "/a b", "x /a\\040b ext4 ro 0")
	f.Add(byte(5), []byte("/dev/sdb1 /a\u00a0b ext4\r\n"), "/a\u00a0b", "/dev/sdb1 /a\u00a0b ext4 ro 0 0")
	f.Add(byte(6), []byte("# a\nbr-netfilter \nloop\n"), "br_netfilter", "br-netfilter")
	f.Add(byte(7), []byte("options\ta-b  c=1\nblacklist a\n"), "a_b", "options a_b c=2")
	f.Add(byte(8), []byte("# de_DE@euro X\nde_DE.ISO-8859-15@euro\tISO-8859-15\n"), "de_DE.iso885915@euro", "de_DE.ISO-8859-15@euro ISO-8859-15")
	f.Fuzz(func(t *testing.T, which byte, content []byte, key, line string) {
		r := tables[int(which)%len(tables)]
		if len(line) > 0 {
			r.Key, r.Lines = key, []string{line}
		}
		given := bytes.Clone(content)
		once, err := r.Apply(content)
		if !bytes.Equal(given, content) {
			t.Fatalf("the edit wrote into its input: %q became %q", given, content)
		}
		if err != nil || r.Said(once) == nil {
			return // A line that is no item of its key: a kind writes none.
		}
		if twice, err := r.Apply(once); err != nil || !bytes.Equal(once, twice) && len(r.find(RowsOf(once))) == 1 && slices.Equal(r.Said(once), r.forms(r.Lines)) {
			t.Fatalf("the second edit changed it again: %q, then %q, then %q: %v", content, once, twice, err)
		}
		gone := Item{Table: r.Table, Key: r.Key}
		was, err := gone.Apply(content)
		if err != nil {
			t.Fatal(err)
		}
		is, err := gone.Apply(once)
		if err != nil {
			t.Fatal(err)
		}
		if strings.TrimRight(string(was), "\r\n") != strings.TrimRight(string(is), "\r\n") && r.Table != Jobs {
			t.Fatalf("around the item there was %q, and now %q", was, is)
		}
		if r.Table != Jobs && gone.Said(is) != nil {
			t.Fatalf("without the item there is %q", is)
		}
	})
}

// TestGapOfHosts: an entry that is changed keeps the blanks between its address and its names.
func TestGapOfHosts(t *testing.T) {
	for was, want := range map[string]string{
		"10.0.0.5 old\n":             "10.0.0.5 db\n",
		"10.0.0.5\told\n":            "10.0.0.5\tdb\n",
		"  10.0.0.5 \t  old # why\n": "10.0.0.5 \t  db # why\n",
		"#\n":                        "#\n10.0.0.5\tdb\n",
	} {
		edit := Item{Table: Hosts, Key: "10.0.0.5", Lines: []string{"10.0.0.5\tdb"}}
		if is, err := edit.Apply([]byte(was)); err != nil || string(is) != want {
			t.Errorf("%q became %q, %v, want %q", was, is, err, want)
		}
	}
}
