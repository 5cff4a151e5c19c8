package ssh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/skeema/knownhosts"
	"golang.org/x/crypto/ssh"
	cryptoknownhosts "golang.org/x/crypto/ssh/knownhosts"
)

// trust decides about one hop's host key.
type trust struct {
	s    *settings
	pins []ssh.PublicKey
	db   *knownhosts.HostKeyDB
}

func newTrust(s *settings) (*trust, error) {
	t := &trust{s: s}
	for _, line := range s.args.HostKey {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return nil, attrProblem("host_key", "ssh_host_key_form", "Invalid host key", "%q is no public key.", line)
		}
		t.pins = append(t.pins, key)
	}
	if len(t.pins) > 0 || s.args.HostKeyCheck == checkOff {
		return t, nil
	}
	db, err := knownHosts(s.knownHosts)
	if err != nil {
		return nil, attrProblem("known_hosts", "ssh_known_hosts", "The file of known hosts can not be used", "%v. Correct the file or name another.", err)
	}
	t.db = db
	return t, nil
}

// algorithms are those of the keys that are known, so that a server with
// several keys shows one of them; all where none is known.
func (t *trust) algorithms() []string {
	supported := ssh.SupportedAlgorithms().HostKeys
	var want []string
	switch {
	case len(t.pins) > 0:
		for _, k := range t.pins {
			want = append(want, algorithmsOf(k.Type())...)
		}
	case t.db != nil:
		want = t.db.HostKeyAlgorithms(t.s.alias)
	}
	if len(want) == 0 {
		return supported
	}
	return slices.DeleteFunc(want, func(a string) bool { return !slices.Contains(supported, a) })
}

func algorithmsOf(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{keyType}
}

// check is called in the handshake.
func (t *trust) check(_ string, _ net.Addr, key ssh.PublicKey) error {
	switch {
	case len(t.pins) > 0:
		return t.pinned(key)
	case t.s.args.HostKeyCheck == checkOff:
		return nil
	}
	err := t.db.HostKeyCallback()(t.s.alias, noAddress, key)
	switch {
	case err == nil:
		return nil
	case knownhosts.IsHostUnknown(err):
		if t.s.args.HostKeyCheck == checkAcceptNew {
			return t.accept(key)
		}
		return t.unknown(key)
	}
	return t.changed(err, key)
}

// noAddress stands for the peer's: only the name is looked up. A tunnel has no
// address to speak of, and a name's address may be another machine's tomorrow.
var noAddress = &net.TCPAddr{}

func (t *trust) pinned(key ssh.PublicKey) error {
	var pins []string
	for _, p := range t.pins {
		if bytes.Equal(p.Marshal(), key.Marshal()) {
			return nil
		}
		pins = append(pins, p.Type()+" "+ssh.FingerprintSHA256(p))
	}
	return attrProblem("host_key", "ssh_host_key_changed", "Host key is not the expected one",
		"%s shows the %s key %s, but host_key allows only %s. If the host was reinstalled, set host_key anew. Otherwise somebody may be between you and the host.",
		t.s.addr(), key.Type(), ssh.FingerprintSHA256(key), strings.Join(pins, ", "))
}

func (t *trust) unknown(key ssh.PublicKey) error {
	file := "known_hosts"
	if len(t.s.knownHosts) > 0 {
		file = t.s.knownHosts[0]
	}
	return attrProblem("host", "ssh_host_key_unknown", "Unknown host key",
		"Nothing vouches for %s, which shows the %s key %s. Compare that with the host, then append this line to %s, set it as host_key, or set host_key_check to accept_new:\n%s",
		t.s.addr(), key.Type(), ssh.FingerprintSHA256(key), file, knownhosts.Line([]string{t.s.alias}, key))
}

func (t *trust) changed(err error, key ssh.PublicKey) error {
	var old []string
	var mismatch *cryptoknownhosts.KeyError
	var revoked *cryptoknownhosts.RevokedError
	switch {
	case errors.As(err, &revoked):
		return attrProblem("host", "ssh_host_key_revoked", "Host key is revoked",
			"%s shows the %s key %s, which %s:%d revokes.", t.s.addr(), key.Type(), ssh.FingerprintSHA256(key), revoked.Revoked.Filename, revoked.Revoked.Line)
	case !errors.As(err, &mismatch):
		return attrProblem("host", "ssh_host_key_changed", "Host key is not the expected one", "%s: %v.", t.s.addr(), err)
	}
	for _, w := range mismatch.Want {
		old = append(old, fmt.Sprintf("%s:%d (%s %s)", w.Filename, w.Line, w.Key.Type(), ssh.FingerprintSHA256(w.Key)))
	}
	return attrProblem("host", "ssh_host_key_changed", "Host key has changed",
		"%s shows the %s key %s, but known is %s. If the host was reinstalled, remove that line. Otherwise somebody may be between you and the host.",
		t.s.addr(), key.Type(), ssh.FingerprintSHA256(key), strings.Join(old, ", "))
}

// acceptWait bounds how long another process may hold known_hosts.
const acceptWait = 5 * time.Second

// accept writes a new host's key. Two connects at once, also of two
// processes, write one line: the file is read again under the lock.
func (t *trust) accept(key ssh.PublicKey) error {
	if len(t.s.knownHosts) == 0 {
		return t.cannotAccept(key, errors.New("there is no home folder"))
	}
	file := t.s.knownHosts[0]
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
	db, err := knownHosts(t.s.knownHosts)
	if err != nil {
		return t.cannotAccept(key, err)
	}
	err = db.HostKeyCallback()(t.s.alias, noAddress, key)
	switch {
	case err == nil:
		return nil
	case !knownhosts.IsHostUnknown(err):
		return t.changed(err, key)
	}
	if err := appendLine(file, knownhosts.Line([]string{t.s.alias}, key)); err != nil {
		return t.cannotAccept(key, err)
	}
	return nil
}

func (t *trust) cannotAccept(key ssh.PublicKey, err error) error {
	p := t.unknown(key).(*kind.Problem)
	p.Detail = fmt.Sprintf("It can not be accepted: %v. %s", err, p.Detail)
	return p
}

// appendLine adds a line with one write, after a last line that has no end.
func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	line += "\n"
	if st, err := f.Stat(); err == nil && st.Size() > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, st.Size()-1); err == nil && last[0] != '\n' {
			line = "\n" + line
		}
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}

// databases remembers parsed files until one of them changes: a fleet's
// known_hosts has a line for each host, and every connect needs it.
var databases = struct {
	sync.Mutex
	entries map[string]database
}{entries: map[string]database{}}

type database struct {
	stamp string
	db    *knownhosts.HostKeyDB
}

// knownHosts reads the files that exist.
func knownHosts(files []string) (*knownhosts.HostKeyDB, error) {
	var present []string
	var stamp strings.Builder
	for _, f := range files {
		st, err := os.Stat(f)
		if err != nil {
			continue
		}
		present = append(present, f)
		fmt.Fprintf(&stamp, "%s %d %d\n", f, st.Size(), st.ModTime().UnixNano())
	}
	key := strings.Join(files, "\x00")
	databases.Lock()
	have, ok := databases.entries[key]
	databases.Unlock()
	if ok && have.stamp == stamp.String() {
		return have.db, nil
	}
	db, err := knownhosts.NewDB(present...)
	if err != nil {
		return nil, err
	}
	databases.Lock()
	databases.entries[key] = database{stamp.String(), db}
	databases.Unlock()
	return db, nil
}
