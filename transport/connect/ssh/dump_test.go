package ssh

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// compared are the keywords whose values are compared with what `ssh -G` prints,
// each with a function that writes ours in its form.
var compared = map[string]func(string) string{
	"hostname": nil, "user": nil, "port": portForm, "identityfile": nil, "certificatefile": nil, "identityagent": nil, "hostkeyalias": nil,
	"proxyjump": nil, "proxycommand": nil, "userknownhostsfile": nil, "globalknownhostsfile": nil, "addressfamily": nil, "bindaddress": nil,
	"requiredrsasize": nil, "revokedhostkeys": nil, "preferredauthentications": nil, "serveralivecountmax": nil,
	"identitiesonly": flag("yes", "no"), "hashknownhosts": flag("yes", "no"), "passwordauthentication": flag("yes", "no"),
	"pubkeyauthentication": flag("true", "false"), "stricthostkeychecking": flag("true", "false"),
	"connecttimeout": seconds, "serveraliveinterval": seconds,
}

func flag(on, off string) func(string) string {
	return func(s string) string {
		switch strings.ToLower(s) {
		case "yes", "true":
			return on
		case "no", "false", "off":
			return off
		}
		return s
	}
}

func portForm(s string) string {
	n, err := parsePort(s)
	if err != nil {
		return s
	}
	return strconv.Itoa(n)
}

func seconds(s string) string {
	d, err := parseInterval(s)
	if err != nil || d == 0 {
		return s
	}
	return strconv.Itoa(int(d.Seconds()))
}

// dump returns what `ssh -G` prints, as values by keyword.
func dump(t testing.TB, config, host string) (map[string][]string, error) {
	cmd := exec.CommandContext(t.Context(), "ssh", "-G", "-F", config, "--", host)
	var words strings.Builder
	cmd.Stderr = &words
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, words.String())
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		all[strings.ToLower(key)] = append(all[strings.ToLower(key)], value)
	}
	return all, nil
}

// TestSettingsLikeSSH compares what this package and ssh read in some hundred
// configurations, generated from pieces and written by hand. ssh does not log in
// for that.
func TestSettingsLikeSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	usual := map[string]map[string][]string{}
	for _, host := range configHosts {
		var err error
		if usual[host], err = dump(t, "none", host); err != nil {
			t.Fatal(err)
		}
	}
	texts := slices.Concat(handmade, generated(250))
	work := make(chan int)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for k := range work {
				host := configHosts[k%len(configHosts)]
				compareWithDump(t, texts[k], host, usual[host])
			}
		})
	}
	for k := range texts {
		work <- k
	}
	close(work)
	wg.Wait()
}

func compareWithDump(t *testing.T, text, host string, usual map[string][]string) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Error(err)
		return
	}
	name := filepath.Join(dir, "config")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Error(err)
		return
	}
	theirs, theirErr := dump(t, name, host)
	ours, ourErr := SSH{Host: host, SSHConfig: name}.options(t.Context(), homeDir())
	if (theirErr == nil) != (ourErr == nil) {
		t.Errorf("of\n%sfor %s, ours says: %v; ssh says: %v", text, host, ourErr, theirErr)
		return
	}
	if ourErr != nil {
		return
	}
	for key, form := range compared {
		want := theirs[key]
		got := shown(ours, key, host, form)
		if len(got) == 0 {
			got = usual[key]
		}
		if !slices.Equal(got, want) {
			t.Errorf("of\n%sfor %s, %s is %q; ssh says %q", text, host, key, got, want)
		}
	}
	compareAlgorithms(t, text, ours, theirs, usual)
}

// shown writes our value as `ssh -G` prints it.
func shown(o options, key, host string, form func(string) string) (out []string) {
	for _, line := range o[key] {
		value := line.value()
		switch {
		case key == "hostname":
			value, _ = hostTokens(host).expand(value)
			value = lowerHost(value)
		case key == "proxycommand":
			value = line.rest
		}
		if form != nil {
			value = form(value)
		}
		if value == "none" && key != "identityfile" && key != "identityagent" && key != "userknownhostsfile" && key != "globalknownhostsfile" {
			continue
		}
		out = append(out, value)
	}
	return unique(out)
}

// compareAlgorithms completes our lists with the defaults of ssh, and compares
// those algorithms that this program knows.
func compareAlgorithms(t *testing.T, text string, ours options, theirs, usual map[string][]string) {
	safe, weak := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	for key, able := range map[string][]string{
		"ciphers": slices.Concat(safe.Ciphers, weak.Ciphers), "kexalgorithms": slices.Concat(safe.KeyExchanges, weak.KeyExchanges),
		"hostkeyalgorithms": slices.Concat(safe.HostKeys, weak.HostKeys),
	} {
		list := ours.first(key)
		if list == "" || len(usual[key]) == 0 {
			continue
		}
		can := func(a string) bool { return slices.Contains(able, a) }
		base := filter(strings.Split(usual[key][0], ","), can)
		got, _ := assemble(list, base, able)
		want := filter(strings.Split(theirs[key][0], ","), can)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("of\n%s%s is %q; ssh says %q", text, key, got, want)
		}
	}
}

var configHosts = []string{"web", "web1.example", "db", "10.0.0.1"}

// TestNamesInUpperCaseLikeSSH compares what both read in host names and patterns in
// upper case, and in ports given by name, for each host.
func TestNamesInUpperCaseLikeSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh"); err != nil {
		t.Skip("ssh is not installed")
	}
	texts := []string{"Host web\nPort 7\n", "Host WEB\nPort 7\n", "Host W?b w*\nPort 7\n", "Host * !web\nPort 7\n", "Host * !WEB\nPort 7\n",
		"Match host web\nPort 7\n", "Match host WEB\nPort 7\n", "Match host *,!WEB\nPort 7\n", "Match originalhost web\nPort 7\n", "Match originalhost WEB\nPort 7\n",
		"HostName FOO\nMatch host foo\nPort 7\n", "HostName FOO\nMatch host FOO\nPort 7\n", "HostName FOO\nMatch final\nUser u\nHost foo\nPort 7\n",
		"HostName FOO\nMatch final\nUser u\nHost FOO\nPort 7\n", "Match final\nUser u\nHost web\nPort 7\n", "Match final\nUser u\nHost WEB\nPort 7\n",
		"Match final exec \"test %h = web\"\nPort 7\n", "Match exec \"test %h = WEB\"\nPort 7\n", "Match exec \"test %n = WEB\"\nPort 7\n", "HostName %h.example\nMatch exec \"test %h = WEB.example\"\nPort 7\n"}
	ports := []string{"Port ssh\n", "Port SSH\n", "Port telnet\n", "Port tftp\n", "Port 0022\n", "Port +22\n", "Port \" 22\"\n", "Port \"22 \"\n", "Port 0x16\n", "Port -1\n", "Host db\nPort nope\n",
		"Port telnet\nMatch exec \"test %p = 23\"\nUser u\n"}
	for _, host := range []string{"web", "WEB"} {
		usual, err := dump(t, "none", host)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range slices.Concat(texts, ports) {
			compareWithDump(t, text, host, usual)
		}
	}
}

// handmade are configurations that are easy to get wrong.
var handmade = []string{
	"", "# nothing\n\n", "Host web db\n HostName 10.0.0.%%1\n Port 7\nHost w*\n User \"a b\"\n Port 8\n",
	"Host=web\nPort=3\nUser = \"x\"\n", "\tHost\tweb\n\t\tPort\t5 # five\n", "host WEB\nport 6\n", "Host w?b\nPort 7\nHost d?\nPort 8\n",
	"Host * !web\nPort 9\n", "Host !web\nPort 9\n", "Host !db *\nPort 9\nHost *\nUser z\n", "Match all\nPort 1\n", "Match host web,db\nPort 2\n",
	"Match host web*,!web1.*\nPort 2\n", "Match !host web\nPort 3\n", "HostName %h.example\nMatch host *.example\nPort 4\n", "Match originalhost db\nPort 5\n",
	"User me\nMatch user me\nPort 6\nMatch user m*,!me\nUser no\n", "Match exec true\nPort 7\n", "Match exec \"test %h = web\"\nPort 8\n", "Match !exec false host web\nPort 9\n",
	"Match final\nPort 10\n", "HostName x\nMatch final host x\nPort 11\nUser late\n", "Match canonical\nPort 1\n", "Match canonical all\nPort 1\n", "Match final all\nPort 1\n",
	"ProxyCommand none\nProxyJump hop\n", "ProxyJump hop\nProxyCommand nc %h %p\n", "ProxyJump none\nProxyCommand nc\n", "ProxyJump a,b,c\n", "ProxyJump me@a:2222,b\n",
	"ProxyCommand nc \"a  b\" %h %p # kept\n", "IdentityFile /a\nIdentityFile /b\nIdentityFile /a\n", "IdentityFile none\n", "IdentityFile \"/with space\"\nCertificateFile /c\nCertificateFile /d\n",
	"UserKnownHostsFile /a /b\n", "UserKnownHostsFile none\n", "UserKnownHostsFile \"/a b\"\n", "GlobalKnownHostsFile /g\n", "StrictHostKeyChecking no\n", "StrictHostKeyChecking off\n",
	"StrictHostKeyChecking accept-new\n", "StrictHostKeyChecking ask\n", "StrictHostKeyChecking YES\n", "ConnectTimeout 1m30s\n", "ConnectTimeout 2H\nServerAliveInterval 1d\n",
	"ConnectTimeout 10x\n", "ConnectTimeout -1\n", "ConnectTimeout none\n", "Port x\n", "Port 0\n", "Port 70000\n", "Port\n", "Port 1 2\n", "User a b\n", "User\n", "Foo bar\n", "Host db\nFoo bar\n",
	"IgnoreUnknown Foo\nFoo bar\n", "IgnoreUnknown F*,x\nFOO bar\nX y\n", "Foo bar\nIgnoreUnknown Foo\n", "Match\n", "Match foo\n", "Match user\n", "Match all host web\n", "Host\n",
	"User \"a\n", "User 'a'\n", "User a\\ b\n", "User \"a\\\"b\"\n", "User a#b\n", "IdentitiesOnly maybe\n", "IdentitiesOnly TRUE\n", "AddressFamily inet\n", "AddressFamily ipv4\n",
	"HostName %h.example\n", "HostName %%h\n", "BindAddress 127.0.0.1\nHostKeyAlias al\n", "PubkeyAuthentication no\nPasswordAuthentication no\n", "PreferredAuthentications publickey,password\n",
	"RequiredRSASize 2048\nRevokedHostKeys /r\n", "IdentityAgent none\n", "IdentityAgent $SOCK\n", "IdentityAgent SSH_AUTH_SOCK\n", "Ciphers -aes*\n", "Ciphers +3des-cbc\n", "Ciphers ^aes256-ctr\n",
	"KexAlgorithms +diffie-hellman-group14-sha1\n", "KexAlgorithms -ecdh-*,x\n", "HostKeyAlgorithms ssh-*\n", "HostKeyAlgorithms ^rsa-sha2-512\n", "HostKeyAlgorithms +ssh-rsa\n",
	"PubkeyAcceptedKeyTypes ssh-ed25519\nChallengeResponseAuthentication no\n", "ServerAliveCountMax 5\nServerAliveInterval 30\n", "ServerAliveCountMax x\n", "HashKnownHosts yes\n",
	"Include /nonexistent/*\nPort 3\n", "Include\n", "Compression yes\nForwardX11 yes\nLogLevel QUIET\nSendEnv X\nControlPath none\n", "\"Port\" 4\n", "Port = 4 \n", "Port 4\r\nUser x\r\n",
}

// generated makes configurations from pieces. They are the same in every run.
func generated(n int) []string {
	r := rand.New(rand.NewPCG(6, 6))
	one := func(list []string) string { return list[r.IntN(len(list))] }
	heads := []string{"Host web", "Host web* !web1.*", "Host *", "Host db 10.*", "Host !db *", "Host w?b", "Match all", "Match host web", "Match originalhost db,web1.*", "Match user a",
		"Match !user b", "Match host *.example exec true", "Match exec false", "Match host web !exec \"test %n = db\"", "Match final", "Match host 10.0.0.*,!10.0.0.2", "Match localuser nobody"}
	lines := []string{"Port 2", "Port 3", "User a", "User b", "HostName %h.example", "HostName 10.0.0.9", "IdentityFile /a", "IdentityFile ~/b", "IdentityFile %d/c", "IdentitiesOnly yes",
		"ProxyJump hop", "ProxyJump none", "ProxyCommand nc %h %p", "HostKeyAlias x", "StrictHostKeyChecking accept-new", "StrictHostKeyChecking no", "ConnectTimeout 5", "ConnectTimeout 1m",
		"UserKnownHostsFile /k /l", "CertificateFile /c", "Ciphers +aes128-cbc", "Ciphers aes128-ctr,aes256-ctr", "KexAlgorithms ^ecdh-sha2-nistp521", "HostKeyAlgorithms -rsa*", "AddressFamily inet6",
		"ServerAliveInterval 7", "ServerAliveCountMax 2", "BindAddress 127.0.0.1", "IdentityAgent /s", "PreferredAuthentications publickey", "RequiredRSASize 3072", "HashKnownHosts yes"}
	var texts []string
	for range n {
		var b strings.Builder
		for range r.IntN(3) {
			b.WriteString(one(lines) + "\n")
		}
		for range 1 + r.IntN(4) {
			b.WriteString(one(heads) + "\n")
			for range 1 + r.IntN(4) {
				b.WriteString("  " + one(lines) + "\n")
			}
		}
		texts = append(texts, b.String())
	}
	return texts
}
