package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// End is what is needed to take away what an apply made, once its block is gone. The
// digests of the arguments do not say what they were. No secret is in it.
type End struct {
	// Args are the values of kind.Kind.EndArgs. Secret names the arguments that are needed
	// and could not be kept, since they are secrets.
	Args   Values   `json:"args,omitempty"`
	Secret []string `json:"secret,omitempty"`
	// Kept is what the host said for the end; see Kept.
	Kept *Kept `json:"kept,omitempty"`
}

// Kept is what a host said of its change for the end of the thing: for what was created,
// when that was made; for what was adopted, when it was first changed.
type Kept struct {
	// Backup is the path of the backup of what was there before.
	Backup Text `json:"backup,omitempty"`
	// Along are the things that were made besides the thing itself, in that order.
	Along []Text `json:"along,omitempty"`
	// Unended is set if a line was added behind a last line without a line end.
	Unended bool `json:"unended,omitempty"`
}

// Values are values of arguments, in the form in which they cross the wire, by name:
// null, bool, int64, float64, string, kind.Text, []byte, lists and maps of these. In
// JSON, a string, a bool, a whole number, null and a list are what they are. All others
// are an object with one key, which says what the value is, so that what is read is what
// was written: text, bytes, base64, float, map.
type Values map[string]any

// MarshalJSON implements json.Marshaler.
func (v Values) MarshalJSON() ([]byte, error) {
	out := make(map[string]any, len(v))
	for name, value := range v {
		plain, err := toPlain(value)
		if err != nil {
			return nil, fmt.Errorf("the value of %s: %w", name, err)
		}
		out[name] = plain
	}
	return json.Marshal(out)
}

// UnmarshalJSON implements json.Unmarshaler.
func (v *Values) UnmarshalJSON(data []byte) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	var plain map[string]any
	if err := d.Decode(&plain); err != nil {
		return err
	}
	values, err := ofPlainMap(plain)
	*v = values
	return err
}

// toPlain is a value in the form of Values in JSON.
func toPlain(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string, int64:
		if s, ok := v.(string); ok && !utf8.ValidString(s) {
			return nil, errors.New("a string is not UTF-8")
		}
		return v, nil
	case float64:
		return map[string]any{"float": v}, nil
	case kind.Text:
		if utf8.ValidString(string(v)) {
			return map[string]any{"text": string(v)}, nil
		}
		return map[string]any{"bytes": []byte(v)}, nil
	case []byte:
		return map[string]any{"base64": v}, nil
	case []any:
		out := make([]any, len(v))
		for k, e := range v {
			var err error
			if out[k], err = toPlain(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		return map[string]any{"map": Values(v)}, nil
	}
	return nil, fmt.Errorf("a %T cannot be recorded", v)
}

// ofPlain is the opposite of toPlain.
func ofPlain(v any) (any, error) {
	switch v := v.(type) {
	case nil, bool, string:
		return v, nil
	case json.Number:
		return v.Int64()
	case []any:
		out := make([]any, len(v))
		for k, e := range v {
			var err error
			if out[k], err = ofPlain(e); err != nil {
				return nil, err
			}
		}
		return out, nil
	case map[string]any:
		return ofTagged(v)
	}
	return nil, errNoValue
}

var errNoValue = errors.New("is not in the form of a recorded value")

// ofTagged is the value of an object with one key, which says what the value is.
func ofTagged(v map[string]any) (any, error) {
	if len(v) != 1 {
		return nil, errNoValue
	}
	for what, of := range v {
		text, isText := of.(string)
		number, isNumber := of.(json.Number)
		inner, isMap := of.(map[string]any)
		switch {
		case what == "text" && isText:
			return kind.Text(text), nil
		case what == "bytes" && isText:
			b, err := base64Of(text)
			return kind.Text(b), err
		case what == "base64" && isText:
			return base64Of(text)
		case what == "float" && isNumber:
			return number.Float64()
		case what == "map" && isMap:
			return ofPlainMap(inner)
		}
	}
	return nil, errNoValue
}

func ofPlainMap(plain map[string]any) (map[string]any, error) {
	out := make(map[string]any, len(plain))
	for name, v := range plain {
		value, err := ofPlain(v)
		if err != nil {
			return nil, fmt.Errorf("the value of %s: %w", name, err)
		}
		out[name] = value
	}
	return out, nil
}

func base64Of(text string) (b []byte, err error) {
	quoted, err := json.Marshal(text)
	if err != nil {
		return nil, err
	}
	return b, json.Unmarshal(quoted, &b)
}

// Text is text that need not be UTF-8, such as a path. In JSON it is a string, or an
// object whose key is bytes with its base64.
type Text string

// MarshalJSON implements json.Marshaler.
func (t Text) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(t)) {
		return json.Marshal(string(t))
	}
	return json.Marshal(map[string][]byte{"bytes": []byte(t)})
}

// UnmarshalJSON implements json.Unmarshaler.
func (t *Text) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*t = Text(text)
		return nil
	}
	var of map[string][]byte
	if err := json.Unmarshal(data, &of); err != nil {
		return err
	}
	if len(of) != 1 || of["bytes"] == nil {
		return errNoValue
	}
	*t = Text(of["bytes"])
	return nil
}
