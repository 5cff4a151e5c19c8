context "local" "here" {}
resource "file" "two" {
  on      = context.local.here
  path    = "/a"
  content = "x"
  source  = "x" # ERROR: Conflicting arguments: The arguments "content" and "source" of file.two cannot be set together.
}
resource "file" "null_is_not_set" {
  on      = context.local.here
  path    = "/a"
  content = null
  source  = "conflicts.mito.hcl"
}
call "command" "both" {
  on    = context.local.here
  argv  = ["true"]
  shell = "true" # ERROR: Conflicting arguments: The arguments "argv" and "shell"
}
