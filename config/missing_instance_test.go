package config

import (
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// directory says for tests which instances each block has.
type directory map[string][]Instance

func (d directory) Instances(address string) ([]Instance, bool) {
	insts, ok := d[address]
	return insts, ok
}

// TestAbsentInstances: if an expression names an instance that does not exist, the
// message says what the plan knows of the instances. It shows no secret.
func TestAbsentInstances(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `
		variable "secret" {
			sensitive = true
			default   = "hunter2"
		}
		variable "names" { default = ["alice"] }
		context "local" "here" {}
		resource "service" "person" {
			on       = context.local.here
			for_each = toset(var.names)
			name     = each.key
		}
		resource "service" "one" {
			on   = context.local.here
			name = "one"
		}
	`})
	vars, diags := cfg.ResolveVariables(VariableInputs{})
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := NewScope(cfg, vars)
	key := func(text string) []Key { return []Key{{Text: text}} }
	off := func() string { return "its argument enabled is false (main.mito.hcl:5)" }
	s.SetDirectory(directory{
		"service.person": {{Keys: key("alice")}, {Keys: key("bob"), Off: off}, {Keys: key("carol")}},
		"service.one":    {{Off: off}},
	})
	person := cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("x"), "password_hash": cty.StringVal("hunter2").Mark(Sensitive)})
	s.Set("service.person", cty.ObjectVal(map[string]cty.Value{"alice": person, "carol": person}))
	s.Set("service.one", cty.NullVal(cty.DynamicPseudoType))
	for src, want := range map[string]string{
		`service.person.name`:                                      `so a key is needed before "name"`,
		`service.person["alcie"].name`:                             `no instance with the key "alcie". Did you mean service.person["alice"]? It has the keys "alice", "bob" and "carol".`,
		`service.person["bob"].name`:                               `service.person["bob"] does not exist, since its argument enabled is false (main.mito.hcl:5).`,
		`service.person[lower("BOB")].name`:                        `service.person["bob"] does not exist`,
		`service.person["alice"].nmae`:                             `service.person["alice"] has no attribute "nmae". Did you mean "name"?`,
		`service.one.name`:                                         `service.one does not exist`,
		`[for k in ["alice", "dave"] : service.person[k].name]`:    `no instance with the key "dave"`,
		`{ for k, p in service.person : k => p.nam }`:              ``,
		`try(service.person["bob"].name, "none")`:                  "-",
		`true ? 1 : service.person["bob"].name`:                    "-",
		`service.person[var.secret].name`:                          "",
		`service.person["alice"].password_hash + 1`:                "",
		`templatestring("$${x.name}", { x = service.person["x"]})`: `no instance with the key "x"`,
	} {
		_, diags := s.eval(parse(t, src))
		switch {
		case (want == "-") == diags.HasErrors():
			t.Errorf("%s: got %v, want a problem: %v", src, diags, want != "-")
		case want != "-" && !strings.Contains(diags.Error(), want):
			t.Errorf("%s: got %v, want %q", src, diags, want)
		}
		if strings.Contains(diags.Error(), "hunter2") {
			t.Errorf("%s: the secret is shown: %v", src, diags)
		}
	}
}

// TestWhyDisabledShowsNoSecret: the message quotes the expression of enabled, but
// no value that is secret, long or unknown.
func TestWhyDisabledShowsNoSecret(t *testing.T) {
	cfg := load(t, map[string]string{"main.mito.hcl": `
		context "local" "here" {}
		resource "service" "one" {
			on      = context.local.here
			name    = "one"
			enabled = on.os == "a" && on.distro == "debian" && on.name == "x" && on.cpus == 5
		}
	`})
	s := NewScope(cfg, nil).Child()
	on := cty.ObjectVal(map[string]cty.Value{
		"os": cty.StringVal("hunter2").Mark(Echoed), "distro": cty.StringVal("arch"),
		"name": cty.StringVal(strings.Repeat("k", 200)), "cpus": cty.UnknownVal(cty.Number),
	})
	s.On = &on
	why := cfg.Block("service.one").WhyDisabled(s)
	if !strings.HasSuffix(why, `is false: on.distro is "arch"`) || strings.Contains(why, "hunter2") {
		t.Errorf("got %s", why)
	}
}
