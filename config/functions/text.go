package functions

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

var (
	startsWithFunc  = testFunc(strings.HasPrefix, "string", "prefix")
	endsWithFunc    = testFunc(strings.HasSuffix, "string", "suffix")
	strContainsFunc = testFunc(strings.Contains, "string", "substr")
)

func testFunc(test func(s, sub string) bool, names ...string) function.Function {
	return makeFunc(cty.Bool, func(args []cty.Value) (cty.Value, error) {
		return cty.BoolVal(test(args[0].AsString(), args[1].AsString())), nil
	}, stringParams(names)...)
}

// replaceFunc replaces text. A substring between slashes is a regular expression.
var replaceFunc = textFunc(func(args []string) (string, error) {
	str, substr, replace := args[0], args[1], args[2]
	if len(substr) <= 1 || substr[0] != '/' || substr[len(substr)-1] != '/' {
		return strings.ReplaceAll(str, substr, replace), nil
	}
	re, err := regexp.Compile(substr[1 : len(substr)-1])
	if err != nil {
		return "", function.NewArgError(1, badExpression(err))
	}
	return re.ReplaceAllString(str, replace), nil
}, "string", "substring", "replacement")

// badExpression says what is wrong with a regular expression, in which part of it, and how
// the text itself is replaced.
func badExpression(err error) error {
	var bad *syntax.Error
	if !errors.As(err, &bad) {
		return err
	}
	where := ""
	if bad.Expr != "" {
		where = fmt.Sprintf(" in `%s`", bad.Expr)
	}
	return fmt.Errorf("what stands between the slashes is no regular expression: %s%s. To replace a text with slashes around it, write the first slash as [/]: \"/[/]…[/]/\"", bad.Code, where)
}

// shellquoteFunc quotes a string as one word for a POSIX shell. From a list of words
// it makes a command line.
var shellquoteFunc = function.New(&function.Spec{
	Params:       []function.Parameter{param("words", cty.DynamicPseudoType)},
	Type:         function.StaticReturnType(cty.String),
	RefineResult: refineNonNull,
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		words, err := shellWords(args[0])
		if err != nil {
			return cty.UnknownVal(cty.String), err
		}
		if words == nil {
			return cty.UnknownVal(cty.String), nil
		}
		for i, w := range words {
			if words[i], err = shellquote(w); err != nil {
				return cty.UnknownVal(cty.String), function.NewArgError(0, err)
			}
		}
		return cty.StringVal(strings.Join(words, " ")), nil
	},
})

// shellWords are the texts of a string or a list; nil if one is unknown.
func shellWords(v cty.Value) ([]string, error) {
	if v.Type().IsPrimitiveType() {
		s, err := textOfValue(v)
		return []string{s}, err
	}
	if !v.CanIterateElements() || v.Type().IsMapType() || v.Type().IsObjectType() {
		return nil, function.NewArgErrorf(0, "a string or a list of strings is required")
	}
	if !v.IsWhollyKnown() {
		return nil, nil
	}
	words := []string{}
	for it := v.ElementIterator(); it.Next(); {
		_, elem := it.Element()
		s, err := textOfValue(elem)
		if err != nil {
			return nil, err
		}
		words = append(words, s)
	}
	return words, nil
}

func textOfValue(v cty.Value) (string, error) {
	v, err := toString(v)
	if err != nil || v.IsNull() {
		return "", function.NewArgErrorf(0, "a string or a list of strings is required")
	}
	return v.AsString(), nil
}

// shellquote leaves plain words as they are.
func shellquote(s string) (string, error) {
	if strings.ContainsRune(s, 0) {
		return "", errors.New("a word of a shell cannot contain a NUL character")
	}
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+:,./-") == "" {
		return s, nil
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", nil
}

// maxPower bounds pow(), whose result could take longer to print than anyone
// waits.
const maxPower = math.MaxInt16

var powFunc = makeFunc(cty.Number, func(args []cty.Value) (cty.Value, error) {
	base, _ := args[0].AsBigFloat().Float64()
	power, _ := args[1].AsBigFloat().Float64()
	result := math.Pow(base, power)
	if math.Abs(power) > maxPower || math.IsInf(result, 0) || math.IsNaN(result) {
		return cty.NilVal, fmt.Errorf("the result is out of bounds")
	}
	return cty.NumberVal(big.NewFloat(result)), nil
}, param("number", cty.Number), param("power", cty.Number))
