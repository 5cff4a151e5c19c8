// Package functions holds the functions that expressions may call, such as
// upper() and templatefile().
//
// Names and semantics are those of Terraform's language; all(), shellquote() and
// cidrcontains() are additions. Most functions depend on their arguments alone.
// The rest read files, the clock or randomness, and get them from an Env.
//
// The package knows values and no blocks: it is never told who calls a function,
// or what for. No function talks to a host, starts a program or writes. No secret
// leaves a function except in a marked value: every function is wrapped by
// protect, which marks the result and replaces errors that could quote a secret.
// Functions that take what a host sent, such as jsondecode(), bound its size and
// depth first.
//
// Read the files in this order. The list, what functions see beside their
// arguments, and what guards them:
//
//	functions.go env.go fresh.go protect.go markwalk.go bounds.go
//
// The functions by subject:
//
//	collection.go sets.go text.go conversion.go encoding.go hash.go network.go times.go
//	files.go template.go templateerror.go
//
// What they are made with:
//
//	convert.go build.go
package functions

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	ctyyaml "github.com/zclconf/go-cty-yaml"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// pureFunctions depend on their arguments alone.
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
	"compact": stdlib.CompactFunc, "concat": stdlib.ConcatFunc, "contains": stdlib.ContainsFunc, "distinct": distinctFunc, "element": stdlib.ElementFunc,
	"flatten": stdlib.FlattenFunc, "index": indexFunc, "keys": stdlib.KeysFunc, "length": lengthFunc, "lookup": lookupFunc, "matchkeys": matchKeysFunc,
	"merge": stdlib.MergeFunc, "one": oneFunc, "range": stdlib.RangeFunc, "reverse": stdlib.ReverseListFunc, "setintersection": stdlib.SetIntersectionFunc,
	"setproduct": stdlib.SetProductFunc, "setsubtract": stdlib.SetSubtractFunc, "setunion": setUnionFunc, "slice": stdlib.SliceFunc, "sort": stdlib.SortFunc,
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
	"can": tryfunc.CanFunc, "convert": convertFunc, "ephemeralasnull": ephemeralAsNullFunc, "issensitive": isSensitiveFunc, "nonsensitive": nonsensitiveFunc,
	"sensitive": sensitiveFunc, "tobool": toFunc(cty.Bool), "tolist": toFunc(cty.List(cty.DynamicPseudoType)), "tomap": toFunc(cty.Map(cty.DynamicPseudoType)),
	"tonumber": toNumberFunc, "toset": toFunc(cty.Set(cty.DynamicPseudoType)), "tostring": toFunc(cty.String), "try": tryfunc.TryFunc, "type": typeFunc,
	// paths, without looking at them
	"abspath": absPathFunc, "basename": baseNameFunc, "dirname": dirNameFunc, "pathexpand": pathExpandFunc,
}

// protectedFunctions are the pure functions, wrapped once for all environments.
var protectedFunctions = func() map[string]function.Function {
	all := make(map[string]function.Function, len(pureFunctions))
	for name, f := range pureFunctions {
		all[name] = protect(name, f)
	}
	return all
}()

// envFunctions are made for each Env: they read files, the clock or randomness.
var envFunctions = map[string]func(*Env) function.Function{
	"file": makeFile, "filebase64": makeFileBase64, "fileexists": makeFileExists, "fileset": makeFileSet,
	"filebase64sha256": hashFile(newSHA256, toBase64), "filebase64sha512": hashFile(newSHA512, toBase64), "filemd5": hashFile(newMD5, toHex),
	"filesha1": hashFile(newSHA1, toHex), "filesha256": hashFile(newSHA256, toHex), "filesha512": hashFile(newSHA512, toHex),
	"templatefile": makeTemplateFile, "templatestring": makeTemplateString,
	"bcrypt": makeBcrypt, "plantimestamp": makePlanTimestamp, "timestamp": makeTimestamp, "uuid": makeUUID,
}

// Is reports whether expressions may call a function of that name.
func Is(name string) bool {
	_, pure := pureFunctions[name]
	_, made := envFunctions[name]
	return pure || made
}

// Names are the functions that expressions may call, in no order.
func Names() []string {
	return slices.Concat(slices.Collect(maps.Keys(pureFunctions)), slices.Collect(maps.Keys(envFunctions)))
}

// make makes all functions for an environment.
func (e *Env) make() map[string]function.Function {
	all := make(map[string]function.Function, len(pureFunctions)+len(envFunctions))
	for name, f := range protectedFunctions {
		all[name] = f
	}
	for name, newFunction := range envFunctions {
		all[name] = protect(name, newFunction(e))
	}
	return all
}
