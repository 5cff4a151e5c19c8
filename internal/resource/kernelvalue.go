package resource

import (
	"bytes"
	"strconv"
	"strings"
)

// KernelForm returns what a file of the kernel will show after want was written into
// it. It goes by what the file shows now, because the kernel accepts more forms of a
// value than it shows. Without it "1" would differ from "1\n" at every plan. If the
// form is not known here, KernelForm returns want.
func KernelForm(now, want []byte) []byte {
	if !bytes.HasSuffix(now, []byte("\n")) || bytes.Count(now, []byte("\n")) != 1 {
		return want
	}
	value := strings.TrimSuffix(string(want), "\n")
	if strings.Contains(value, "\n") {
		return want
	}
	is := strings.TrimSuffix(string(now), "\n")
	for _, form := range []func(is, want string) (string, bool){numbers, choice, yesNo} {
		if out, ok := form(is, value); ok {
			return []byte(out + "\n")
		}
	}
	return []byte(value + "\n")
}

// numbers are shown in decimal, with one separator between them. 0x10 becomes 16, and
// "4096 87380" is shown with a tab in /proc/sys/net/ipv4/tcp_rmem.
func numbers(is, want string) (string, bool) {
	have, wanted := strings.Fields(is), strings.Fields(want)
	if len(have) == 0 || len(have) != len(wanted) {
		return "", false
	}
	between := strings.TrimLeft(is, "-0123456789")
	between = between[:len(between)-len(strings.TrimLeft(between, " \t"))]
	for k, w := range wanted {
		if _, err := strconv.ParseInt(have[k], 10, 64); err != nil {
			return "", false
		}
		n, err := strconv.ParseInt(w, 0, 64)
		if err != nil || strings.ContainsAny(w, "_oObB") && !strings.HasPrefix(strings.ToLower(w), "0x") {
			return "", false
		}
		wanted[k] = strconv.FormatInt(n, 10)
	}
	if strings.Join(have, between) != is {
		return "", false
	}
	return strings.Join(wanted, between), true
}

// choice handles a file that shows all possible words, with the chosen one in brackets:
// "always [madvise] never".
func choice(is, want string) (string, bool) {
	words, chosen := strings.Fields(is), 0
	for k, w := range words {
		if bare := strings.Trim(w, "[]"); bare != w {
			words[k] = bare
			chosen++
		}
	}
	if want = strings.TrimSpace(want); chosen != 1 || len(words) < 2 {
		return "", false
	}
	found := false
	for k, w := range words {
		if w == want {
			words[k], found = "["+w+"]", true
		}
	}
	return strings.Join(words, " "), found
}

// yesNo handles parameters of modules that are true or false.
func yesNo(is, want string) (string, bool) {
	if is != "Y" && is != "N" {
		return "", false
	}
	switch strings.TrimSpace(want) {
	case "1", "y", "Y":
		return "Y", true
	case "0", "n", "N":
		return "N", true
	}
	return "", false
}
