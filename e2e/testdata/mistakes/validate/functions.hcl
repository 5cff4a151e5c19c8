context "local" "here" {}

call "assert" "text" {
  on   = context.local.here
  that = "true" # <-
}

call "checksum" "md5" {
  on        = context.local.here
  path      = "/etc/passwd"
  algorithm = "md5" # <-
}

call "command" "two" {
  on    = context.local.here
  argv  = ["true"]
  shell = "true" # <- shell
}

call "command" "executable" {
  on         = context.local.here
  argv       = ["true"]
  executable = "/bin/bash" # <-
}

call "command" "umask" {
  on    = context.local.here
  argv  = ["true"]
  umask = "99" # <-
}

call "command" "rows" {
  on   = context.local.here
  argv = ["true"]
  rows = 10 # <-
}

call "dns" "type" {
  on   = context.local.here
  name = "example.com"
  type = "A6" # <-
}

call "env" "name" {
  on    = context.local.here
  names = ["A=B"] # <-
}

call "facts" "group" {
  on     = context.local.here
  groups = ["disks"] # <-
}

call "find" "age" {
  on         = context.local.here
  path       = "/var/log"
  older_than = "7" # <-
}

call "find" "sizes" {
  on           = context.local.here
  path         = "/var/log"
  larger_than  = 100
  smaller_than = 10 # <-
}

call "glob" "relative" {
  on      = context.local.here
  pattern = "*.conf" # <-
}

call "hostname" "argument" {
  on   = context.local.here
  name = "x" # <- name
}

call "http" "url" {
  on  = context.local.here
  url = "example.com" # <-
}

call "http" "method" {
  on     = context.local.here
  url    = "http://example.com/"
  method = "get" # <-
}

call "list_dir" "relative" {
  on   = context.local.here
  path = "etc" # <-
}

call "log" "level" {
  on      = context.local.here
  message = "x"
  level   = "warning" # <-
}

call "ping" "argument" {
  on   = context.local.here
  data = "pong" # <- data
}

call "port" "number" {
  on   = context.local.here
  port = 0 # <-
}

call "process" "pattern" {
  on      = context.local.here
  pattern = "[" # <-
}

call "read_file" "size" {
  on       = context.local.here
  path     = "/etc/passwd"
  max_size = 99999999999 # <-
}

call "script" "nothing" { # <-
  on = context.local.here
}

call "sleep" "number" {
  on       = context.local.here
  duration = "10" # <-
}

call "stat" "relative" {
  on   = context.local.here
  path = "etc/passwd" # <-
}

call "tempfile" "slash" {
  on   = context.local.here
  name = "a/b" # <-
}

call "time" "argument" {
  on   = context.local.here
  zone = "UTC" # <- zone
}

call "wait_for" "nothing" { # <-
  on = context.local.here
}

call "wait_for" "two" {
  on   = context.local.here
  port = 80
  path = "/run/x" # <-
}

call "wait_for" "search_alone" {
  on     = context.local.here
  port   = 80
  search = "x" # <-
}

call "fetch" "nowhere" { # <-
  on   = context.local.here
  path = "/etc"
}

call "fetch" "exclude" {
  on      = context.local.here
  path    = "/etc"
  save_as = "etc.tar"
  exclude = ["ssl/private"] # <-
}
