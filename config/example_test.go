package config_test

import (
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
)

// A directory's files become blocks, the variables get values, and a block is
// evaluated for one of its instances.
func Example() {
	type file struct {
		Path    string `cbor:"path" mito:"required,claims=path"`
		Content string `cbor:"content"`
	}
	type local struct{}
	catalogue := config.NewCatalogue([]kind.Kind{
		kind.Of(kind.RoleContext, "local", func() any { return &local{} }, struct{}{}),
		kind.Of(kind.RoleResource, "file", func() any { return &file{} }, struct{}{}),
	})
	c, diags := config.LoadSources("/etc/site", map[string][]byte{"main.mito.hcl": []byte(`
		variable "name" {}
		context "local" "here" {}
		resource "file" "motd" {
			for_each = { day = "Hello", night = "Good night" }
			on       = context.local.here
			path     = "/etc/motd.${each.key}"
			content  = "${each.value}, ${var.name}!"
		}
	`)}, catalogue)
	if diags.HasErrors() {
		fmt.Println(diags)
		return
	}
	vars, _ := c.ResolveVariables(config.VariableInputs{Environ: []string{"MITOPLAN_VAR_name=world"}})
	scope := config.NewScope(c, vars)
	block := c.Block("file.motd")
	items, _, _ := block.EvalForEach(scope)
	for _, item := range items {
		instance := scope.Child()
		instance.Each = &item
		args, _ := block.Eval(instance)
		fmt.Println(args.Get("path").AsString(), args.Get("content").AsString())
	}
	// Output:
	// /etc/motd.day Hello, world!
	// /etc/motd.night Good night, world!
}

// A shell removes the quotes around a key. Without them it is the same address.
func ExampleParseAddress() {
	a, err := config.ParseAddress(`file.motd[web1][0]`)
	fmt.Println(a, err)
	fmt.Println(config.BlockAddress(a.String()), config.IsContext(a.Block), config.Label("context.ssh.web"))
	// Output:
	// file.motd["web1"][0] <nil>
	// file.motd false ssh.web
}

// A local is evaluated when an expression refers to it, from the values of the
// variables.
func ExampleNewScope() {
	c, _ := config.LoadSources("/etc/site", map[string][]byte{"main.mito.hcl": []byte(`
		variable "port" { type = number }
		locals { next = var.port + 1 }
		output "next" { value = local.next }
	`)}, config.Catalogue{})
	vars, _ := c.ResolveVariables(config.VariableInputs{Args: []config.VariableArg{{Var: "port=8080"}}})
	v, _ := c.Outputs["next"].Eval(config.NewScope(c, vars))
	fmt.Println(v.AsBigFloat())
	// Output: 8081
}

// Loading finds every mistake at once, and keeps the blocks that are right. Each
// problem has the place in the file that it is about.
func ExampleConfig() {
	c, diags := config.LoadSources("/etc/site", map[string][]byte{"main.mito.hcl": []byte(`
context "ssh" "web" {
  host = "192.0.2.1"
}
resource "file" "motd" {
  on     = context.ssh.web
  path   = "/etc/motd"
  contnt = "Hello.\n"
}`)}, controller.Catalogue())
	for _, d := range diags {
		fmt.Printf("line %d: %s. %s\n", d.Subject.Start.Line, d.Summary, d.Detail)
	}
	for _, b := range slices.Concat(c.Contexts, c.Resources) {
		fmt.Println(b.Address(), "is here")
	}
	// Output:
	// line 8: Unsupported argument. There is no argument "contnt" in file.motd. Did you mean "content"?
	// context.ssh.web is here
	// file.motd is here
}

// A Block holds expressions. Its arguments have values in a scope, and what hosts
// have not told yet is unknown there.
func ExampleBlock() {
	c, _ := config.LoadSources("/etc/site", map[string][]byte{"main.mito.hcl": []byte(`
		context "ssh" "web" { host = "192.0.2.1" }
		resource "file" "motd" {
			on      = context.ssh.web
			path    = "/etc/motd"
			content = "This is ${context.ssh.web.hostname}."
		}
	`)}, controller.Catalogue())
	block, scope := c.Block("file.motd"), config.NewScope(c, nil)
	fmt.Println(block.References()[0].Address)

	args, _ := block.Eval(scope)
	fmt.Println(args.Get("path").AsString(), args.Get("content").IsKnown())

	scope.Set("context.ssh.web", cty.ObjectVal(map[string]cty.Value{"hostname": cty.StringVal("web1")}))
	args, _ = block.Eval(scope)
	fmt.Println(args.Get("content").AsString())
	// Output:
	// context.ssh.web
	// /etc/motd false
	// This is web1.
}
