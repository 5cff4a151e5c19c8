package state

import (
	"encoding/json"
	"testing"
)

// FuzzHolder: whoever signed a lock is read as he signed, and what somebody else wrote
// there, or half of it, is the signature of nobody, never of somebody in part.
func FuzzHolder(f *testing.F) {
	f.Add([]byte(`{"who":"somebody","pid":7,"host":"h","since":"2026-01-02T03:04:05Z"}` + "\n"))
	f.Add([]byte(`{"pid":7,"who":"somebody","host":5}`))
	f.Add([]byte(`{"pid":7,"since":"yesterday"}`))
	f.Add([]byte(`{"who":"some`))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		h := decodeHolder(data)
		if h == (Holder{}) {
			return
		}
		if err := json.Unmarshal(data, &Holder{}); err != nil {
			t.Fatalf("%q is no signature (%v), and is read as %+v", data, err, h)
		}
		line, err := jsonLine(h)
		if err != nil {
			t.Fatalf("%+v was read and cannot be written: %v", h, err)
		}
		if again := decodeHolder(line); !again.Since.Equal(h.Since) || again.Who != h.Who || again.PID != h.PID || again.Host != h.Host {
			t.Errorf("%q is read as %+v, which is written and read as %+v", data, h, again)
		}
	})
}
