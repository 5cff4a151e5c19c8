package connect

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestASecretEndsInALineEnd: a secret that ends in a line end is refused with
// advice, and is not shown. Without one it is accepted, and a line end inside is a
// different problem.
func TestASecretEndsInALineEnd(t *testing.T) {
	for _, attr := range []string{"password", "passphrase"} {
		for secret, want := range map[string]bool{"": false, "hunter2": false, "hunter2\n": true, "hunter2\r\n": true, "hunter2\n\n": true, "hun\nter2": false, " hunter2 ": false} {
			p := CheckTyped(attr, kind.CodePasswordLineEnd, secret)
			if got := len(p) == 1; got != want {
				t.Errorf("%s %q: got the problems %v", attr, secret, p)
			}
			for _, x := range p {
				if x.Attr != attr || !strings.Contains(x.Detail, "chomp()") || strings.Contains(x.Detail, "hunter2") || x.Masked != x.Detail {
					t.Errorf("%s %q: the problem must advise chomp() and not show the secret: %+v", attr, secret, x)
				}
			}
		}
	}
	p := Sudo{Password: "hunter2\n"}.Validate()
	if len(p) != 1 || p[0].Code != "password_line_end" {
		t.Errorf("a sudo password with a line end at the end gave %v", p)
	}
	if p := (Sudo{Password: "hun\nter2"}).Validate(); len(p) != 1 || p[0].Code != "sudo_password_form" {
		t.Errorf("a sudo password with a line end inside gave %v", p)
	}
}

// TestAHostIsANameAlone: if people write more than a name, the problem names the
// argument where that belongs.
func TestAHostIsANameAlone(t *testing.T) {
	for host, want := range map[string]string{
		"web1": "", "10.0.0.1": "", "::1": "", "fe80::1%eth0": "", "2001:db8::22": "",
		"web1:22": "argument port", "10.0.0.1:2222": "argument port", "root@web1": "argument user", "root@web1:22": "argument user", "ssh://web1": "name alone", "https://web1/": "name alone",
	} {
		p := CheckHost(host)
		if (len(p) == 0) != (want == "") || len(p) > 0 && !strings.Contains(p[0].Detail, want) {
			t.Errorf("%s: %v, want %q", host, p, want)
		}
	}
}
