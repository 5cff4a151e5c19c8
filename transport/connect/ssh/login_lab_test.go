//go:build linux

package ssh

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
)

// loginRow is one login that ssh and this package try with the same files. Its
// texts have placeholders. {addr} is the host's address. {port:NAME} is the port of
// a profile of sshd. {NAME} is the path of a fixture (see makeFixtures),
// {NAME:text} its content, and {NAME.pub} the text of a public key or certificate.
// {host:ALGO} is a host key. {known} are the lines that trust the host on every
// port. {home} is the home directory.
type loginRow struct {
	name string
	// config is the content of ~/.ssh/config. host is the name that ssh is given,
	// "web" if it is "".
	config, host string
	// files are in the home directory, by their paths below it, with mode 0600.
	files map[string]string
	// setup changes the home directory in ways that files cannot express.
	setup func(t *testing.T, l *loginLab, home string)
	// agent are the fixtures that the ssh-agent at SSH_AUTH_SOCK has. If it is nil,
	// there is no ssh-agent. env are variables besides HOME.
	agent []string
	env   map[string]string
	// in is true if ssh logs in.
	in bool
	// names is a keyword that we do not honour. It must be in the error or in a
	// warning. Only then may we log in although ssh does not, or fail although ssh
	// logs in.
	names string
	// says is a text in our error or warnings, whether or not both agree.
	says string
	// apart is why we do the opposite of ssh on purpose, "" if we do not.
	apart string
	// leaves is what known_hosts holds after either login, "" for anything.
	leaves string
}

// loginRows is the whole table. Each file of rows has one subject.
func loginRows() []loginRow { return slices.Concat(configRows, keyRows, hostRows) }

// TestLoginsLikeSSH: if ssh logs in, this package logs in, too, or says which
// keyword of the configuration it does not honour. To run one row: go test
// ./transport/connect/ssh -run 'TestLoginsLikeSSH/NAME'.
func TestLoginsLikeSSH(t *testing.T) {
	for _, program := range []string{"ssh", "unshare"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is missing", program)
		}
	}
	l := newLoginLab(t)
	rows := loginRows()
	if len(rows) < 40 {
		t.Errorf("%d logins are tried, want 40 or more", len(rows))
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.run(t, l) })
	}
}

func (row loginRow) run(t *testing.T, l *loginLab) {
	host := l.replacer.Replace(firstOf(row.host, "web"))
	home := l.home(t, row, passwdHome(t))
	out, theirs := runSSH(t, home, host)
	if (theirs == nil) != row.in {
		t.Fatalf("that ssh logs in is %v, want %v\n%s", theirs == nil, row.in, out)
	}
	row.left(t, l, "ssh", home)
	home = l.home(t, row, "")
	said, ours := logIn(t, SSH{Host: host})
	row.left(t, l, "ours", home)
	if ours != nil {
		said = append(said, ours.Error())
	}
	text := strings.Join(said, "\n")
	switch {
	case row.names != "" && !strings.Contains(text, row.names):
		t.Errorf("our error or warnings do not name %s: %s", row.names, text)
	case row.names == "" && (ours == nil) != (row.in == (row.apart == "")):
		t.Errorf("that we log in is %v, and that ssh does is %v: %s\nssh said: %s", ours == nil, row.in, text, out)
	case !strings.Contains(text, row.says):
		t.Errorf("our error or warnings do not say %q: %s", row.says, text)
	}
	if t.Failed() || testing.Verbose() {
		t.Logf("ssh: %v %s\nours: %s", theirs, out, text)
	}
}

// left compares known_hosts after a login with what it should hold.
func (row loginRow) left(t *testing.T, l *loginLab, who, home string) {
	if row.leaves == "" {
		return
	}
	content, err := os.ReadFile(filepath.Join(home, ".ssh/known_hosts"))
	if want := l.replacer.Replace(row.leaves); err != nil || string(content) != want {
		t.Errorf("%s left %q (%v), want %q", who, content, err, want)
	}
}

// runSSH runs ssh with home mounted over root's home directory. ssh takes that
// directory from the user database and not from HOME.
func runSSH(t *testing.T, home, host string) (string, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "-m", "sh", "-c",
		`mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"`, "sh", home, passwdHome(t), "ssh", "-o", "BatchMode=yes", host, "true")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// logIn logs in with this package, and returns the warnings.
func logIn(t *testing.T, k SSH) (warnings []string, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s := start()
	clock := time.AfterFunc(20*time.Second, cancel)
	defer clock.Stop()
	s.Within = func(limit time.Duration) { clock.Reset(limit) }
	s.Warn = func(p kind.Problem) { warnings = append(warnings, p.Error()) }
	c, err := k.open(ctx, s)
	if err == nil {
		c.close()
		c.wait()
	}
	return warnings, err
}

// loginLab is one host with several sshd, and what clients need to log in.
type loginLab struct {
	*lab.Lab
	dir      string // of the fixtures
	ports    map[string]string
	replacer *strings.Replacer
	signers  map[string]any // private keys by name, for an ssh-agent
}

// profiles are the sshd of the host besides the usual one. That one is on port 22,
// shows an ed25519 key and lets deploy in with the key "ed".
var profiles = map[string]struct{ port, config string }{
	// keys has a host key of each kind.
	"keys": {"2201", "HostKey {d}/ssh_host_ed25519_key\nHostKey {d}/host_ecdsa\nHostKey {d}/host_rsa\n"},
	// certs shows a host certificate, and accepts only certificates of the user CA.
	"certs": {"2202", "HostKey {d}/ssh_host_ed25519_key\nHostCertificate {d}/host_cert\nTrustedUserCAKeys {d}/user_ca\nAuthorizedKeysFile none\n"},
	// old speaks only algorithms that are not considered safe any more.
	"old": {"2203", "HostKey {d}/host_rsa\nHostKeyAlgorithms ssh-rsa\nKexAlgorithms diffie-hellman-group14-sha1\nCiphers aes128-cbc\nMACs hmac-sha1\nPubkeyAcceptedAlgorithms +ssh-rsa\n"},
	// touch and verify ask for what a security key says of a person.
	"touch":  {"2207", "HostKey {d}/ssh_host_ed25519_key\nPubkeyAuthOptions touch-required\n"},
	"verify": {"2208", "HostKey {d}/ssh_host_ed25519_key\nPubkeyAuthOptions verify-required\n"},
	// revoking has a key revocation list with the key "ed", whatever certificate it has,
	// and with the key "rsa".
	"revoking": {"2209", "HostKey {d}/ssh_host_ed25519_key\nTrustedUserCAKeys {d}/user_ca\nRevokedKeys {d}/revoked\n"},
	// few lets a client try two keys.
	"few": {"2204", "HostKey {d}/ssh_host_ed25519_key\nMaxAuthTries 2\n"},
	// late shows a host certificate that has expired.
	"late": {"2206", "HostKey {d}/ssh_host_ed25519_key\nHostCertificate {d}/host_late\n"},
	// ecdsa shows the ecdsa key alone.
	"ecdsa": {"2205", "HostKey {d}/host_ecdsa\n"},
}

// profileConfig leaves out the slowest key exchanges, which took half of the time
// of the table.
const profileConfig = `AddressFamily inet
UsePAM no
UseDNS no
PidFile none
KexAlgorithms curve25519-sha256,diffie-hellman-group14-sha256
PasswordAuthentication no
KbdInteractiveAuthentication no
`

func newLoginLab(t *testing.T) *loginLab {
	l := &loginLab{Lab: lab.New(t, lab.Options{Hosts: 1}), dir: t.TempDir(), ports: map[string]string{"22": "22"}, signers: map[string]any{}}
	l.makeFixtures(t)
	var script strings.Builder
	for name, p := range profiles {
		l.ports[name] = p.port
		config := "/etc/ssh/sshd_" + name
		text := "Port " + p.port + "\n" + p.config + profileConfig
		if !strings.Contains(text, "AuthorizedKeysFile") {
			text += "AuthorizedKeysFile {d}/login_keys\n"
		}
		l.WriteFile(1, config, strings.ReplaceAll(text, "{d}", "/etc/ssh"), 0o644)
		fmt.Fprintf(&script, "/usr/sbin/sshd -f %s -E /var/log/sshd_%s.log || exit\n", config, name)
	}
	l.Exec(1, "sh", "-c", script.String())
	for _, port := range l.ports {
		l.await(t, port)
	}
	return l
}

// await waits until something listens on a port of the host.
func (l *loginLab) await(t *testing.T, port string) {
	deadline := time.Now().Add(10 * time.Second)
	for {
		c, err := net.Dial("tcp", net.JoinHostPort(l.Addr(1), port))
		if err == nil {
			c.Close()
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		l.Exec(1, "sleep", "0.01")
	}
}

// makeFixtures makes keys and certificates, gives the host its part of them, and
// fills the replacer. ed, rsa and ecdsa are keys that let deploy in, and stranger
// is a key that does not. certificate is one for ed by the user CA. late, tomorrow,
// elsewhere and of_a_host are certificates that are not accepted.
func (l *loginLab) makeFixtures(t *testing.T) {
	var pairs []string
	public := map[string]ssh.PublicKey{}
	keep := func(name string, key crypto.Signer) ssh.Signer {
		s, err := ssh.NewSignerFromKey(key)
		if err != nil {
			t.Fatal(err)
		}
		l.signers[name], public[name] = key, s.PublicKey()
		block, err := ssh.MarshalPrivateKey(key, name)
		if err != nil {
			t.Fatal(err)
		}
		l.fixture(t, &pairs, name, string(pem.EncodeToMemory(block)), authorized(s.PublicKey()))
		return s
	}
	keep("ed", mustRead(t, l.Key()))
	keep("rsa", newRSA(t))
	keep("ecdsa", newECDSA(t))
	keep("stranger", newEd25519(t))
	ca := keep("user_ca", newEd25519(t))
	hostCA := keep("host_ca", newEd25519(t))
	hostRSA, hostECDSA := newRSA(t), newECDSA(t)
	hostEd, _, _, _, err := ssh.ParseAuthorizedKey([]byte(l.HostKey(1)))
	if err != nil {
		t.Fatal(err)
	}
	hosts := []ssh.PublicKey{hostEd, l.hostKey(t, "host_rsa", hostRSA), l.hostKey(t, "host_ecdsa", hostECDSA)}
	soon := time.Now().Add(time.Hour)
	for name, c := range map[string]*ssh.Certificate{
		"certificate": certify(t, ca, public["ed"], ssh.UserCert, "deploy", soon),
		"late":        certify(t, ca, public["ed"], ssh.UserCert, "deploy", time.Now().Add(-time.Hour)),
		"tomorrow":    certify(t, ca, public["ed"], ssh.UserCert, "deploy", soon.Add(24*time.Hour)),
		"elsewhere":   certify(t, ca, public["ed"], ssh.UserCert, "ops", soon),
		"rsa_cert":    certify(t, ca, public["rsa"], ssh.UserCert, "deploy", soon),
		"of_nobody":   certify(t, hostCA, public["ed"], ssh.UserCert, "deploy", soon),
		"strange":     certify(t, ca, public["ed"], ssh.UserCert, "deploy", soon, "moon@example", "full"),
		"far":         certify(t, ca, public["ed"], ssh.UserCert, "deploy", soon, "source-address", "192.0.2.0/24"),
		"of_a_host":   certify(t, ca, public["ed"], ssh.HostCert, "deploy", soon),
	} {
		l.fixture(t, &pairs, name, authorized(c), authorized(c))
	}
	l.WriteFile(1, "/etc/ssh/user_ca", authorized(ca.PublicKey()), 0o644)
	l.WriteFile(1, "/etc/ssh/revoked", revokedKeys(t, public["ed"], public["rsa"]), 0o644)
	l.WriteFile(1, "/etc/ssh/host_late", authorized(certify(t, hostCA, hostEd, ssh.HostCert, l.Addr(1), time.Now().Add(-time.Hour))), 0o644)
	l.WriteFile(1, "/etc/ssh/host_cert", authorized(certify(t, hostCA, hostEd, ssh.HostCert, l.Addr(1), time.Now().Add(time.Hour))), 0o644)
	l.WriteFile(1, "/etc/ssh/login_keys", authorized(public["ed"])+authorized(public["rsa"])+authorized(public["ecdsa"]), 0o644)
	var known strings.Builder
	names := l.Addr(1)
	for name, p := range profiles {
		pairs = append(pairs, "{port:"+name+"}", p.port)
		names += fmt.Sprintf(",[%s]:%s", l.Addr(1), p.port)
	}
	for _, key := range hosts {
		pairs = append(pairs, "{host:"+key.Type()+"}", strings.TrimSpace(authorized(key)))
		known.WriteString(names + " " + authorized(key))
	}
	l.replacer = strings.NewReplacer(append(pairs, "{addr}", l.Addr(1), "{known}", known.String())...)
}

// fixture writes a file, and makes {name} and {name.pub} stand for it.
func (l *loginLab) fixture(t *testing.T, pairs *[]string, name, content, public string) {
	path := filepath.Join(l.dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	*pairs = append(*pairs, "{"+name+"}", path, "{"+name+".pub}", strings.TrimSpace(public), "{"+name+":text}", content)
}

// hostKey gives the host a private key.
func (l *loginLab) hostKey(t *testing.T, name string, key crypto.Signer) ssh.PublicKey {
	block, err := ssh.MarshalPrivateKey(key, name)
	if err != nil {
		t.Fatal(err)
	}
	l.WriteFile(1, "/etc/ssh/"+name, string(pem.EncodeToMemory(block)), 0o600)
	public, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	return public
}

// revokedKeys makes a key revocation list.
func revokedKeys(t *testing.T, keys ...ssh.PublicKey) string {
	dir := t.TempDir()
	var lines strings.Builder
	for _, k := range keys {
		lines.WriteString(authorized(k))
	}
	os.WriteFile(filepath.Join(dir, "keys"), []byte(lines.String()), 0o600)
	return shellIn(t, dir, "ssh-keygen -q -k -f list keys && cat list")
}

func newEd25519(t *testing.T) crypto.Signer {
	_, key := newKey(t)
	return key
}

func mustRead(t *testing.T, name string) crypto.Signer {
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParseRawPrivateKey(content)
	if err != nil {
		t.Fatal(err)
	}
	return *key.(*ed25519.PrivateKey)
}

// home makes the home directory of a row and sets the environment. seen is the path
// at which the directory will be found, "" if that is its real path.
func (l *loginLab) home(t *testing.T, row loginRow, seen string) string {
	home := t.TempDir()
	r := strings.NewReplacer("{home}", firstOf(seen, home))
	fill := func(s string) string { return l.replacer.Replace(r.Replace(s)) }
	write := func(name, content string) {
		path := filepath.Join(home, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte(fill(content)), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(".ssh/config", row.config)
	if _, ok := row.files[".ssh/known_hosts"]; !ok {
		write(".ssh/known_hosts", "{known}")
	}
	for name, content := range row.files {
		write(fill(name), content)
	}
	t.Setenv("HOME", home)
	for name, value := range row.env {
		t.Setenv(name, fill(value))
	}
	if row.agent != nil {
		t.Setenv("SSH_AUTH_SOCK", l.agent(t, filepath.Join(home, "agent.sock"), row.agent...))
	}
	if row.setup != nil {
		row.setup(t, l, home)
	}
	return home
}

// agent serves an ssh-agent that has these fixtures.
func (l *loginLab) agent(t *testing.T, socket string, names ...string) string {
	ring := agent.NewKeyring()
	for _, name := range names {
		if err := ring.Add(agent.AddedKey{PrivateKey: l.signers[name], Comment: name}); err != nil {
			t.Fatal(err)
		}
	}
	lab.ServeAgent(t, socket, ring)
	return socket
}

// passwdHome is the home directory of this user in the user database.
func passwdHome(t *testing.T) string {
	out, err := exec.Command("sh", "-c", `getent passwd "$(id -u)" | cut -d: -f6`).Output()
	if err != nil || len(out) < 2 {
		t.Fatalf("home directory of this user: %q, %v", out, err)
	}
	return strings.TrimSpace(string(out))
}
