package resource

import "github.com/mitoplan/mitoplan/internal/kind"

// userArgs are what a block of the kind user may set.
type userArgs struct {
	Name         string     `cbor:"name" mito:"required,claims=user" doc:"Name of the account."`
	UID          *int64     `cbor:"uid,omitempty" doc:"Number of the account. A free one is taken when not set."`
	Group        *string    `cbor:"group,omitempty" mito:"needs=group" doc:"Name or number of the primary group. A new account gets a group of its own name when not set."`
	Groups       []string   `cbor:"groups,omitempty" mito:"needs=group" doc:"Names of the other groups it is in: all of them, or with append at least these. Left alone when not set."`
	Append       bool       `cbor:"append,omitempty" mito:"default=false" doc:"Keep the groups that are not named in groups."`
	Home         *kind.Text `cbor:"home,omitempty" doc:"Home directory. An existing one is not moved."`
	CreateHome   *bool      `cbor:"create_home,omitempty" doc:"Make the home directory of a new account, filled from /etc/skel. True unless system is set."`
	Shell        *kind.Text `cbor:"shell,omitempty" doc:"Login shell."`
	Comment      *kind.Text `cbor:"comment,omitempty" doc:"Full name or description (the GECOS field)."`
	System       bool       `cbor:"system,omitempty" mito:"default=false" doc:"Take the number of a new account from the range for system accounts."`
	PasswordHash *string    `cbor:"password_hash,omitempty" mito:"secret" doc:"Password as crypt(5) hashes it."`
	Locked       *bool      `cbor:"locked,omitempty" doc:"Whether login by password is locked."`
	Expires      *string    `cbor:"expires,omitempty" doc:"Day on which the account ends, as 2027-01-31, or never."`
	State        string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present" doc:"Whether the account should be there. With absent its home directory stays."`
}

type userResults struct {
	UID  int64     `cbor:"uid" mito:"computed" doc:"Number of the account."`
	GID  int64     `cbor:"gid" mito:"computed" doc:"Number of its primary group."`
	Home kind.Text `cbor:"home" mito:"computed" doc:"Its home directory."`
}

func userKind() Definition {
	return define("user", "A user account.", userArgs{}, userResults{},
		nil,
		map[string]string{
			"username": "name", "user": "name", "gid": "group", "password": "password_hash",
			"createhome": "create_home", "ensure_home": "create_home", "gecos": "comment", "ensure": "state",
			"present": "state", "password_lock": "locked", "expiry": "expires",
		})
}
