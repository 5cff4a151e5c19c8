package ssh

import (
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// privateForms are commands that write a private key to the file k. $P is the
// passphrase, and $R is an RSA key.
var privateForms = []struct{ name, command string }{
	{"OpenSSH, ed25519", `ssh-keygen -q -t ed25519 -N "$P" -f k`},
	{"OpenSSH, rsa", `cp "$R" k && ssh-keygen -q -p -N "$P" -f k`},
	{"OpenSSH, ecdsa 256", `ssh-keygen -q -t ecdsa -b 256 -N "$P" -f k`},
	{"OpenSSH, ecdsa 521", `ssh-keygen -q -t ecdsa -b 521 -N "$P" -f k`},
	{"OpenSSH, another cipher", `ssh-keygen -q -t ed25519 -Z aes256-cbc -a 4 -N "$P" -f k`},
	{"PKCS#1", `cp "$R" k && ssh-keygen -q -p -m PEM -N "$P" -f k`},
	{"SEC 1", `ssh-keygen -q -t ecdsa -b 384 -m PEM -N "$P" -f k`},
	{"SEC 1 with its parameters", `openssl ecparam -name prime256v1 -genkey -out k`},
	{"PKCS#8, rsa", `cp "$R" k && ssh-keygen -q -p -m PKCS8 -N "$P" -f k`},
	{"PKCS#8, ecdsa", `ssh-keygen -q -t ecdsa -m PKCS8 -N "$P" -f k`},
	{"PKCS#8, openssl", `openssl pkcs8 -topk8 -in "$R" -passout env:P -out k`},
	{"PKCS#8, sha512", `openssl pkcs8 -topk8 -in "$R" -v2 aes-192-cbc -v2prf hmacWithSHA512 -passout env:P -out k`},
	{"PKCS#8, 3DES, 100000 rounds", `openssl pkcs8 -topk8 -in "$R" -v2 des3 -v2prf hmacWithSHA1 -iter 100000 -passout env:P -out k`},
	{"PKCS#8, scrypt", `openssl pkcs8 -topk8 -in "$R" -scrypt -passout env:P -out k`},
	{"after other text", `ssh-keygen -q -t ecdsa -m PKCS8 -N "$P" -f j && (echo "Bag Attributes"; echo "    friendlyName: x"; cat j) > k`},
	{"after a byte order mark", `ssh-keygen -q -t ed25519 -N "$P" -f j && (printf '\357\273\277'; cat j) > k`},
	{"without an end of the last line", `ssh-keygen -q -t ed25519 -N "$P" -f j && printf %s "$(cat j)" > k`},
}

func shellIn(t *testing.T, dir, command string, env ...string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v %s", command, err, out)
	}
	return string(out)
}

// Keys that ssh-keygen and openssl write are read, encrypted or not, with the line
// ends of any system. A wrong passphrase and a missing one are different errors.
func TestFormsOfPrivateKeys(t *testing.T) {
	needPrograms(t, "ssh-keygen", "openssl")
	rsa := writeFile(t, "rsa", "")
	os.Remove(rsa)
	shellIn(t, ".", `ssh-keygen -q -t rsa -b 2048 -m PEM -N "" -f "$R"`, "R="+rsa)
	for _, form := range privateForms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(form.command, "env:P") {
				dir := t.TempDir()
				shellIn(t, dir, form.command, "P=", "R="+rsa)
				checkForm(t, dir, "")
			}
			if strings.Contains(form.command, "$P") || strings.Contains(form.command, "env:P") {
				dir := t.TempDir()
				shellIn(t, dir, form.command, "P="+passphrase, "R="+rsa)
				checkForm(t, dir, passphrase)
			}
		})
	}
}

const passphrase = "open sesame"

func checkForm(t *testing.T, dir, passphrase string) {
	t.Helper()
	name := filepath.Join(dir, "k")
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	// ssh-keygen does not accept anything before the key, so that it is removed
	// here.
	shellIn(t, dir, `tr -d '\357\273\277' < k > clean; echo >> clean; chmod 600 clean`)
	want := publicBy(t, dir, passphrase)
	for _, text := range []string{string(content), strings.ReplaceAll(string(content), "\n", "\r\n")} {
		s, err := parsePrivate([]byte(text), passphrase)
		if err != nil {
			t.Fatalf("passphrase %q: %v", passphrase, err)
		}
		if got := authorized(s.PublicKey()); !strings.HasPrefix(want, strings.TrimSpace(got)) {
			t.Errorf("the key is %s, want %s", got, want)
		}
		if passphrase == "" {
			continue
		}
		if _, err := parsePrivate([]byte(text), "shut"); !errors.Is(err, errWrongPassphrase) {
			t.Errorf("with a wrong passphrase: got %v, want errWrongPassphrase", err)
		}
		if _, err := parsePrivate([]byte(text), ""); !errors.Is(err, lockedKey{}) {
			t.Errorf("without a passphrase: got %v, want a locked key", err)
		}
	}
}

// publicBy returns the public key that ssh-keygen finds in a private key. openssl
// opens the keys that ssh-keygen does not.
func publicBy(t *testing.T, dir, passphrase string) string {
	return shellIn(t, dir, `ssh-keygen -y -P "$P" -f clean 2>/dev/null || {
	openssl pkey -in clean -passin env:P -out plain && chmod 600 plain && ssh-keygen -y -P "" -f plain; }`, "P="+passphrase)
}

func needPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s is not installed", name)
		}
	}
}

// A text that is no private key is told as what it is, with what to do.
func TestWhatIsNoPrivateKey(t *testing.T) {
	needPrograms(t, "ssh-keygen", "openssl")
	dir := t.TempDir()
	shellIn(t, dir, `
ssh-keygen -q -t ed25519 -N "" -f ed
ssh-keygen -e -f ed.pub > ssh2
openssl genrsa -out rsa 2048 2>/dev/null
openssl pkey -in rsa -outform DER -out der
openssl pkey -in rsa -pubout -out public
openssl req -x509 -key rsa -subj /CN=x -out cert
openssl genrsa -out short 512 2>/dev/null
openssl genpkey -algorithm X25519 -out x25519
openssl ecparam -name secp256k1 -genkey -noout -out koblitz
openssl pkcs8 -topk8 -in rsa -v1 PBE-SHA1-3DES -passout pass:open -out pbe`)
	ed := shellIn(t, dir, "cat ed")
	for _, c := range []struct{ name, content, says, remedy string }{
		{"nothing", " \n", "is empty", "Copy"},
		{"words", "hello", "is not a private key", "-----BEGIN"},
		{"public key of ssh.com", shellIn(t, dir, "cat ssh2"), "in the form of ssh.com", "ssh-keygen -i -f FILE"},
		{"PuTTY", "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: none\r\n", "in the form of PuTTY", "puttygen FILE -O private-openssh"},
		{"SSH 1", "SSH PRIVATE KEY FILE FORMAT 1.1\n\x00", "version 1", "ssh-keygen -t ed25519"},
		{"DER", shellIn(t, dir, "cat der"), "binary form", "openssl pkey -inform DER"},
		{"public key in PEM", shellIn(t, dir, "cat public"), "holds a PUBLIC KEY", "private key"},
		{"X.509", shellIn(t, dir, "cat cert"), "holds a CERTIFICATE", "private key"},
		{"no end", ed[:len(ed)/2], "is cut off", "Copy"},
		{"damaged", strings.Replace(ed, "\n", "\n!!!!", 2), "is damaged", "Copy"},
		{"other bytes", strings.Replace(ed, "AAAA", "AABA", 1), "is damaged", "Copy"},
		{"escaped line ends", strings.ReplaceAll(ed, "\n", `\n`), `two characters \n`, "replace("},
		{"joined lines", strings.ReplaceAll(ed, "\n", " "), "has no line ends", "lines"},
		{"indented", strings.ReplaceAll("\n"+ed, "\n", "\n    "), "is indented", "<<-"},
		{"short", shellIn(t, dir, "cat short"), "RSA key of 512 bits", "ssh-keygen -t ed25519"},
		{"X25519", shellIn(t, dir, "cat x25519"), "cannot sign", "ssh-keygen -t ed25519"},
		{"secp256k1", shellIn(t, dir, "cat koblitz"), "elliptic curve", "ssh-keygen -t ed25519"},
		{"PKCS#8 in an old way", shellIn(t, dir, "cat pbe"), "encrypted in a way that cannot be opened", "ssh-keygen -p -f FILE"},
		{"security key", tokenKey(), "a security key keeps (sk-ssh-ed25519@openssh.com)", "ssh-add FILE"},
	} {
		_, err := parsePrivate([]byte(c.content), "open")
		var form *keyForm
		if !errors.As(err, &form) {
			t.Errorf("%s: got %v, want a problem of the form", c.name, err)
			continue
		}
		if !strings.Contains(form.says, c.says) || !strings.Contains(form.remedy, c.remedy) {
			t.Errorf("%s: the text and the advice are: %s. %s", c.name, form.says, form.remedy)
		}
	}
}

// tokenPublic writes a public key as a security key makes it.
func tokenPublic(public []byte) []byte {
	return ssh.Marshal(struct {
		Type        string
		Key         []byte
		Application string
	}{ssh.KeyAlgoSKED25519, public, "ssh:"})
}

// tokenKey is the file that ssh-keygen -t ed25519-sk writes. It has no private key,
// only the handle by which the token knows it.
func tokenKey() string {
	public := tokenPublic(make([]byte, 32))
	private := ssh.Marshal(struct {
		Check1, Check2 uint32
		Public         []byte `ssh:"rest"`
	}{7, 7, append(public, "\x01\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x00"...)})
	for n := byte(1); len(private)%8 != 0; n++ {
		private = append(private, n)
	}
	envelope := ssh.Marshal(struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public, Private      []byte
	}{"none", "none", "", 1, public, private})
	return string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: append([]byte("openssh-key-v1\x00"), envelope...)}))
}

// FuzzPrivateKey: whatever is in a key file, it is a key, or the error says what is wrong
// and what to do. It runs fewer than 10,000 times a second: after each run, the fuzzer looks
// through the counters of all that is linked, also of the ssh library.
func FuzzPrivateKey(f *testing.F) {
	_, key := newKey(f)
	f.Add([]byte(pemOf(f, key, "")), "")
	f.Add([]byte(tokenKey()), "")
	f.Add([]byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n"), "open")
	f.Fuzz(func(t *testing.T, content []byte, passphrase string) {
		s, err := parsePrivate(content, passphrase)
		var form *keyForm
		switch {
		case err == nil && s == nil:
			t.Error("neither a key nor an error")
		case err == nil, errors.Is(err, lockedKey{}), errors.Is(err, errWrongPassphrase):
		case !errors.As(err, &form) || form.says == "" || form.remedy == "":
			t.Errorf("the error says neither what is wrong nor what to do: %v", err)
		}
		parsePublic(content)
	})
}

// FuzzPKCS8: a key is decrypted or refused. The seeds are keys as openssl writes them,
// with this passphrase. It runs fewer than 10,000 times a second: each run derives keys from
// passphrases, and the fuzzer looks through the counters of all that is linked, also of
// the ssh library.
func FuzzPKCS8(f *testing.F) {
	f.Add([]byte("0\x00"))
	f.Fuzz(func(t *testing.T, der []byte) {
		if key, err := decryptPKCS8(der, "open"); (key == nil) == (err == nil) {
			t.Errorf("got %v, %v; want either a key or an error", key, err)
		}
	})
}
