module "base" { # ERROR: Unsupported block: This version of mitoplan does not know the block "module"
  source = "./base"
}
check "health" { # ERROR: Unsupported block: This version of mitoplan does not know the block "check"
}
moved { # ERROR: Unsupported block: This version of mitoplan does not know the block "moved"
  from = file.a
}
removed { # ERROR: Unsupported block: This version of mitoplan does not know the block "removed"
}
terraform { # ERROR: Unsupported block: Settings belong in a block "mitoplan".
}
provider "ssh" { # ERROR: Unsupported block: a block "context" for each place
}
resorce "file" "x" { # ERROR: Unsupported block: Did you mean "resource"?
}
hosts = [] # ERROR: Unsupported argument: The argument "hosts" is outside of all blocks.
context "local" "here" {}
resource "file" "a" {
  on         = context.local.here
  path       = "/a"
  retry      = { attempts = 3 } # ERROR: Unsupported argument: This version of mitoplan does not know the argument "retry"
  on_failure = "continue"       # ERROR: Unsupported argument: This version of mitoplan does not know the argument "on_failure"
  rollout    = {}               # ERROR: Unsupported argument: This version of mitoplan does not know the argument "rollout"
  lifecycle {
    ignore_changes  = [mode] # ERROR: Unsupported argument: This version of mitoplan does not know the argument "ignore_changes"
    prevent_destroy = true   # ERROR: Unsupported argument: This version of mitoplan does not know the argument "prevent_destroy"
    preconditon {            # ERROR: Unsupported block: There is no block "preconditon" in a lifecycle block. Did you mean "precondition"?
    }
  }
}
