package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/secret"
)

const password = `hun'ter2 "$very&sec/ret`

func TestASecretIsFoundHoweverItIsWritten(t *testing.T) {
	var w secret.Set
	w.Add(password)
	doc, err := json.Marshal(map[string]string{"a": password})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"as it is":             password,
		"in a line":            "DB_PASSWORD=" + password + "\n",
		"Go":                   strconv.Quote(password),
		"JSON":                 string(doc),
		"a query":              "https://x/?p=" + url.QueryEscape(password),
		"a path":               "https://x/" + url.PathEscape(password) + "/y",
		"single quotes":        "echo '" + strings.ReplaceAll(password, "'", `'\''`) + "'",
		"base64":               base64.StdEncoding.EncodeToString([]byte(password)),
		"base64 after one":     base64.StdEncoding.EncodeToString([]byte("x" + password)),
		"base64 after two":     base64.StdEncoding.EncodeToString([]byte("PW=12" + password)),
		"base64 in the middle": base64.StdEncoding.EncodeToString([]byte("PW=1" + password + "\nOTHER=3")),
		"base64 of a URL":      base64.URLEncoding.EncodeToString([]byte("??>" + password)),
		"hex":                  hex.EncodeToString([]byte("x" + password)),
	} {
		if !w.Holds(text) {
			t.Errorf("%s: not found in %q", name, text)
		}
		if hidden := w.Hide(text); w.Holds(hidden) || !strings.Contains(hidden, secret.Hidden) {
			t.Errorf("%s: %q", name, hidden)
		}
	}
}

// A shell's own quoting is what its users see.
func TestASecretIsFoundAsShellsQuoteIt(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash here")
	}
	out, err := exec.Command(bash, "-c", `printf %q "$1"`, "sh", password).Output()
	if err != nil {
		t.Fatal(err)
	}
	var w secret.Set
	w.Add(password)
	if !w.Holds(string(out)) {
		t.Errorf("not found in %s", out)
	}
}

func TestOnlyWholeSecretsOfSomeLengthAreFound(t *testing.T) {
	var w secret.Set
	w.Add("echo", "web1", "/tmp/x", "seven77", "hunter2-secret")
	w.Add(secret.Parts("-----BEGIN KEY-----\nMIIBVgIBADANBgkqhkiG9w0B\nshort\n-----END KEY-----\n")...)
	for _, text := range []string{"echoed", "file.web1 will be created", "/tmp/x/motd", "seven77", "hunter2-secre", "-----BEGIN KEY-----", "short", ""} {
		if w.Holds(text) || w.Hide(text) != text {
			t.Errorf("%q became %q", text, w.Hide(text))
		}
	}
	if got := w.Hide("key MIIBVgIBADANBgkqhkiG9w0B, password hunter2-secret."); got != "key (sensitive value), password (sensitive value)." {
		t.Errorf("got %q", got)
	}
}

func TestTheLongerOfTwoIsReplaced(t *testing.T) {
	var w secret.Set
	w.Add("abcdefgh")
	_ = w.Hide("abcdefgh")
	w.Add("abcdefghijkl")
	if got := w.Hide("abcdefghijkl"); got != secret.Hidden {
		t.Errorf("got %q", got)
	}
}

func BenchmarkIn(b *testing.B) {
	var w secret.Set
	for i := range 20 {
		w.Add("a secret of some length " + strconv.Itoa(i))
	}
	text := strings.Repeat("GET / HTTP/1.1 200 a line of a log\n", 1<<15)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if w.Holds(text) {
			b.Fatal("found")
		}
	}
}

// A long text is cut before it is sent, wherever that is: what a cut leaves of a
// secret says as much as the secret.
func TestHideBesideACut(t *testing.T) {
	var w secret.Set
	w.Add("Lo1-long-text-cut-8d63a2e5")
	for text, want := range map[string]string{
		"000Lo1-long-te\n[… 8 bytes left out …]\n00":                     "000" + secret.Hidden + "\n[… 8 bytes left out …]\n00",
		"000\n[… 8 bytes left out …]\n-cut-8d63a2e500":                   "000\n[… 8 bytes left out …]\n" + secret.Hidden + "00",
		"0Lo1-\n[… 20 bytes left out …]\n2e5\n[… 1 bytes left out …]\nx": "0" + secret.Hidden + "\n[… 20 bytes left out …]\n2e5\n[… 1 bytes left out …]\nx",
		`0Lo1-long\n[… 20 bytes left out …]\ncut-8d63a2e5`:               "0" + secret.Hidden + `\n[… 20 bytes left out …]\n` + secret.Hidden,
		"Lo1-long\n[… many bytes left out …]\n-cut-8d63a2e5":             "Lo1-long\n[… many bytes left out …]\n-cut-8d63a2e5",
		"Lo1-long\n[… 8": "Lo1-long\n[… 8",
		"plain\n[… 8 bytes left out …]\nand plain": "plain\n[… 8 bytes left out …]\nand plain",
	} {
		if got := w.Hide(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

func TestHideEdges(t *testing.T) {
	var w secret.Set
	w.Add("hunter2-hunter3")
	for text, want := range map[string]string{
		"it is hunter2":       "it is " + secret.Hidden,
		"hunter3 it is":       secret.Hidden + " it is",
		"er2-hun":             secret.Hidden,
		"it is hun":           "it is hun", // too short to be told from a word
		"a hunter2-hunter3 b": "a " + secret.Hidden + " b",
	} {
		if got := w.HideEdges(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}
