context "local" "root" {}

context "sudo" "deploy" {
  user = "deploy"
}

resource "alternatives" "candidate" {
  on   = context.local.root
  name = "mistake"
  path = "/usr/bin/no-mistake" # <-
}

resource "alternatives" "group" {
  on   = context.local.root
  name = "no-such-group" # <-
  path = "/bin/sh"
}

resource "archive" "no_archive" {
  on     = context.local.root
  path   = "/srv/m/app"
  source = "text" # <-
}

resource "archive" "file" {
  on     = context.local.root
  path   = "/srv/m/file" # <-
  source = "app.tar"
}

resource "authorized_key" "ghost" {
  on   = context.local.root
  user = "ghost" # <-
  key  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvVTsQ2qpV/k3oXtBzXk6pjHyJtd3VbpSNEyUQ3lN0e"
}

resource "block" "directory" {
  on      = context.local.root
  path    = "/srv/m/dir" # <-
  content = "x"
}

resource "block" "half" {
  on      = context.local.root
  path    = "/srv/m/half" # <-
  content = "x"
}

resource "cron" "ghost" {
  on      = context.local.root
  name    = "x"
  command = "true"
  user    = "ghost" # <-
}

resource "cron" "of_another" {
  on      = context.sudo.deploy
  name    = "x"
  command = "true"
  user    = "root" # <-
}

resource "directory" "file" {
  on   = context.local.root
  path = "/srv/m/file" # <-
}

resource "directory" "full" {
  on    = context.local.root
  path  = "/srv/m/full" # <-
  state = "absent"
}

resource "directory" "below_a_file" {
  on   = context.local.root
  path = "/srv/m/file/x" # <-
}

resource "directory_sync" "owner" {
  on     = context.local.root
  path   = "/srv/m/tree"
  source = "tree"
  owner  = "ghost" # <-
}

resource "download" "directory" {
  on         = context.local.root
  path       = "/srv/m/dir" # <-
  url        = "http://127.0.0.1:1/x"
  unverified = true
}

resource "file" "directory" {
  on      = context.local.root
  path    = "/srv/m/dir" # <-
  content = "x"
}

resource "file" "parent" {
  on      = context.local.root
  path    = "/srv/m/none/x" # <-
  content = "x"
}

resource "file" "owner" {
  on      = context.local.root
  path    = "/srv/m/f1"
  content = "x"
  owner   = "ghost" # <-
}

resource "file" "group" {
  on      = context.local.root
  path    = "/srv/m/f2"
  content = "x"
  group   = "ghosts" # <-
}

resource "file" "source" {
  on        = context.local.root
  path      = "/srv/m/f3"
  copy_from = "/srv/m/none" # <-
}

resource "file" "mounted" {
  on      = context.local.root
  path    = "/srv/m/mounted" # <-
  content = "y"
}

resource "file" "kernel" {
  on      = context.local.root
  path    = "/proc/sys/net/ipv4/ip_forward" # <-
  content = "1\n"
}

resource "file" "loop" {
  on      = context.local.root
  path    = "/srv/m/loop" # <-
  content = "x"
  follow  = true
}

resource "file" "of_root" {
  on      = context.sudo.deploy
  path    = "/etc/mistake" # <-
  content = "x"
}

resource "file" "give_away" {
  on      = context.sudo.deploy
  path    = "/tmp/mistake"
  content = "x"
  owner   = "root" # <-
}

resource "file" "behind_a_link" {
  on      = context.local.root
  path    = "/srv/m/theirs/etc/mistake" # <-
  content = "x"
}

resource "file" "checksum" {
  on       = context.local.root
  path     = "/srv/m/f5"
  content  = "x"
  checksum = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" # <-
}

resource "group" "gid" {
  on   = context.local.root
  name = "web"
  gid  = 0 # <-
}

resource "group" "members" {
  on      = context.local.root
  name    = "web2"
  members = ["ghost"] # <-
}

resource "group" "primary" {
  on    = context.local.root
  name  = "root" # <-
  state = "absent"
}

resource "group" "as_deploy" {
  on   = context.sudo.deploy
  name = "web3" # <-
}

resource "hostname" "directory" {
  on   = context.local.root
  name = "web1"
  path = "/srv/m/dir" # <-
}

resource "hosts_entry" "mounted" {
  on      = context.local.root
  address = "10.0.0.5"
  names   = ["web1"]
  path    = "/srv/m/mounted" # <-
}

resource "ini" "missing" {
  on    = context.local.root
  path  = "/srv/m/none" # <-
  key   = "k"
  value = "v"
}

resource "ini" "sections" {
  on      = context.local.root
  path    = "/srv/m/ini"
  section = "s" # <-
  key     = "k"
  value   = "v"
}

resource "json_value" "broken" {
  on      = context.local.root
  path    = "/srv/m/json" # <-
  pointer = "/a"
  value   = "1"
}

resource "json_value" "through_a_text" {
  on      = context.local.root
  path    = "/srv/m/text"
  pointer = "/a/b" # <-
  value   = "1"
}

resource "kernel_module" "unknown" { # <-
  on   = context.local.root
  name = "no_such_module"
}

resource "known_host" "ghost" {
  on   = context.local.root
  name = "web1"
  key  = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBvVTsQ2qpV/k3oXtBzXk6pjHyJtd3VbpSNEyUQ3lN0e"
  user = "ghost" # <-
}

resource "limits" "directory" {
  on     = context.local.root
  domain = "*"
  type   = "soft"
  item   = "nofile"
  value  = "1024"
  path   = "/srv/m/dir" # <-
}

resource "limits" "mounted" {
  on     = context.local.root
  domain = "*"
  type   = "soft"
  item   = "nofile"
  value  = "1024"
  path   = "/srv/m/mounted" # <-
}

resource "line" "missing" {
  on   = context.local.root
  path = "/srv/m/none2" # <-
  line = "x"
}

resource "line" "several" {
  on     = context.local.root
  path   = "/srv/m/several"
  line   = "k=2"
  regexp = "^k="
  match  = "error" # <-
}

resource "link" "directory" {
  on     = context.local.root
  path   = "/srv/m/full" # <-
  target = "/srv"
}

resource "link" "hard" {
  on     = context.local.root
  path   = "/srv/m/hard"
  target = "/srv/m/none" # <-
  hard   = true
}

resource "locale" "unknown" {
  on   = context.local.root
  name = "german" # <-
}

resource "mount" "source" {
  on   = context.local.root
  path = "/mnt/a"
  src  = "/dev/no-such-disk" # <-
}

resource "mount" "file" {
  on     = context.local.root
  path   = "/srv/m/file" # <-
  src    = "tmpfs"
  fstype = "tmpfs"
}

resource "replace" "missing" {
  on      = context.local.root
  path    = "/srv/m/none3" # <-
  regexp  = "a"
  replace = "b"
}

resource "replace" "again" {
  on      = context.local.root
  path    = "/srv/m/again"
  regexp  = "a" # <-
  replace = "aa"
}

resource "script" "no_json" {
  on    = context.local.root
  name  = "x"
  read  = "echo there" # <-
  apply = "true"
}

resource "script" "fails" {
  on    = context.local.root
  name  = "y"
  read  = "echo no such tool >&2; exit 3" # <-
  apply = "true"
}

resource "script" "interpreter" {
  on          = context.local.root
  name        = "z"
  read        = "print('{}')"
  apply       = "pass"
  interpreter = ["/usr/bin/no-python"] # <-
}

resource "sysctl" "unknown" {
  on    = context.local.root
  name  = "net.ipv4.no_such_setting" # <-
  value = "1"
}

resource "timezone" "unknown" {
  on   = context.local.root
  name = "Europe/Berlim" # <-
}

resource "toml_value" "broken" {
  on      = context.local.root
  path    = "/srv/m/toml" # <-
  pointer = "/a"
  value   = "1"
}

resource "user" "uid" {
  on   = context.local.root
  name = "web"
  uid  = 0 # <-
}

resource "user" "group" {
  on    = context.local.root
  name  = "web2"
  group = "ghosts" # <-
}

resource "user" "groups" {
  on     = context.local.root
  name   = "web3"
  groups = ["sudo", "ghosts"] # <-
}

resource "user" "home" {
  on   = context.local.root
  name = "web4"
  home = "/srv/m/file/home" # <-
}

resource "yaml_value" "broken" {
  on      = context.local.root
  path    = "/srv/m/yaml" # <-
  pointer = "/a"
  value   = "1"
}

resource "download" "unchecked" { # <-
  on   = context.local.root
  path = "/srv/d1"
  url  = "https://example.com/x"
}

resource "sudoers" "nobody" {
  on       = context.local.root
  path     = "/etc/sudoers.d/nobody"
  commands = ["/bin/ls"] # <-
}

resource "link" "hard_relative" {
  on     = context.local.root
  path   = "/srv/ln2"
  target = "x" # <-
  hard   = true
}

resource "swap" "file" {
  on   = context.local.root
  path = "/srv/m/file" # <-
  size = "1M"
}

resource "swap" "in_memory" {
  on   = context.local.root
  path = "/dev/shm/swap" # <-
  size = "1M"
}
