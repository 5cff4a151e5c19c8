package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// ProblemError says that a file of the record cannot be used, and what to do
// about it.
type ProblemError struct {
	Path string
	// Reason continues a sentence that begins with the name of the file.
	Reason string
	// Hint says what to do, in whole sentences; "" if there is nothing to say.
	Hint string
	// Newer is true if a later version of mitoplan wrote the file.
	Newer bool
}

func (e *ProblemError) Error() string {
	text := fmt.Sprintf("the file %s %s.", e.Path, e.Reason)
	if e.Hint != "" {
		text += " " + e.Hint
	}
	return text
}

// decode makes a State of the bytes of a state file, converting older formats. path
// is only for messages.
func decode(path string, data []byte) (*State, error) {
	s := &State{}
	err := json.Unmarshal(data, s)
	if err != nil || s.Version < 1 || s.Version > Version {
		if why := supported(path, data); why != nil {
			return nil, why
		}
	}
	if err != nil {
		return nil, &ProblemError{Path: path, Reason: notAState(data, err)}
	}
	format := s.Version
	if format == 1 {
		if err := s.debtsOfInstances(data); err != nil {
			return nil, &ProblemError{Path: path, Reason: notAState(data, err)}
		}
	}
	if reason := s.inconsistent(); reason != "" {
		return nil, &ProblemError{Path: path, Reason: "is damaged: " + reason}
	}
	salted := s.Salt != ""
	s.init()
	s.found, s.old = true, format < complete
	if format < Version || !salted {
		s.unsaved = true // it was converted, so the file holds something else
		return s, nil
	}
	s.content, err = s.digest()
	return s, err
}

// supported returns nil if a state file has a format that this program reads.
func supported(path string, data []byte) error {
	var v struct {
		Version *int   `json:"version"`
		Tool    string `json:"tool"`
	}
	switch err := json.Unmarshal(data, &v); {
	case err != nil:
		return &ProblemError{Path: path, Reason: notAState(data, err)}
	case v.Version == nil:
		return &ProblemError{Path: path, Reason: "is not a record: it has no version"}
	case *v.Version < 1:
		return &ProblemError{Path: path, Reason: fmt.Sprintf("is not a record: there is no format version %d", *v.Version)}
	case *v.Version > Version:
		by := "a newer mitoplan"
		if v.Tool != "" {
			by = "mitoplan " + v.Tool
		}
		return &ProblemError{Path: path, Newer: true,
			Reason: fmt.Sprintf("has format version %d, written by %s; this one reads up to %d", *v.Version, by, Version)}
	}
	return nil
}

// notAState says what is wrong with bytes that are not a state, from the error of
// the JSON decoder.
func notAState(data []byte, err error) string {
	var syntax *json.SyntaxError
	var typ *json.UnmarshalTypeError
	switch {
	case len(bytes.TrimSpace(data)) == 0:
		return "is empty"
	case len(bytes.Trim(data, "\x00")) == 0:
		return "holds nothing but zero bytes, as after a power cut"
	case errors.As(err, &syntax) && syntax.Error() == "unexpected end of JSON input":
		return fmt.Sprintf("is not whole: it ends in the middle, after %d bytes", len(data))
	case errors.As(err, &syntax):
		return fmt.Sprintf("is not a record: line %d is no JSON: %s", 1+bytes.Count(data[:syntax.Offset], []byte("\n")), err)
	case errors.As(err, &typ) && typ.Field != "":
		return fmt.Sprintf("is not a record: its %q is a JSON %s", typ.Field, typ.Value)
	case errors.As(err, &typ):
		return "is not a record: it is a JSON " + typ.Value
	}
	return "is not a record: " + err.Error()
}

// debtsOfInstances converts the debts of a state of format 1, which are in the
// instances of the calls. An instance of a call that has never run existed only for its
// debts, and is removed.
func (s *State) debtsOfInstances(data []byte) error {
	var old struct {
		Records map[string]struct {
			Owed []string `json:"owed"`
		} `json:"records"`
	}
	if err := json.Unmarshal(data, &old); err != nil {
		return err
	}
	s.init()
	for call, r := range old.Records {
		for _, thing := range r.Owed {
			s.addDebt(call, thing)
		}
		if own := s.Instances[call]; len(r.Owed) > 0 && own != nil && own.Kind == "" && own.Applied.IsZero() {
			delete(s.Instances, call)
		}
	}
	return nil
}

// inconsistent says which part of a decoded state contradicts another, "" if none
// does.
func (s *State) inconsistent() string {
	if s.Lineage == "" {
		return "it has no lineage"
	}
	for address, r := range s.Instances {
		if r == nil || r.Address != address {
			return fmt.Sprintf("the record of %q is not its own", address)
		}
	}
	for machine, things := range s.Things {
		for name, t := range things {
			if t == nil || t.State == nil || t.By == nil {
				return fmt.Sprintf("what it says of %s on %s is no thing", name, machine)
			}
		}
	}
	for address, i := range s.Unanswered {
		if i.Address != address {
			return fmt.Sprintf("the intent of %q is not its own", address)
		}
	}
	return ""
}

// encode returns the bytes of a state file. They are indented and sorted, so that
// people can read and compare them.
func encode(s *State) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("encode the record: %w", err)
	}
	return b.Bytes(), nil
}
