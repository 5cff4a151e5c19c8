package transport

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// What is in an any arrives as what it was: in a message with an any, values of the types
// below have tags. A payload without tags is decoded as ever; see decodeTagged.

var allValues = &values{encodeTagged, decodeTagged}

// tagModes are the encoder and the decoder that know tags, made when they are first needed:
// the linker takes them for needed if they are made at the start.
var tagModes struct {
	once sync.Once
	of   map[reflect.Type]uint64
	enc  cbor.EncMode
	// dec decodes also integers of more than 64 bits, and maps in an any whose keys are no
	// texts.
	dec cbor.DecMode
}

// tagOf are the tags of types. A time.Time and a big.Int have those of cbor, and a Set its
// own, whatever its elements are.
func tagOf() map[reflect.Type]uint64 {
	tagModes.once.Do(makeTagModes)
	return tagModes.of
}

// taggingMode encodes a value with its tags, also where the type is known.
func taggingMode() cbor.EncMode {
	tagModes.once.Do(makeTagModes)
	return tagModes.enc
}

// taggedMode decodes a payload with tags.
func taggedMode() cbor.DecMode {
	tagModes.once.Do(makeTagModes)
	return tagModes.dec
}

func makeTagModes() {
	tagModes.of = map[reflect.Type]uint64{
		reflect.TypeFor[Decimal]():       tagDecimal,
		reflect.TypeFor[Set[any]]():      tagSet,
		reflect.TypeFor[time.Duration](): tagDuration,
		reflect.TypeFor[Secret]():        tagSecret,
		reflect.TypeFor[Blob]():          tagBlob,
		reflect.TypeFor[Address]():       tagAddress,
		senderType:                       tagSender,
		remoteType:                       tagError,
	}
	tags := cbor.NewTagSet()
	for t, n := range tagModes.of {
		if err := tags.Add(cbor.TagOptions{EncTag: cbor.EncTagRequired, DecTag: cbor.DecTagOptional}, t, n); err != nil {
			panic(err)
		}
	}
	e, d := encOptions, decOptions
	e.TimeTag = cbor.EncTagRequired
	d.TagsMd, d.DefaultMapType = cbor.TagsAllowed, reflect.TypeFor[map[any]any]()
	d.IntDec, d.BigIntDec = cbor.IntDecConvertSignedOrBigInt, cbor.BigIntDecodePointer
	tagModes.enc, tagModes.dec = must(e.EncModeWithTags(tags)), must(d.DecModeWithTags(tags))
}

// encodeTagged encodes a value with the tags that it needs. It refuses what would become
// something else on the way, and what the other side would refuse, and says where it is.
func encodeTagged(v any) ([]byte, error) {
	of := reflect.ValueOf(v)
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	err, tagged := checkSent(of), false
	if err == nil {
		tagged, err = tagsNeeded(of, 0)
	}
	mode := encMode
	if tagged {
		mode = taggingMode()
	}
	var b []byte
	if err == nil {
		b, err = mode.Marshal(v)
	}
	if err == nil {
		err = (&scanner{b: b}).refused()
	}
	if err == nil {
		return b, nil
	}
	var wrong *valueError
	if errors.As(err, &wrong) {
		return nil, fmt.Errorf("the value has %w", wrong)
	}
	return b, err
}

// tagsNeeded reports whether a value has one in an any that would become something else
// there without a tag. The error is a *valueError, of what cannot cross.
func tagsNeeded(v reflect.Value, depth int) (needed bool, err error) {
	if depth > maxWalkDeep || !v.IsValid() || !mayHoldSender(v.Type()) || v.Kind() != reflect.Interface && encodes(v.Type()) && !isSet(v.Type()) {
		return false, nil
	}
	look := func(v reflect.Value) bool {
		var tags bool
		tags, err = tagsNeeded(v, depth+1)
		needed = needed || tags
		return err == nil
	}
	switch v.Kind() {
	case reflect.Interface:
		if !v.IsNil() {
			if err = typeCrosses(v.Elem().Type()); err == nil {
				look(v.Elem())
				needed = needed || needsTag(v.Elem().Type())
			}
		}
	case reflect.Pointer:
		look(v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if !look(v.Index(i)) {
				return false, inside(err, "["+itoa(i)+"]")
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if !look(it.Key()) || !look(it.Value()) {
				return false, inside(err, shorten(fmt.Sprintf("[%#v]", it.Key()), maxStep))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); isSent(f) && !look(v.Field(i)) {
				return false, inside(err, "."+f.Name)
			}
		}
	}
	return needed, err
}

// maxStep is how many bytes of a key are shown in an error.
const maxStep = 64

// needTags are the types of which needsTag knows the answer.
var needTags sync.Map

// needsTag reports whether a value of a type, or one in it, needs a tag in an any.
func needsTag(t reflect.Type) bool {
	if needs, ok := needTags.Load(t); ok {
		return needs.(bool)
	}
	needs := holds(t, func(t reflect.Type) bool { return t == reflect.TypeFor[time.Time]() || tagOf()[t] != 0 }, map[reflect.Type]bool{})
	needTags.Store(t, needs)
	return needs
}

// decodeTagged decodes a value of the program that a decoder for payloads without tags
// refused with err. The value may have a Sender in an any. It is limited as unmarshal is.
func decodeTagged(b []byte, v any, limit int64, err error) (int64, error) {
	var tooMuch *costError
	if errors.As(err, &tooMuch) {
		return 0, err
	}
	n, wrong := estimated(scanner{b: b, left: limit / 2}, v) // in an any, maps are made twice
	if wrong == errMalformed {
		return 0, err
	}
	if wrong == nil {
		if wrong = taggedMode().Unmarshal(b, v); wrong == nil {
			settle(reflect.ValueOf(v))
		}
	}
	return 2 * n, cleanDecodeError(wrong)
}
