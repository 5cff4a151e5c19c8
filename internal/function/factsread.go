package function

import (
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// factBytes bounds what is read of one file: it may be anybody's.
const factBytes = 4 << 20

// text is what a file holds, "" if it cannot be read.
func (h here) text(name string) string {
	f, err := os.OpenFile(filepath.Join(string(h), name), os.O_RDONLY|nonBlock, 0)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, _ := io.ReadAll(io.LimitReader(f, factBytes))
	return string(b)
}

// word is a file of one line.
func (h here) word(name string) string { return strings.TrimSpace(h.text(name)) }

// number is a file of one number, 0 if it is none.
func (h here) number(name string) int64 { return number(h.word(name)) }

func number(text string) int64 {
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

// lines are the lines of a file, without empty ones and those that begin with #.
func (h here) lines(name string) (all []string) {
	for _, line := range strings.Split(h.text(name), "\n") {
		if line = strings.TrimRight(line, "\r"); line != "" && !strings.HasPrefix(line, "#") {
			all = append(all, line)
		}
	}
	return all
}

// fields is a file of lines "name: value", of which the first one of a name counts.
func (h here) fields(name string) map[string]string {
	out := map[string]string{}
	for _, line := range h.lines(name) {
		k, v, _ := strings.Cut(line, ":")
		if k = strings.TrimSpace(k); out[k] == "" {
			out[k] = strings.TrimSpace(v)
		}
	}
	return out
}

// names is what a directory holds, in the order of bytes.
func (h here) names(dir string) (all []string) {
	entries, _ := os.ReadDir(filepath.Join(string(h), dir))
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// is reports whether anything is at a path.
func (h here) is(name string) bool {
	_, err := os.Lstat(filepath.Join(string(h), name))
	return err == nil
}

// target is where a link points, "" if there is none.
func (h here) target(name string) string {
	t, _ := os.Readlink(filepath.Join(string(h), name))
	return t
}
