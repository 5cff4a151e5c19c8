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

// What a program printed is made one line of, and cleaned, before a host sends it.
func TestASecretIsFoundInWhatWasMadeOneLine(t *testing.T) {
	for known, texts := range map[string][]string{
		"hunter2-li\nZebra9-li":       {"hunter2-li; Zebra9-li", "hunter2-li Zebra9-li", `hunter2-li\nZebra9-li`, "hunter2-li\r\nZebra9-li", "  hunter2-li\n  Zebra9-li"},
		"hunter2-ab\r\n\r\nZebra9-ab": {"hunter2-ab; Zebra9-ab", "hunter2-ab\nZebra9-ab", `hunter2-ab\nZebra9-ab`, "hunter2-ab\n\nZebra9-ab"},
		"hunter2\tZebra9":             {"hunter2 Zebra9", "hunter2  Zebra9", "hunter2\nZebra9"},
		"hunter2\x1bZebra9":           {"hunter2ebra9", "hunter2\x1bZebra9"},
		"hunter2\x1b[1mZebra9":        {"hunter2Zebra9"},
		"hünter2\x00\u202eZebra9":     {"hünter2Zebra9", "hünter2 Zebra9"},
		"hunter2; Zebra9":             {"hunter2; Zebra9", "hunter2\nZebra9"},
		"ab1c\r\n\r\nd2e":             {"ab1c; d2e", "ab1c d2e", `ab1c\n\nd2e`},
	} {
		var w secret.Set
		w.Add(known)
		for _, text := range texts {
			if !w.Holds(text) || w.Holds("hunter2") {
				t.Errorf("%q is not found in %q", known, text)
			}
			told := w.HideTold(secret.Told{Text: "It said: " + text + "; and more", Own: "It said:"})
			if want := "It said: " + secret.Hidden + "; and more"; strings.ReplaceAll(told.Text, ":   ", ": ") != want {
				t.Errorf("of %q in %q is shown %q", known, text, told.Text)
			}
		}
	}
	var w secret.Set
	w.Add("hunter2-Zebra9", "a b c d\ne")
	for _, text := range []string{"hunter2-; Zebra9", "abcde"} {
		if w.Holds(text) || w.Hide(text) != text {
			t.Errorf("%q became %q", text, w.Hide(text))
		}
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

// Of a secret of several short lines, a part may be left at the edge of a text in which they
// are one line, or another one.
func TestHideEdgesOfShortLines(t *testing.T) {
	var w secret.Set
	w.Add("a1b\nc2d\ne3f\ng4h")
	for text, want := range map[string]string{
		"g4h it is":                "g4h it is", // too short to be told from a word
		"e3f; g4h it is":           secret.Hidden + " it is",
		"d\r\ne3f\r\ng4h\r\nit is": secret.Hidden + "\r\nit is",
		"it is a1b; c2d":           "it is " + secret.Hidden,
		`it is a1b\nc2`:            "it is " + secret.Hidden,
		"c2d; e3f":                 secret.Hidden,
		"0 a1b; c2\n[… 8 bytes left out …]\n": "0 " + secret.Hidden + "\n[… 8 bytes left out …]\n",
	} {
		if got := w.HideEdges(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
	if got := w.Hide("[… 8 bytes left out …]\n"); got != "[… 8 bytes left out …]\n" {
		t.Errorf("got %q", got)
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
