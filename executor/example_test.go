package executor_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/internal/catalogue"
	"github.com/mitoplan/mitoplan/internal/state"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// inProcess stands for the context kind local: its agent runs in this process.
type inProcess struct{ transporttest.Agent }

// Kind implements transport.Connector.
func (inProcess) Kind() string { return "local" }

// printer is a View that shows how actions end.
type printer struct{}

// Event implements executor.View.
func (printer) Event(e executor.Event) {
	if e.Type == executor.ApplyDone {
		fmt.Println("done:", e.Address)
	}
}

// A Session plans, applies what it has planned, and plans again. The context is
// started by the first plan and serves all three.
func ExampleSession() {
	dir, err := os.MkdirTemp("", "session")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cfg, diags := config.LoadSources(dir, map[string][]byte{"main.mito.hcl": []byte(`
		context "local" "here" {}
		resource "file" "motd" {
		  on      = context.local.here
		  path    = "` + filepath.Join(dir, "motd") + `"
		  content = "Hello.\n"
		}`)}, config.NewCatalogue(catalogue.Kinds()))
	if diags.HasErrors() {
		fmt.Println(diags)
		return
	}
	store := state.Open(filepath.Join(dir, "state.json"), "1.0.0")
	record, _ := store.Load()
	session, err := executor.New(executor.Options{
		Config: cfg, State: record, View: printer{},
		Connectors: []transport.ConnectorType{{Kind: "local", New: func() transport.Connector {
			return &inProcess{transporttest.Agent{Serve: transport.ServeOptions{Functions: functions()}}}
		}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer session.Close()

	plan, diags := session.Plan(context.Background())
	for _, action := range plan.Actions {
		fmt.Println("plan:", action.Op, action.Address, diags.HasErrors())
	}
	journal, err := store.Begin(record)
	if err != nil {
		fmt.Println(err)
		return
	}
	summary, diags := session.Apply(context.Background(), plan, executor.ApplyOptions{Journal: journal})
	fmt.Println("added:", summary.Added, diags.HasErrors(), journal.Close())

	plan, _ = session.Plan(context.Background())
	fmt.Println("nothing left to do:", plan.Empty())
	// Output:
	// plan: create file.motd false
	// done: file.motd
	// added: 1 false <nil>
	// nothing left to do: true
}
