variable "secret" {
  sensitive = true
  default   = { a = 1 }
}
context "local" "here" {
  for_each = ["a", "b"] # ERROR: Invalid for_each value: Convert it to a set with toset().
}
context "local" "n" {
  for_each = 5 # ERROR: Invalid for_each value: must be a map or a set of strings, and this is a number.
}
context "local" "s" {
  for_each = var.secret # ERROR: Invalid for_each value: is made from a sensitive value, and its keys become addresses
}
context "local" "null" {
  for_each = null # ERROR: Invalid for_each value: is null
}
context "local" "count" {
  count = -1 # ERROR: Invalid count value: a whole number from 0
}
context "local" "enabled" {
  enabled = "perhaps" # ERROR: Invalid enabled value: must be true or false
}
context "local" "fine" {
  for_each = toset(["a"])
  enabled  = each.key != "b"
}
call "command" "soon" {
  on      = context.local.fine["a"]
  argv    = ["true"]
  timeout = "soon" # ERROR: Invalid duration: must be a duration above zero
}
call "command" "fine" {
  on      = context.local.fine["a"]
  argv    = ["true"]
  timeout = "1m30s"
}
