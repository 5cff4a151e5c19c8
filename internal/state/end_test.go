package state

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// What is recorded for an end is read as it was written: text that is no UTF-8, bytes and
// numbers keep their types, since the agent decodes them as it decodes arguments.
func TestEndIsReadAsItWasWritten(t *testing.T) {
	end := End{
		Args: Values{
			"path": kind.Text("/etc/\xff\xfe"), "plain": kind.Text("/etc/motd"), "text": "a \"b\"\n", "data": []byte{0, 255}, "empty": []byte{},
			"uid": int64(1 << 62), "least": int64(-5), "share": 0.5, "no": false, "null": nil,
			"list": []any{"a", kind.Text("b"), []any{int64(1)}}, "map": map[string]any{"text": "a", "n": map[string]any{}},
		},
		Secret: []string{"token"},
		Kept:   &Kept{Backup: "/etc/\xff.2026", Along: []Text{"path:/a", "path:/\xff"}, Unended: true},
	}
	data, err := json.Marshal(end)
	if err != nil {
		t.Fatal(err)
	}
	var again End
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatalf("%v in %s", err, data)
	}
	if diff := cmp.Diff(end, again); diff != "" {
		t.Errorf("%s\nin %s", diff, data)
	}
}

// A value in no form of a value is no record, and one that cannot be written as it is is
// not written.
func TestEndInNoForm(t *testing.T) {
	for _, text := range []string{
		`{"args":{"path":{"text":5}}}`, `{"args":{"path":{"text":"a","bytes":"YQ=="}}}`, `{"args":{"path":{}}}`, `{"args":{"path":{"word":"a"}}}`,
		`{"args":{"path":{"bytes":"???"}}}`, `{"args":{"uid":1.5}}`, `{"args":{"list":[{"map":[]}]}}`, `{"args":[]}`,
		`{"kept":{"backup":5}}`, `{"kept":{"backup":{"text":"YQ=="}}}`, `{"kept":{"along":[{}]}}`,
	} {
		if err := json.Unmarshal([]byte(text), &End{}); err == nil {
			t.Errorf("%s was read", text)
		}
	}
	for name, v := range map[string]any{"a channel": make(chan int), "no UTF-8": "\xff", "inside": []any{map[string]any{"a": uint8(1)}}} {
		if _, err := json.Marshal(Values{"x": v}); err == nil || !strings.Contains(err.Error(), "the value of ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
