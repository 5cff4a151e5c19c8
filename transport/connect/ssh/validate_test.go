package ssh

import (
	"errors"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

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

// Two arguments that say which host keys are trusted count both, or are refused. Those beside
// host_key count only with a ProxyJump, so without an ssh configuration they are refused at
// once.
func TestArgumentsOfTrustThatContradictEachOtherAreRefused(t *testing.T) {
	const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJDDhyDjy4aFOJHfkEtNC5n0OUnNAkZHBEH/cmsMPUzX"
	jump := writeFile(t, "config", "Host web1\n ProxyJump hop\n")
	for name, c := range map[string]struct {
		args SSH
		attr string // that is refused, "" for none
	}{
		"host_key and known_hosts":          {SSH{KnownHosts: "k"}, "known_hosts"},
		"host_key and accept_new":           {SSH{HostKeyCheck: checkAcceptNew}, "host_key_check"},
		"host_key and off":                  {SSH{HostKeyCheck: checkOff}, "host_key_check"},
		"host_key and strict":               {SSH{HostKeyCheck: checkStrict}, ""},
		"host_key alone":                    {SSH{}, ""},
		"host_key and known_hosts, a jump":  {SSH{KnownHosts: "k", SSHConfig: jump}, ""},
		"host_key and accept_new, a jump":   {SSH{HostKeyCheck: checkAcceptNew, SSHConfig: jump}, ""},
		"host_key and known_hosts, no jump": {SSH{KnownHosts: "k", SSHConfig: writeFile(t, "none", "User me\n")}, "known_hosts"},
		"the program takes no host_key":     {SSH{KnownHosts: "k", Client: clientOpenSSH}, "host_key"},
	} {
		t.Run(name, func(t *testing.T) {
			k := c.args
			k.Host, k.HostKey = "web1", []string{key}
			k.SSHConfig = firstOf(k.SSHConfig, "false")
			bad := k.Validate()
			if k.SSHConfig != "false" {
				_, err := k.resolve(t.Context(), false)
				var p *kind.Problem
				if errors.As(err, &p) {
					bad = append(bad, *p)
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if c.attr == "" && len(bad) > 0 || c.attr != "" && (len(bad) != 1 || bad[0].Attr != c.attr) {
				t.Errorf("want %q refused, got %+v", c.attr, bad)
			}
		})
	}
}
