package function

import (
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// HTTPIn are the arguments of http.
type HTTPIn struct {
	URL            string            `cbor:"url" mito:"required"`
	Method         string            `cbor:"method,omitempty" mito:"oneof=GET|HEAD|OPTIONS|POST|PUT|PATCH|DELETE,default=GET,harmless=GET|HEAD|OPTIONS"`
	Headers        map[string]string `cbor:"headers,omitempty"`
	Body           *kind.Text        `cbor:"body,omitempty"`
	User           *string           `cbor:"user,omitempty"`
	Password       *string           `cbor:"password,omitempty" mito:"secret"`
	From           string            `cbor:"from,omitempty" mito:"oneof=host|controller,default=host"`
	StatusCodes    []int64           `cbor:"status_codes,omitempty" mito:"default=[200]"`
	Follow         *bool             `cbor:"follow,omitempty" mito:"default=true"`
	CA             *string           `cbor:"ca,omitempty"`
	Insecure       bool              `cbor:"insecure,omitempty" mito:"default=false"`
	UnixSocket     *kind.Text        `cbor:"unix_socket,omitempty"`
	ConnectTimeout *string           `cbor:"connect_timeout,omitempty" mito:"default=10s"`
	MaxBody        *int64            `cbor:"max_body,omitempty" mito:"default=4194304,most"`
}

// Manual says the texts of these arguments.
func (HTTPIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Asks an HTTP server, from a host or from the controller. GET, HEAD and OPTIONS run while planning; another method runs when the plan is applied.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "port" "web" {
  on   = context.local.here
  port = 65080
}
call "http" "health" {
  on           = context.local.here
  enabled      = call.port.web.open
  url          = "http://127.0.0.1:65080/health"
  status_codes = [200, 503]
}
`,
			Reads:   "What the server answers, with GET, HEAD and OPTIONS. Nothing is sent while planning with another method.",
			Ansible: "uri, which runs with Python on the host and counts GET as no change. get_url is a resource here, download. return_content is always so, and validate_certs = false is insecure.",
			Pyinfra: "none of its own; there is server.shell with curl.",
			Limits:  "A call that reads, as GET does, runs while planning unless it comes after what changes: as the check of what an apply is to mend it would hold that apply back, so name in depends_on what it looks at, or use wait_for. The agent opens the connection, and the controller speaks HTTP and TLS over it: the host needs no client, and sees of https only what is encrypted. HTTP/1.1 alone. The roots of the machine that mitoplan runs on count, unless ca is set. The proxies of the environment are not asked. A redirect to another server gets none of headers, user and password, one with a body is not followed there, and none is from https to http. Without triggers or triggered_by a call with a method that may change something runs at every apply.",
		},
		OtherNames: "uri curl wget request",
		Attrs: map[string]kind.Entry{
			"url":             {Doc: "http:// or https://, a host, and a path. The host is one that from sees.", OtherNames: "uri address"},
			"method":          {Doc: "What to do.", OtherNames: "verb", Values: map[string]string{"GET": "get", "POST": "post", "PUT": "put", "DELETE": "delete", "PATCH": "patch", "HEAD": "head"}},
			"headers":         {Doc: "Headers of the request, by names.", OtherNames: "header"},
			"body":            {Doc: "What is sent after the headers. jsonencode() makes JSON; set the header Content-Type to say so.", OtherNames: "data content payload"},
			"user":            {Doc: "Who to say it is, by basic authentication.", OtherNames: "url_username username login"},
			"password":        {Doc: "The password of user.", OtherNames: "url_password"},
			"from":            {Doc: "Who opens the connection: the host of the context, or the controller.", OtherNames: "delegate_to"},
			"status_codes":    {Doc: "Which statuses are no error.", OtherNames: "status_code status ok_status"},
			"follow":          {Doc: "Whether redirects are followed, at most 10.", OtherNames: "follow_redirects redirects"},
			"ca":              {Doc: "The certificates that are trusted, as PEM, instead of those of the machine that mitoplan runs on.", OtherNames: "ca_path cacert ca_certificate"},
			"insecure":        {Doc: "Trust whatever certificate comes. Each run warns of it.", OtherNames: "validate_certs skip_verify"},
			"unix_socket":     {Doc: "A socket of the host that takes the connection, absolute. The host of url is only said to the server.", OtherNames: "socket"},
			"connect_timeout": {Doc: "How long a connection may take, and its TLS; at most 10m."},
			"max_body":        {Doc: "The most bytes that the body of an answer may have, at most 12582912 (12 MiB). A longer one fails the call.", OtherNames: "max_size"},
		},
	}
}

// HTTPOut are the results of http.
type HTTPOut struct {
	Status   int64             `cbor:"status" mito:"computed"`
	Body     kind.Text         `cbor:"body" mito:"computed"`
	Headers  map[string]string `cbor:"headers" mito:"computed"`
	URL      string            `cbor:"final_url" mito:"computed"`
	Duration float64           `cbor:"duration" mito:"computed,passing"`
}

// Manual says the texts of these results.
func (HTTPOut) Manual() kind.Manual {
	return kind.Manual{
		Attrs: map[string]kind.Entry{
			"status":    {Doc: "The status, such as 200.", OtherNames: "status_code code"},
			"body":      {Doc: "What came after the headers. jsondecode() reads JSON.", OtherNames: "content text json response"},
			"headers":   {Doc: "The headers of the answer, by names in lower case. Several of one name are joined with a comma and a blank."},
			"final_url": {Doc: "Where the answer came from, after all redirects."},
			"duration":  {Doc: "How long it took, in seconds.", OtherNames: "elapsed"},
		},
	}
}

func httpKind() kind.Kind {
	k := define("http", func() Function { return &HTTPIn{} }, HTTPOut{})
	k.Opaque, k.Partner = true, "http"
	return k
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *HTTPIn) Validate() (out []kind.Problem) {
	out = append(out, download.CheckURL("url", in.URL)...)
	out = append(out, download.CheckHeaders(in.Headers)...)
	out = append(out, download.CheckLogin(in.User, in.Password)...)
	for _, c := range in.StatusCodes {
		if c < 200 || c > 599 {
			out = append(out, bad("status_codes", "Bad status", "status_codes has %d; a status of an answer is a number from 200 to 599.", c)...)
			break
		}
	}
	if strings.HasPrefix(in.URL, "http://") && (in.CA != nil || in.Insecure) {
		attr := "insecure"
		if in.CA != nil {
			attr = "ca"
		}
		out = append(out, bad(attr, "Argument without meaning", "%s is about certificates, and url begins with http://, where there are none.", attr)...)
	}
	if in.CA != nil && in.Insecure {
		out = append(out, bad("insecure", "Argument without meaning", "ca says what is trusted, and insecure trusts all. Remove one of them.")...)
	}
	if in.UnixSocket != nil {
		out = append(out, filesystem.CheckPath("unix_socket", *in.UnixSocket)...)
	}
	out = append(out, validDuration("connect_timeout", in.ConnectTimeout, time.Millisecond, longestWait)...)
	return append(out, validBound("max_body", in.MaxBody, false)...)
}

// Accepts reports whether a status is no error.
func (in *HTTPIn) Accepts(status int64) bool {
	if in.StatusCodes == nil {
		return status == 200
	}
	return slices.Contains(in.StatusCodes, status)
}
