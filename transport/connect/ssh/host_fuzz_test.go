package ssh

import (
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// FuzzExit: whatever a server says of the end of a command, it is an end or is not
// believed, and the name of a signal is short.
func FuzzExit(f *testing.F) {
	f.Add("exit-status", ssh.Marshal(struct{ Status uint32 }{7}))
	f.Add("exit-signal", ssh.Marshal(struct {
		Signal     string
		CoreDumped bool
		Error      string
		Lang       string
	}{"KILL", false, "ended", "en"}))
	f.Add("exit-signal", []byte{0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, kind string, payload []byte) {
		s := &session{}
		said := make(chan *ssh.Request, 1)
		said <- &ssh.Request{Type: kind, Payload: payload}
		close(said)
		s.requests(said)
		if !s.exited && (s.exit.Status != 0 || s.exit.Signal != "") || len(s.exit.Signal) > 500 {
			t.Errorf("%s % x is understood as %+v", kind, payload, s.exit)
		}
	})
}

// listed is a key of an agent as it is listed.
type listed struct {
	ssh.Signer
	key *agent.Key
}

func (s listed) PublicKey() ssh.PublicKey { return s.key }

// FuzzAgentKey: whatever an agent lists as its keys, each is one that can be offered to a
// host, or is left out. It runs fewer than 10,000 times a second: after each run, the fuzzer
// looks through the counters of all that is linked, also of the ssh library.
func FuzzAgentKey(f *testing.F) {
	signer, _ := newKey(f)
	f.Add(signer.PublicKey().Type(), signer.PublicKey().Marshal(), "comment")
	f.Add(ssh.KeyAlgoSKED25519, tokenPublic(make([]byte, 32)), "token")
	f.Add("ssh-rsa", []byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x01\x03\x00\x00\x00\x00"), "")
	f.Add("ssh-ed25519-cert-v01@openssh.com", []byte("\x00\x00\x00\x20ssh-ed25519-cert-v01@openssh.com"), "")
	f.Fuzz(func(t *testing.T, format string, blob []byte, comment string) {
		k, ok := newAgentKey(listed{key: &agent.Key{Format: format, Blob: blob, Comment: comment}})
		if !ok {
			return
		}
		if k.key == nil || k.comment != comment {
			t.Errorf("% x is listed as %+v", blob, k)
		}
		if _, err := ssh.ParsePublicKey(k.key.Marshal()); err != nil {
			t.Errorf("the key of % x cannot be read: %v", blob, err)
		}
		rsaBits(k.key)
	})
}

// FuzzKeyLine: a line of public keys, as host_key and RevokedHostKeys have it, is a key or
// none. What is written of a key is read as the same. It runs fewer than 10,000 times a
// second: after each run, the fuzzer looks through the counters of all that is linked, also of
// the ssh library.
func FuzzKeyLine(f *testing.F) {
	f.Add(keyOf(f))
	f.Add("from=\"a,b\" " + keyOf(f) + " comment")
	f.Add("ssh-ed25519 AAAA")
	f.Fuzz(func(t *testing.T, line string) {
		key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
		if err != nil {
			return
		}
		again, _, _, _, err := ssh.ParseAuthorizedKey(ssh.MarshalAuthorizedKey(key))
		if err != nil || !sameKey(key, again) {
			t.Errorf("%q is read as %v, which is written and read as %v: %v", line, key, again, err)
		}
	})
}
