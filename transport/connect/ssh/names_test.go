package ssh

import (
	"os"
	"path/filepath"
	"testing"
)

// TestNamesDoNotReachSSH: an invalid host or user is refused before the ssh program
// sees it. Its Match exec gives names to a shell.
func TestNamesDoNotReachSSH(t *testing.T) {
	dir := t.TempDir()
	ran := filepath.Join(dir, "ran")
	if err := os.WriteFile(filepath.Join(dir, "ssh"), []byte("#!/bin/sh\n: >"+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	config := writeFile(t, "config", "Match exec \"test %h = x\"\n Port 3\n")
	for _, k := range []SSH{{Host: "a`id`"}, {Host: "a;id"}, {Host: "$(id)"}, {Host: "-oProxyCommand=id"}, {Host: "a b"}, {Host: ""}} {
		k.SSHConfig = config
		_, err := k.Start(t.Context(), start())
		if p := wantCode(t, err, "ssh_host_name"); p.Attr != "host" {
			t.Error(p)
		}
	}
	for _, user := range []string{"a`id`", "a;id", "a$b", "-x", "a|b", "a\nb"} {
		_, err := SSH{Host: "h", User: user, SSHConfig: config}.Start(t.Context(), start())
		if p := wantCode(t, err, "ssh_user_name"); p.Attr != "user" {
			t.Error(p)
		}
	}
	for _, jump := range []string{"a;id", "x$y@hop", "-x"} {
		_, err := SSH{Host: "h", SSHConfig: writeFile(t, "jump", "Host h\n ProxyJump "+jump+"\n")}.Start(t.Context(), start())
		wantCode(t, err, "ssh_config", "ProxyJump")
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("ssh was given an invalid name")
	}
}
