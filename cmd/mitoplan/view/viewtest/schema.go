// Package viewtest holds what mitoplan writes with -json against the schema that
// is its documentation, docs/json.schema.json. It is for tests.
package viewtest

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaFile = "docs/json.schema.json"

// document is the schema as it was read, and where it lies.
var document = sync.OnceValues(func() (map[string]any, error) {
	path, err := find()
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemaFile, err)
	}
	return doc.(map[string]any), nil
})

// find looks for the schema in the directories above the one of the test.
func find() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(dir, schemaFile)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("there is no %s above the test", schemaFile)
		}
		dir = filepath.Dir(dir)
	}
}

var compiler = sync.OnceValues(func() (*jsonschema.Compiler, error) {
	doc, err := document()
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	return c, c.AddResource(schemaFile, doc)
})

// compiling is held while a part of the schema is compiled.
var compiling sync.Mutex

// Lines holds every line against the definition of a message. One that is no
// JSON, or has a member that is not documented, is an error that names it.
func Lines(out []byte) error {
	lines := 0
	sc := bufio.NewScanner(bytes.NewReader(out))
	sc.Buffer(nil, len(out)+1)
	for sc.Scan() {
		lines++
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(sc.Bytes()))
		if err != nil {
			return fmt.Errorf("line %d: %w: %s", lines, err, sc.Text())
		}
		// Which kind of message is known, so that an error speaks of that one.
		m, _ := doc.(map[string]any)
		name, _ := m["type"].(string)
		if err := validate("message_"+name, doc); err != nil {
			return fmt.Errorf("line %d: %w: %s", lines, err, sc.Text())
		}
	}
	if lines == 0 {
		return fmt.Errorf("nothing was written")
	}
	return sc.Err()
}

// Document holds one document against the definition of that name.
func Document(name string, out []byte) error {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(out))
	if err != nil {
		return err
	}
	return validate(name, doc)
}

func validate(name string, doc any) error {
	c, err := compiler()
	if err != nil {
		return err
	}
	compiling.Lock()
	s, err := c.Compile(schemaFile + "#/$defs/" + name)
	compiling.Unlock()
	if err != nil {
		return fmt.Errorf("%s does not define %s: %w", schemaFile, name, err)
	}
	return s.Validate(doc)
}

// Fields holds the members that a Go type has in JSON against those that the
// definition of that name documents: neither has one that the other has not.
func Fields(t *testing.T, name string, v any) {
	t.Helper()
	doc, err := document()
	if err != nil {
		t.Fatal(err)
	}
	def, _ := doc["$defs"].(map[string]any)[name].(map[string]any)
	documented, _ := def["properties"].(map[string]any)
	members := membersOf(reflect.TypeOf(v))
	for _, m := range members {
		if documented[m] == nil {
			t.Errorf("%s: %q of %T is not documented in %s", name, m, v, schemaFile)
		}
	}
	for m := range documented {
		if !slices.Contains(members, m) {
			t.Errorf("%s documents %q, which %T does not have", name, m, v)
		}
	}
}

func membersOf(t reflect.Type) (names []string) {
	for f := range t.Fields() {
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && tag == "":
			names = append(names, membersOf(f.Type)...)
		case tag != "" && tag != "-":
			names = append(names, tag)
		}
	}
	return names
}
