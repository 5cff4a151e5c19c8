package download

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport/process"
)

// Curl asks servers by curl of this machine, with the proxies and the certificates that count
// there. What is asked reaches it over its standard input, so that no secret is an argument.
type Curl struct{ Want Want }

// Ask implements Server.
func (c Curl) Ask(ctx context.Context, r Request) (*Answer, error) {
	asking, stop := context.WithCancel(ctx)
	from, to := io.Pipe()
	fromHead, toHead := io.Pipe()
	said := curlSaid{head: toHead}
	content := curlContent{to: to, head: toHead, known: make(chan struct{})}
	run := &curlRun{PipeReader: from, stop: stop}
	run.gone.Go(func() {
		e, err := process.Run(asking, process.Spec{Argv: curlArgv, Stdin: strings.NewReader(c.config(r)), Stdout: &content, Stderr: &said})
		if err == nil && e.Code != 0 {
			err = &exitError{e, string(said.Tail())}
		}
		toHead.CloseWithError(err) // nil is the end
		to.CloseWithError(err)
	})
	status, headers, err := readHead(bufio.NewReader(fromHead))
	if err == errHead { // Curl may say there why it has no answer, and then ends.
		if _, ended := io.CopyN(io.Discard, fromHead, mostHead); ended != nil && ended != io.EOF {
			err = ended
		}
	}
	close(content.known)
	fromHead.Close()
	if err != nil {
		run.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, c.failed(r.URL, err)
	}
	return &Answer{Status: status, Headers: headers, Body: run}, nil
}

// curlArgv is the same for all that is asked. An option that a curl does not know is an error here;
// in what it reads with -K it would be passed over. Without -q it would read what its user has set
// for it. How an answer begins is told apart from its content, as trailers may come behind that.
var curlArgv = []string{
	"curl", "-q", "--silent", "--show-error", "--globoff", "--no-buffer", "--tlsv1.2", "--suppress-connect-headers",
	"--dump-header", "/dev/stderr", "--proto", "=http,https", "--speed-limit", "1", "--speed-time", seconds(IdleTime), "-K", "-",
}

func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

// curlSaid takes how the answer begins, as long as somebody reads that, and keeps the end of what
// curl says.
type curlSaid struct {
	process.Capture
	head *io.PipeWriter
}

func (s *curlSaid) Write(p []byte) (int, error) {
	_, _ = s.head.Write(p)
	return s.Capture.Write(p)
}

// lateHead is how long what curl printed before a content may take to arrive here.
const lateHead = 10 * time.Second

// curlContent takes the content. If nothing comes before it, the answer is none of HTTP, which an
// old curl takes for one.
type curlContent struct {
	to, head *io.PipeWriter
	known    chan struct{} // is closed when the beginning of the answer was read
}

func (c *curlContent) Write(p []byte) (int, error) {
	select {
	case <-c.known:
	case <-time.After(lateHead):
		c.head.CloseWithError(errHead)
	}
	return c.to.Write(p)
}

// config is what curl reads instead of arguments.
func (c Curl) config(r Request) string {
	var b strings.Builder
	set := func(name, value string) {
		b.WriteString(name + " = \"" + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\t", `\t`).Replace(value) + "\"\n")
	}
	set("url", r.URL)
	set("connect-timeout", seconds(c.Want.ConnectTimeout))
	for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
		if value := r.Headers[name]; value != "" {
			set("header", name+": "+value)
		} else {
			set("header", name+";") // that is how curl is told of an empty one
		}
	}
	return b.String()
}

// exitError is how curl ended.
type exitError struct {
	exit process.Exit
	said string
}

func (e *exitError) Error() string { return "curl ended with " + e.exit.String() }

// failed says why there is no answer. What curl prints may quote the URL, and is not shown if that
// is hidden.
func (c Curl) failed(at string, err error) error {
	problem := func(summary, detail string, words ...any) error {
		return kind.NewProblem("url", kind.CodeHTTP, summary, detail, words...)
	}
	server := c.Want.Server(at)
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
		return NoCurl("Nothing was written.")
	}
	noAnswer := problem("No answer", "%s ended the connection before it had answered, or answered something else than HTTP. Nothing was written.", server)
	var exit *exitError
	if !errors.As(err, &exit) {
		return noAnswer
	}
	switch exit.exit.Code {
	case 1, 8, 52:
		return noAnswer
	case 2:
		return kind.NewProblem("from", kind.CodeToolMissing, "An old curl", "The curl of the host does not know an option that is needed; it has to be 7.54 or later. Nothing was written. Install another one, or leave from out, for the controller to ask the server.")
	case 5:
		return problem("No connection", "The name of the proxy has no address, as the host sees it. Look at http_proxy and https_proxy in its environment.")
	case 6:
		return problem("No connection", "The name of %s has no address, as the host sees it.", server)
	case 7:
		return problem("No connection", "The host cannot connect to %s: nothing listens there, or there is no way to it.", server)
	case 23:
		return kind.NewProblem("from", kind.CodeHTTP, "What curl gets cannot be told", "The curl of the host cannot write to /dev/stderr, where it tells how the answer begins. Nothing was written. Look whether that and /proc are there, or leave from out, for the controller to ask the server.")
	case 28:
		return problem("No answer", "%s did not answer within %s, or sent nothing for %s. Look whether it runs and whether a firewall is between, or raise connect_timeout.", server, c.Want.ConnectTimeout, IdleTime)
	case 35:
		return problem("No TLS", "The host and %s do not agree on TLS. If it speaks plain http there, write http:// into url.", server)
	case 51, 60:
		return problem("The certificate is not trusted", "%s has a certificate that the host does not trust, or that does not name it. Install the certificate of whoever signed it on the host, correct url, or leave from out.", server)
	}
	p := kind.NewProblem("url", kind.CodeHTTP, "The server cannot be asked", "%s cannot be asked: curl ended with %v.", server, exit.exit)
	if said := strings.TrimSpace(exit.said); said != "" && !c.Want.Hidden {
		p.Said = "It said: " + strings.ToValidUTF8(said, "\uFFFD")
	}
	return p
}

// NoCurl is the problem that the host has no curl. consequence is a sentence on what follows.
func NoCurl(consequence string) *kind.Problem {
	return kind.NewProblem("from", kind.CodeToolMissing, "There is no curl",
		"With from = \"host\" the host asks the server by its own curl, and none is in the PATH of the agent. %s Install curl before this block, or leave from out, for the controller to ask the server.", kind.Rule(consequence))
}

// curlRun is the content of an answer, as curl prints it.
type curlRun struct {
	*io.PipeReader
	stop context.CancelFunc
	gone sync.WaitGroup
}

// Close ends curl, and waits until it is gone.
func (c *curlRun) Close() error {
	c.stop()
	_ = c.PipeReader.Close()
	c.gone.Wait()
	return nil
}
