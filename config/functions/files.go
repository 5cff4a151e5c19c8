package functions

import (
	"encoding/base64"
	"path/filepath"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/mitoplan/mitoplan/config/files"
)

var absPathFunc = textFunc(func(args []string) (string, error) {
	path, err := filepath.Abs(args[0])
	return filepath.ToSlash(path), err
}, "path")

var baseNameFunc = textFunc(func(args []string) (string, error) { return filepath.Base(args[0]), nil }, "path")

var dirNameFunc = textFunc(func(args []string) (string, error) { return filepath.Dir(args[0]), nil }, "path")

var pathExpandFunc = textFunc(func(args []string) (string, error) { return files.ExpandHome(args[0]) }, "path")

func makeFile(e *Env) function.Function {
	return textFunc(func(args []string) (string, error) { return e.readText(args[0]) }, "path")
}

// readText reads a file that must be text, since values are Unicode.
func (e *Env) readText(path string) (string, error) {
	b, err := e.files.Read(path)
	if err != nil {
		return "", function.NewArgError(0, err)
	}
	if !utf8.Valid(b) {
		return "", function.NewArgErrorf(0, "the file %s is not valid UTF-8; read it with filebase64(), or name it in source", path)
	}
	return string(b), nil
}

func makeFileBase64(e *Env) function.Function {
	return textFunc(func(args []string) (string, error) {
		b, err := e.files.Read(args[0])
		if err != nil {
			return "", function.NewArgError(0, err)
		}
		return base64.StdEncoding.EncodeToString(b), nil
	}, "path")
}

func makeFileExists(e *Env) function.Function {
	return makeFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		ok, err := e.files.Exists(args[0].AsString())
		return cty.BoolVal(ok), err
	}, param("path", cty.String))
}

func makeFileSet(e *Env) function.Function {
	return makeFunc(cty.Set(cty.String), func(args []cty.Value) (cty.Value, error) {
		names, err := e.files.Glob(args[0].AsString(), args[1].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		if len(names) == 0 {
			return cty.SetValEmpty(cty.String), nil
		}
		values := make([]cty.Value, len(names))
		for i, name := range names {
			values[i] = cty.StringVal(name)
		}
		return cty.SetVal(values), nil
	}, param("path", cty.String), param("pattern", cty.String))
}
