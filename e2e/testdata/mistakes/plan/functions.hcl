context "local" "root" {}

context "sudo" "deploy" {
  user = "deploy"
}

call "assert" "false" {
  on   = context.local.root
  that = [1 > 2] # <-
}

call "checksum" "missing" {
  on   = context.local.root
  path = "/srv/m/none" # <-
}

call "command" "program" {
  on        = context.local.root
  argv      = ["no-such-program"] # <-
  read_only = true
}

call "command" "directory" {
  on        = context.local.root
  argv      = ["true"]
  dir       = "/srv/m/none" # <-
  read_only = true
}

call "command" "status" {
  on        = context.local.root
  shell     = "echo it broke >&2; exit 4" # <-
  read_only = true
}

call "dns" "server" {
  on            = context.local.root
  name          = "web9.example.com"
  server        = "127.0.0.1:1" # <-
  query_timeout = "200ms"
}

call "find" "missing" {
  on   = context.local.root
  path = "/srv/m/none" # <-
}

call "find" "many" {
  on          = context.local.root
  path        = "/srv/m"
  max_entries = 1 # <-
}

call "http" "refused" {
  on  = context.local.root
  url = "http://127.0.0.1:1/" # <-
}

call "list_dir" "file" {
  on   = context.local.root
  path = "/srv/m/file" # <-
}

call "read_file" "directory" {
  on   = context.local.root
  path = "/srv/m/dir" # <-
}

call "read_file" "shadow" {
  on   = context.sudo.deploy
  path = "/etc/shadow" # <-
}

call "read_file" "long" {
  on       = context.local.root
  path     = "/srv/m/file"
  max_size = 1 # <-
}

call "stat" "loop" {
  on     = context.local.root
  path   = "/srv/m/loop" # <-
  follow = true
}
