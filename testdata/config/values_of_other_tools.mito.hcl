context "local" "here" {}
resource "service" "a" {
  on    = context.local.here
  name  = "nginx"
  state = "running" # ERROR: Invalid value: The argument "state" of service.a must be one of "started" and "stopped", and "running" is not. Did you mean "started"?
}
resource "file" "a" {
  on    = context.local.here
  path  = "/a"
  state = "file" # ERROR: Invalid value: Did you mean "present"?
  mode  = 0644   # ERROR: Mode must be a string: The argument "mode" of file.a is a string such as "0644"
}
context "ssh" "a" {
  host           = "a"
  host_key_check = "accept-new" # ERROR: Invalid value: Did you mean "accept_new"?
}
