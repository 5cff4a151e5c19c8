package function

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/process"
)

// FactsPackage is a package that is installed.
type FactsPackage struct {
	Name    string `cbor:"name" mito:"computed"`
	Version string `cbor:"version" mito:"computed"`
	Arch    string `cbor:"arch" mito:"computed"`
	Manager string `cbor:"manager" mito:"computed"`
}

// Manual says the texts of these results.
func (FactsPackage) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"name":    {Doc: "Its name."},
			"version": {Doc: "Its version, as its manager writes it, with the epoch if it has one and the release.", OtherNames: "release"},
			"arch":    {Doc: "The architecture that it is for, in the words of its manager, such as amd64, x86_64, all or noarch."},
			"manager": {Doc: "Whose list it is in: dpkg, apk, pacman or rpm.", OtherNames: "source"},
		},
	}
}

// packagesBytes bounds what is read of a list of packages.
const packagesBytes = 64 << 20

// packages are those of each manager that the host has, in the order of its list.
func (h here) packages(ctx context.Context, attr string) ([]FactsPackage, error) {
	out := []FactsPackage{}
	h.stanzas("var/lib/dpkg/status", ": ", func(f map[string]string) {
		if strings.HasSuffix(f["Status"], " installed") {
			out = append(out, FactsPackage{Name: f["Package"], Version: f["Version"], Arch: f["Architecture"], Manager: "dpkg"})
		}
	}, "Package", "Status", "Version", "Architecture")
	for _, list := range []string{"lib/apk/db/installed", "usr/lib/apk/db/installed"} {
		n := len(out)
		h.stanzas(list, ":", func(f map[string]string) {
			if f["P"] != "" {
				out = append(out, FactsPackage{Name: f["P"], Version: f["V"], Arch: f["A"], Manager: "apk"})
			}
		}, "P", "V", "A")
		if len(out) > n {
			break // the other one is the same
		}
	}
	for _, name := range h.names("var/lib/pacman/local") {
		f := h.sections(filepath.Join("var/lib/pacman/local", name, "desc"))
		if f["NAME"] != "" {
			out = append(out, FactsPackage{Name: f["NAME"], Version: f["VERSION"], Arch: f["ARCH"], Manager: "pacman"})
		}
	}
	if h.is("var/lib/rpm") || h.is("usr/lib/sysimage/rpm") {
		some, err := rpmPackages(ctx, attr)
		return append(out, some...), err
	}
	return out, nil
}

// stanzas reads a list in which an empty line ends each entry, and tells of each the first
// values of some names. A line that begins with a blank goes on with the one before it.
func (h here) stanzas(name, colon string, entry func(map[string]string), names ...string) {
	f, err := os.OpenFile(filepath.Join(string(h), name), os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return
	}
	defer f.Close()
	eachStanza(io.LimitReader(f, packagesBytes), colon, entry, names...)
}

func eachStanza(from io.Reader, colon string, entry func(map[string]string), names ...string) {
	wanted := map[string]bool{}
	for _, n := range names {
		wanted[n] = true
	}
	f := map[string]string{}
	done := func() {
		if len(f) > 0 {
			entry(f)
			f = map[string]string{}
		}
	}
	for r, cut := bufio.NewReaderSize(from, 4096), false; ; {
		b, err := r.ReadSlice('\n')
		if begins := !cut; begins {
			line := strings.TrimRight(string(b), "\r\n")
			k, v, ok := strings.Cut(line, colon)
			switch {
			case line == "" && err == nil:
				done()
			case ok && wanted[k] && f[k] == "":
				f[k] = strings.TrimSpace(v)
			}
		}
		if cut = err == bufio.ErrBufferFull; err != nil && !cut {
			done()
			return
		}
	}
}

// sections reads a file of names between percent signs, each with its value on the next line.
func (h here) sections(name string) map[string]string {
	out, key := map[string]string{}, ""
	for _, line := range h.lines(name) {
		switch {
		case len(line) > 2 && line[0] == '%' && line[len(line)-1] == '%':
			key = line[1 : len(line)-1]
		case key != "" && out[key] == "":
			out[key] = line
		}
	}
	return out
}

// rpmPackages asks rpm, whose list is a database that only it reads.
func rpmPackages(ctx context.Context, attr string) ([]FactsPackage, error) {
	list, err := ask(ctx, attr, "rpm", "-qa", "--qf", `%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\n`)
	if err != nil {
		return nil, err
	}
	out := []FactsPackage{}
	for line := range strings.Lines(list) {
		if p, ok := parseRPM(line); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// parseRPM reads a line as rpmPackages asks for it. A key that signs packages is in the list of
// rpm, too, and is none.
func parseRPM(line string) (FactsPackage, bool) {
	f := strings.Split(strings.TrimRight(line, "\r\n"), "\t")
	if len(f) != 3 || f[0] == "" || f[0] == "gpg-pubkey" {
		return FactsPackage{}, false
	}
	return FactsPackage{Name: f[0], Version: f[1], Arch: f[2], Manager: "rpm"}, true
}

// ask runs a program of the system that only reads, in the locale C, and returns what it prints.
func ask(ctx context.Context, attr string, argv ...string) (string, error) {
	out, said := process.Capture{Limit: MaxAnswer}, process.Capture{Limit: 4096}
	e, err := process.Run(ctx, process.Spec{Argv: argv, Env: append(os.Environ(), "LC_ALL=C"), Stdout: &out, Stderr: &said})
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case err != nil:
		return "", kind.NewProblem(attr, kind.CodeToolMissing, "A program is missing", "%s cannot be run, and only it can read what was asked for: %s. Install it, or leave this group out.", argv[0], reason(err))
	case e.Code != 0 || e.Signal != "":
		p := kind.NewProblem(attr, kind.CodeToolFailed, "A program failed", "%s ended with %v. Run it by hand on the host, or leave this group out.", strings.Join(argv[:2], " "), e)
		p.Said = lastLines(said.Tail())
		return "", p
	case out.Truncated():
		return "", kind.NewProblem(attr, kind.CodeTooLong, "Too much was found", "%s printed more than 12 MiB, which is what one answer of a host can hold. Leave this group out.", strings.Join(argv[:2], " "))
	}
	return string(out.Bytes()), nil
}
