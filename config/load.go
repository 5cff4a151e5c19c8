package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config/files"
)

// Load reads *.mito.hcl and *.mito.json of a directory and checks them as far as
// possible without variables and hosts. The Config is never nil, but must not be used
// if the diagnostics have errors, except to show the sources that they quote.
func Load(dir string, cat Catalogue) (*Config, hcl.Diagnostics) {
	l := newLoader(files.NewReader(dir), cat)
	names, err := configNames(dir)
	if err != nil {
		return l.cfg, hcl.Diagnostics{problem("Directory not readable", fmt.Sprintf("The configuration's directory %s cannot be read: %v.", dir, files.Cause(err)), hcl.Range{Filename: dir})}
	}
	for _, name := range names {
		src, err := files.ReadRegular(filepath.Join(dir, name), maxSourceSize)
		if err != nil {
			l.report(problem("File not readable", fmt.Sprintf("The file %s cannot be read: %v.", name, files.Cause(err)), hcl.Range{Filename: name}))
			continue
		}
		l.cfg.Sources[name] = src
	}
	return l.load()
}

// LoadSources is Load from a snapshot, Config.Sources of an earlier Load. It
// never touches the disk, neither now nor when functions are evaluated.
func LoadSources(dir string, sources map[string][]byte, cat Catalogue) (*Config, hcl.Diagnostics) {
	return newLoader(files.NewSnapshot(dir, sources), cat).load()
}

func configNames(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if !e.IsDir() && IsConfigFile(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// load goes from bytes to a checked Config. Each step goes on after errors, but
// expressions are only evaluated if everything before was right: else one
// mistake would be told twice.
func (l *loader) load() (*Config, hcl.Diagnostics) {
	var names []string
	for name := range l.cfg.Sources {
		if IsConfigFile(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	if len(names) == 0 && !l.diags.HasErrors() {
		dir := l.cfg.Dir
		if real, err := filepath.Abs(dir); err == nil { // it may be ".", after -chdir
			dir = real
		}
		l.report(problem("No configuration files", fmt.Sprintf("The directory %s holds no file named *.mito.hcl or *.mito.json. %s", dir, l.otherFiles()), hcl.Range{Filename: dir}))
	}
	var parsed []*hcl.File
	for _, name := range names {
		if f := l.parse(name, l.cfg.Sources[name]); f != nil {
			parsed = append(parsed, f)
		}
	}
	if l.diags.HasErrors() { // what stands after a mistake of syntax is not what was meant
		sortDiagnostics(l.diags)
		return l.cfg, l.diags
	}
	for _, f := range parsed {
		l.file(f)
	}
	l.resolve()
	l.cycles()
	if !l.diags.HasErrors() {
		l.evaluate()
	}
	sortDiagnostics(l.diags)
	return l.cfg, once(l.diags, l.told)
}

// otherFiles says how to rename a file that is there, or how to name the right
// directory.
func (l *loader) otherFiles() string {
	entries, _ := os.ReadDir(l.cfg.Dir)
	for _, e := range entries {
		name, isHCL := strings.CutSuffix(e.Name(), ".hcl")
		if name, isTerraform := strings.CutSuffix(name, ".tf"); (isHCL || isTerraform) && !e.IsDir() && !strings.Contains(name, ".mitovars") {
			return fmt.Sprintf("The file %s is not read: rename it to %s.mito.hcl.", e.Name(), name)
		}
	}
	return "Change to the directory of the configuration, or name it with -chdir."
}

func (l *loader) parse(name string, src []byte) *hcl.File {
	f, diags := parseFile(name, src)
	if f != nil {
		l.cfg.Files[name] = f
	}
	l.diags = append(l.diags, diags...)
	if diags.HasErrors() && strings.HasSuffix(name, ".json") {
		return nil
	}
	return f
}

// sortDiagnostics puts them in the order of the source, errors that have no
// place first.
func sortDiagnostics(diags hcl.Diagnostics) {
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int {
		if a.Subject == nil || b.Subject == nil {
			return boolInt(a.Subject != nil) - boolInt(b.Subject != nil)
		}
		if c := strings.Compare(a.Subject.Filename, b.Subject.Filename); c != 0 {
			return c
		}
		return a.Subject.Start.Byte - b.Subject.Start.Byte
	})
}

// once removes diagnostics that repeat another at the same place, and those of the
// evaluator about mentions that were reported already.
func once(diags hcl.Diagnostics, mentions []hcl.Range) (out hcl.Diagnostics) {
	told := map[string]bool{}
	for _, d := range diags {
		if d.Expression != nil && slices.ContainsFunc(mentions, func(r hcl.Range) bool { return d.Subject != nil && r.Overlaps(*d.Subject) }) {
			continue
		}
		if n := len(out); n > 0 && secondOperand(out[n-1], d) {
			continue
		}
		key := d.Summary + "\x00" + d.Detail
		if d.Subject != nil {
			key += "\x00" + d.Subject.String()
		}
		if !told[key] {
			out = append(out, d)
		}
		told[key] = true
	}
	return out
}

// secondOperand reports a diagnostic about the second operand if the first has the
// same one. Both together are one mistake.
func secondOperand(before, d *hcl.Diagnostic) bool {
	return before.Summary == "Invalid operand" && d.Summary == before.Summary && before.Subject != nil && d.Subject != nil &&
		before.Subject.Filename == d.Subject.Filename && before.Subject.End.Line == d.Subject.Start.Line && before.Subject.End.Byte < d.Subject.Start.Byte
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
