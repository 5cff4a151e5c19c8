package function

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/process"
)

// find looks at what is waited for, once.
func (in *WaitForIn) find(ctx context.Context, c Call) finding {
	switch {
	case in.Port != nil && in.State == drained:
		return connections(here("/"), *in.Port)
	case in.Port != nil:
		return in.portNow(ctx)
	case in.Path != nil && (in.Search != nil || in.Regexp != nil):
		return in.textNow(ctx)
	case in.Path != nil:
		return pathNow(*in.Path)
	case in.URL != nil:
		return in.pageNow(ctx)
	case in.Command != nil:
		return in.commandNow(ctx, c)
	}
	return in.processNow(ctx)
}

func (in *WaitForIn) portNow(ctx context.Context) finding {
	p := PortIn{Port: *in.Port, Host: in.Host}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(p.host(), strconv.FormatInt(p.Port, 10)))
	if err == nil {
		_ = conn.Close()
		return finding{there: true, how: fmt.Sprintf("port %d of %s took connections", p.Port, p.host())}
	}
	reason, ok := whyClosed(err)
	if !ok && ctx.Err() != nil {
		reason, ok = "timeout", true
	}
	if !ok {
		return finding{unknown: true, how: fmt.Sprintf("port %d of %s could not be tried: %v", p.Port, p.host(), err)}
	}
	return finding{how: fmt.Sprintf("port %d of %s took no connection (%s)", p.Port, p.host(), reason)}
}

// listening and waiting are the states of a socket that is no connection of a client, as the
// tables of the kernel have them: TCP_LISTEN, and TCP_TIME_WAIT, in which all is sent.
const listening, timeWait = "0A", "06"

// connections counts those to a port of this host.
func connections(h here, port int64) finding {
	n, local := 0, fmt.Sprintf(":%04X", port)
	v4, v6 := h.lines("proc/net/tcp"), h.lines("proc/net/tcp6")
	if len(v4) == 0 {
		return finding{unknown: true, how: "the kernel did not list its connections in /proc/net/tcp"}
	}
	for _, line := range slices.Concat(v4, v6) {
		f := strings.Fields(line)
		if len(f) > 3 && strings.HasSuffix(f[1], local) && f[3] != listening && f[3] != timeWait {
			n++
		}
	}
	return finding{there: n == 0, how: fmt.Sprintf("port %d had %d connections", port, n)}
}

// pathNow reports whether a path leads to something.
func pathNow(p kind.Text) finding {
	at, err := reach(string(p), true)
	if err == nil {
		defer at.close()
		var st unix.Stat_t
		err = at.stat(&st)
	}
	switch {
	case err == nil:
		return finding{there: true, how: string(p) + " was there"}
	case filesystem.NotThere(err):
		return finding{how: string(p) + " was not there"}
	}
	return unreadable(p, err)
}

func unreadable(p kind.Text, err error) finding {
	problem := explain("path", "look at", p, err)
	return finding{unknown: true, how: fmt.Sprintf("%s could not be looked at: %s", string(p), strings.TrimSuffix(problem.Detail, "."))}
}

// lineBytes is how much of a line is looked at in one piece.
const lineBytes = 64 << 10

// textNow reports whether a text is in a file. Without the file it is not.
func (in *WaitForIn) textNow(ctx context.Context) finding {
	f, err := openPlain(*in.Path, true)
	var p *kind.Problem
	switch {
	case errors.As(err, &p) && p.Code == kind.CodeMissing:
		return finding{how: string(*in.Path) + " was not there"}
	case err != nil:
		return unreadable(*in.Path, err)
	}
	defer f.Close()
	matches := func(line []byte) bool { return bytes.Contains(line, []byte(*in.Search)) }
	if in.Regexp != nil {
		matches = regexp.MustCompile(*in.Regexp).Match
	}
	for r := bufio.NewReaderSize(advancing{ctx, f}, lineBytes); ; {
		line, err := r.ReadSlice('\n')
		switch {
		case len(line) > 0 && matches(bytes.TrimRight(line, "\r\n")):
			return finding{there: true, how: "the text was in " + string(*in.Path)}
		case err == io.EOF:
			return finding{how: "the text was not in " + string(*in.Path)}
		case err != nil && err != bufio.ErrBufferFull:
			return unreadable(*in.Path, err)
		}
	}
}

// commandNow reports whether the command succeeds. Without its program it does not.
func (in *WaitForIn) commandNow(ctx context.Context, c Call) finding {
	argv, bad := guardArgv("command", in.Command)
	if bad != nil {
		return finding{unknown: true, how: bad.Detail}
	}
	said := process.Capture{Limit: 4096}
	run := prepare(&ProgramIn{}, c)
	e, err := run.start(ctx, "command", argv, process.Spec{Stderr: &said})
	var p *kind.Problem
	switch {
	case ctx.Err() != nil:
		return finding{unknown: true, how: "the command took longer than try_timeout"}
	case errors.As(err, &p) && p.Code == kind.CodeProgramMissing:
		return finding{how: "the command could not run: " + strings.TrimSuffix(p.Detail, ".")}
	case err != nil:
		return finding{unknown: true, how: "the command could not run: " + err.Error()}
	case e.Code == 0 && e.Signal == "":
		return finding{there: true, how: "the command succeeded"}
	}
	how := fmt.Sprintf("the command ended with %v", e)
	if lines := lastLines(said.Tail()); lines != "" && len(c.Sensitive) == 0 {
		how += " and said: " + lines
	}
	return finding{how: how}
}

// page is what is asked of an HTTP server.
type page struct{ address, host, path string }

// parsePage reads a URL of plain http.
func parsePage(url string) (page, []kind.Problem) {
	rest, ok := strings.CutPrefix(url, "http://")
	if !ok && strings.HasPrefix(url, "https://") {
		return page{}, bad("url", "No TLS here", `url begins with https://, and wait_for speaks plain http. Use command with a client of the host, such as command = ["curl", "-fsS", URL], or wait for the port.`)
	}
	host, path := rest, ""
	if k := strings.IndexAny(rest, "/?#"); k >= 0 {
		host, path = rest[:k], rest[k:]
	}
	if strings.HasPrefix(path, "?") {
		path = "/" + path
	}
	path, _, _ = strings.Cut(path, "#")
	if path == "" {
		path = "/"
	}
	if !ok || host == "" || strings.ContainsFunc(url, func(r rune) bool { return r <= ' ' || r >= 0x7f }) || strings.ContainsAny(host, "@\\\"<>") {
		return page{}, bad("url", "Bad URL", "url is http://, a host, and a path, such as http://127.0.0.1:8080/health, without a user, and without blanks or characters beyond ASCII.")
	}
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		name, port = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"), "80"
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || name == "" {
		return page{}, bad("url", "Bad URL", "The port of url is not a number from 1 to 65535, or its host is empty.")
	}
	return page{address: net.JoinHostPort(name, port), host: host, path: path}, nil
}

// pageNow asks for a page and reads the first line of the answer.
func (in *WaitForIn) pageNow(ctx context.Context) finding {
	p, problems := parsePage(*in.URL)
	if problems != nil {
		return finding{unknown: true, how: problems[0].Detail}
	}
	status, err := p.status(ctx)
	var wrong net.Error
	switch {
	case err == nil:
	case errors.As(err, &wrong), errors.Is(err, io.EOF), errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), err == errNoHTTP:
		return finding{how: fmt.Sprintf("%s gave no answer: %v", p.address, err)}
	default:
		return finding{unknown: true, how: fmt.Sprintf("%s could not be asked: %v", p.address, err)}
	}
	ok := []int64{200}
	if in.StatusCodes != nil {
		ok = in.StatusCodes
	}
	return finding{there: slices.Contains(ok, status), how: fmt.Sprintf("the status was %d", status)}
}

var errNoHTTP = errors.New("what came is no answer of an HTTP server")

// status asks for a page and returns the status of the answer.
func (p page) status(ctx context.Context) (int64, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", p.address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if at, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(at)
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := io.WriteString(conn, "GET "+p.path+" HTTP/1.1\r\nHost: "+p.host+"\r\nUser-Agent: mitoplan\r\nAccept: */*\r\nConnection: close\r\n\r\n"); err != nil {
		return 0, err
	}
	line, err := bufio.NewReaderSize(conn, 4096).ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		return 0, errNoHTTP
	}
	if status, ok := statusOf(string(line)); ok {
		return status, nil
	}
	if err == nil || len(line) > 0 {
		err = errNoHTTP
	}
	return 0, err
}

// statusOf is the status in the first line of an answer, such as HTTP/1.1 200 OK.
func statusOf(line string) (int64, bool) {
	version, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	code, _, _ := strings.Cut(rest, " ")
	n, err := strconv.ParseUint(code, 10, 16)
	return int64(n), err == nil && len(code) == 3 && n >= 100 && strings.HasPrefix(version, "HTTP/1.")
}

// processNow reports whether a process runs. One that has ended and was not yet waited for by
// its parent does not.
func (in *WaitForIn) processNow(ctx context.Context) finding {
	ask, what := ProcessIn{Name: in.Process}, ""
	if in.PID != nil {
		ask.PID, what = in.PID, fmt.Sprintf("process %d", *in.PID)
	} else {
		what = "a process of " + *in.Process
	}
	all, err := ask.list(ctx, here("/"))
	switch {
	case err != nil:
		return finding{unknown: true, how: what + " could not be looked for: " + err.Error()}
	case slices.ContainsFunc(all, func(p ProcessEntry) bool { return p.State != zombie }):
		return finding{there: true, how: what + " ran"}
	}
	return finding{how: "no such process ran as " + what}
}
