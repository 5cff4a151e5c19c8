package function

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/transport"
)

// WaitForIn are the arguments of wait_for.
type WaitForIn struct {
	Port        *int64     `cbor:"port,omitempty" mito:"guard"`
	Path        *kind.Text `cbor:"path,omitempty" mito:"guard"`
	Command     any        `cbor:"command,omitempty" mito:"guard"`
	URL         *string    `cbor:"url,omitempty" mito:"guard"`
	Process     *string    `cbor:"process,omitempty" mito:"guard"`
	PID         *int64     `cbor:"pid,omitempty" mito:"guard"`
	State       string     `cbor:"state,omitempty" mito:"oneof=present|absent|drained,default=present"`
	Host        *string    `cbor:"host,omitempty" mito:"default=127.0.0.1"`
	Search      *kind.Text `cbor:"search,omitempty" mito:"conflicts=regexp"`
	Regexp      *string    `cbor:"regexp,omitempty" mito:"conflicts=search"`
	StatusCodes []int64    `cbor:"status_codes,omitempty" mito:"default=[200]"`
	Within      *string    `cbor:"within,omitempty" mito:"default=5m"`
	Interval    *string    `cbor:"interval,omitempty" mito:"default=1s"`
	TryTimeout  *string    `cbor:"try_timeout,omitempty" mito:"default=10s"`
}

// Manual says the texts of these arguments.
func (WaitForIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Waits until a condition holds: a port, a file, a text in a file, a command, a page, or a process. A plan looks once, and plans to wait only if it does not hold.",
		Page: kind.Page{
			Example: `context "local" "here" {}
resource "file" "flag" {
  on      = context.local.here
  path    = "/run/app.ready"
  content = "state=up\n"
}
call "wait_for" "ready" {
  on         = context.local.here
  path       = file.flag.path
  regexp     = "^state=(up|ready)$"
  within     = "30s"
  depends_on = [file.flag]
}
`,
			Reads:   "Whether the condition holds now, once, at most for try_timeout. Nothing is waited for while planning. If something changes that the call comes after, what was read does not count: the plan then says that it waits.",
			Ansible: "wait_for, and uri or command with until and retries. It waits from the host that the task runs on, and check mode skips it. timeout is within, sleep is interval, search_regex is regexp. wait_for_connection is not needed: a context waits for its host.",
			Pyinfra: "server.wait, which waits for a local port without a bound.",
			Limits:  "url is plain http, since an agent speaks no TLS: for https, let command run a client of the host, or port wait for the port. A file is searched line by line, and a line of more than 64 KiB in pieces. drained counts the connections of this network namespace, and Linux alone lists them. What does not hold because it cannot be looked at, such as a file that may not be read, is waited for, too, and the error says why.",
		},
		OtherNames: "wait until wait_until",
		Hints:      map[string]string{"delay": "To wait before the first look, write a call of sleep, and depends_on."},
		Attrs: map[string]kind.Entry{
			"port":         {Doc: "A TCP port that takes connections, 1 to 65535."},
			"path":         {Doc: "A path at which something is. A link counts as what it leads to."},
			"command":      {Doc: "A command that succeeds, as a list or a shell string. It is run while planning, too, and again and again, so it may change nothing.", OtherNames: "shell argv cmd until"},
			"url":          {Doc: "A page that a server answers with one of status_codes: http://, a host, and a path.", OtherNames: "http uri"},
			"process":      {Doc: "The name of a program that runs, as in a call of process.", OtherNames: "program"},
			"pid":          {Doc: "The number of a process that runs."},
			"state":        {Doc: "present waits until it is there, and absent until it is not: the port is closed, the path, the text or the process gone, the command fails, the page is not answered so. drained waits until no connection to the port of this host is left.", OtherNames: "ensure", Values: map[string]string{"present": "started open listening running up", "absent": "stopped closed gone down"}},
			"host":         {Doc: "The name or address of port, as the context sees it. An IPv6 address has no brackets.", OtherNames: "address hostname"},
			"search":       {Doc: "A text that the file of path holds, in one of its lines.", OtherNames: "text contains"},
			"regexp":       {Doc: "A regular expression that matches in a line of the file of path; ^ and $ are its beginning and end. RE2 syntax.", OtherNames: "pattern search_regex regex"},
			"status_codes": {Doc: "Which statuses of url count.", OtherNames: "status_code status ok_status"},
			"within":       {Doc: "How long to wait at most, such as 30s; at most 24h. After that the call fails, and says how it was the last time.", OtherNames: "wait_timeout max_wait"},
			"interval":     {Doc: "How long to wait from one look to the next; 10ms to 1h.", OtherNames: "sleep poll every"},
			"try_timeout":  {Doc: "How long one look may take, such as a connection or the command; at most 10m.", OtherNames: "connect_timeout"},
		},
	}
}

// WaitForOut are the results of wait_for.
type WaitForOut struct {
	Duration float64 `cbor:"duration" mito:"computed"`
	Attempts int64   `cbor:"attempts" mito:"computed"`
}

// Manual says the texts of these results.
func (WaitForOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"duration": {Doc: "How long it waited, in seconds. Null if a plan found that the condition holds.", OtherNames: "elapsed waited"},
			"attempts": {Doc: "How often it looked. Null if a plan found that the condition holds."},
		},
	}
}

func waitForKind() kind.Kind {
	k := define("wait_for", func() Function { return &WaitForIn{} }, WaitForOut{})
	k.Awaits = true
	return k
}

// waitable are the arguments of which one says what is waited for.
var waitable = []string{"port", "path", "command", "url", "process", "pid"}

// subject is the argument that says what is waited for, and whether it is the only one.
func (in *WaitForIn) subject() (attr string, others []string) {
	for k, set := range []bool{in.Port != nil, in.Path != nil, in.Command != nil, in.URL != nil, in.Process != nil, in.PID != nil} {
		switch {
		case set && attr == "":
			attr = waitable[k]
		case set:
			others = append(others, waitable[k])
		}
	}
	return attr, others
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *WaitForIn) Validate() (out []kind.Problem) {
	attr, others := in.subject()
	switch {
	case attr == "":
		return bad("", "Nothing to wait for", "Set one of %s.", prose.List(waitable, prose.All))
	case others != nil:
		return bad(others[0], "More than one condition", "%s and %s are set, and a call waits for one condition. Write a call for each.", attr, prose.List(others, prose.All))
	}
	alone := func(name string, set bool, of string) {
		if set && attr != of {
			out = append(out, bad(name, "Argument without meaning", "%s is set, and it belongs to %s, which is not. Remove it, or set %s.", name, of, of)...)
		}
	}
	alone("host", in.Host != nil, "port")
	alone("search", in.Search != nil, "path")
	alone("regexp", in.Regexp != nil, "path")
	alone("status_codes", in.StatusCodes != nil, "url")
	switch {
	case in.State == drained && attr != "port":
		out = append(out, bad("state", "Bad state", "state is drained, and only a port can be. Write absent, or set port.")...)
	case in.State == drained && in.Host != nil:
		out = append(out, bad("host", "Argument without meaning", "host is set, and drained is about the connections of this host. Remove host.")...)
	}
	if in.Search != nil && in.Regexp != nil {
		out = append(out, bad("regexp", "More than one text", "Set search or regexp, not both.")...)
	}
	out = append(out, in.validSubject()...)
	for _, d := range []struct {
		attr           string
		text           *string
		least, longest time.Duration
	}{{"within", in.Within, time.Millisecond, 24 * time.Hour}, {"interval", in.Interval, 10 * time.Millisecond, time.Hour}, {"try_timeout", in.TryTimeout, time.Millisecond, longestWait}} {
		out = append(out, validDuration(d.attr, d.text, d.least, d.longest)...)
	}
	return out
}

func (in *WaitForIn) validSubject() (out []kind.Problem) {
	if in.Port != nil {
		out = append(out, (&PortIn{Port: *in.Port, Host: in.Host}).Validate()...)
	}
	if in.Path != nil {
		out = append(out, filesystem.CheckPath("path", *in.Path)...)
	}
	if _, err := guardArgv("command", in.Command); err != nil {
		out = append(out, *err)
	}
	if in.URL != nil {
		_, problems := parsePage(*in.URL)
		out = append(out, problems...)
	}
	if in.Process != nil && (*in.Process == "" || strings.Contains(*in.Process, "/")) {
		out = append(out, bad("process", "Bad name of a program", "process is %q; it is a name without a directory, such as nginx.", *in.Process)...)
	}
	if in.PID != nil && *in.PID < 1 {
		out = append(out, bad("pid", "Bad number", "pid is %d; it is a number from 1.", *in.PID)...)
	}
	if in.Search != nil && (*in.Search == "" || strings.Contains(string(*in.Search), "\n")) {
		out = append(out, bad("search", "Bad text", "search is empty or has a line end, and it is looked for in each line.")...)
	}
	if in.Regexp != nil {
		if _, err := regexp.Compile(*in.Regexp); err != nil {
			out = append(out, *kind.BadExpression("regexp", err))
		}
	}
	for _, c := range in.StatusCodes {
		if c < 100 || c > 599 {
			return append(out, bad("status_codes", "Bad status", "status_codes has %d; a status is a number from 100 to 599.", c)...)
		}
	}
	return out
}

// Guards implements Guarded. A plan looks once. An apply looks as often as it takes, so it
// always runs.
func (in *WaitForIn) Guards(ctx context.Context, c Call) (runs bool, err error) {
	if !c.Check {
		return true, nil
	}
	holds, _, err := in.look(ctx, c)
	return !holds, err
}

// Call implements Function.
func (in *WaitForIn) Call(ctx context.Context, c Call) (any, error) {
	began, within := time.Now(), or(in.Within, 5*time.Minute)
	end := began.Add(within)
	for n := int64(1); ; n++ {
		transport.Advance(ctx)
		holds, why, err := in.look(ctx, c)
		switch {
		case err != nil:
			return nil, err
		case holds:
			return WaitForOut{Duration: time.Since(began).Seconds(), Attempts: n}, nil
		}
		pause := min(or(in.Interval, time.Second), time.Until(end))
		if pause <= 0 {
			attr, _ := in.subject()
			return nil, kind.NewProblem(attr, kind.CodeTimeout, "It did not happen in time", "The call waited %s, and looked %d times. The last time %s. Look at what should bring it about, or raise within.", shortly(within), n, why)
		}
		if err := pauseFor(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// look reports whether the condition holds now, and if not, why, as a sentence goes on. The
// error is that nobody wants to know any more.
func (in *WaitForIn) look(ctx context.Context, c Call) (holds bool, why string, err error) {
	try, cancel := context.WithTimeout(ctx, or(in.TryTimeout, 10*time.Second))
	defer cancel()
	found := in.find(try, c)
	if ctx.Err() != nil {
		return false, "", context.Cause(ctx)
	}
	attr, _ := in.subject()
	hidden := slices.Contains(c.Sensitive, attr) || slices.Contains(c.Sensitive, "search") || slices.Contains(c.Sensitive, "regexp")
	switch {
	case found.unknown && hidden:
		return false, "it could not be told", nil
	case found.unknown, found.there == (in.State == "absent"):
		if hidden {
			return false, "it was not so", nil
		}
		return false, found.how, nil
	}
	return true, "", nil
}

// finding is what one look found. How it was is the rest of a sentence.
type finding struct {
	there, unknown bool
	how            string
}

// drained is the state of a port without connections.
const drained = "drained"
