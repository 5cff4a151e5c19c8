package connect

import (
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// TestASecretEndsInALineEnd: it is told, with what to do, and not shown; one
// without, or with a line end inside, is another matter.
func TestASecretEndsInALineEnd(t *testing.T) {
	for _, attr := range []string{"password", "passphrase"} {
		for secret, want := range map[string]bool{"": false, "hunter2": false, "hunter2\n": true, "hunter2\r\n": true, "hunter2\n\n": true, "hun\nter2": false, " hunter2 ": false} {
			p := CheckTyped(attr, kind.CodePasswordLineEnd, secret)
			if got := len(p) == 1; got != want {
				t.Errorf("%s %q: %v", attr, secret, p)
			}
			for _, x := range p {
				if x.Attr != attr || !strings.Contains(x.Detail, "chomp()") || strings.Contains(x.Detail, "hunter2") || x.Masked != x.Detail {
					t.Errorf("%s %q: %+v", attr, secret, x)
				}
			}
		}
	}
	p := Sudo{Password: "hunter2\n"}.Validate()
	if len(p) != 1 || p[0].Code != "password_line_end" {
		t.Errorf("sudo: %v", p)
	}
	if p := (Sudo{Password: "hun\nter2"}).Validate(); len(p) != 1 || p[0].Code != "sudo_password_form" {
		t.Errorf("sudo, inside: %v", p)
	}
}

// TestAHostIsANameAlone: what people write with it has arguments of its own.
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
