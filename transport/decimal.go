package transport

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// Decimal is a decimal number of any length, such as 0.1: an integer, and the power of 10
// that it is multiplied by. Nothing is rounded, and 1.50 keeps its zero. It crosses the wire
// as the tag 4 of RFC 8949, and arrives as a Decimal also in an any. NewDecimal,
// ParseDecimal and DecimalOf make it; the zero value is 0.
type Decimal struct {
	integer  *big.Int // nil for 0
	exponent int
}

// maxExponent bounds the power of 10 of a Decimal, both ways: a number of a few bytes
// would become one of as many digits.
const maxExponent = 1 << 16

var errExponent = fmt.Errorf("a decimal has a power of 10 from -%d to %[1]d", maxExponent)

// NewDecimal is integer times 10 to the power of exponent, which is -65,536 to 65,536.
func NewDecimal(integer *big.Int, exponent int) (Decimal, error) {
	if integer == nil {
		return Decimal{}, errNoNumber
	}
	if exponent < -maxExponent || exponent > maxExponent {
		return Decimal{}, errExponent
	}
	return Decimal{new(big.Int).Set(integer), exponent}, nil
}

// ParseDecimal reads digits with a sign, a point and an exponent, as in "-1.50e3".
func ParseDecimal(s string) (Decimal, error) {
	digits, power, scientific := strings.Cut(strings.ToLower(s), "e")
	whole, fraction, _ := strings.Cut(digits, ".")
	integer, ok := new(big.Int).SetString(whole+fraction, 10)
	exponent := 0
	if ok && scientific {
		var err error
		exponent, err = strconv.Atoi(power)
		ok = err == nil
	}
	if !ok || strings.Trim(fraction, "0123456789") != "" {
		return Decimal{}, fmt.Errorf("%q is not a decimal number", s)
	}
	if exponent < -2*maxExponent || exponent > 2*maxExponent {
		return Decimal{}, errExponent
	}
	return NewDecimal(integer, exponent-len(fraction))
}

// DecimalOf is exactly f, which a fraction of powers of 2 is in decimal, too, with as many
// digits as it takes: 513 of them after the point for 0.1 in 512 bits. Float gives f back. An
// infinity is an error, and so is a number beyond 2 to the power of 65,536 either way.
func DecimalOf(f *big.Float) (Decimal, error) {
	if f == nil {
		return Decimal{}, errNoNumber
	}
	mantissa, bits := new(big.Float), int(f.MinPrec())
	power := f.MantExp(mantissa) - bits
	if f.IsInf() || power < -maxExponent || power > maxExponent {
		return Decimal{}, errors.New("the number is an infinity, or its exponent too large for a Decimal")
	}
	integer, _ := mantissa.SetMantExp(mantissa, bits).Int(nil)
	if power >= 0 {
		return Decimal{integer.Lsh(integer, uint(power)), 0}, nil
	}
	fives := new(big.Int).Exp(big.NewInt(5), big.NewInt(int64(-power)), nil)
	return Decimal{integer.Mul(integer, fives), power}, nil
}

// Integer is the number without its power of 10.
func (d Decimal) Integer() *big.Int {
	if d.integer == nil {
		return new(big.Int)
	}
	return new(big.Int).Set(d.integer)
}

// Exponent is the power of 10 that Integer is multiplied by.
func (d Decimal) Exponent() int { return d.exponent }

// Rat is the number as a fraction.
func (d Decimal) Rat() *big.Rat {
	r := new(big.Rat).SetInt(d.Integer())
	power := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(d.exponent, -d.exponent))), nil)
	if d.exponent < 0 {
		return r.Quo(r, new(big.Rat).SetInt(power))
	}
	return r.Mul(r, new(big.Rat).SetInt(power))
}

// Float is the number in that many bits, rounded to the nearest if they are too few.
func (d Decimal) Float(bits uint) *big.Float { return new(big.Float).SetPrec(bits).SetRat(d.Rat()) }

// String is the number in digits, with an exponent if it has more than 20 zeros at an end.
func (d Decimal) String() string {
	s := d.Integer().String()
	sign := ""
	if s[0] == '-' {
		sign, s = "-", s[1:]
	}
	switch after := -d.exponent; {
	case after == 0:
	case after < 0 && after >= -20:
		s += strings.Repeat("0", -after)
	case after > 0 && after < len(s)+20:
		s = strings.Repeat("0", max(0, after+1-len(s))) + s
		s = s[:len(s)-after] + "." + s[len(s)-after:]
	default:
		s += "e" + itoa(d.exponent)
	}
	return sign + s
}

// MarshalCBOR encodes the number for the wire.
func (d Decimal) MarshalCBOR() ([]byte, error) {
	return Marshal(cbor.Tag{Number: tagDecimal, Content: []any{d.exponent, d.Integer()}})
}

// UnmarshalCBOR decodes a number from the wire.
func (d *Decimal) UnmarshalCBOR(b []byte) error {
	var w struct {
		_        struct{} `cbor:",toarray"`
		Exponent int
		Integer  *big.Int
	}
	if err := plainMode.Unmarshal(b, &w); err != nil {
		return err
	}
	if w.Integer == nil {
		w.Integer = new(big.Int)
	}
	var err error
	*d, err = NewDecimal(w.Integer, w.Exponent)
	return err
}
