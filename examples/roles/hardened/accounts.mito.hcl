# Who is there, who may log in, and who may become root.

resource "group" "ssh" {
  on      = context.sudo.host
  name    = "ssh-users"
  system  = true
  members = [var.operator]
  append  = true
}

resource "group" "admins" {
  on   = context.sudo.host
  name = "admins"
  gid  = 3000
}

resource "user" "admin" {
  on       = context.sudo.host
  for_each = var.admins
  name     = each.key
  comment  = each.value.name
  shell    = "/bin/bash"
  groups = [
    group.admins[on.key].name,
    group.ssh[on.key].name,
  ]
  append        = true
  create_home   = true
  password_hash = "*"
}

resource "authorized_key" "admin" {
  on        = context.sudo.host
  for_each  = var.admins
  user      = user.admin[on.key][each.key].name
  key       = join("\n", each.value.keys)
  exclusive = true
}

# An account of a program: its key runs one command.
resource "user" "backup" {
  on          = context.sudo.host
  name        = "fetch-backup"
  comment     = "fetches backups"
  system      = true
  home        = "/var/lib/fetch-backup"
  create_home = true
  shell       = "/bin/sh"
  groups      = [group.ssh[on.key].name]
  # No password fits. Without this the account is locked, and sshd without UsePAM refuses its key.
  password_hash = "*"
}

resource "authorized_key" "backup" {
  on       = context.sudo.host
  for_each = toset(var.backup_keys)
  user     = user.backup[on.key].name
  key      = each.key
  options  = "restrict,command=\"/usr/bin/tar -C /var/backups -cf - .\""
}

resource "sudoers" "defaults" {
  on      = context.sudo.host
  path    = "/etc/sudoers.d/00-hardened"
  content = <<-EOT
    Defaults use_pty
    Defaults logfile = /var/log/sudo.log
    Defaults timestamp_timeout = 5, passwd_tries = 3
    EOT
}

resource "sudoers" "admins" {
  on       = context.sudo.host
  path     = "/etc/sudoers.d/admins"
  group    = group.admins[on.key].name
  runas    = "ALL"
  nopasswd = true
  commands = ["ALL"]
}

# Accounts that come with the system and that nobody needs have no shell.
resource "user" "unneeded" {
  on       = context.sudo.host
  for_each = toset(["games", "news", "uucp"])
  name     = each.key
  shell    = "/usr/sbin/nologin"
  locked   = true
}

locals {
  login_defs = {
    PASS_MAX_DAYS  = "365"
    PASS_MIN_DAYS  = "1"
    UMASK          = "027"
    LOGIN_RETRIES  = "3"
    ENCRYPT_METHOD = "YESCRYPT"
  }
}

# What new accounts get. The accounts above come after this: they are to get it, too.
resource "line" "login_defs" {
  on       = context.sudo.host
  for_each = local.login_defs
  path     = "/etc/login.defs"
  regexp   = "^#?\\s*${each.key}\\s"
  line     = "${each.key}\t${each.value}"
  backup   = true
}

# Only members of the group admins become root with su.
resource "line" "su" {
  on     = context.sudo.host
  path   = "/etc/pam.d/su"
  regexp = "^#?\\s*auth\\s+required\\s+pam_wheel\\.so(\\s+group=admins)?\\s*$"
  line   = "auth       required   pam_wheel.so group=admins"
  backup = true
}

# Nobody logs in with an empty password.
resource "replace" "nullok" {
  on     = context.sudo.host
  path   = "/etc/pam.d/common-auth"
  regexp = "(pam_unix\\.so.*)[ \\t]+nullok(_secure)?\\b"
  replace = "$${1}"
  backup = true
}
