package config

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/url"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
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
	out, err := io.ReadAll(io.LimitReader(r, maxReadSize+1))
	switch {
	case err != nil:
		return "", function.NewArgErrorf(0, "it is not compressed with gzip, or cut short")
	case len(out) > maxReadSize:
		return "", function.NewArgErrorf(0, "it unpacks to more than %d bytes", maxReadSize)
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

// guarded wraps a decoder whose input may come from a host: the decoders
// recurse, and a number of eleven bytes can take minutes to print.
func guarded(decode function.Function) function.Function {
	return function.New(&function.Spec{
		Params: []function.Parameter{param("str", cty.String)},
		Type: func(args []cty.Value) (cty.Type, error) {
			if err := guardDocument(args[0]); err != nil {
				return cty.NilType, function.NewArgError(0, err)
			}
			return decode.ReturnTypeForValues(args)
		},
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := decode.Call(args)
			if err == nil {
				err = boundNumbers(v)
			}
			if err != nil {
				return cty.DynamicVal, err
			}
			return v, nil
		},
	})
}

// maxDocumentNesting bounds the brackets of JSON and YAML.
const maxDocumentNesting = 500

// guardDocument counts brackets, also those in strings where they do no harm:
// a document with hundreds of them in a row is refused either way. YAML also
// nests by dashes, which it counts as a run at the beginning of a line.
func guardDocument(v cty.Value) error {
	if !v.IsKnown() || v.IsNull() {
		return nil
	}
	depth, dashes := 0, 0
	text := v.AsString()
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth = max(0, depth-1)
		case '-', '?', ':':
			dashes++
		case ' ', '\t':
		default:
			dashes = 0
		}
		if depth > maxDocumentNesting || dashes > maxDocumentNesting && nestsByDashes(text[:i+1]) {
			return errNesting
		}
	}
	if len(text) > maxReadSize {
		return fmt.Errorf("it is larger than %d bytes", maxReadSize)
	}
	return nil
}

// nestsByDashes tells "- - - -" from a ruler "--------".
func nestsByDashes(run string) bool {
	tail := run[max(0, len(run)-2*maxDocumentNesting):]
	return bytes.Count([]byte(tail), []byte("- "))+bytes.Count([]byte(tail), []byte("? "))+bytes.Count([]byte(tail), []byte(": ")) > maxDocumentNesting/2
}
