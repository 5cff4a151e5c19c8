package ssh

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
)

// maxHostFile bounds a known_hosts file, in bytes. A million lines are less.
const maxHostFile = 256 << 20

// hostFile is a known_hosts file. It is never changed once it is read.
type hostFile struct {
	path  string
	lines []hostLine
	// plain are the lines with an exact name, by that name. rest are those that
	// have to be looked at one by one.
	plain map[string][]int
	rest  []int
	odd   []int // numbers of the lines that cannot be used
}

// hostFiles remembers files until they change. The known_hosts of a fleet has a
// line for each host, and every connection needs it.
var hostFiles = struct {
	sync.Mutex
	entries map[string]*rememberedFile
}{entries: map[string]*rememberedFile{}}

// rememberedFile is a file as it was at one time. Whoever needs it first reads
// it.
type rememberedFile struct {
	stamp string
	once  sync.Once
	file  *hostFile
	err   error
}

// readHostFile reads a file, or returns what is remembered of it. A file that
// does not exist has no lines.
func readHostFile(path string) (*hostFile, error) {
	st, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &hostFile{path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	if m := st.Mode(); !m.IsRegular() && m&fs.ModeCharDevice == 0 {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	e := rememberFile(path, fmt.Sprintf("%d %d", st.Size(), st.ModTime().UnixNano()))
	e.once.Do(func() {
		var content []byte
		if content, e.err = readUpTo(path, maxHostFile); e.err == nil {
			e.file = parseHostFile(path, content)
		}
	})
	if e.err != nil {
		forgetFile(path, e)
	}
	return e.file, e.err
}

// rememberFile is what is remembered of the file at path, if that looks as the
// stamp says.
func rememberFile(path, stamp string) *rememberedFile {
	hostFiles.Lock()
	defer hostFiles.Unlock()
	e := hostFiles.entries[path]
	if e == nil || e.stamp != stamp {
		e = &rememberedFile{stamp: stamp}
		hostFiles.entries[path] = e
	}
	return e
}

func forgetFile(path string, e *rememberedFile) {
	hostFiles.Lock()
	defer hostFiles.Unlock()
	if hostFiles.entries[path] == e {
		delete(hostFiles.entries, path)
	}
}

// readUpTo reads a file of at most limit bytes. A longer one is an error.
func readUpTo(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = fmt.Errorf("%s is longer than %d MiB", path, limit>>20)
	}
	return content, err
}

func parseHostFile(path string, content []byte) *hostFile {
	f := &hostFile{path: path, plain: map[string][]int{}}
	number := 0
	for text := range strings.Lines(string(bytes.TrimPrefix(content, utf8Mark))) {
		number++
		l, ok := parseHostLine(strings.TrimSuffix(text, "\n"))
		if !ok {
			continue
		}
		l.file, l.line = path, number
		f.add(l)
	}
	return f
}

func (f *hostFile) add(l hostLine) {
	n := len(f.lines)
	f.lines = append(f.lines, l)
	switch {
	case l.odd != "":
		f.odd = append(f.odd, n)
	case l.hash == nil && l.exact():
		for name := range strings.SplitSeq(strings.ToLower(l.hosts), ",") {
			f.plain[name] = append(f.plain[name], n)
		}
	default:
		f.rest = append(f.rest, n)
	}
}
