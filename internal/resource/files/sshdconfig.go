package files

import (
	"context"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/edit"
)

// sshdKeys is what sshd_config says of authorized keys. Nobody who may not read it is told
// anything else than the defaults.
type sshdKeys struct {
	files  []string // nil if it does not say
	strict bool
	// matched is set if a Match block says which files, which is not looked into.
	matched bool
}

// sshdConfigFile is read first; relative names of Include begin in its directory.
const (
	sshdDirectory  = "/etc/ssh"
	sshdConfigFile = sshdDirectory + "/sshd_config"
)

// maxIncluded is how deep files include others, as in sshd.
const maxIncluded = 16

// readSSHD reads sshd_config with all that it includes. The first value of a keyword counts.
func readSSHD(ctx context.Context, h resource.Host) (sshdKeys, error) {
	out := sshdKeys{strict: true}
	seen := map[string]bool{}
	err := out.read(ctx, h, sshdConfigFile, seen, 0)
	return out, err
}

func (s *sshdKeys) read(ctx context.Context, h resource.Host, file string, seen map[string]bool, deep int) error {
	data, err := readPlain(ctx, h, file)
	if err != nil {
		return err
	}
	inMatch := false
	for _, r := range edit.RowsOf(data) {
		words := sshdWords(string(r.Text))
		if len(words) < 2 {
			continue
		}
		switch keyword := strings.ToLower(words[0]); {
		case keyword == "match":
			inMatch = !slices.EqualFunc(words[1:], []string{"all"}, strings.EqualFold)
		case keyword == "include" && !inMatch && deep < maxIncluded:
			for _, pattern := range words[1:] {
				if err := s.include(ctx, h, pattern, seen, deep+1); err != nil {
					return err
				}
			}
		case inMatch:
			s.matched = s.matched || keyword == "authorizedkeysfile"
		case seen[keyword]:
		case keyword == "authorizedkeysfile":
			s.files, seen[keyword] = words[1:], true
		case keyword == "strictmodes":
			s.strict, seen[keyword] = !strings.EqualFold(words[1], "no"), true
		}
	}
	return nil
}

// include reads the files that a pattern names, in the order of their names. Only the last part
// of the path is a pattern.
func (s *sshdKeys) include(ctx context.Context, h resource.Host, pattern string, seen map[string]bool, deep int) error {
	if !path.IsAbs(pattern) {
		pattern = path.Join(sshdDirectory, pattern)
	}
	names, err := h.ReadDir(path.Dir(pattern))
	if err != nil {
		return forgiven(err)
	}
	for _, name := range names {
		if ok, err := path.Match(path.Base(pattern), name); err != nil || !ok {
			continue
		}
		if err := s.read(ctx, h, path.Join(path.Dir(pattern), name), seen, deep); err != nil {
			return err
		}
	}
	return nil
}

// sshdWords are the words of a line of sshd_config: separated by blanks, the first one also by an
// equals sign, and quoted if they have blanks.
func sshdWords(line string) []string {
	var out []string
	for {
		line = strings.TrimLeft(line, " \t\r\f")
		if len(out) == 1 {
			line = strings.TrimLeft(strings.TrimPrefix(line, "="), " \t")
		}
		if line == "" || line[0] == '#' {
			return out
		}
		if line[0] == '"' {
			word, rest, ok := strings.Cut(line[1:], `"`)
			if !ok {
				return out
			}
			out, line = append(out, word), rest
			continue
		}
		stop := " \t\r\f"
		if len(out) == 0 {
			stop += "="
		}
		end := strings.IndexAny(line, stop)
		if end < 0 {
			return append(out, line)
		}
		out, line = append(out, line[:end]), line[end:]
	}
}

// expand puts an account into the name of a file: %h, %u, %U and %%.
func expand(file string, u *resource.User, home string) string {
	var b strings.Builder
	for i := 0; i < len(file); i++ {
		if file[i] != '%' || i+1 == len(file) {
			b.WriteByte(file[i])
			continue
		}
		i++
		switch file[i] {
		case 'h':
			b.WriteString(home)
		case 'u':
			b.WriteString(u.Name)
		case 'U':
			b.WriteString(strconv.FormatInt(u.UID, 10))
		default:
			b.WriteByte(file[i])
		}
	}
	return b.String()
}
