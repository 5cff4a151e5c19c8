package functions

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"

	"github.com/mitoplan/mitoplan/config/files"
)

var base64EncodeFunc = textFunc(func(args []string) (string, error) {
	return base64.StdEncoding.EncodeToString([]byte(args[0])), nil
}, "string")

var base64DecodeFunc = textFunc(func(args []string) (string, error) {
	b, err := fromBase64(args[0])
	if err != nil {
		return "", err
	}
	if !utf8.Valid(b) {
		return "", errors.New("the decoded bytes are not valid UTF-8; leave them in base64, as content_base64 takes them")
	}
	return string(b), nil
}, "string")

func fromBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nil, function.NewArgErrorf(0, "it is not valid base64")
	}
	return b, nil
}

var base64GzipFunc = textFunc(func(args []string) (string, error) {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, args[0]); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}, "string")

var base64GunzipFunc = textFunc(func(args []string) (string, error) {
	b, err := fromBase64(args[0])
	if err != nil {
		return "", err
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return "", function.NewArgErrorf(0, "it is not compressed with gzip")
	}
	out, err := io.ReadAll(io.LimitReader(r, files.MaxSize+1))
	switch {
	case err != nil:
		return "", function.NewArgErrorf(0, "it is not compressed with gzip, or cut short")
	case len(out) > files.MaxSize:
		return "", function.NewArgErrorf(0, "it unpacks to more than %d bytes", files.MaxSize)
	case !utf8.Valid(out):
		return "", errors.New("the unpacked bytes are not valid UTF-8")
	}
	return string(out), nil
}, "string")

var urlEncodeFunc = textFunc(func(args []string) (string, error) { return url.QueryEscape(args[0]), nil }, "string")

var urlDecodeFunc = textFunc(func(args []string) (string, error) {
	s, err := url.QueryUnescape(args[0])
	if err != nil {
		return "", function.NewArgErrorf(0, "it is not valid URL encoding")
	}
	return s, nil
}, "string")

func charset(name string) (encoding.Encoding, error) {
	enc, err := ianaindex.IANA.Encoding(name)
	if err != nil || enc == nil {
		return nil, function.NewArgErrorf(1, "there is no character encoding %q; names are those registered with IANA, such as UTF-16LE", name)
	}
	return enc, nil
}

var textEncodeFunc = textFunc(func(args []string) (string, error) {
	enc, err := charset(args[1])
	if err != nil {
		return "", err
	}
	b, err := enc.NewEncoder().Bytes([]byte(args[0]))
	if err != nil {
		return "", function.NewArgErrorf(0, "it has characters that %s lacks", args[1])
	}
	return base64.StdEncoding.EncodeToString(b), nil
}, "string", "encoding")

var textDecodeFunc = textFunc(func(args []string) (string, error) {
	enc, err := charset(args[1])
	if err != nil {
		return "", err
	}
	b, err := fromBase64(args[0])
	if err != nil {
		return "", err
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return "", function.NewArgErrorf(0, "it is not text in %s", args[1])
	}
	return string(out), nil
}, "source", "encoding")
