package state

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// ProblemError is a state file that can not be used, with what to do about it.
type ProblemError struct {
	Path   string
	Reason string
	Hint   string
}

func (e *ProblemError) Error() string {
	return fmt.Sprintf("state file %s %s. %s", e.Path, e.Reason, e.Hint)
}

const corruptHint = "Restore it from a backup, or move it and its journal away: plans stay right without a state, " +
	"only orphans, owed triggers and the origin of drift are lost."

// decode reads a state file's bytes; path is for messages.
func decode(path string, data []byte) (*State, error) {
	var v struct {
		Version *int `json:"version"`
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, &ProblemError{path, "is not a state: " + err.Error(), corruptHint}
	}
	if v.Version == nil || *v.Version < 1 {
		return nil, &ProblemError{path, "is not a state: it has no version", corruptHint}
	}
	if *v.Version > Version {
		return nil, &ProblemError{path, fmt.Sprintf("has format version %d, written by a newer mitoplan; this one reads up to %d", *v.Version, Version),
			"Use that newer version."}
	}
	s := &State{}
	if err := json.Unmarshal(data, s); err != nil {
		return nil, &ProblemError{path, "is not a state: " + err.Error(), corruptHint}
	}
	if *v.Version == 1 {
		if err := s.debtsOfRecords(data); err != nil {
			return nil, &ProblemError{path, "is not a state: " + err.Error(), corruptHint}
		}
	}
	if reason := s.inconsistent(); reason != "" {
		return nil, &ProblemError{path, "is damaged: " + reason, corruptHint}
	}
	s.init()
	s.found = true
	return s, nil
}

// debtsOfRecords takes over what a state of format 1 says that calls owe: there
// it stands in their records.
func (s *State) debtsOfRecords(data []byte) error {
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
	}
	return nil
}

// inconsistent says what in a decoded state cannot be.
func (s *State) inconsistent() string {
	if s.Lineage == "" {
		return "it has no lineage"
	}
	for address, r := range s.Records {
		if r == nil || r.Address != address {
			return fmt.Sprintf("the record of %q is not its own", address)
		}
	}
	for address, i := range s.Unanswered {
		if i.Address != address {
			return fmt.Sprintf("the intent of %q is not its own", address)
		}
	}
	return ""
}

// encode is the state file's form: indented and sorted, to be read and compared by people.
func encode(s *State) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(s); err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return b.Bytes(), nil
}
