package tree

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// Exclude are patterns of what is left out of a tree. One without a slash is compared with the
// names in all directories, another with the whole path, and ** in it stands for any number of
// directories. With a slash at its end it means directories only. What is in a directory that is
// left out is left out, too. The zero value leaves out nothing.
type Exclude []pattern

type pattern struct {
	parts []string // of a path; a single one is that of a name
	named bool     // compared with names
	dirs  bool     // means directories only
}

// ParseExclude reads patterns. The error says what is wrong with the first bad one.
func ParseExclude(patterns []string) (Exclude, error) {
	var out Exclude
	for _, text := range patterns {
		p, err := parsePattern(text)
		if err != nil {
			return nil, fmt.Errorf("the pattern %q %w", text, err)
		}
		out = append(out, p)
	}
	return out, nil
}

var (
	errNoPattern = errors.New("names nothing in a directory")
	errDots      = errors.New("has a part . or .., and paths begin in the directory")
	errBadGlob   = errors.New("has a [ without a ], or ends in a backslash")
)

func parsePattern(text string) (p pattern, err error) {
	rest, dirs := strings.CutSuffix(text, "/")
	p.dirs = dirs
	p.named = !strings.Contains(rest, "/")
	p.parts = strings.Split(strings.TrimPrefix(rest, "/"), "/")
	for _, part := range p.parts {
		switch {
		case part == "":
			return p, errNoPattern
		case part == ".", part == "..":
			return p, errDots
		}
		if _, err := path.Match(part, ""); err != nil {
			return p, errBadGlob
		}
	}
	return p, nil
}

// Has reports whether an entry is left out by itself, whatever the directories are above it.
func (x Exclude) Has(rel string, dir bool) bool {
	for _, p := range x {
		switch {
		case p.dirs && !dir:
		case p.named:
			if ok, _ := path.Match(p.parts[0], path.Base(rel)); ok {
				return true
			}
		case match(p.parts, strings.Split(rel, "/")):
			return true
		}
	}
	return false
}

// Covers reports whether an entry is left out, by itself or with a directory above it.
func (x Exclude) Covers(rel string, dir bool) bool {
	for at := 0; ; {
		next := strings.IndexByte(rel[at:], '/')
		if next < 0 {
			return x.Has(rel, dir)
		}
		if x.Has(rel[:at+next], true) {
			return true
		}
		at += next + 1
	}
}

// match compares the parts of a path with those of a pattern. It takes no longer than the product
// of their numbers.
func match(pattern, parts []string) bool {
	at, back, from := 0, -1, 0 // back is behind the last **, from where that was tried last
	for k := 0; k < len(parts); {
		switch {
		case at < len(pattern) && pattern[at] == "**":
			at++
			back, from = at, k
		case at < len(pattern) && matches(pattern[at], parts[k]):
			at, k = at+1, k+1
		case back >= 0:
			from++
			at, k = back, from
		default:
			return false
		}
	}
	for at < len(pattern) && pattern[at] == "**" {
		at++
	}
	return at == len(pattern)
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name)
	return ok
}
