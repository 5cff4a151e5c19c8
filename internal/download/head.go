package download

import (
	"bufio"
	"errors"
	"strconv"
	"strings"
)

// mostHead is how many bytes the beginning of an answer may have, before its content.
const mostHead = 256 << 10

var errHead = errors.New("what came is no answer of HTTP")

// readHead reads the beginning of an answer as it is on the line: a status, and headers to an
// empty line. Of several headers of one name the first counts. One that says that the answer is
// yet to come is skipped.
func readHead(r *bufio.Reader) (status int, headers map[string]string, err error) {
	left := mostHead
	for {
		line, err := headLine(r, &left)
		if err != nil {
			return 0, nil, err
		}
		version, rest, _ := strings.Cut(line, " ")
		code, _, _ := strings.Cut(strings.TrimLeft(rest, " "), " ")
		status, err = strconv.Atoi(code)
		if !strings.HasPrefix(version, "HTTP/") || err != nil || status < 100 || status > 999 {
			return 0, nil, errHead
		}
		if headers, err = readHeaders(r, &left); err != nil || status >= 200 {
			return status, headers, err
		}
	}
}

func readHeaders(r *bufio.Reader, left *int) (map[string]string, error) {
	headers := map[string]string{}
	for {
		line, err := headLine(r, left)
		if err != nil || line == "" {
			return headers, err
		}
		name, value, _ := strings.Cut(line, ":")
		name = strings.ToLower(name)
		if _, has := headers[name]; !has {
			headers[name] = strings.TrimSpace(value)
		}
	}
}

// headLine reads a line and takes its length from left.
func headLine(r *bufio.Reader, left *int) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if *left -= len(part); *left < 0 {
			return "", errHead
		}
		line = append(line, part...)
		if err == nil {
			return strings.TrimRight(string(line), "\r\n"), nil
		}
		if err != bufio.ErrBufferFull {
			return "", err
		}
	}
}
