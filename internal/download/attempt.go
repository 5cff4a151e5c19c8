package download

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// attempt is a download on its way. What it has of the content is in the file.
type attempt struct {
	asks Server
	want Want
	to   File
	at   string // the URL that was asked last

	size   int64
	sum    hash.Hash // SHA-256 of what has come
	other  hash.Hash // that which the checksum is of, if it is another one
	pieces int       // answers that the content is made of
	// validator says of which content the bytes are, as If-Range wants it; empty for a content
	// that cannot be gone on with. whole is its length, or -1.
	validator string
	whole     int64
}

// begin throws away what has come.
func (a *attempt) begin() error {
	a.size, a.pieces, a.validator, a.whole = 0, 0, "", -1
	a.sum, a.other = sha256.New(), nil
	if a.want.Checksum.Algorithm == "sha512" {
		a.other = sha512.New()
	}
	err := a.to.Truncate(0)
	if err == nil {
		_, err = a.to.Seek(0, io.SeekStart)
	}
	return err
}

// once asks for what is missing, and takes it.
func (a *attempt) once(ctx context.Context) error {
	headers := a.want.headers()
	if a.size > 0 {
		headers["Range"], headers["If-Range"] = "bytes="+strconv.FormatInt(a.size, 10)+"-", a.validator
	}
	answer, err := a.ask(ctx, headers)
	if err != nil {
		if a.size > 0 && errors.As(err, new(*kind.Problem)) && ctx.Err() == nil {
			return &cutError{err, a.size}
		}
		return err
	}
	defer answer.Body.Close()
	if err := a.accept(answer); err != nil {
		return err
	}
	a.pieces++
	return a.take(ctx, answer.Body)
}

// accept decides what an answer is good for.
func (a *attempt) accept(answer *Answer) error {
	if answer.Status == 206 && a.size > 0 && a.continues(answer) {
		return nil
	}
	if a.size > 0 && (answer.Status == 429 || answer.Status >= 500) {
		return &cutError{a.refused(answer.Status), a.size}
	}
	if came := a.size; came > 0 {
		if err := a.begin(); err != nil {
			return err
		}
		if answer.Status == 206 || answer.Status == 416 {
			return &cutError{errAnother, came}
		}
	}
	if answer.Status != 200 {
		return a.refused(answer.Status)
	}
	a.validator = validatorOf(answer.Headers)
	if n, err := strconv.ParseInt(answer.Headers["content-length"], 10, 64); err == nil && n >= 0 {
		a.whole = n
	}
	return nil
}

// continues reports whether an answer has the rest of what came before.
func (a *attempt) continues(answer *Answer) bool {
	span, ok := strings.CutPrefix(answer.Headers["content-range"], "bytes ")
	first, _, _ := strings.Cut(span, "-")
	at, err := strconv.ParseInt(first, 10, 64)
	if !ok || err != nil || at != a.size {
		return false
	}
	_, whole, _ := strings.Cut(span, "/")
	if n, err := strconv.ParseInt(whole, 10, 64); err == nil && a.whole >= 0 && n != a.whole {
		return false
	}
	tag := answer.Headers["etag"]
	return tag == "" || !strings.HasPrefix(a.validator, `"`) || tag == a.validator
}

// validatorOf is what tells whether a server has the same content later: its tag, unless that is
// weak, or a time of its last change that was over when it answered. See RFC 9110, 8.8.
func validatorOf(headers map[string]string) string {
	if tag := headers["etag"]; strings.HasPrefix(tag, `"`) {
		return tag
	}
	const form = "Mon, 02 Jan 2006 15:04:05 GMT"
	changed, err := time.Parse(form, headers["last-modified"])
	now, errNow := time.Parse(form, headers["date"])
	if err != nil || errNow != nil || now.Sub(changed) < time.Minute {
		return ""
	}
	return headers["last-modified"]
}

// take writes what comes. The end of the body counts only if all is there.
func (a *attempt) take(ctx context.Context, body io.Reader) error {
	buf := make([]byte, 64<<10)
	for {
		n, err := body.Read(buf)
		if n > 0 {
			transport.Advance(ctx)
			if _, err := a.to.Write(buf[:n]); err != nil {
				return err
			}
			a.sum.Write(buf[:n])
			if a.other != nil {
				a.other.Write(buf[:n])
			}
			a.size += int64(n)
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case a.whole >= 0 && a.size > a.whole:
			announced := a.whole
			if err := a.begin(); err != nil {
				return err
			}
			return &cutError{errMore, announced}
		case err == io.EOF && (a.whole < 0 || a.size == a.whole):
			return nil
		case err != nil:
			cut := &cutError{err, a.size}
			if a.validator == "" && a.size > 0 { // nobody could tell whether the rest belongs to it
				if err := a.begin(); err != nil {
					return err
				}
				if a.want.Checksum.Sum == nil {
					who, how := a.did(cut.err)
					return kind.NewProblem("url", kind.CodeHTTP, "The download was cut off", "%s %s after %d bytes, and the server does not say by which the rest could be asked for. Nothing was written. Apply again.", who, how, cut.came)
				}
			}
			return cut
		}
	}
}

func (a *attempt) got() Got {
	return Got{SHA256: [32]byte(a.sum.Sum(nil)), Size: a.size}
}

// checks reports whether what came is what it must be.
func (a *attempt) checks() bool {
	return a.want.Checksum.Sum == nil || string(a.found()) == string(a.want.Checksum.Sum)
}

// found is the checksum of what came, of the algorithm that counts.
func (a *attempt) found() []byte {
	if a.other != nil {
		return a.other.Sum(nil)
	}
	return a.sum.Sum(nil)
}

// another is the problem that what came is not what it must be.
func (a *attempt) another() error {
	return kind.NewProblem("checksum", kind.CodeChecksum, "The content is another one",
		"%s gave %d bytes, of which the checksum is %s. That is not what checksum says. Nothing was written, and what was there is as it was. Find out which of the two is right before you change checksum.",
		a.server(), a.size, Checksum{a.want.Checksum.Algorithm, a.found()})
}

// headers are those of the first request. Names of headers that differ in capital letters alone are
// one header.
func (w Want) headers() map[string]string {
	out := maps.Clone(w.Headers)
	if out == nil {
		out = map[string]string{}
	}
	own := func(name, value string, always bool) {
		for given := range w.Headers {
			switch {
			case !strings.EqualFold(given, name):
			case always:
				delete(out, given)
			default:
				return
			}
		}
		out[name] = value
	}
	own("User-Agent", "mitoplan", false)
	own("Accept-Encoding", "identity", false)
	if w.User != nil {
		password := ""
		if w.Password != nil {
			password = *w.Password
		}
		own("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(*w.User+":"+password)), true)
	}
	return out
}
