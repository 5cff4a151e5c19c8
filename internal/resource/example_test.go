package resource_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/fxamacker/cbor/v2"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
)

// A Service checks a Resource and then applies it, and gives it its Host. An apply
// does what the check said. If somebody changed the thing in between, it refuses.
func ExampleResource() {
	dir, err := os.MkdirTemp("", "resource")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path, key := filepath.Join(dir, "motd"), []byte("key of this plan")
	args, _ := cbor.Marshal(map[string]any{"path": cbor.ByteString(path), "content": cbor.ByteString("Hello.\n")})
	service := resource.NewService(resource.NewMachine(resource.Options{}), kinds.Lookup)

	planned, err := service.Check(context.Background(), resource.CheckRequest{
		Plan: "1", Address: "file.motd", Kind: "file", Args: args, Key: key,
	})
	_, missing := os.Stat(path)
	fmt.Println("check:", planned.Change.Op, err, "- written:", missing == nil)

	apply := resource.ApplyRequest{
		Session: "1", Address: "file.motd", Kind: "file", Args: args, Key: key, Fingerprint: planned.Change.Fingerprint,
	}
	_, err = service.Apply(context.Background(), apply)
	content, _ := os.ReadFile(path)
	fmt.Printf("apply: %q %v\n", content, err)

	// The file is there now, and that is not what was planned.
	_, err = service.Apply(context.Background(), apply)
	var problem *kind.Problem
	fmt.Println("again:", errors.As(err, &problem) && problem.Code == kind.CodeMoved)
	// Output:
	// check: create <nil> - written: false
	// apply: "Hello.\n" <nil>
	// again: true
}
