variable "ports" {
  type    = list(string)
  default = []
}
context "local" "here" {}
context "ssh" "a" {
  host = "a"
  port = "ssh" # ERROR: Wrong type of value: The argument "port" of context.ssh.a must be a whole number, and this string is not a number
  env  = { A = ["x"] } # ERROR: Wrong type of value: at ["A"]: a string is required, and this is a list
}
context "ssh" "b" {
  host = "b"
  port = 22.5 # ERROR: Wrong type of value: it has a fraction
  host_key = ["a", null] # ERROR: Wrong type of value: the element is null
}
context "ssh" "c" {
  host = null # ERROR: Required argument is null: The argument "host" is required in context.ssh.c, and its value is null. The name or address to connect to.
  port = var.ports # ERROR: Wrong type of value: must be a whole number, and this is a list
}
context "ssh" "d" {
  host = "d"
  port = 99999999999999999999 # ERROR: Wrong type of value: does not fit in 64 bits
}
resource "file" "a" {
  on             = context.local.here
  path           = "/a"
  backup         = "maybe"        # ERROR: Wrong type of value: must be true or false, and this string is neither "true" nor "false"
  validate       = "visudo -c %s" # ERROR: Wrong type of value: must be a list of string
  content_base64 = "not base64!"  # ERROR: Wrong type of value: it is not valid base64
}
resource "rules" "a" {
  on = context.local.here
  rules = [
    { port = 80 },
    {
      port = "eighty" # ERROR: Wrong type of value: at [1].port: a number is required
    },
  ]
  extra = [1] # ERROR: Wrong type of value: a map is required
}
resource "rules" "b" {
  on    = context.local.here
  rules = [
    { label = "x" }, # ERROR: Wrong type of value: at [0]: attribute "port" is required
  ]
}
