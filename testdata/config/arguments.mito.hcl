context "local" "here" {}
context "ssh" "a" { # ERROR: Missing argument: The argument "host" is required in context.ssh.a. The name or address to connect to.
}
resource "file" "nowhere" { # ERROR: Missing argument: The argument "on" is required in file.nowhere
  path = "/a"
}
resource "file" "meta" {
  on           = context.local.here
  path         = "/a"
  via          = context.local.here     # ERROR: Unsupported argument: The argument "via" does not belong on a resource.
  triggered_by = [file.meta]    # ERROR: Unsupported argument: The argument "triggered_by" does not belong on a resource. Only a call can be triggered
  triggers     = {}                     # ERROR: Unsupported argument: The argument "triggers" does not belong on a resource.
  for_each     = {}
  count        = 1                      # ERROR: Conflicting arguments: file.meta has both for_each and count.
}
context "sudo" "a" {
  on = context.local.here # ERROR: Unsupported argument: The argument "on" does not belong on a context.
  lifecycle {             # ERROR: Unsupported block: A lifecycle block belongs on a resource or a call, not on a context.
  }
  env { # ERROR: Unsupported block: "env" is an argument: write env = …, with an equals sign.
  }
}
resource "file" "two_lifecycles" {
  on   = context.local.here
  path = "/a"
  lifecycle {
  }
  lifecycle { # ERROR: Duplicate declaration: file.two_lifecycles already has a lifecycle block.
  }
}
