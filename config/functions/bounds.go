package functions

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/mitoplan/mitoplan/config/files"
)

// maxExponent bounds numbers: a text of eleven bytes can name one that takes
// minutes to print or to hash.
const maxExponent = 4096

// BoundNumbers refuses a value that holds a number out of bounds. The error is a
// cty.PathError with the path to the number, or ErrBounds if the value is one.
func BoundNumbers(v cty.Value) error {
	return cty.Walk(v, func(path cty.Path, v cty.Value) (bool, error) {
		v, _ = v.Unmark()
		if v.Type() == cty.Number && v.IsKnown() && !v.IsNull() {
			if err := BoundNumber(v.AsBigFloat()); err != nil && len(path) > 0 {
				return false, path.NewError(err)
			} else if err != nil {
				return false, err
			}
		}
		return hasNumbers(v.Type()), nil
	})
}

// hasNumbers reports whether values of a type may hold numbers.
func hasNumbers(ty cty.Type) bool {
	switch {
	case ty.IsCollectionType():
		return hasNumbers(ty.ElementType())
	case ty.IsTupleType():
		return slices.ContainsFunc(ty.TupleElementTypes(), hasNumbers)
	case ty.IsObjectType():
		for _, attr := range ty.AttributeTypes() {
			if hasNumbers(attr) {
				return true
			}
		}
		return false
	}
	return ty == cty.Number || ty == cty.DynamicPseudoType
}

// ErrBounds is the error about a number that is out of bounds.
var ErrBounds = errors.New("the number is out of bounds")

// BoundNumber refuses a number whose binary exponent is beyond 4096.
func BoundNumber(f *big.Float) error {
	if f.IsInf() || f.MantExp(nil) > maxExponent || f.MantExp(nil) < -maxExponent {
		return ErrBounds
	}
	return nil
}

// guarded wraps a decoder, because its input may come from a host. The decoders
// recurse and could overflow the stack, and a number of eleven bytes can take minutes
// to print: both are refused.
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
				err = BoundNumbers(v)
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

// guardDocument refuses a document that nests too deeply or is too large. It counts
// brackets, including harmless ones in strings: a document with hundreds of them in a
// row is refused as well. YAML also nests by runs of dashes, which are counted too.
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
			return errors.New("it is nested too deeply")
		}
	}
	if len(text) > files.MaxSize {
		return fmt.Errorf("it is larger than %d bytes", files.MaxSize)
	}
	return nil
}

// nestsByDashes tells "- - - -" from a ruler "--------".
func nestsByDashes(run string) bool {
	tail := run[max(0, len(run)-2*maxDocumentNesting):]
	return strings.Count(tail, "- ")+strings.Count(tail, "? ")+strings.Count(tail, ": ") > maxDocumentNesting/2
}
