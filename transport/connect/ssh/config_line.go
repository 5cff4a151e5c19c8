package ssh

import (
	"fmt"
	"strings"
)

// configLine is a line of an ssh configuration in its parts.
type configLine struct {
	keyword string // "" for a line that says nothing
	args    []string
	rest    string // what follows the keyword, as it is written
}

// splitConfigLine splits "Keyword value …" or "Keyword=value", with quotes and
// comments, as ssh_config(5) says and argv_split of OpenSSH's misc.c does.
func splitConfigLine(line string) (configLine, error) {
	line = strings.Trim(line, " \t\r\n\f")
	if line == "" || line[0] == '#' {
		return configLine{}, nil
	}
	l := configLine{keyword: line}
	if line[0] == '"' {
		end := strings.IndexByte(line[1:], '"')
		if end < 0 {
			return l, fmt.Errorf("the closing \" is missing")
		}
		l.keyword, l.rest = line[1:end+1], line[end+2:]
	} else if end := strings.IndexAny(line, " \t="); end >= 0 {
		l.keyword, l.rest = line[:end], line[end:]
	}
	l.rest = strings.TrimLeft(l.rest, " \t")
	l.rest = strings.TrimLeft(strings.TrimPrefix(l.rest, "="), " \t")
	var err error
	l.args, err = splitArgs(l.rest)
	return l, err
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
		return nil, fmt.Errorf("the closing %c is missing", quote)
	}
	if in {
		args = append(args, word.String())
	}
	return args, nil
}
