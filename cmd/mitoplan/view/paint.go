package view

import (
	"fmt"
	"strings"
)

// Paint colours text; the zero value leaves it plain.
type Paint struct{ On bool }

func (p Paint) code(code, s string) string {
	if !p.On || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p Paint) bold(s string) string   { return p.code("1", s) }
func (p Paint) dim(s string) string    { return p.code("2", s) }
func (p Paint) red(s string) string    { return p.code("31", s) }
func (p Paint) green(s string) string  { return p.code("32", s) }
func (p Paint) yellow(s string) string { return p.code("33", s) }
func (p Paint) cyan(s string) string   { return p.code("36", s) }

// symbol colours what stands for an operation.
func (p Paint) symbol(s string) string {
	switch strings.TrimSpace(s) {
	case "+":
		return p.green(s)
	case "-", "-/+":
		return p.red(s)
	case "~", "?":
		return p.yellow(s)
	}
	return p.cyan(s)
}

// pad fills up to a width as a terminal counts it.
func pad(s string, width int) string {
	if n := width - stringWidth(s); n > 0 {
		return s + strings.Repeat(" ", n)
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}
