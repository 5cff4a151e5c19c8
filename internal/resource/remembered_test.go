package resource_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"testing"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/resourcetest"
	"github.com/mitoplan/mitoplan/internal/tree"
	"github.com/mitoplan/mitoplan/transport"
)

// A long list of what a directory is to hold comes to a host once, however many agents need it.
// One that is a secret comes to each and is not kept.
func TestListsAreRemembered(t *testing.T) {
	var list tree.Manifest
	for k := range 1000 {
		list.Entries = append(list.Entries, tree.Entry{Path: fmt.Sprintf("%04d", k), Sort: tree.File, Sum: sha256.Sum256(nil)})
	}
	for _, secret := range []bool{false, true} {
		h, l := newTarget(t), &line{data: list.Encode()}
		l.blob = transport.BlobOf(l.data, secret)
		check := func() {
			t.Helper()
			a := args{"path": h.Arg("d"), "source": text("s"), "source_manifest": l.argument(t), "source_contents": []byte{}}
			res, err := h.agent(nil).Check(t.Context(), resource.CheckRequest{Plan: "p", Address: "directory_sync.d", Args: resourcetest.Encode(t, a), Key: planKey, From: l})
			if err != nil || res.Change.Along == nil || res.Change.Along.Count != 1000 {
				t.Fatalf("the check gave %+v, %v", res.Change.Along, err)
			}
		}
		check()
		check()
		want, kept := len(l.data), 1
		if secret {
			want, kept = 2*want, 0
		}
		if l.sent != want {
			t.Errorf("secret %v: %d bytes came in two plans, want %d", secret, l.sent, want)
		}
		h.wantNames(t, kept)
		if secret {
			continue
		}
		must(t, os.WriteFile(h.part(l), []byte("other"), 0o600))
		check()
		check()
		if l.sent != 2*want {
			t.Errorf("%d bytes came when what was kept was damaged, want %d", l.sent, 2*want)
		}
	}
}
