# Everything here happens in the directory "generated" beside this file.

variable "name" {
  type        = string
  default     = "world"
  description = "Who is greeted."
  validation {
    condition     = length(var.name) > 0
    error_message = "There must be somebody to greet."
  }
}

locals {
  directory = abspath("${path.module}/generated")
}

# Where: a subprocess of mitoplan on this machine.
context "local" "here" {}

# What: a directory, a file in it, and a line in that file.
resource "directory" "site" {
  on   = context.local.here
  path = local.directory
  mode = "0755"
}

resource "file" "greeting" {
  on      = context.local.here
  path    = "${directory.site.path}/greeting.txt"
  mode    = "0644"
  content = <<-EOT
    Hello, ${var.name}!
    This file is managed.
  EOT
}

resource "line" "signature" {
  on         = context.local.here
  path       = file.greeting.path
  line       = "Signed on ${trimspace(call.command.system.stdout)}."
  regexp     = "^Signed on "
  depends_on = [file.greeting]
}

# A call that changes nothing runs while planning; its result feeds the rest.
call "command" "system" {
  on        = context.local.here
  argv      = ["uname", "-s"]
  read_only = true
}

output "greeting" {
  value       = file.greeting.path
  description = "Where the greeting is."
}
