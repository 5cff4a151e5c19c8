package main

import (
	"fmt"
	"os"
	"strings"
)

// kept are the names that stay, whatever is found of them.
type kept struct {
	file string
	line map[string]int
	used map[string]bool
}

// readKept reads lines of a name, blanks and a reason. A name that ends in "."
// is for all that begins so. Lines that begin with # are comments.
func readKept(file string) (*kept, error) {
	k := &kept{file: file, line: map[string]int{}, used: map[string]bool{}}
	if file == "" {
		return k, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(string(b), "\n") {
		name, reason, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || strings.HasPrefix(name, "#") {
			continue
		}
		if strings.TrimSpace(reason) == "" {
			return nil, fmt.Errorf("%s:%d: no reason for %s", file, i+1, name)
		}
		k.line[name] = i + 1
	}
	return k, nil
}

func (k *kept) has(name string) bool {
	for {
		if _, ok := k.line[name]; ok {
			k.used[name] = true
			return true
		}
		i := strings.LastIndex(strings.TrimSuffix(name, "."), ".")
		if i < 0 {
			return false
		}
		name = name[:i+1]
	}
}

// stale reports the lines that nothing needs.
func (k *kept) stale() []string {
	var out []string
	for name, n := range k.line {
		if !k.used[name] {
			out = append(out, fmt.Sprintf("%s:%d: %s need not be kept: it is used, or gone", k.file, n, name))
		}
	}
	return out
}
