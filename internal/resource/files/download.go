package files

import (
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// downloadArgs are what a block of the kind download may set.
type downloadArgs struct {
	Path           kind.Text         `cbor:"path" mito:"required,claims=path"`
	URL            string            `cbor:"url" mito:"required"`
	Checksum       *string           `cbor:"checksum,omitempty" mito:"conflicts=unverified"`
	Unverified     bool              `cbor:"unverified,omitempty" mito:"default=false,conflicts=checksum"`
	From           string            `cbor:"from,omitempty" mito:"oneof=controller|host,default=controller"`
	Headers        map[string]string `cbor:"headers,omitempty"`
	User           *string           `cbor:"user,omitempty"`
	Password       *string           `cbor:"password,omitempty" mito:"secret"`
	CA             *string           `cbor:"ca,omitempty"`
	ConnectTimeout *string           `cbor:"connect_timeout,omitempty" mito:"default=10s"`
	ownerArgs
	State   string     `cbor:"state,omitempty" mito:"oneof=present|absent,default=present,absent=absent"`
	Command *kind.Text `cbor:"validate,omitempty"`
	Backup  bool       `cbor:"backup,omitempty" mito:"default=false,end"`
}

// Manual says the texts of these arguments.
func (downloadArgs) Manual() kind.Manual {
	return kind.Manual{
		Doc: "A file that comes from an HTTP server.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "port" "mirror" {
  on   = context.local.here
  port = 65080
}
resource "download" "tool" {
  on       = context.local.here
  enabled  = call.port.mirror.open
  path     = "/usr/local/bin/tool"
  url      = "http://127.0.0.1:65080/tool-1.4.2-linux-amd64"
  checksum = "sha256:${sha256("what it must be")}"
  mode     = "0755"
}
`,
			Reads:   "What is at the path: its type, owner, group and permissions, and with checksum its SHA-256, or also its SHA-512. Of a file of 1 MiB or more the SHA-256 is kept on the host, and it is read again only after it was changed. No server is asked while planning: with checksum a plan knows without one whether the file has to be replaced, and with unverified only whether it is missing.",
			Drift:   "The content is another one than the last apply left, with checksum; the owner, group or mode, as far as the block sets it; or the file is gone, or something else is at its path.",
			Ansible: "get_url. There a file without checksum is asked for again with force, and else kept whatever it holds; here that has to be said, with unverified. checksum takes no URL of a list of checksums: read that with a call of http, or better write the sum down, since a list from the same server proves nothing. headers, user and password are not said to another server. It runs on the controller unless from is host.",
			Pyinfra: "files.download, whose sha256sum is checksum. Without it the file is kept if it is there, or asked for again after cache_time.",
			Limits:  "By default the controller asks the server, once for all hosts of an apply, and sends them the file; what it got is in the directory for temporary files of its machine until it ends, so TMPDIR there needs room for it. The proxies that its environment names count. The hosts get to know neither headers nor password. With from = \"host\" the host asks by its own curl, 7.54 or later, with its own certificates and proxies: nothing of the content passes through the controller, and the host sees headers and password. A content that is cut off is gone on with, if the server says by a tag or a time that it is still the same; if an apply is cut off, the next one begins again. It is asked for the rest up to 30 times, and 5 times if nothing comes meanwhile. No more than 10 redirects are followed, none from https to http. The time of the download is part of that of the change: a long one on a slow line needs a longer timeout. A later block that edits the file, or copies it, is planned only when it is there.",
			Traits:  []string{"content", "owner", "group", "mode"},
		},
		End:        "a file that an apply made is removed, if it holds what the last apply left; with unverified, whatever it holds. With backup it is kept beside. A file that was there before stays as it is; if backup was set when it was first changed, what was there is put back from the backup, if the file holds what the last apply left.",
		OtherNames: "get_url fetch_url remote_file",
		Attrs: map[string]kind.Entry{
			"path":            {Doc: "Where the file is, absolute. A link there is not followed, and refused.", OtherNames: "dest name target destination filename file"},
			"url":             {Doc: "http:// or https://, a host, and a path. If it leads elsewhere later, with the same checksum, nothing is to be done.", OtherNames: "src source uri link address"},
			"checksum":        {Doc: "What the content must have: sha256: or sha512: and hexadecimal digits, as sha256sum and sha512sum print them. The algorithm may be left out. Content with another one is not put in place, and what was there stays.", OtherNames: "sha256 sha256sum sha512 hash digest"},
			"unverified":      {Doc: "Take whatever the server gives, and keep a file that is there whatever it holds. A plan cannot say what the file will hold. One of checksum and unverified has to be set.", OtherNames: "insecure no_checksum"},
			"from":            {Doc: "Who asks the server: the controller, or the host of the context by its curl.", OtherNames: "via delegate_to"},
			"headers":         {Doc: "Headers of the request, by names.", OtherNames: "header"},
			"user":            {Doc: "Who to say it is, by basic authentication.", OtherNames: "url_username username login"},
			"password":        {Doc: "The password of user.", OtherNames: "url_password"},
			"ca":              {Doc: "The certificates that are trusted, as PEM, instead of those of the machine that mitoplan runs on. Not with from = \"host\": there those of the host count.", OtherNames: "ca_path cacert ca_certificate"},
			"connect_timeout": {Doc: "How long a connection may take, and its TLS, from 1s to 10m. A server that then sends nothing for 60 s counts as gone."},
			"owner":           {Doc: "Name or number of the owner of the file. Left alone when not set."},
			"state":           {Doc: "Whether the file should be there. With absent it is removed whatever it holds, and what other arguments say of it does not count; backup does.", OtherNames: "ensure present", Values: resource.Presence(), Instead: elsewhere()},
			"validate":        {Doc: "Command that must succeed before new content is put in place, such as one that looks at a signature; %s in it is the path of the new file, which is complete. It does not run if only owner, group or mode change."},
			"backup":          {Doc: "Keep what was there, beside the file, with the time in its name, before it is replaced or removed."},
		},
	}
}

type downloadResults struct{}

func downloadKind() kind.Kind {
	return resource.Define("download", func() resource.Resource { return &Download{} }, downloadResults{})
}

// Download is the desired state of a file that comes from a server.
type Download struct{ downloadArgs }

const leastConnect, longestConnect = time.Second, 10 * time.Minute

// Validate implements Validator.
func (d *Download) Validate() []kind.Problem {
	out := append(filesystem.CheckPath("path", d.Path), resource.CheckState(d.State)...)
	out = append(out, checkWriteArgs(d.ownerArgs, d.writeArgs())...)
	if strings.HasSuffix(string(d.Path), "/") {
		out = append(out, *kind.NewProblem("path", kind.CodePath, "The path ends in a slash", "That names a directory. Name the file itself."))
	}
	if d.URL != "" {
		out = append(out, download.CheckURL("url", d.URL)...)
	}
	out = append(out, download.CheckHeaders(d.Headers)...)
	out = append(out, download.CheckLogin(d.User, d.Password)...)
	if d.Checksum != nil {
		if _, ok := download.ParseChecksum(*d.Checksum); !ok {
			out = append(out, *kind.NewProblem("checksum", kind.CodeChecksum, "Not a checksum", "checksum has not the form of one. Write sha256: and 64 hexadecimal digits, or sha512: and 128, as sha256sum and sha512sum print them. MD5 and SHA-1 are not taken: somebody can make another file of the same sum."))
		}
		if d.Unverified {
			out = append(out, resource.Excluding("unverified", "checksum says what the content must be, and unverified takes any. Remove one of them.")...)
		}
	}
	if d.ConnectTimeout != nil {
		if t, err := time.ParseDuration(*d.ConnectTimeout); err != nil || t < leastConnect || t > longestConnect {
			out = append(out, *kind.NewProblem("connect_timeout", kind.CodeArgument, "Bad duration", "connect_timeout is %q; it is a duration such as 30s, from 1s to 10m.", *d.ConnectTimeout))
		}
	}
	if d.CA != nil {
		switch {
		case d.From == "host":
			out = append(out, *kind.NewProblem("ca", kind.CodeArgument, "Argument without meaning", "With from = \"host\" the certificates count that the host trusts. Remove ca, and install the certificate there, or remove from."))
		case strings.HasPrefix(d.URL, "http://"):
			out = append(out, *kind.NewProblem("ca", kind.CodeArgument, "Argument without meaning", "ca is about certificates, and url begins with http://, where there are none."))
		}
	}
	return out
}

// Part implements Parted.
func (*Download) Part(_ *resource.Parts, args map[string]any, _ []string) resource.Part {
	state, _ := resource.WireText(args["state"])
	return resource.Part{Absent: state == "absent", Whole: true}
}

func (d *Download) writeArgs() writeArgs { return writeArgs{Command: d.Command, Backup: d.Backup} }

// want is what the server is asked for.
func (d *Download) want() download.Want {
	w := download.Want{URL: d.URL, Headers: d.Headers, User: d.User, Password: d.Password, CA: d.CA, ConnectTimeout: 10 * time.Second}
	if d.ConnectTimeout != nil {
		w.ConnectTimeout, _ = time.ParseDuration(*d.ConnectTimeout)
	}
	if d.Checksum != nil {
		w.Checksum, _ = download.ParseChecksum(*d.Checksum)
	}
	return w
}

// Brings implements resource.Brought.
func (d *Download) Brings() (want download.Want, withheld []string, ok bool) {
	if d.From == "host" {
		return want, nil, false
	}
	return d.want(), []string{"headers", "user", "password", "ca"}, true
}
