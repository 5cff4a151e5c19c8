context "local" "here" {}

resource "alternatives" "relative" {
  on   = context.local.here
  name = "editor"
  path = "vim" # <-
}

resource "alternatives" "priority" {
  on   = context.local.here
  name = "pager"
  path = "/usr/bin/less"
  priority = 3000000000 # <-
}

resource "archive" "missing" {
  on     = context.local.here
  path   = "/srv/app"
  source = "app.tar.gz" # <-
}

resource "authorized_key" "half" {
  on   = context.local.here
  user = "deploy"
  key  = "ssh-ed25519 AAAA" # <-
}

resource "authorized_key" "private" {
  on   = context.local.here
  user = "deploy"
  key  = "-----BEGIN OPENSSH PRIVATE KEY-----" # <-
}

resource "block" "marker" {
  on      = context.local.here
  path    = "/etc/hosts2"
  content = "x"
  marker  = "# mine" # <-
}

resource "block" "two_places" {
  on            = context.local.here
  path          = "/etc/hosts3"
  content       = "x"
  insert_after  = "a"
  insert_before = "b" # <- insert_before
}

resource "cron" "minute" {
  on      = context.local.here
  name    = "minute"
  command = "true"
  minute  = "60" # <-
}

resource "cron" "special" {
  on      = context.local.here
  name    = "special"
  command = "true"
  special = "daily"
  hour    = "3" # <- hour
}

resource "cron" "nothing" { # <-
  on   = context.local.here
  name = "nothing"
}

resource "directory" "purge_absent" {
  on    = context.local.here
  path  = "/srv/gone"
  state = "absent"
  purge = true # <-
}

resource "directory" "octal" {
  on   = context.local.here
  path = "/srv/octal"
  mode = "0888" # <-
}

resource "directory_sync" "missing" {
  on     = context.local.here
  path   = "/srv/sync"
  source = "none" # <-
}

resource "directory_sync" "pattern" {
  on      = context.local.here
  path    = "/srv/sync2"
  source  = "."
  exclude = ["[a"] # <-
}

resource "download" "checksum" {
  on       = context.local.here
  path     = "/srv/d2"
  url      = "https://example.com/x"
  checksum = "d41d8cd98f00b204e9800998ecf8427e" # <-
}

resource "download" "ftp" {
  on         = context.local.here
  path       = "/srv/d3"
  url        = "ftp://example.com/x" # <-
  unverified = true
}

resource "file" "mode" {
  on      = context.local.here
  path    = "/srv/f1"
  content = "x"
  mode    = "rw" # <-
}

resource "file" "mode_number" {
  on      = context.local.here
  path    = "/srv/f1b"
  content = "x"
  mode    = 0644 # <-
}

resource "file" "two_contents" {
  on      = context.local.here
  path    = "/srv/f2"
  content = "x"
  source  = "main.mito.hcl" # <- source
}

resource "file" "tilde" {
  on      = context.local.here
  path    = "~/f3" # <-
  content = "x"
}

resource "file" "validate" {
  on       = context.local.here
  path     = "/srv/f4"
  content  = "x"
  validate = "visudo -cf" # <-
}

resource "file" "yes" {
  on      = context.local.here
  path    = "/srv/f6"
  content = "x"
  backup  = "yes" # <-
}

resource "group" "negative" {
  on   = context.local.here
  name = "web"
  gid  = -1 # <-
}

resource "group" "append" {
  on     = context.local.here
  name   = "web2"
  append = true # <-
}

resource "hostname" "underscore" {
  on   = context.local.here
  name = "web_1" # <-
}

resource "hosts_entry" "address" {
  on      = context.local.here
  address = "10.0.0.256" # <-
  names   = ["web1"]
}

resource "hosts_entry" "no_names" { # <-
  on      = context.local.here
  address = "10.0.0.5"
}

resource "hosts_entry" "no_host" {
  on      = context.local.here
  address = "10.0.0.6"
  names   = ["web 1"] # <-
}

resource "ini" "nothing" { # <-
  on      = context.local.here
  path    = "/srv/i1"
  section = "s"
  key     = "k"
}

resource "ini" "lines" {
  on    = context.local.here
  path  = "/srv/i2"
  key   = "k"
  value = "a\nb" # <-
}

resource "ini" "brackets" {
  on      = context.local.here
  path    = "/srv/i3"
  section = " s" # <-
  key     = "k"
  value   = "v"
}

resource "json_value" "list" {
  on      = context.local.here
  path    = "/srv/j1"
  pointer = "/a"
  value   = ["a"] # <-
}

resource "json_value" "bare" {
  on      = context.local.here
  path    = "/srv/j2"
  pointer = "/a"
  value   = "a" # <-
}

resource "json_value" "pointer" {
  on      = context.local.here
  path    = "/srv/j3"
  pointer = "a.b" # <-
  value   = jsonencode("a")
}

resource "kernel_module" "ko" {
  on   = context.local.here
  name = "dummy.ko" # <-
}

resource "known_host" "key" {
  on   = context.local.here
  name = "web1"
  key  = "AAAAB3" # <-
}

resource "known_host" "port" {
  on   = context.local.here
  name = "web1:2222" # <-
  key  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvVTsQ2qpV/k3oXtBzXk6pjHyJtd3VbpSNEyUQ3lN0e"
}

resource "limits" "item" {
  on     = context.local.here
  domain = "*"
  type   = "soft"
  item   = "nofiles" # <-
  value  = "1024"
}

resource "limits" "value" {
  on     = context.local.here
  domain = "*"
  type   = "hard"
  item   = "nofile"
  value  = "lots" # <-
}

resource "line" "two" {
  on   = context.local.here
  path = "/srv/l1"
  line = "a\nb" # <-
}

resource "line" "regexp" {
  on     = context.local.here
  path   = "/srv/l2"
  line   = "a"
  regexp = "a(" # <-
}

resource "line" "backrefs" {
  on       = context.local.here
  path     = "/srv/l4"
  line     = "a"
  backrefs = true # <-
}

resource "link" "no_target" { # <-
  on   = context.local.here
  path = "/srv/ln1"
}

resource "mount" "no_source" { # <-
  on   = context.local.here
  path = "/mnt/m1"
}

resource "mount" "options" {
  on   = context.local.here
  path = "/mnt/m2"
  src  = "/dev/sda1"
  opts = "ro,,noexec" # <-
}

resource "mount" "passno" {
  on     = context.local.here
  path   = "/mnt/m3"
  src    = "/dev/sda1"
  passno = 10 # <-
}

resource "replace" "group" {
  on      = context.local.here
  path    = "/srv/r2"
  regexp  = "a(b)"
  replace = "$2" # <-
}

resource "script" "no_apply" { # <-
  on   = context.local.here
  name = "thing"
  read = "echo '{}'"
}

resource "script" "no_destroy" { # <-
  on    = context.local.here
  name  = "thing2"
  read  = "echo '{}'"
  apply = "true"
  state = "absent"
}

resource "sudoers" "dot" {
  on      = context.local.here
  path    = "/etc/sudoers.d/web.conf" # <-
  content = "deploy ALL=(ALL) ALL\n"
}

resource "sudoers" "relative" {
  on       = context.local.here
  path     = "/etc/sudoers.d/rel"
  user     = "deploy"
  commands = ["systemctl"] # <-
}

resource "sysctl" "no_value" { # <-
  on   = context.local.here
  name = "net.ipv4.ip_forward"
}

resource "sysctl" "name" {
  on    = context.local.here
  name  = "net.ipv4 ip_forward" # <-
  value = "1"
}

resource "timezone" "path" {
  on   = context.local.here
  name = "../Berlin" # <-
}

resource "toml_value" "bare" {
  on      = context.local.here
  path    = "/srv/t1"
  pointer = "/a"
  value   = "a" # <-
}

resource "user" "name" {
  on   = context.local.here
  name = "web:1" # <-
}

resource "user" "uid" {
  on   = context.local.here
  name = "web2"
  uid  = -1 # <-
}

resource "user" "expires" {
  on      = context.local.here
  name    = "web3"
  expires = "31.12.2026" # <-
}

resource "user" "move" {
  on        = context.local.here
  name      = "web4"
  move_home = true # <-
}

resource "yaml_value" "bare" {
  on      = context.local.here
  path    = "/srv/y1"
  pointer = "/a"
  value   = "a: b" # <-
}

resource "swap" "no_size" { # <-
  on   = context.local.here
  path = "/swap1"
}

resource "swap" "size" {
  on   = context.local.here
  path = "/swap2"
  size = "1500K" # <-
}

resource "swap" "priority" {
  on       = context.local.here
  path     = "/swap3"
  size     = "1G"
  priority = 40000 # <-
}
