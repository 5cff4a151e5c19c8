package ssh

import "testing"

// TestSecretsInTheFormOfFiles: a password may not end in a line end, a key keeps
// the one that it needs, and a path is refused as a key.
func TestSecretsInTheFormOfFiles(t *testing.T) {
	const key = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\n"
	for name, c := range map[string]struct {
		args SSH
		want string
	}{
		"password":            {SSH{Password: "x\n"}, "password_line_end"},
		"passphrase":          {SSH{IdentityFile: "k", Passphrase: "x\r\n"}, "passphrase_line_end"},
		"both are right":      {SSH{Password: "x", Passphrase: "y"}, ""},
		"key with a line end": {SSH{PrivateKey: key}, ""},
		"key on one line":     {SSH{PrivateKey: "-----BEGIN OPENSSH PRIVATE KEY----- b3Bl"}, "ssh_key_lines"},
		"key that is a path":  {SSH{PrivateKey: "~/.ssh/id_ed25519"}, "ssh_key_form"},
	} {
		t.Run(name, func(t *testing.T) {
			c.args.Host = "web1"
			p := c.args.Validate()
			if c.want == "" && len(p) != 0 || c.want != "" && (len(p) != 1 || string(p[0].Code) != c.want) {
				t.Errorf("got %v, want %q", p, c.want)
			}
		})
	}
}

// TestPathsWithAZeroByte: an argument that names a file of this machine is refused
// if it has a zero byte. The system would only say "invalid argument".
func TestPathsWithAZeroByte(t *testing.T) {
	const path = "/a\x00b"
	for attr, args := range map[string]SSH{
		"identity_file": {IdentityFile: path}, "known_hosts": {KnownHosts: path},
		"ssh_config": {SSHConfig: path}, "certificate": {Certificate: path},
	} {
		args.Host = "web1"
		p := args.Validate()
		if len(p) != 1 || p[0].Attr != attr || p[0].Summary != "Path holds a zero byte" {
			t.Errorf("%s: got %v, want that the path holds a zero byte", attr, p)
		}
	}
}
