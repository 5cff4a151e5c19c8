mitoplan {
  required_version = ">= 0.1"
  parallelism      = 8
  connect_timeout  = "20s"
  state "local" { path = "record.json" }
}
variable "hosts" {
  type = map(object({ address = string, port = optional(number, 22) }))
}
variable "sudo_password" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = null
}
variable "region" {
  description = "From a file that is read by itself."
}
context "local" "here" {}
context "ssh" "bastion" {
  host = "bastion.example.com"
  user = "deploy"
}
context "ssh" "web" {
  for_each = var.hosts
  via      = context.ssh.bastion
  host     = each.value.address
  port     = each.value.port
  user     = "deploy"
}
context "sudo" "web" {
  for_each = context.ssh.web
  via      = each.value
  user     = "root"
  password = var.sudo_password
}
resource "package" "nginx" {
  on   = context.sudo.web
  name = "nginx"
}
resource "file" "nginx_conf" {
  on         = context.sudo.web
  path       = "/etc/nginx/nginx.conf"
  content    = templatefile("${path.module}/nginx.conf.tftpl", { host = on.key, workers = on.cpus })
  owner      = "root"
  mode       = "0644"
  depends_on = [package.nginx]
}
resource "service" "nginx" {
  on         = context.sudo.web
  name       = "nginx"
  state      = "started"
  restart_on = [file.nginx_conf]
  lifecycle {
    precondition {
      condition     = on.distro == "debian"
      error_message = "Only Debian is known, and ${on.key} runs ${on.distro}."
    }
  }
}
call "command" "kernel" {
  on        = context.ssh.web
  argv      = ["uname", "-r"]
  read_only = true
}
call "command" "warm_cache" {
  on           = context.sudo.web
  argv         = ["/usr/local/bin/warm"]
  triggered_by = [all(file.nginx_conf), call.command.kernel["a"]]
  triggers     = { v = local.version }
}
locals {
  version = "1.${local.minor}"
  minor   = length(var.hosts)
}
output "kernels" {
  value = { for k, c in call.command.kernel : k => trimspace(c.stdout) } # VALUE: unknown any
}
output "ports" {
  value = { for k, h in var.hosts : k => h.port } # VALUE: {"a":22,"b":2222}
}
output "version" {
  value = local.version # VALUE: "1.2"
}
output "region" {
  value = var.region # VALUE: "north"
}
output "secret" {
  value     = var.sudo_password # VALUE: sensitive
  sensitive = true
  ephemeral = true
}
