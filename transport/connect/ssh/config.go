package ssh

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// options is what an ssh configuration says about one host: keyword in lower
// case to values. For all but the repeatable keywords the first value counts.
type options map[string][]string

// repeatable keywords collect every value.
var repeatable = []string{"identityfile", "certificatefile"}

// relevant are the keywords that are read; the rest is left to ssh itself.
var relevant = []string{"hostname", "port", "user", "identityfile", "identitiesonly", "certificatefile",
	"proxyjump", "proxycommand", "userknownhostsfile", "globalknownhostsfile", "hostkeyalias"}

func (o options) first(key string) string {
	if v := o[key]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func (o options) add(key, value string) {
	if !slices.Contains(relevant, key) {
		return
	}
	if slices.Contains(repeatable, key) || len(o[key]) == 0 {
		o[key] = append(o[key], value)
	}
}

// needsSSH is returned where a configuration uses what only ssh evaluates.
type needsSSH struct{ directive, file string }

func (e *needsSSH) Error() string {
	return fmt.Sprintf("%s in %s needs the ssh program", e.directive, e.file)
}

// configReader evaluates ssh configurations for one host. A file is bounded,
// and so is the depth of Include.
type configReader struct {
	host string
	home string
	// open reads a file; it is os.Open outside tests.
	open func(name string) (io.ReadCloser, error)
	glob func(pattern string) ([]string, error)
	opts options
}

const (
	includeDepth   = 16
	configMaxBytes = 1 << 20
)

// readConfig evaluates the files in order; a missing one says nothing.
func readConfig(host, home string, files ...string) (options, error) {
	r := &configReader{
		host: host, home: home, opts: options{}, glob: filepath.Glob,
		open: func(name string) (io.ReadCloser, error) { return os.Open(name) },
	}
	for _, f := range files {
		if err := r.file(f, true, 0); err != nil {
			return nil, err
		}
	}
	return r.opts, nil
}

func (r *configReader) file(name string, active bool, depth int) error {
	f, err := r.open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	if depth > includeDepth {
		return fmt.Errorf("%s: Include is nested more than %d deep", name, includeDepth)
	}
	lines := bufio.NewScanner(io.LimitReader(f, configMaxBytes))
	lines.Buffer(nil, configMaxBytes)
	// An Include stands under the Host that it is in, and a Host in the
	// included file ends with that file.
	outer := active
	for n := 1; lines.Scan(); n++ {
		words, err := splitConfigLine(lines.Text())
		if err != nil {
			return fmt.Errorf("%s:%d: %w", name, n, err)
		}
		if len(words) < 2 {
			continue
		}
		key, args := strings.ToLower(words[0]), words[1:]
		switch key {
		case "host":
			active = outer && hostMatches(args, r.host)
		case "match":
			if !strings.EqualFold(args[0], "all") {
				return &needsSSH{"Match", name}
			}
			active = outer
		case "canonicalizehostname":
			if active && !strings.EqualFold(args[0], "no") {
				return &needsSSH{"CanonicalizeHostname", name}
			}
		case "include":
			if err := r.include(name, args, active, depth); err != nil {
				return err
			}
		default:
			if active {
				r.opts.add(key, strings.Join(args, " "))
			}
		}
	}
	return lines.Err()
}

func (r *configReader) include(from string, patterns []string, active bool, depth int) error {
	for _, p := range patterns {
		p = expandHome(p, r.home)
		if !filepath.IsAbs(p) {
			base := filepath.Join(r.home, ".ssh")
			if strings.HasPrefix(from, "/etc/ssh/") {
				base = "/etc/ssh"
			}
			p = filepath.Join(base, p)
		}
		names, err := r.glob(p)
		if err != nil {
			return fmt.Errorf("%s: Include %s: %w", from, p, err)
		}
		for _, n := range names {
			if err := r.file(n, active, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// splitConfigLine splits "Keyword value …" or "Keyword=value", with quotes and
// comments, as ssh_config(5) says.
func splitConfigLine(line string) ([]string, error) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return nil, nil
	}
	end := strings.IndexAny(line, " \t=")
	if end < 0 {
		return []string{line}, nil
	}
	rest := strings.TrimLeft(line[end:], " \t")
	rest = strings.TrimLeft(strings.TrimPrefix(rest, "="), " \t")
	args, err := splitArgs(rest)
	return append([]string{line[:end]}, args...), err
}

func splitArgs(s string) ([]string, error) {
	var args []string
	var word strings.Builder
	in, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\'' || s[i+1] == '\\' || (quote == 0 && s[i+1] == ' ')):
			i++
			word.WriteByte(s[i])
			in = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, in = c, true
		case quote == 0 && (c == ' ' || c == '\t'):
			if in {
				args = append(args, word.String())
			}
			word.Reset()
			in = false
		case quote == 0 && c == '#' && !in:
			return args, nil
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("missing %c", quote)
	}
	if in {
		args = append(args, word.String())
	}
	return args, nil
}

// hostMatches is the Host line's rule: one pattern matches and no negated one.
func hostMatches(patterns []string, host string) bool {
	host = strings.ToLower(host)
	matched := false
	for _, p := range patterns {
		p, negated := strings.CutPrefix(strings.ToLower(p), "!")
		if globMatch(p, host) {
			if negated {
				return false
			}
			matched = true
		}
	}
	return matched
}

// globMatch knows * and ?, and nothing else of path.Match.
func globMatch(pattern, s string) bool {
	pattern = strings.NewReplacer(`[`, `\[`, `\`, `\\`).Replace(pattern)
	ok, err := path.Match(pattern, strings.ReplaceAll(s, "/", "_"))
	return ok && err == nil
}

// parseDump reads the output of `ssh -G`.
func parseDump(text string) options {
	o := options{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && value != "none" {
			o.add(strings.ToLower(key), value)
		}
	}
	return o
}

func expandHome(p, home string) string {
	if rest, ok := strings.CutPrefix(p, "~/"); ok && home != "" {
		return filepath.Join(home, rest)
	}
	return p
}
