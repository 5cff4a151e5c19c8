mitoplan {}
mitoplan {} # ERROR: Duplicate declaration: mitoplan was already declared at duplicates.mito.hcl:1.
context "local" "here" {}
context "local" "here" {} # ERROR: Duplicate declaration: context.local.here was already declared at duplicates.mito.hcl:3.
resource "file" "a" {
  on   = context.local.here
  path = "/a"
}
resource "file" "a" { # ERROR: Duplicate declaration: file.a was already declared
  on   = context.local.here
  path = "/a"
}
variable "a" {}
variable "a" {} # ERROR: Duplicate declaration: var.a was already declared
locals {
  a = 1
}
locals {
  a = 2 # ERROR: Duplicate declaration: local.a was already declared
}
output "a" {
  value = 1
}
output "a" { # ERROR: Duplicate declaration: output.a was already declared
  value = 1
}
