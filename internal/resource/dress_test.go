package resource

import (
	"bytes"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"
)

// A file that grows after it was read is not copied: neither its old length nor all of what it
// has now. Its owner might let it grow until the disk is full.
func TestCopyOfWhatGrew(t *testing.T) {
	p := filepath.Join(t.TempDir(), "from")
	if err := os.WriteFile(p, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("hello"))
	read := Content{SHA256: sum[:], Size: 5}
	var to bytes.Buffer
	if err := copyOf(t.Context(), &to, p, read); err != nil || to.String() != "hello" {
		t.Fatalf("%q, %v", to.String(), err)
	}
	if err := os.Truncate(p, 1<<40); err != nil {
		t.Fatal(err)
	}
	to.Reset()
	if err := copyOf(t.Context(), &to, p, read); err == nil || to.Len() > 6 {
		t.Errorf("%d bytes were copied: %v", to.Len(), err)
	}
}
