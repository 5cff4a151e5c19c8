locals {
  a = local.b # ERROR: Reference cycle: local.b refers to local.c at cycles.mito.hcl:3, local.c refers to local.a at cycles.mito.hcl:4
  b = local.c
  c = [local.a]
  self = local.self # ERROR: Reference cycle: local.self refers to itself
}
context "local" "here" {}
resource "file" "x" {
  on         = context.local.here
  path       = "/x"
  depends_on = [file.y] # ERROR: Reference cycle: file.x refers to file.y at cycles.mito.hcl:11, file.y refers to local.d at cycles.mito.hcl:16, local.d refers to file.x at cycles.mito.hcl:19. Remove one of the references.
}
resource "file" "y" {
  on      = context.local.here
  path    = "/y"
  content = local.d
}
locals {
  d = file.x.path
}
