# sshd, one setting a line. Of several lines of one setting sshd takes the first, and what
# stands behind a Match is for some logins alone: so a new line goes to the top, and the one
# that becomes another is the first of its setting, which does not begin with a blank.

locals {
  sshd = merge({
    AllowAgentForwarding   = "no"
    AllowTcpForwarding     = "no"
    Banner                 = "/etc/issue.net"
    ClientAliveCountMax    = "2"
    ClientAliveInterval    = "300"
    HostbasedAuthentication = "no"
    IgnoreRhosts           = "yes"
    LoginGraceTime         = "30"
    LogLevel               = "VERBOSE"
    MaxAuthTries           = "3"
    PasswordAuthentication = "no"
    PermitEmptyPasswords   = "no"
    PermitRootLogin        = "no"
    PermitUserEnvironment  = "no"
    X11Forwarding          = "no"
  }, var.sshd)
}

resource "file" "banner" {
  on      = context.sudo.host
  path    = "/etc/issue.net"
  content = var.banner
  owner   = "root"
  group   = "root"
  mode    = "0644"
  backup  = true
}

resource "line" "sshd" {
  on            = context.sudo.host
  for_each      = local.sshd
  path          = "/etc/ssh/sshd_config"
  regexp        = "(?i)^#?${each.key}[ \\t]"
  match         = "first"
  line          = "${each.key} ${each.value}"
  insert_before = "BOF"
  owner         = "root"
  group         = "root"
  mode          = "0600"
  validate      = "/usr/sbin/sshd -t -f %s"
  backup        = true

  depends_on = [file.banner, group.ssh]
}

# Not before the keys of the admins are there: from then on nobody gets in without.
call "command" "reload_sshd" {
  on           = context.sudo.host
  shell        = "systemctl reload ssh 2>/dev/null || kill -HUP \"$(cat /run/sshd.pid)\""
  triggered_by = [line.sshd]

  depends_on = [authorized_key.admin]
}
