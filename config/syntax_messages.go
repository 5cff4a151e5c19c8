package config

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// syntaxProblems rewords what the parser said about a source in HCL's own syntax.
// A bracket or quote that is not closed is reported where it begins, instead of
// everything that follows from it. Of the problems in one line only the first is
// reported. Habits of other languages, such as YAML's colons, are named.
func syntaxProblems(src []byte, tokens hclsyntax.Tokens, diags hcl.Diagnostics) hcl.Diagnostics {
	if !diags.HasErrors() {
		return diags
	}
	left := unclosed(src, tokens)
	slices.SortStableFunc(diags, func(a, b *hcl.Diagnostic) int { return startOf(a) - startOf(b) })
	var out hcl.Diagnostics
	line := 0
	for _, d := range diags {
		if missesEnd(d) && left != nil {
			continue
		}
		if d.Subject == nil || left != nil && d.Subject.Start.Line >= left.Subject.Start.Line {
			continue
		}
		if d.Subject.Start.Line == line && d.Summary != "Invalid escape sequence" {
			continue
		}
		line = d.Subject.Start.Line
		out = append(out, plainly(src, d))
		if bytes.HasPrefix(src[min(startOf(d), len(src)):], []byte("<<")) {
			break // its lines are taken for configuration
		}
	}
	if left != nil {
		out = append(out, left)
	}
	return out
}

// missesEnd reports a diagnostic about something that is not closed.
func missesEnd(d *hcl.Diagnostic) bool {
	return strings.HasPrefix(d.Summary, "Unclosed ") || strings.HasPrefix(d.Summary, "Unterminated ")
}

func startOf(d *hcl.Diagnostic) int {
	if d.Subject == nil {
		return 0
	}
	return d.Subject.Start.Byte
}

// plainly rewords the diagnostics of the most frequent mistakes.
func plainly(src []byte, d *hcl.Diagnostic) *hcl.Diagnostic {
	at := syntaxPlace{d: d, line: lineAt(src, d.Subject.Start.Byte), rest: string(src[min(d.Subject.Start.Byte, len(src)):])}
	rewrite, ok := syntaxMessages[d.Summary]
	if !ok {
		return d
	}
	summary, detail := rewrite(at)
	if detail == "" {
		return d
	}
	out := problem(summary, detail, *d.Subject)
	out.Context = d.Context
	return out
}

// lineAt is the line of a source that a byte is in.
func lineAt(src []byte, at int) string {
	at = min(at, len(src))
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	line, _, _ := bytes.Cut(src[start:], []byte("\n"))
	return string(line)
}

// syntaxPlace is where the parser stopped: the line, and the source from there on.
type syntaxPlace struct {
	d          *hcl.Diagnostic
	line, rest string
}

var (
	yamlItem    = regexp.MustCompile(`^\s*(-\s|---)`)
	yamlPair    = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_-]*):`)
	homePath    = regexp.MustCompile(`^~([/A-Za-z_\s\])},]|$)`) // ~, ~/x or ~user/x
	wordBetween = regexp.MustCompile(`^(and|or|not)\b`)
)

// syntaxMessages rewrite the parser's diagnostics by their summary. An empty detail
// leaves one as it is.
var syntaxMessages = map[string]func(syntaxPlace) (summary, detail string){
	"Argument or block definition required": notADefinition,
	"Invalid expression":                    notAnExpression,
	"Invalid escape sequence": func(p syntaxPlace) (string, string) {
		return p.d.Summary, `In a string a backslash begins an escape such as \n, and this is not a valid one. To write a backslash, as regular expressions need it, double it: "^\\s+".`
	},
	"Invalid single-argument block definition": oneLineBlock,
	"Argument definition required": func(syntaxPlace) (string, string) {
		return "Block on one line", "A block on one line can contain one argument and its closing }, and no other block. Put the inner block on lines of its own."
	},
	"Missing newline after argument":    afterArgument,
	"Extra characters after expression": afterArgument,
	"Attribute redefined": func(p syntaxPlace) (string, string) {
		name, _, _ := strings.Cut(p.rest, "=")
		return "Argument set twice", fmt.Sprintf("The argument %q was already set above in the same block. Keep one of the two.", strings.TrimSpace(name))
	},
	"Unsupported operator": func(p syntaxPlace) (string, string) {
		if homePath.MatchString(p.rest) {
			return "Invalid expression", `A path is written in quotes. The home directory of who runs mitoplan is found by pathexpand("~/x"). A path on a host begins with /.`
		}
		return "", ""
	},
	"Invalid character": func(p syntaxPlace) (string, string) {
		switch {
		case strings.HasPrefix(p.rest, "'"):
			return p.d.Summary, `Write strings in double quotes, "like this", not in single quotes.`
		case strings.HasPrefix(p.rest, "“"), strings.HasPrefix(p.rest, "”"):
			return p.d.Summary, `Write strings in straight quotes, "like this". These are curly quotes, which word processors insert.`
		case strings.HasPrefix(p.rest, "`"):
			return p.d.Summary, "Backquotes have no meaning here. Write strings in double quotes. The output of a program is the result of a call: call.command.NAME.stdout."
		}
		return "", ""
	},
	"Missing key/value separator": func(p syntaxPlace) (string, string) {
		if strings.Contains(p.line, "{{") {
			return "Invalid expression", `{{ }} has no meaning here. Write a value as its name, var.NAME, and inside a string as "${var.NAME}".`
		}
		return "", ""
	},
	"Invalid template control keyword": func(p syntaxPlace) (string, string) {
		return p.d.Summary, templateKeyword(p.d.Detail)
	},
	"Extra characters after interpolation expression": func(p syntaxPlace) (string, string) {
		return "Invalid template sequence", "This text cannot be in a ${ } of a template. " + literally("$")
	},
	"Invalid template interpolation": func(p syntaxPlace) (string, string) {
		return "Invalid template sequence", "This text cannot be in a ${ } of a template. " + literally("$")
	},
	"Invalid block definition": func(p syntaxPlace) (string, string) {
		if strings.HasPrefix(p.rest, "=") {
			return p.d.Summary, "A block has no equals sign: write its opening { directly after its names."
		}
		return p.d.Summary, "The opening { of a block must be on the same line as its names, after them."
	},
}

// templateKeyword keeps the parser's own words, which quote the keyword, and says
// how to write what was probably meant.
func templateKeyword(detail string) string {
	if strings.Contains(detail, "Did you mean") {
		return detail + " " + literally("%")
	}
	return strings.TrimSuffix(detail, ".") + ". The keywords are if, else, endif, for and endfor. " + literally("%")
}

// quotes says how to write a quote in a string, if the line has more quotes
// than one string.
func (p syntaxPlace) quotes() string {
	if strings.Count(strings.ReplaceAll(p.line, `\"`, ""), `"`) < 3 {
		return ""
	}
	return ` A quote inside a string is written \".`
}

func notADefinition(p syntaxPlace) (string, string) {
	switch {
	case yamlItem.MatchString(p.line):
		return "Not a definition", `This looks like YAML. A configuration is made of blocks, such as resource "file" "motd" { … }, and of arguments, such as path = "/etc/motd".`
	case yamlPair.MatchString(p.line): // the word is not repeated: a file of values may hold a secret there
		return "Not a definition", `An argument is written with an equals sign, not with a colon: path = "/etc/motd".`
	case strings.HasPrefix(p.rest, "}"), strings.HasPrefix(p.rest, ")"), strings.HasPrefix(p.rest, "]"):
		return "Unexpected bracket", fmt.Sprintf("This %s closes nothing: it is one too many, or its opening bracket is missing above.", p.rest[:1])
	}
	return "Not a definition", `An argument is expected here, such as path = "/etc/motd", or a block, such as lifecycle { … }.`
}

func notAnExpression(p syntaxPlace) (string, string) {
	switch {
	case strings.HasPrefix(p.rest, "\n"), strings.HasPrefix(p.rest, "\r"), p.rest == "":
		return "Missing value", "A value is expected here, and the line ends. Write a value, or null for none."
	case strings.HasPrefix(p.rest, "/"):
		return p.d.Summary, `A path is written in quotes: "/etc/motd".`
	case strings.HasPrefix(p.rest, "<<"):
		return p.d.Summary, "A text of several lines begins with << and a word directly after it, without blanks or quotes: <<EOT."
	case strings.HasPrefix(p.rest, "}"), strings.HasPrefix(p.rest, ")"), strings.HasPrefix(p.rest, "]"), strings.HasPrefix(p.rest, ","):
		return "Missing value", fmt.Sprintf("A value is expected here, and %s follows.", p.rest[:1])
	}
	return p.d.Summary, `A value is expected here, such as "text", 5, true, [1, 2], var.NAME or on.hostname.` + p.quotes()
}

func afterArgument(p syntaxPlace) (string, string) {
	if word := wordBetween.FindString(p.rest); word != "" {
		return "Invalid expression", operatorHint(word)
	}
	if strings.HasPrefix(p.rest, "=") {
		return "Invalid expression", `This is the second equals sign of one argument. To compare two values, write ==: enabled = a == "b".`
	}
	return "Missing line end", "Each argument needs a line of its own, and something follows this one." + p.quotes()
}

func oneLineBlock(p syntaxPlace) (string, string) {
	if word := wordBetween.FindString(p.rest); word != "" {
		return "Invalid expression", operatorHint(word)
	}
	return "Block on one line", "A block on one line can contain one argument and its closing }. Put each argument on a line of its own, without commas."
}

func operatorHint(word string) string {
	return fmt.Sprintf("The word %q is not an operator. Write && for and, || for or, and ! for not.", word)
}
