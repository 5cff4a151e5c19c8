package files

import (
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// knownHostArgs are what a block of the kind known_host may set.
type knownHostArgs struct {
	Name   string     `cbor:"name" mito:"required,shows=content,end"`
	Key    *kind.Text `cbor:"key,omitempty" mito:"shows=content,end"`
	Port   int64      `cbor:"port,omitempty" mito:"default=22,shows=content,end"`
	Hashed *bool      `cbor:"hashed,omitempty" mito:"shows=content"`
	User   *string    `cbor:"user,omitempty" mito:"needs=user,conflicts=path,end"`
	Path   *kind.Text `cbor:"path,omitempty" mito:"edits=path,conflicts=user"`
	State  string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (knownHostArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "The public key of a host that ssh on the machine trusts.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "known_host" "git" {
  on   = context.local.here
  path = "/etc/ssh/ssh_known_hosts"
  name = "git.example.com"
  port = 2222
  key  = join(" ", [
    "ssh-ed25519",
    join("", [
      "AAAAC3NzaC1lZDI1NTE5AAAAI",
      "FgSwXDkvCvmvjMTEt0pAs4uuD3ZnrCh3KSUYpkYyb1V",
    ]),
  ])
}
`,
			Reads:   "The file of known hosts, its owner, group and permissions, and without path the account whose home it is in. The attribute content of the difference is that of the file.",
			Drift:   "The key of the host of one of these types is another one, is gone, or is there again. With hashed, its name is in the other form. Other hosts, and keys of other types, do not count.",
			Ansible: "known_hosts, of which hash_host is hashed. The name may be left out of key, and key may have several types at once. With absent and without key all keys of the host go, as there. Without path the file is that of the user that the agent runs as, as there, or of user.",
			Pyinfra: "ssh.keyscan, which asks the host itself and trusts what it answers. Here the key is given, so that nobody in between can give another.",
			Limits:  "A key is for one name. Lines with patterns, with @revoked or with @cert-authority are left alone; a warning says if the key is revoked. The salt of a hashed name is made of the name and the key, so that a plan shows the line that an apply writes.",
			Traits:  []string{"key", "hashed", "content"},
		},
		End:        "the keys that an apply added are taken out, and the file and ~/.ssh with it if they were made for it and hold nothing else. A key that has been changed since stays. If the host had a key of one of these types before, all stay. What cannot be taken back: another key of the host that a block replaced, and keys that state = absent removed.",
		OtherNames: "known_hosts ssh_known_host",
		Attrs: map[string]kind.Entry{
			"name":   {Doc: "Name or address of the host, as one gives it to ssh. Another name of it is another block.", OtherNames: "host hostname"},
			"key":    {Doc: "The public key of the host, as in the .pub file in its /etc/ssh, or as ssh-keyscan prints it. It may be several lines, one for each type. With state absent, only these go; all keys of the host when not set.", OtherNames: "public_key host_key"},
			"port":   {Doc: "Port of its sshd. Another one than 22 is a part of the name in the file."},
			"hashed": {Doc: "Whether the name is written so that nobody can read it. A line that is there is left in its form when not set, and a new one is plain.", OtherNames: "hash_host hash"},
			"user":   {Doc: "The account whose ~/.ssh/known_hosts it is. That of the agent when neither this nor path is set."},
			"path":   {Doc: "The file of known hosts, such as /etc/ssh/ssh_known_hosts for all users.", OtherNames: "dest file"},
			"state":  {Doc: "Whether the key should be there. With absent, hashed does not count.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

func knownHostKind() kind.Kind {
	return resource.Define("known_host", func() resource.Resource { return &KnownHost{} }, PartResults{})
}

// KnownHost is the desired state of what ssh knows of a host.
type KnownHost struct {
	knownHostArgs
	file homeFile
}

// Validate implements Validator.
func (k *KnownHost) Validate() []kind.Problem {
	out := resource.CheckState(k.State)
	if k.Path != nil {
		out = append(out, filesystem.CheckPath("path", *k.Path)...)
	}
	if k.User != nil && (*k.User == "" || strings.ContainsAny(*k.User, "/:\n\x00")) {
		out = append(out, *kind.NewProblem("user", kind.ArgumentCode("user"), "Not a name of an account", "user is %q. Write the name of an account.", *k.User))
	}
	if _, p := k.shape().Wanted(); p != nil {
		out = append(out, *p)
	}
	return out
}

// shape are the arguments that say what becomes of the content.
func (k *knownHostArgs) shape() *edit.HostArgs {
	a := &edit.HostArgs{Name: k.Name, Port: k.Port, Hashed: k.Hashed, State: k.State}
	if k.Key != nil {
		a.Key = *k.Key
	}
	return a
}

// hostKeyTypes are the types of keys that hosts have. A block that takes all keys of a host away
// is about each of them.
var hostKeyTypes = []string{"ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"}

// Part implements Parted.
func (*KnownHost) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	out := resource.Part{}
	if slices.ContainsFunc(unknown, func(attr string) bool { return attr == "state" || attr == "key" || attr == "name" || attr == "port" }) {
		return out
	}
	shape := edit.HostArgs{Port: resource.WireNumber(args["port"])}
	shape.Name, _ = resource.WireText(args["name"])
	shape.State, _ = resource.WireText(args["state"])
	text, _ := resource.WireText(args["key"])
	shape.Key = kind.Text(text)
	out.Absent = shape.State == "absent"
	keys, p := shape.Wanted()
	if p != nil {
		return out
	}
	var types []string
	for _, k := range keys {
		types = append(types, k.Type)
	}
	if len(types) == 0 {
		types = hostKeyTypes
	}
	for _, typ := range types {
		out.Entries = append(out.Entries, shape.Host()+" "+typ)
	}
	return out
}
