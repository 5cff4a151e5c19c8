context "local" "root" {}

resource "file" "validate" {
  on       = context.local.root
  path     = "/srv/m/v1"
  content  = "x"
  validate = "sh -c 'echo line 1 is wrong >&2; exit 1' %s" # <-
}

resource "file" "validate_missing" {
  on       = context.local.root
  path     = "/srv/m/v2"
  content  = "x"
  validate = "no-such-program %s" # <-
}

resource "line" "validate" {
  on       = context.local.root
  path     = "/srv/m/other"
  line     = "y"
  validate = "false %s" # <-
}

resource "download" "refused" {
  on         = context.local.root
  path       = "/srv/m/d1"
  url        = "http://127.0.0.1:1/x" # <-
  unverified = true
  from       = "host"
}

resource "mount" "no_file_system" {
  on   = context.local.root
  path = "/mnt/b"
  src  = "/srv/m/file" # <-
}

resource "script" "apply" {
  on    = context.local.root
  name  = "a"
  read  = "echo null"
  apply = "echo no such service >&2; exit 1" # <-
}

resource "script" "unsettled" {
  on     = context.local.root
  name   = "b"
  inputs = { size = "2" }
  read   = "echo '{\"size\":\"1\"}'"
  apply  = "true" # <-
}

resource "sysctl" "value" {
  on    = context.local.root
  name  = "net.ipv4.ip_default_ttl"
  value = "999" # <-
}

call "command" "status" {
  on   = context.local.root
  argv = ["false"] # <-
}

call "command" "stdin" {
  on         = context.local.root
  argv       = ["cat"]
  stdin_file = "none.txt" # <-
}

call "fetch" "device" {
  on      = context.local.root
  path    = "/dev/null" # <-
  save_as = "device"
}

call "fetch" "size" {
  on       = context.local.root
  path     = "/etc/passwd"
  save_as  = "passwd"
  max_size = 10 # <-
}

call "script" "status" {
  on      = context.local.root
  content = "echo before; exit 7" # <-
}

call "script" "interpreter" {
  on          = context.local.root
  content     = "x"
  interpreter = ["no-such-python"] # <-
}

call "tempfile" "directory" {
  on        = context.local.root
  directory = "/srv/m/none" # <-
}

call "wait_for" "path" {
  on     = context.local.root
  path   = "/srv/m/none" # <-
  within = "50ms"
}

resource "sudoers" "syntax" {
  on      = context.local.root
  path    = "/etc/sudoers.d/mistake"
  content = "deploy ALL=(ALL NOPASSWD: ALL\n" # <-
}

