package ssh

import (
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/crypto/ssh"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// acceptWait bounds how long another process may keep known_hosts locked.
const acceptWait = 5 * time.Second

// accept writes the key of a new host to known_hosts. If two connections do
// that at once, also of two processes, one line is written: the files are read
// again under the lock.
func (t *trust) accept(key ssh.PublicKey) error {
	file := t.s.acceptTo
	if file == "" {
		return t.cannotAccept(key, errors.New("no known_hosts file of the user is set"))
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return t.cannotAccept(key, err)
	}
	// The file itself is locked: it is only ever appended to.
	lock := flock.New(file, flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), acceptWait)
	defer cancel()
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		return t.cannotAccept(key, err)
	}
	defer lock.Close()
	again, err := newTrust(t.s, func(kind.Problem) {}) // its warnings were given before
	if err != nil {
		return err
	}
	if known := again.known.keysOf(t.names[0], markNone); len(known) > 0 {
		for _, l := range known {
			if sameKey(l.key, key) {
				return nil
			}
		}
		return t.changed(key, known)
	}
	if err := appendLine(file, knownLine(t.s.entry(t.names[0]), key)); err != nil {
		return t.cannotAccept(key, err)
	}
	return nil
}

func (t *trust) cannotAccept(key ssh.PublicKey, err error) error {
	return attrProblem("known_hosts", kind.CodeSSHKnownHosts, "File of known hosts cannot be written",
		"With host_key_check = \"accept_new\" the key %s of %s, which is new, is to be written to %s: %v. Name a file in known_hosts that can be written, or write the line there by hand:\n  %s",
		keyText(key), t.s.addr(), firstOf(t.s.acceptTo, "a file of known hosts"), reasonOf(err), knownLine(t.names[0], key))
}

// knownLine is a line of known_hosts.
func knownLine(name string, key ssh.PublicKey) string {
	return name + " " + key.Type() + " " + base64.StdEncoding.EncodeToString(key.Marshal())
}

// appendLine adds a line with one write, whole or not at all. If the last line of the file has
// no end, it gets one.
func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	line += "\n"
	var size int64
	if st, err := f.Stat(); err == nil && st.Mode().IsRegular() && st.Size() > 0 {
		size = st.Size()
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	if n, err2 := f.WriteString(line); err2 != nil {
		if err = err2; n > 0 { // as on a full disk, where the rest of a block is free
			err = errors.Join(err, f.Truncate(size))
		}
	}
	return errors.Join(err, f.Close())
}
