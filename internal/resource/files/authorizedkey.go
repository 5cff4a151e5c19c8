package files

import (
	"strings"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// authorizedKeyArgs are what a block of the kind authorized_key may set.
type authorizedKeyArgs struct {
	User      string     `cbor:"user" mito:"required,needs=user,end"`
	Key       *kind.Text `cbor:"key" mito:"required,shows=content,end"`
	Path      *kind.Text `cbor:"path,omitempty" mito:"edits=path"`
	Options   *string    `cbor:"options,omitempty" mito:"shows=content,end"`
	Comment   *string    `cbor:"comment,omitempty" mito:"shows=content"`
	Exclusive bool       `cbor:"exclusive,omitempty" mito:"default=false,shows=content"`
	State     string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (authorizedKeyArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A public key that may log in as a user over ssh.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "user" "deploy" {
  on          = context.local.here
  name        = "deploy"
  create_home = true
}
resource "authorized_key" "laptop" {
  on      = context.local.here
  user    = user.deploy.name
  key     = join(" ", [
    "ssh-ed25519",
    join("", [
      "AAAAC3NzaC1lZDI1NTE5AAAAI",
      "FgSwXDkvCvmvjMTEt0pAs4uuD3ZnrCh3KSUYpkYyb1V",
    ]),
  ])
  comment = "laptop"
  options = "no-port-forwarding,from=\"10.0.0.0/8\""
}
`,
			Reads:   "The file of keys, and its owner, group and permissions and those of the directories above it up to the home; the account; and AuthorizedKeysFile and StrictModes in sshd_config with what it includes, if this user may read them. While planning, the account and its home may be those of an earlier block. The attribute content of the difference is that of the file.",
			Drift:   "The key is gone, or there again; its options or its comment are others, as far as the block sets them. With exclusive, another key is there. Options in another order are the same. Other lines do not count.",
			Ansible: "authorized_key, of which key_options is options. A key is found by its type and itself, whatever its comment. Options are left alone unless they are set; in Ansible they go. Without path the file is where sshd_config says, and not always in ~/.ssh. A missing ~/.ssh is made with the mode 0700; one that is there is not changed, and a warning says if sshd would not trust it. The key by which this connection logged in is not removed. A block has one key, or with exclusive several; see for_each.",
			Pyinfra: "server.user_authorized_keys, whose delete_keys is exclusive here.",
			Limits:  "Match blocks of sshd_config are not looked into, and neither is AuthorizedKeysCommand. Whether sshd would accept the type of a key is not known. With client = openssh a key can only be protected if the ssh program says which one it used: it does not over a ControlMaster.",
			Traits:  []string{"key", "exclusive", "content"},
		},
		End:        "a key that an apply added is taken out, and the file and ~/.ssh with it if they were made for it and hold nothing else. If one of several keys was there before, all of them stay. The key by which this connection logged in is not removed: that is an error. What cannot be taken back: options and comments of a key that was there before, and keys that exclusive or state = absent removed.",
		OtherNames: "ssh_authorized_key user_authorized_keys ssh_key",
		Attrs: map[string]kind.Entry{
			"user":      {Doc: "Name of the account that the key lets in.", OtherNames: "username owner"},
			"key":       {Doc: "The key, as in a .pub file: one line. With exclusive it may be several lines. Options may stand before a key, instead of options. If it is changed, the former key is removed.", OtherNames: "public_key public_keys keys pubkey"},
			"path":      {Doc: "The file of keys. Without it, the first one that AuthorizedKeysFile of /etc/ssh/sshd_config names, which is ~/.ssh/authorized_keys by default.", OtherNames: "dest file filename"},
			"options":   {Doc: "What the key may do, as in sshd(8): options with commas between them. Left alone when not set; \"\" is none. If they are set, further lines of the same key are removed, as these would let it in without them.", OtherNames: "key_options"},
			"comment":   {Doc: "What stands behind the key. Left alone when not set; a new line gets the one that key has."},
			"exclusive": {Doc: "Remove all other keys from the file. Comments stay.", OtherNames: "delete_keys purge"},
			"state":     {Doc: "Whether the key should be there. With absent, options and comment do not count.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

func authorizedKeyKind() kind.Kind {
	k := resource.Define("authorized_key", func() resource.Resource { return &AuthorizedKey{} }, PartResults{})
	k.AsksLogin = true
	k.Settings = []string{sshdConfigFile}
	return k
}

// AuthorizedKey is the desired state of a public key that lets somebody in.
type AuthorizedKey struct {
	authorizedKeyArgs
	file homeFile
	// all is set if the end of several keys is meant.
	all bool
}

// Validate implements Validator.
func (k *AuthorizedKey) Validate() []kind.Problem {
	out := resource.CheckState(k.State)
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if k.User == "" || strings.ContainsAny(k.User, "/:\n\x00") {
		bad("user", "Not a name of an account", "user is %q. Write the name of the account that the key lets in.", k.User)
	}
	if k.Path != nil {
		out = append(out, filesystem.CheckPath("path", *k.Path)...)
	}
	if k.Options != nil {
		if _, ok := edit.KeyOptions(*k.Options); !ok {
			bad("options", "Not a list of options", "options is %q. Write them as sshd(8) has them before a key: with commas between them, no blanks but in double quotes, a value behind an equals sign, and no # before all of them.", *k.Options)
		}
	}
	if k.Comment != nil && strings.ContainsAny(*k.Comment, "\n\r\x00") {
		bad("comment", "More than one line", "comment contains a line end, and a key is one line. Take it out.")
	}
	if k.Exclusive && k.State == "absent" {
		out = append(out, resource.Excluding("exclusive", "exclusive removes all keys but those of the block, and state = absent removes those. Remove one of them.")...)
	}
	keys, p := k.shape().Wanted()
	switch {
	case k.Key == nil:
	case p != nil:
		out = append(out, *p)
	case len(keys) > 1 && !k.Exclusive && !k.all:
		bad("key", "More than one key", "key has %d keys. Without exclusive a block has one, so that the former one goes when it is changed. Make a block for each of them with for_each, or set exclusive to have these and no others.", len(keys))
	}
	return out
}

// shape are the arguments that say what becomes of the content.
func (k *authorizedKeyArgs) shape() *edit.KeyArgs {
	a := &edit.KeyArgs{Options: k.Options, Comment: k.Comment, Exclusive: k.Exclusive, State: k.State}
	if k.Key != nil {
		a.Key = *k.Key
	}
	return a
}

// Part implements Parted.
func (*AuthorizedKey) Part(_ *resource.Parts, args map[string]any, unknown []string) resource.Part {
	out := resource.Part{}
	for _, attr := range unknown {
		if attr == "state" || attr == "key" || attr == "options" {
			return out
		}
	}
	text, _ := resource.WireText(args["key"])
	state, _ := resource.WireText(args["state"])
	out.Absent = state == "absent"
	out.Alone, _ = args["exclusive"].(bool)
	shape := edit.KeyArgs{Key: kind.Text(text)}
	if options, ok := resource.WireText(args["options"]); ok {
		shape.Options = &options
	}
	keys, _ := shape.Wanted()
	for _, key := range keys {
		out.Entries = append(out.Entries, key.Identity())
	}
	return out
}
