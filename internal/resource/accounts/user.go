package accounts

import (
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// userArgs are what a block of the kind user may set.
type userArgs struct {
	Name         string     `cbor:"name" mito:"required,claims=user,needs=group"`
	UID          *int64     `cbor:"uid,omitempty" mito:"numbers,itself"`
	Group        *string    `cbor:"group,omitempty" mito:"needs=group"`
	Groups       []string   `cbor:"groups,omitempty" mito:"needs=group"`
	Append       bool       `cbor:"append,omitempty" mito:"default=false"`
	Home         *kind.Text `cbor:"home,omitempty" mito:"public"`
	CreateHome   *bool      `cbor:"create_home,omitempty"`
	Skeleton     *kind.Text `cbor:"skeleton,omitempty" mito:"needs=path"`
	Shell        *kind.Text `cbor:"shell,omitempty"`
	Comment      *kind.Text `cbor:"comment,omitempty"`
	System       bool       `cbor:"system,omitempty" mito:"default=false"`
	PasswordHash *string    `cbor:"password_hash,omitempty" mito:"secret"`
	// UpdatePassword says when password_hash counts.
	UpdatePassword   string     `cbor:"update_password,omitempty" mito:"oneof=always|on_create,default=always"`
	Locked           *bool      `cbor:"locked,omitempty"`
	Expires          *string    `cbor:"expires,omitempty"`
	AgeMin           *int64     `cbor:"password_expire_min,omitempty"`
	AgeMax           *int64     `cbor:"password_expire_max,omitempty"`
	AgeWarn          *int64     `cbor:"password_expire_warn,omitempty"`
	AgeInactive      *int64     `cbor:"password_expire_account_disable,omitempty"`
	MoveHome         bool       `cbor:"move_home,omitempty" mito:"default=false"`
	RemoveHome       bool       `cbor:"remove_home,omitempty" mito:"default=false,end"`
	Force            bool       `cbor:"force,omitempty" mito:"default=false"`
	GenerateSSHKey   bool       `cbor:"generate_ssh_key,omitempty" mito:"default=false"`
	SSHKeyType       string     `cbor:"ssh_key_type,omitempty" mito:"oneof=ed25519|rsa|ecdsa,default=ed25519"`
	SSHKeyBits       *int64     `cbor:"ssh_key_bits,omitempty"`
	SSHKeyComment    *kind.Text `cbor:"ssh_key_comment,omitempty" mito:"shows=ssh_public_key"`
	SSHKeyFile       *kind.Text `cbor:"ssh_key_file,omitempty" mito:"public"`
	SSHKeyPassphrase *string    `cbor:"ssh_key_passphrase,omitempty" mito:"secret"`
	State            string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
}

// Manual says the texts of these arguments.
func (userArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A user account.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "group" "deployers" {
  on   = context.local.here
  name = "deployers"
}
resource "user" "alice" {
  on            = context.local.here
  name          = "alice"
  comment       = "Alice Example"
  groups        = [group.deployers.name]
  append        = true
  shell         = "/bin/sh"
  password_hash = "*"
}
`,
			Reads:   "/etc/passwd, /etc/shadow and /etc/group, whether the home directory is there, the defaults of useradd, and whether the programs that make the change are there. /etc/shadow needs root. While planning, the groups of earlier blocks count as there.",
			Drift:   "An attribute that the block sets is another one than the last apply left, or the account is gone. Of groups with append only those that are named count.",
			Ansible: "user, with the same words. groups is exact unless append is set, as there. password_hash is a hash and a secret, and never in a command line. move_home renames the directory in one step, and refuses to copy it to another file system, where usermod copies. remove_home is its remove, and looks first whose the directory is. generate_ssh_key makes ed25519 by default, tells the passphrase to ssh-keygen over its standard input, and writes below the home through no link.",
			Pyinfra: "server.user, whose ensure_home is create_home here. Keys of public_keys are lines of a file here.",
			Limits:  "Accounts of LDAP and the like are not changed. An account that programs run under is not removed unless force is set, and what it owns elsewhere stays. A number that was used is not given back.",
			Traits:  []string{"uid", "group", "groups", "home", "create_home", "shell", "comment", "password_hash", "locked", "expires", "password_expire_min", "password_expire_max", "password_expire_warn", "password_expire_account_disable", "generate_ssh_key"},
		},
		End:        "an account that an apply made is removed, with the group that was made with it unless others are in that, and, unless remove_home is set, without its home directory. That is removed only if it was made with the account. Else its files stay, as do its mail, its jobs for cron and at, and what it owns elsewhere. They belong to a number that the next new account may get. One that has another number than the last apply left was made again by somebody else, and stays. An account is not removed while programs run under it, nor one through which the agent was reached. What cannot be taken back: the number, which was used; the group of its name if it was there before and USERGROUPS_ENAB has userdel remove it; and the backups that the programs keep, such as /etc/passwd-. Other changes to an account that was there before stay.",
		OtherNames: "useradd account",
		Attrs: map[string]kind.Entry{
			"name":                            {Doc: "Name of the account.", OtherNames: "username user"},
			"uid":                             {Doc: "Number of the account. The next free one is taken when not set: accounts of a machine are made one at a time, in the order of the configuration, those with a uid first."},
			"group":                           {Doc: "Name or number of the primary group. A new account gets a group of its own name when not set.", OtherNames: "gid"},
			"groups":                          {Doc: "Names of the other groups it is in: all of them, or with append at least these. Left alone when not set."},
			"append":                          {Doc: "Only with groups: keep those that it does not name."},
			"home":                            {Doc: "Home directory. An existing one is not moved unless move_home is set."},
			"create_home":                     {Doc: "Make the home directory if it is missing, filled from the skeleton (/etc/skel) and with the mode that useradd would give. For a new account true unless system is set; for one that exists only if it is set.", OtherNames: "createhome ensure_home"},
			"skeleton":                        {Doc: "Directory whose files a home directory gets that is made, instead of the skeleton of the machine.", OtherNames: "skel"},
			"shell":                           {Doc: "Login shell."},
			"comment":                         {Doc: "Full name or description (the GECOS field).", OtherNames: "gecos"},
			"system":                          {Doc: "Take the number of a new account from the range for system accounts."},
			"password_hash":                   {Doc: "Password as crypt(5) hashes it; or *, which no password fits; or !, which is empty and locked. A lock on a password stays unless locked is set.", OtherNames: "password passwd hashed_password"},
			"update_password":                 {Doc: "Whether password_hash counts at every apply, or for a new account alone: with on_create a password that the user has changed stays, and so does one that was there.", OtherNames: "password_update"},
			"locked":                          {Doc: "Whether a mark in front of the password locks it, as usermod -L and -U put it there and take it away. An account whose password is * has none that fits, locked or not. Unlocking an empty password is refused.", OtherNames: "password_lock"},
			"expires":                         {Doc: "Day on which the account ends, as 2027-01-31, or never.", OtherNames: "expiry"},
			"password_expire_min":             {Doc: "After how many days the password may be changed again; -1 is at any time. Left alone when not set, as are the next three; a new account gets what /etc/login.defs has.", OtherNames: "min_days"},
			"password_expire_max":             {Doc: "After how many days the password has to be changed, counted from its last change, which may be long ago; -1 is never.", OtherNames: "max_days"},
			"password_expire_warn":            {Doc: "How many days before that the user is warned; -1 is never.", OtherNames: "warn_days"},
			"password_expire_account_disable": {Doc: "How many days after that the account is closed, if the password was not changed; -1 is never.", OtherNames: "inactive inactive_days"},
			"generate_ssh_key":                {Doc: "Have a key of ssh in the home directory. If there is none it is made with ssh-keygen; one that is there is never replaced, whatever its type. If its public half is missing, that is made."},
			"ssh_key_type":                    {Doc: "Type of a key that is made."},
			"ssh_key_bits":                    {Doc: "Size of a key that is made, of the type rsa or ecdsa. What ssh-keygen takes by itself when not set."},
			"ssh_key_comment":                 {Doc: "Comment of a key that is made. The name of the account when not set."},
			"ssh_key_file":                    {Doc: "Where the private key is, relative to the home directory; the public one has .pub behind it. Its directory is made, with the mode 0700, if it is missing. The usual one, such as .ssh/id_ed25519, when not set."},
			"ssh_key_passphrase":              {Doc: "Passphrase of a key that is made; it has none when not set. That of a key which is there is not changed."},
			"move_home":                       {Doc: "Only with home: rename the home directory that the account has to the new one. Nothing may be there, no program may run under the account, and both must be on one file system. Without it the old one stays where it is."},
			"remove_home":                     {Doc: "Remove the home directory and everything in it before the account is removed: with state absent; and when an account is taken away that an apply made together with its home, if it was set by then. It is refused unless the directory belongs to the account and to no other. Mail and jobs of the account elsewhere stay.", OtherNames: "remove"},
			"force":                           {Doc: "With state absent, remove the account though programs run under it. They go on running under its number. The account through which the agent was reached is never removed."},
			"state":                           {Doc: "Whether the account should be there. With absent its home directory stays unless remove_home is set, and what other arguments say of it does not count.", OtherNames: "ensure present", Values: resource.Presence()},
		},
	}
}

type userResults struct {
	UID         int64     `cbor:"uid" mito:"computed"`
	GID         int64     `cbor:"gid" mito:"computed"`
	Home        kind.Text `cbor:"home" mito:"computed"`
	PublicKey   kind.Text `cbor:"ssh_public_key" mito:"computed"`
	Fingerprint kind.Text `cbor:"ssh_key_fingerprint" mito:"computed"`
}

// Manual says the texts of these results.
func (userResults) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"uid":                 {Doc: "Number of the account."},
			"gid":                 {Doc: "Number of its primary group."},
			"home":                {Doc: "Its home directory."},
			"ssh_public_key":      {Doc: "The public key, as a line of authorized_keys has it. Empty without generate_ssh_key."},
			"ssh_key_fingerprint": {Doc: "Its fingerprint, as ssh-keygen -l prints it."},
		},
	}
}

func userKind() kind.Kind {
	k := resource.Define("user", func() resource.Resource { return &Account{} }, userResults{})
	k.Settings = settingsFiles
	return k
}

// Account is the desired state of a user account.
type Account struct {
	userArgs

	// ends is set if it takes away an account that was made, and nothing else.
	ends *resource.Kept
}

// Validate implements Validator. Values become arguments of programs and fields of
// /etc/passwd, so it refuses those that would end the field or be taken for an
// option.
func (a *Account) Validate() []kind.Problem {
	out := resource.CheckState(a.State)
	bad := func(attr, summary, detail string, args ...any) {
		out = append(out, *kind.NewProblem(attr, kind.ArgumentCode(attr), summary, detail, args...))
	}
	if a.Name != "" && badAccount(a.Name) {
		bad("name", "Bad name", "%q cannot be the name of an account. A name has at most 32 letters, digits, dots, dashes and underscores, and does not begin with a dash.", a.Name)
	}
	for _, p := range []struct {
		attr string
		path *kind.Text
	}{{"home", a.Home}, {"shell", a.Shell}, {"skeleton", a.Skeleton}} {
		if p.path != nil && (!strings.HasPrefix(string(*p.path), "/") || strings.ContainsAny(string(*p.path), ":\n\x00")) {
			bad(p.attr, "Bad path", "%s is %q. It must be an absolute path without colons.", p.attr, string(*p.path))
		}
	}
	if a.Comment != nil && strings.ContainsAny(string(*a.Comment), ":\n\x00") {
		bad("comment", "Bad comment", "A comment cannot contain colons or line ends.")
	}
	for _, g := range a.Groups {
		if g == "" || strings.HasPrefix(g, "-") || strings.ContainsAny(g, ":, \t\n\x00") {
			bad("groups", "Bad group", "%q cannot be the name of a group.", g)
		}
	}
	if a.UID != nil && (*a.UID < 0 || *a.UID >= 1<<32-1) {
		bad("uid", "Bad number", "uid is %d; it has to be between 0 and 4294967294.", *a.UID)
	}
	if a.Append && a.Groups == nil {
		bad("append", "Nothing to append", "append keeps the groups that groups does not name. groups is not set, so all are kept anyway. Set groups, or remove append.")
		out[len(out)-1].Unless("groups")
	}
	if a.MoveHome && a.Home == nil {
		bad("move_home", "Nowhere to move to", "move_home renames the home directory to the one that home names, and home is not set. Set home, or remove move_home.")
		out[len(out)-1].Unless("home")
	}
	if a.Skeleton != nil && a.CreateHome != nil && !*a.CreateHome {
		out = append(out, resource.Excluding("skeleton", "skeleton is what a home directory begins with, and create_home = false makes none. Remove one of them.")...)
	}
	if !slices.Contains([]string{"", updateAlways, updateOnCreate}, a.UpdatePassword) {
		bad("update_password", "Unknown word", "update_password is %q; it can be always or on_create.", a.UpdatePassword)
	}
	out = append(out, a.validatePassword()...)
	if _, err := a.expiry(); err != nil {
		out = append(out, *err)
	}
	out = append(out, a.validateAges()...)
	return append(out, a.validateKey()...)
}

// The values of update_password.
const updateAlways, updateOnCreate = "always", "on_create"

func (a *Account) validatePassword() []kind.Problem {
	if a.PasswordHash == nil {
		return nil
	}
	h := *a.PasswordHash
	if strings.ContainsAny(h, ":\n\r\x00") || !strings.HasPrefix(h, "$") && h != "*" && h != "!" {
		return []kind.Problem{*kind.NewProblem("password_hash", kind.CodePasswordHash, "Not a hashed password",
			"password_hash must be a hash of crypt(5), which begins with a dollar sign, as mkpasswd prints it. Or write * for no password, or ! for an empty one that is locked. To lock a password, set locked.")}
	}
	return nil
}

// expiry is expires as shadow has it: empty is never.
func (a *Account) expiry() (string, *kind.Problem) {
	if a.Expires == nil || *a.Expires == "" || *a.Expires == "never" {
		return "", nil
	}
	if _, err := time.Parse(time.DateOnly, *a.Expires); err != nil {
		return "", kind.NewProblem("expires", kind.CodeExpires, "Bad day", "expires is %q; write it as 2027-01-31, or never.", *a.Expires)
	}
	return *a.Expires, nil
}

// accountResults are the computed results that are known of an account.
func accountResults(u resource.User) map[string]any {
	out := map[string]any{"home": u.Home}
	if u.UID >= 0 {
		out["uid"] = u.UID
	}
	if u.GID >= 0 {
		out["gid"] = u.GID
	}
	return out
}

// sortedGroups are the groups wanted, in order and once each.
func (a *Account) sortedGroups(have []string) []string {
	want := slices.Clone(a.Groups)
	if a.Append {
		want = append(want, have...)
	}
	slices.Sort(want)
	return slices.Compact(want)
}
