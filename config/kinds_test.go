package config_test

import (
	"slices"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
)

const everyKind = `
variable "password" {
  sensitive = true
  ephemeral = true
  default   = null
}
context "local" "here" {}
context "ssh" "web" {
  for_each   = toset(["a", "b"])
  via        = context.local.here
  host       = each.key
  port       = 2222
  user       = "deploy"
  known_hosts = pathexpand("~/.ssh/known_hosts")
}
context "sudo" "web" {
  for_each = context.ssh.web
  via      = each.value
  user     = "root"
  password = var.password
}
resource "user" "app" {
  on   = context.sudo.web
  name = "app"
  uid  = 2000
}
resource "directory" "app" {
  on    = context.sudo.web
  path  = "/srv/app"
  owner = user.app["a"].name
  mode  = "0750"
}
resource "file" "conf" {
  on      = context.sudo.web
  path    = "/srv/app/conf"
  content = "${on.hostname} ${on.distro} ${on.cpus}\n"
  enabled = on.os == "linux"
}
resource "line" "conf" {
  on         = context.sudo.web
  path       = "/srv/app/conf"
  line       = "x = 1"
  depends_on = [file.conf]
}
call "command" "kernel" {
  on        = context.ssh.web
  argv      = ["uname", "-r"]
  read_only = true
}
call "hostname" "all" { on = context.ssh.web }
call "stat" "conf" {
  on   = context.ssh.web
  path = "/etc/hosts"
}
call "read_file" "hosts" {
  on   = context.ssh.web
  path = "/etc/hosts"
}
output "kernels" { value = { for k, c in call.command.kernel : k => trimspace(c.stdout) } }
`

// TestRealKinds: the kinds that exist have schemas that the language can use, and a
// configuration that uses each of them is right.
func TestRealKinds(t *testing.T) {
	cat := realCatalogue()
	for _, kinds := range []map[string]*kind.Kind{cat.Contexts, cat.Resources, cat.Functions} {
		for name, k := range kinds {
			for _, a := range slices.Concat(k.Args.Attrs, k.Results.Attrs) {
				if config.CtyType(a.Type) == cty.NilType {
					t.Errorf("%s of %s has no type", a.Name, name)
				}
			}
		}
	}
	cfg, diags := config.LoadSources("x", map[string][]byte{"main.mito.hcl": []byte(everyKind)}, cat)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	s := config.NewScope(cfg, nil)
	for _, bs := range [][]*config.Block{cfg.Contexts, cfg.Resources, cfg.Calls} {
		for _, b := range bs {
			args, diags := b.Eval(s.Child())
			if diags.HasErrors() {
				t.Errorf("%s: %s", b.Address(), diags)
			}
			if _, _, _, err := args.ToWire(); err != nil {
				t.Errorf("%s: %v", b.Address(), err)
			}
		}
	}
}
