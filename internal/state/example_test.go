package state_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/mitoplan/mitoplan/internal/state"
)

// An apply writes down what it is about to do, and then how that ended. If it is
// killed in between, the next one finds in the State what may have happened.
func ExampleState() {
	dir, err := os.MkdirTemp("", "state")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	store := state.Open(filepath.Join(dir, "state.json"), "1.0.0")

	first, _ := store.Load()
	fmt.Println("something was recorded:", first.Found())
	apply, err := store.Begin(first)
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = apply.Begin([]state.Intent{{Address: "file.motd", Op: "create"}, {Address: "file.conf", Op: "create"}})
	_ = apply.Done("file.motd", state.Outcome{
		Result: state.Applied, Changed: true, Instance: &state.Instance{Address: "file.motd", Origin: state.Created},
	})
	// The program is killed here: nobody says how file.conf ended.

	next, err := store.Load()
	fmt.Println(next.Addresses(), err)
	fmt.Println("created by an apply:", next.Instance("file.motd").Origin == state.Created)
	for address := range next.Unanswered {
		fmt.Println("may have happened:", address)
	}
	// Output:
	// something was recorded: false
	// [file.motd] <nil>
	// created by an apply: true
	// may have happened: file.conf
}
