context "chroot" "relative" {
  root = "srv/debian" # <-
}

context "doas" "option" {
  user = "-l" # <-
}

context "docker" "number" {
  container = ["web"] # <-
}

context "exec" "text" {
  command = "ssh host" # <-
}

context "exec" "nothing" {
  command = [] # <-
}

context "incus" "option" {
  instance = "-web" # <-
}

context "kubectl" "slash" {
  pod = "web/nginx" # <-
}

context "local" "how_long" {
  connect_timeout = "10" # <-
}

context "lxc" "remote" {
  instance = "box:web" # <-
}

context "machinectl" "empty" {
  machine = "" # <-
}

context "nsenter" "name" {
  pid = "nginx" # <-
}

context "nsenter" "namespaces" {
  pid        = 1
  namespaces = ["mount", "disk"] # <-
}

context "podman" "missing" { # <-
}

context "ssh" "port" {
  host = "web1"
  port = 70000 # <-
}

context "ssh" "port_of_host" {
  host = "web1:2222" # <-
}

context "ssh" "key_check" {
  host           = "web1"
  host_key_check = "no" # <-
}

context "ssh" "host_key" {
  host     = "web1"
  host_key = ["SHA256:x"] # <-
}

context "su" "option" {
  user = "-l" # <-
}

context "sudo" "login_and_env" {
  login        = true
  preserve_env = true # <- preserve_env
}

context "sudo" "empty" {
  user = "" # <-
}
