context "local" { # ERROR: Missing name for context: All context blocks must have 2 labels (kind, name).
}
resource "file" "a" "b" { # ERROR: Extraneous label for resource: Only 2 labels (kind, name) are expected
}
variable { # ERROR: Missing name for variable: All variable blocks must have 1 labels (name).
}
locals "x" { # ERROR: Extraneous label for locals: No labels are expected for locals blocks.
}
context "local" "9 lives" { # ERROR: Invalid name: "9 lives" cannot be a name
}
