package ssh

import "testing"

func TestParsePort(t *testing.T) {
	for text, want := range map[string]int{
		"22": 22, "0022": 22, "+22": 22, " 22": 22, "65535": 65535, "ssh": 22, "telnet": 23, "https": 443,
		"": 0, "0": 0, "-1": 0, "65536": 0, "0x16": 0, "22 ": 0, "SSH": 0, "tftp": 0, "no-such-service": 0,
	} {
		if got, err := parsePort(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("parsePort(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestPortOfJump(t *testing.T) {
	for spec, want := range map[string]int64{"hop:ssh": 22, "deploy@hop:telnet": 23, "ssh://hop:022": 22, "hop": 0, "hop:2222x": -1, "hop:0": -1, "hop:nope": -1} {
		to, err := SSH{}.jump(spec)
		switch {
		case want < 0 && err == nil:
			t.Errorf("the jump %q was accepted with the port %d", spec, to.Port)
		case want >= 0 && (err != nil || to.Port != want || to.Host != "hop"):
			t.Errorf("the jump %q leads to %s, port %d: %v; want port %d", spec, to.Host, to.Port, err, want)
		}
	}
}
