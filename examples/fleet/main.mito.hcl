# Hosts behind a bastion: ssh to the bastion, ssh through it to each host, and
# sudo with a password there.

# Where.

context "ssh" "bastion" {
  host          = var.bastion.address
  port          = var.bastion.port
  user          = var.user
  identity_file = var.key
  known_hosts   = var.known_hosts
}

# The connection to a host is end to end: the bastion passes on what it cannot
# read, and holds no key.
context "ssh" "web" {
  for_each      = var.hosts
  via           = context.ssh.bastion
  host          = each.value.address
  port          = each.value.port
  user          = var.user
  identity_file = var.key
  known_hosts   = var.known_hosts
}

context "sudo" "web" {
  for_each = context.ssh.web
  via      = each.value
  user     = "root"
  password = var.sudo_password
}

# What, on every host. Each block stands once and has one instance a host.

resource "user" "app" {
  on      = context.sudo.web
  name    = "webapp"
  system  = true
  home    = "/srv/webapp"
  shell   = "/usr/sbin/nologin"
  comment = "the web application"
}

resource "directory" "config" {
  on    = context.sudo.web
  path  = "/etc/webapp"
  owner = user.app[on.key].name
  mode  = "0750"
}

resource "file" "config" {
  on      = context.sudo.web
  path    = "/etc/webapp/webapp.conf"
  owner   = user.app[on.key].name
  mode    = "0640"
  content = templatefile("${path.module}/webapp.conf.tftpl", { host = on.key, workers = on.cpus })

  depends_on = [directory.config]
}

# A line in a file that a block above writes: planning sees the file as it will
# be, so the plan's difference is the one that apply makes.
resource "line" "debug" {
  on         = context.sudo.web
  path       = "/etc/webapp/webapp.conf"
  regexp     = "^debug = "
  line       = "debug = ${var.debug}"
  depends_on = [file.config]
}

# Calls. This one changes nothing, so it runs while planning.
call "command" "kernel" {
  on        = context.ssh.web
  argv      = ["uname", "-r"]
  read_only = true
}

# This one runs only on hosts where the configuration changed.
call "command" "reload" {
  on           = context.sudo.web
  argv         = ["touch", "/run/webapp.reloaded"]
  triggered_by = [file.config, line.debug]
}

output "kernels" {
  value       = { for host, call in call.command.kernel : host => trimspace(call.stdout) }
  description = "The kernel of each host."
}
