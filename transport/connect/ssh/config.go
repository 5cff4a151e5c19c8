package ssh

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// setting is what one line of an ssh configuration says.
type setting struct {
	keyword string // as ssh_config(5) spells it
	args    []string
	// rest is what follows the keyword, with its quotes. For some keywords it
	// is a command.
	rest string
	at   place
}

// value is the argument of a keyword that has one.
func (s setting) value() string { return strings.Join(s.args, " ") }

// String names the line in a message.
func (s setting) String() string { return fmt.Sprintf("%s %s (%s)", s.keyword, clip(s.value()), s.at) }

// place is a line of a file.
type place struct {
	file string
	line int
}

func (p place) String() string { return p.file + ":" + strconv.Itoa(p.line) }

// options are what an ssh configuration says about one host: the settings by
// their keywords in lower case. Of each keyword the first setting counts, but
// for the repeatable ones.
type options map[string][]setting

// repeatable are the keywords of which every setting counts.
var repeatable = map[string]bool{"identityfile": true, "certificatefile": true}

// first is the value that counts, "" if there is none.
func (o options) first(key string) string {
	if v := o[key]; len(v) > 0 {
		return v[0].value()
	}
	return ""
}

// where is the line that counts.
func (o options) where(key string) setting {
	if v := o[key]; len(v) > 0 {
		return v[0]
	}
	return setting{keyword: key}
}

// add adds a setting, if it counts.
func (o options) add(key string, s setting) {
	switch {
	case key == "proxyjump" && len(o["proxycommand"]) > 0, key == "proxycommand" && isSet(o.first("proxyjump")):
		// Whichever of the two comes first counts; after "ProxyJump none", both
		// do.
	case repeatable[key] && len(o[key]) < identitiesMax, len(o[key]) == 0:
		o[key] = append(o[key], s)
	}
}

// isSet reports whether a value was given and is not none.
func isSet(value string) bool { return value != "" && !strings.EqualFold(value, "none") }

// identitiesMax is how many files of a kind ssh uses: SSH_MAX_IDENTITY_FILES.
const identitiesMax = 100

// subject is what a configuration is read for: the host as it was asked for,
// and what else decides about it.
type subject struct {
	host, user, port string // as asked for; user and port may be ""
	home             string
}

// configReader evaluates ssh configurations for one host, as
// process_config_line of OpenSSH's readconf.c does. How much it reads, and how
// deep Includes are in each other, is bounded.
type configReader struct {
	subject
	// open opens a file. It is os.Open outside tests.
	open func(name string) (io.ReadCloser, error)
	glob func(pattern string) ([]string, error)
	// run runs the command of Match exec, and reports whether it succeeded.
	run  func(command string) bool
	opts options
	// again is set if Match final asks for a second pass over the files. final
	// is true in that pass, and resolved is the name that it is made for.
	again, final bool
	resolved     string
	lines        int // that were read
}

const (
	includeDepth   = 16
	configMaxBytes = 1 << 20
	// configMaxLines bounds what all Includes read together: a file that
	// includes itself twice on each of 16 levels would be read 65,536 times.
	configMaxLines = 1 << 18
)

func newConfigReader(ctx context.Context, s subject) *configReader {
	return &configReader{
		subject: s, opts: options{}, glob: filepath.Glob,
		open: func(name string) (io.ReadCloser, error) { return os.Open(name) },
		run:  func(command string) bool { return runMatch(ctx, command) },
	}
}

// configFile is one file to read.
type configFile struct {
	name string
	// user is true for all but the system's file. A relative Include in it is
	// below ~/.ssh.
	user bool
	// private is true if others may not write to the file, as SSHCONF_CHECKPERM
	// says. That is so for the one in the user's home directory, and for what
	// it includes.
	private bool
	// named is true for the file that the argument ssh_config names: it must
	// exist.
	named bool
}

// read evaluates the files in order. One that does not exist is passed over.
func (r *configReader) read(files ...configFile) error {
	for _, f := range files {
		if err := r.file(f, true, 0); err != nil {
			return err
		}
	}
	return nil
}

// configError says that a line cannot be used.
type configError struct {
	at  place
	why error
}

func (e *configError) Error() string { return fmt.Sprintf("%s: %v", e.at, e.why) }
func (e *configError) Unwrap() error { return e.why }

// file evaluates one file. active says whether its lines count for the host,
// depth how deep Includes are.
func (r *configReader) file(f configFile, active bool, depth int) error {
	in, err := r.open(f.name)
	if errors.Is(err, fs.ErrNotExist) || err != nil && depth == 0 && !f.named {
		return nil // ssh passes over it, too
	}
	if err != nil {
		return err
	}
	defer in.Close()
	if depth > includeDepth {
		return fmt.Errorf("%s: Include is nested more than %d deep. Look for a file that includes itself", f.name, includeDepth)
	}
	if empty, err := f.inspect(in); empty || err != nil {
		return err
	}
	lines := bufio.NewScanner(io.LimitReader(in, configMaxBytes))
	lines.Buffer(nil, configMaxBytes)
	// An Include belongs to the Host that it stands under. A Host in the
	// included file ends with that file.
	outer := active
	for n := 1; lines.Scan(); n++ {
		if r.lines++; r.lines > configMaxLines {
			return fmt.Errorf("%s: the files that Include names have more than %d lines. Look for a file that includes itself", f.name, configMaxLines)
		}
		at := place{f.name, n}
		err := r.line(f, lines.Text(), at, outer, &active, depth)
		var inner *configError
		if err != nil && !errors.As(err, &inner) {
			return &configError{at, err}
		}
		if err != nil {
			return err
		}
	}
	return lines.Err()
}

// inspect refuses a private file that anybody but the user and root may write
// to. empty is true for a directory, which a pattern of Include may find.
func (f configFile) inspect(in io.Reader) (empty bool, err error) {
	file, ok := in.(*os.File)
	if !ok {
		return false, nil
	}
	st, err := file.Stat()
	if err != nil || st.IsDir() {
		return true, err
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	if f.private && ok && (sys.Uid != 0 && int(sys.Uid) != os.Getuid() || st.Mode().Perm()&0o022 != 0) {
		return false, fmt.Errorf("bad owner or permissions on %s: ssh refuses a file that others may write to. Make it yours, and run chmod go-w on it", f.name)
	}
	return false, nil
}

// line evaluates one line. active says whether lines count for the host; outer
// says whether they do outside of every Host of this file.
func (r *configReader) line(f configFile, text string, at place, outer bool, active *bool, depth int) error {
	l, err := splitConfigLine(text)
	if err != nil || l.keyword == "" {
		return err
	}
	w, ignored, err := r.keyword(l)
	if err != nil || ignored {
		return err
	}
	switch w.key() {
	case "host":
		*active = outer && hostMatches(l.args, firstOf(r.resolved, r.host))
	case "match":
		matched, err := r.match(l.args, outer)
		*active = outer && matched
		return err
	case "include":
		return r.include(f, l.args, *active, depth)
	default:
		if *active {
			r.opts.add(w.key(), setting{w.name, l.args, l.rest, at})
		}
	}
	return nil
}

// keyword finds what a line is about and checks its arguments. What
// IgnoreUnknown names is ignored.
func (r *configReader) keyword(l configLine) (w keyword, ignored bool, err error) {
	w, known := findKeyword(l.keyword)
	switch {
	case !known && matchList(strings.ToLower(r.opts.first("ignoreunknown")), strings.ToLower(l.keyword)):
		return w, true, nil
	case !known:
		return w, false, fmt.Errorf("%s is not a keyword that mitoplan knows. If ssh knows it, name it in IgnoreUnknown above this line", l.keyword)
	case len(l.args) == 0 || l.args[0] == "":
		return w, false, fmt.Errorf("%s has no argument", l.keyword)
	case w.check == nil:
		return w, false, nil
	}
	if err := w.check(l.args); err != nil {
		return w, false, fmt.Errorf("%s: %w", l.keyword, err)
	}
	return w, false, nil
}

// include evaluates the files that an Include names.
func (r *configReader) include(from configFile, patterns []string, active bool, depth int) error {
	for _, p := range patterns {
		if p = expandHome(p, r.home); !filepath.IsAbs(p) {
			p = filepath.Join(r.includeDirectory(from), p)
		}
		names, err := r.glob(p)
		if err != nil {
			return fmt.Errorf("the Include %s: %w", p, err)
		}
		for _, n := range names {
			if err := r.file(configFile{name: n, user: from.user, private: from.private}, active, depth+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// includeDirectory is where a relative Include begins.
func (r *configReader) includeDirectory(from configFile) string {
	if from.user {
		return filepath.Join(r.home, ".ssh")
	}
	return systemConfigDir
}

const systemConfigDir = "/etc/ssh"
