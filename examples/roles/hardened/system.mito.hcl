# The rest: names, time, jobs, what everybody sees and may read.

resource "hosts_entry" "name" {
  on      = context.sudo.host
  address = "127.0.1.1"
  names   = ["${on.key}.example.com", on.key]
}

# A machine that does not find its own address keeps sudo waiting.
resource "hostname" "name" {
  on         = context.sudo.host
  name       = on.key
  depends_on = [hosts_entry.name]
}

resource "timezone" "utc" {
  on   = context.sudo.host
  name = "UTC"
}

# Nobody but root has jobs, and nobody but root sees them.
resource "file" "cron_allow" {
  on      = context.sudo.host
  path    = "/etc/cron.allow"
  content = "root\n"
  owner   = "root"
  group   = "root"
  mode    = "0600"
}

resource "file" "cron_deny" {
  on    = context.sudo.host
  path  = "/etc/cron.deny"
  state = "absent"
}

resource "directory" "cron" {
  on       = context.sudo.host
  for_each = toset(["/etc/cron.d", "/etc/cron.daily", "/etc/cron.weekly"])
  path     = each.key
  owner    = "root"
  group    = "root"
  mode     = "0700"
}

resource "cron" "mailto" {
  on    = context.sudo.host
  path  = "/etc/cron.d/hardened"
  name  = "MAILTO"
  value = "root"
}

resource "cron" "setuid" {
  on      = context.sudo.host
  path    = "/etc/cron.d/hardened"
  name    = "list of what runs as its owner"
  minute  = "23"
  hour    = "4"
  user    = "root"
  command = "find / -xdev -perm /6000 -type f >/var/log/setuid.today"
}

resource "cron" "reboot" {
  on      = context.sudo.host
  user    = "root"
  name    = "say that the machine was started"
  special = "reboot"
  command = "logger -p auth.notice started"
}

# Trust that nobody gives any more.
resource "file" "rhosts" {
  on       = context.sudo.host
  for_each = toset(["/etc/hosts.equiv", "/etc/shosts.equiv"])
  path     = each.key
  state    = "absent"
}

# What is there keeps its content; who may read it is said.
resource "file" "modes" {
  on = context.sudo.host
  for_each = {
    "/etc/passwd"  = { group = "root", mode = "0644" }
    "/etc/group"   = { group = "root", mode = "0644" }
    "/etc/shadow"  = { group = "shadow", mode = "0640" }
    "/etc/gshadow" = { group = "shadow", mode = "0640" }
  }
  path   = each.key
  owner  = "root"
  group  = each.value.group
  mode   = each.value.mode
  create = false
}

resource "directory" "root" {
  on    = context.sudo.host
  path  = "/root"
  owner = "root"
  group = "root"
  mode  = "0700"
}

resource "block" "profile" {
  on      = context.sudo.host
  path    = "/etc/profile"
  content = <<-EOT
    umask 027
    TMOUT=900
    readonly TMOUT
    export TMOUT
    EOT
}

# The message of the day, from its parts.
resource "file" "motd" {
  on   = context.sudo.host
  path = "/etc/motd"
  fragments = [
    "${on.key} is ${on.distro} ${on.distro_version}, and is hardened.",
    var.banner,
    "Its admins are ${join(", ", sort(keys(var.admins)))}.\n",
  ]
  owner  = "root"
  group  = "root"
  mode   = "0644"
  backup = true
}
