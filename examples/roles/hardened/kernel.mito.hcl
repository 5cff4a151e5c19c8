# What the kernel is set to, which of its modules are never loaded, and what is mounted how.

locals {
  sysctl = merge({
    "net.ipv4.conf.all.accept_redirects"         = "0"
    "net.ipv4.conf.default.accept_redirects"     = "0"
    "net.ipv4.conf.all.accept_source_route"      = "0"
    "net.ipv4.conf.default.accept_source_route"  = "0"
    "net.ipv4.conf.all.log_martians"             = "1"
    "net.ipv4.conf.all.rp_filter"                = "1"
    "net.ipv4.conf.default.rp_filter"            = "1"
    "net.ipv4.conf.all.send_redirects"           = "0"
    "net.ipv4.conf.default.send_redirects"       = "0"
    "net.ipv4.icmp_echo_ignore_broadcasts"       = "1"
    "net.ipv4.icmp_ignore_bogus_error_responses" = "1"
    "net.ipv4.ip_forward"                        = "0"
    "net.ipv4.ip_local_port_range"               = "20000 60999"
    "net.ipv4.tcp_syncookies"                    = "1"
    "net.ipv4.tcp_timestamps"                    = "0"
    "kernel.dmesg_restrict"                      = "1"
    "kernel.kptr_restrict"                       = "2"
    "kernel.randomize_va_space"                  = "2"
    "kernel.sysrq"                               = "0"
    "fs.protected_hardlinks"                     = "1"
    "fs.protected_symlinks"                      = "1"
    "fs.suid_dumpable"                           = "0"
    "vm.mmap_min_addr"                           = "65536"
  }, var.sysctl)
  modules = ["cramfs", "dccp", "freevxfs", "hfs", "hfsplus", "jffs2", "rds", "sctp", "tipc", "udf"]
}

# The kernel sets net.ipv4.conf.* anew where this changes, so it comes first.
resource "sysctl" "forwarding" {
  on    = context.sudo.host
  name  = "net.ipv4.ip_forward"
  value = local.sysctl["net.ipv4.ip_forward"]
  path  = "/etc/sysctl.d/99-zz-hardened.conf"
}

resource "sysctl" "hardened" {
  on         = context.sudo.host
  for_each   = { for name, value in local.sysctl : name => value if name != "net.ipv4.ip_forward" }
  name       = each.key
  value      = each.value
  path       = "/etc/sysctl.d/99-zz-hardened.conf"
  runtime    = var.kernel_now || startswith(each.key, "net.")
  depends_on = [sysctl.forwarding]
}

resource "directory" "modprobe" {
  on   = context.sudo.host
  path = "/etc/modprobe.d"
}

resource "file" "modules" {
  on      = context.sudo.host
  path    = "/etc/modprobe.d/hardened.conf"
  content = join("", [for m in local.modules : "install ${m} /bin/false\n"])
  owner   = "root"
  group   = "root"
  mode    = "0644"
}

resource "mount" "tmp" {
  on     = context.sudo.host
  path   = "/tmp"
  src    = "tmpfs"
  fstype = "tmpfs"
  opts   = "mode=1777,size=${var.tmp_size},nosuid,nodev,noexec"
}

resource "mount" "var_tmp" {
  on   = context.sudo.host
  path = "/var/tmp"
  src  = "/var/tmp"
  opts = "bind,nosuid,nodev,noexec"
}

resource "mount" "shm" {
  on     = context.sudo.host
  path   = "/dev/shm"
  src    = "tmpfs"
  fstype = "tmpfs"
  opts   = "nosuid,nodev,noexec"
}

# No core files: of nobody, whatever writes them.
resource "limits" "core" {
  on     = context.sudo.host
  path   = "/etc/security/limits.d/10-hardened.conf"
  domain = "*"
  type   = "hard"
  item   = "core"
  value  = "0"
}

resource "limits" "processes" {
  on     = context.sudo.host
  path   = "/etc/security/limits.d/10-hardened.conf"
  domain = "@${group.admins[on.key].name}"
  type   = "-"
  item   = "nproc"
  value  = "4096"
}

resource "directory" "coredump" {
  on   = context.sudo.host
  path = "/etc/systemd/coredump.conf.d"
}

resource "ini" "coredump" {
  on   = context.sudo.host
  for_each = {
    Storage        = "none"
    ProcessSizeMax = "0"
  }
  path            = "/etc/systemd/coredump.conf.d/hardened.conf"
  section         = "Coredump"
  key             = each.key
  value           = each.value
  no_extra_spaces = true
  create          = true
}
