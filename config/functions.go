package config

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// pureFunctions depend on their arguments alone. Names and semantics are
// Terraform's; shellquote and all are our own.
var pureFunctions = map[string]function.Function{
	// numbers
	"abs": stdlib.AbsoluteFunc, "ceil": stdlib.CeilFunc, "floor": stdlib.FloorFunc, "log": stdlib.LogFunc, "max": stdlib.MaxFunc,
	"min": stdlib.MinFunc, "parseint": stdlib.ParseIntFunc, "pow": powFunc, "signum": stdlib.SignumFunc,
	// text
	"chomp": stdlib.ChompFunc, "endswith": endsWithFunc, "format": stdlib.FormatFunc, "formatlist": stdlib.FormatListFunc, "indent": stdlib.IndentFunc,
	"join": stdlib.JoinFunc, "lower": stdlib.LowerFunc, "regex": stdlib.RegexFunc, "regexall": stdlib.RegexAllFunc, "replace": replaceFunc,
	"shellquote": shellquoteFunc, "split": stdlib.SplitFunc, "startswith": startsWithFunc, "strcontains": strContainsFunc, "strrev": stdlib.ReverseFunc,
	"substr": stdlib.SubstrFunc, "title": stdlib.TitleFunc, "trim": stdlib.TrimFunc, "trimprefix": stdlib.TrimPrefixFunc, "trimspace": stdlib.TrimSpaceFunc,
	"trimsuffix": stdlib.TrimSuffixFunc, "upper": stdlib.UpperFunc,
	// collections
	"all": allFunc, "alltrue": allTrueFunc, "anytrue": anyTrueFunc, "chunklist": stdlib.ChunklistFunc, "coalesce": coalesceFunc, "coalescelist": stdlib.CoalesceListFunc,
	"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": stdlib.DistinctFunc, "element": stdlib.ElementFunc,
	"flatten": stdlib.FlattenFunc, "index": indexFunc, "keys": stdlib.KeysFunc, "length": lengthFunc, "lookup": lookupFunc, "matchkeys": matchKeysFunc,
	"merge": stdlib.MergeFunc, "one": oneFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
	"setproduct": stdlib.SetProductFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": stdlib.SetUnionFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc,
	"sum": sumFunc, "transpose": transposeFunc, "values": stdlib.ValuesFunc, "zipmap": stdlib.ZipmapFunc,
	// encoding
	"base64decode": base64DecodeFunc, "base64encode": base64EncodeFunc, "base64gunzip": base64GunzipFunc, "base64gzip": base64GzipFunc, "csvdecode": stdlib.CSVDecodeFunc,
	"jsondecode": guarded(stdlib.JSONDecodeFunc), "jsonencode": stdlib.JSONEncodeFunc, "textdecodebase64": textDecodeFunc, "textencodebase64": textEncodeFunc,
	"urldecode": urlDecodeFunc, "urlencode": urlEncodeFunc, "yamldecode": guarded(ctyyaml.YAMLDecodeFunc), "yamlencode": ctyyaml.YAMLEncodeFunc,
	// dates
	"formatdate": stdlib.FormatDateFunc, "timeadd": stdlib.TimeAddFunc, "timecmp": timeCmpFunc,
	// hashes
	"base64sha256": hashFunc(newSHA256, toBase64), "base64sha512": hashFunc(newSHA512, toBase64), "md5": hashFunc(newMD5, toHex), "rsadecrypt": rsaDecryptFunc,
	"sha1": hashFunc(newSHA1, toHex), "sha256": hashFunc(newSHA256, toHex), "sha512": hashFunc(newSHA512, toHex), "uuidv5": uuidV5Func,
	// addresses
	"cidrcontains": cidrContainsFunc, "cidrhost": cidrHostFunc, "cidrnetmask": cidrNetmaskFunc, "cidrsubnet": cidrSubnetFunc, "cidrsubnets": cidrSubnetsFunc,
	// types
	"can": tryfunc.CanFunc, "convert": typeexpr.ConvertFunc, "ephemeralasnull": ephemeralAsNullFunc, "issensitive": isSensitiveFunc, "nonsensitive": nonsensitiveFunc,
	"sensitive": sensitiveFunc, "tobool": toFunc(cty.Bool), "tolist": toFunc(cty.List(cty.DynamicPseudoType)), "tomap": toFunc(cty.Map(cty.DynamicPseudoType)),
	"tonumber": toNumberFunc, "toset": toFunc(cty.Set(cty.DynamicPseudoType)), "tostring": toFunc(cty.String), "try": tryfunc.TryFunc, "type": typeFunc,
	// paths, without looking at them
	"abspath": absPathFunc, "basename": baseNameFunc, "dirname": dirNameFunc, "pathexpand": pathExpandFunc,
}

// protectedFunctions are the pure ones, so that no secret leaves them unmarked.
var protectedFunctions = func() map[string]function.Function {
	all := make(map[string]function.Function, len(pureFunctions))
	for name, f := range pureFunctions {
		all[name] = protect(name, f)
	}
	return all
}()

// scopedFunctions are made for each Scope: they read files or the clock.
var scopedFunctions = map[string]func(*env) function.Function{
	"file": makeFile, "filebase64": makeFileBase64, "fileexists": makeFileExists, "fileset": makeFileSet,
	"filebase64sha256": hashFile(newSHA256, toBase64), "filebase64sha512": hashFile(newSHA512, toBase64), "filemd5": hashFile(newMD5, toHex),
	"filesha1": hashFile(newSHA1, toHex), "filesha256": hashFile(newSHA256, toHex), "filesha512": hashFile(newSHA512, toHex),
	"templatefile": makeTemplateFile, "templatestring": makeTemplateString,
	"bcrypt": makeBcrypt, "plantimestamp": makePlanTimestamp, "timestamp": makeTimestamp, "uuid": makeUUID,
}

// isFunction reports whether expressions may call a function of that name.
func isFunction(name string) bool {
	_, pure := pureFunctions[name]
	_, scoped := scopedFunctions[name]
	return pure || scoped
}

// functionNames are those that expressions may call.
func functionNames() []string {
	return slices.Concat(slices.Collect(maps.Keys(pureFunctions)), slices.Collect(maps.Keys(scopedFunctions)))
}

func (e *env) makeFunctions() map[string]function.Function {
	all := make(map[string]function.Function, len(pureFunctions)+len(scopedFunctions))
	for name, f := range protectedFunctions {
		all[name] = f
	}
	for name, newFunction := range scopedFunctions {
		all[name] = protect(name, newFunction(e))
	}
	return all
}

// param is a parameter that can be neither null nor unknown by the time that
// the function runs.
func param(name string, ty cty.Type) function.Parameter {
	return function.Parameter{Name: name, Type: ty}
}

// textFunc makes a function from texts to a text.
func textFunc(impl func(args []string) (string, error), names ...string) function.Function {
	return makeFunc(cty.String, func(args []cty.Value) (cty.Value, error) {
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = a.AsString()
		}
		s, err := impl(texts)
		return cty.StringVal(s), err
	}, stringParams(names)...)
}

// makeFunc makes a function of fixed parameters.
func makeFunc(ret cty.Type, impl func(args []cty.Value) (cty.Value, error), params ...function.Parameter) function.Function {
	return function.New(&function.Spec{
		Params:       params,
		Type:         function.StaticReturnType(ret),
		RefineResult: refineNonNull,
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			v, err := impl(args)
			if err != nil {
				return cty.UnknownVal(ret), err
			}
			return v, nil
		},
	})
}

func stringParams(names []string) []function.Parameter {
	params := make([]function.Parameter, len(names))
	for i, name := range names {
		params[i] = param(name, cty.String)
	}
	return params
}

func refineNonNull(b *cty.RefinementBuilder) *cty.RefinementBuilder { return b.NotNull() }
