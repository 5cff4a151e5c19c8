package ssh

import (
	"errors"
	"io/fs"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// What is wrong with a file of the controller is found by errors.Is in the problem.
func TestErrorsOfFilesOfTheController(t *testing.T) {
	s := newServer(t, func(*server) {})
	t.Setenv("HOME", t.TempDir())
	gone := filepath.Join(t.TempDir(), "gone")
	for name, c := range map[string]struct {
		set  func(*SSH)
		code kind.Code
	}{
		"identity_file": {func(k *SSH) { k.IdentityFile = gone }, kind.CodeSSHKeyUnreadable},
		"certificate":   {func(k *SSH) { k.Certificate = gone }, kind.CodeSSHCertificate},
		"ssh_config":    {func(k *SSH) { k.SSHConfig = gone }, kind.CodeSSHConfig},
	} {
		t.Run(name, func(t *testing.T) {
			k := s.args()
			c.set(&k)
			_, err := k.Start(t.Context(), start())
			wantCode(t, err, c.code)
			if !errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
				t.Errorf("errors.Is does not find only fs.ErrNotExist in %v", err)
			}
		})
	}
}

// Files that may not be read are told as that, too. (Root may read all: so the errors are made.)
func TestErrorsOfFilesThatMayNotBeRead(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "/f", Err: syscall.EACCES}
	_, key := (&credentials{agent: &keyAgent{}}).identity(&identity{name: "/f", attr: "identity_file", path: "/f", err: denied})
	for name, err := range map[string]error{
		"identity_file": key, "known_hosts": hostFileProblem(denied), "ssh_config": configProblem(denied),
		"certificate": certificateProblem("certificate", "/f", denied).Because(denied), "client": programMissing("ssh", denied).Because(denied),
	} {
		if !errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
			t.Errorf("%s: errors.Is does not find only fs.ErrPermission in %v", name, err)
		}
	}
}
