package main

import (
	"fmt"
	"strings"

	"golang.org/x/mod/semver"
)

// satisfies reports whether a version meets constraints such as
// ">= 0.1, < 1.0" or "~> 0.1".
func satisfies(version, constraints string) (bool, error) {
	for c := range strings.SplitSeq(constraints, ",") {
		ok, err := meets(version, strings.TrimSpace(c))
		if err != nil || !ok {
			return false, err
		}
	}
	return true, nil
}

func meets(version, constraint string) (bool, error) {
	op := constraint[:strings.IndexFunc(constraint+"0", func(r rune) bool { return !strings.ContainsRune("<>=!~", r) })]
	number := strings.TrimSpace(constraint[len(op):])
	want, have := "v"+number, "v"+version
	if !semver.IsValid(want) {
		return false, fmt.Errorf("%q is not a version constraint, such as \">= 0.1\" or \"~> 0.1, != 0.1.3\"", constraint)
	}
	c := semver.Compare(have, want)
	switch op {
	case "", "=":
		return c == 0, nil
	case "!=":
		return c != 0, nil
	case ">":
		return c > 0, nil
	case ">=":
		return c >= 0, nil
	case "<":
		return c < 0, nil
	case "<=":
		return c <= 0, nil
	case "~>":
		return c >= 0 && strings.HasPrefix(have+".", stem(number)), nil
	}
	return false, fmt.Errorf("%q is not an operator of version constraints: use =, !=, >, >=, <, <= or ~>", op)
}

// stem returns the part of a version that "~>" requires to be equal: everything but
// the last number.
func stem(number string) string {
	i := strings.LastIndexByte(number, '.')
	if i < 0 {
		return "v"
	}
	return "v" + number[:i] + "."
}
