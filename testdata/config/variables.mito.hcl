variable "a" {
  type    = map(object({ address = string, port = optional(number, 22) }))
  default = { x = { address = ["a"] } } # ERROR: Invalid default value: at ["x"].address: a string is required, and this is a list
}
variable "b" {
  type    = lst(string) # ERROR: Invalid type specification: Keyword "lst" is not a valid type constructor
}
variable "c" {
  default = local.x # ERROR: Value not constant: The default of variable "c" must be a constant
}
variable "d" {
  nullable = false
  default  = null # ERROR: Invalid default value: nullable = false
}
variable "count" { # ERROR: Invalid name: A variable cannot be named "count"
}
variable "e" {
  tpe = string # ERROR: Unsupported argument: There is no argument "tpe" in the variable "e". Did you mean "type"?
  validation {
    condition     = local.x # ERROR: Invalid reference: A validation may refer to variables only
    error_message = "x"
  }
  validation { # ERROR: Missing argument: The argument "condition" is required in a validation block.
    error_message = "x"
  }
}
output "a" { # ERROR: Missing argument: The argument "value" is required in the output "a".
}
mitoplan {
  parallelism     = 0      # ERROR: Invalid value: at least 1
  connect_timeout = "fast" # ERROR: Invalid duration: "connect_timeout" must be a duration
  state "s3" {             # ERROR: Unknown kind: There is no state kind "s3"
  }
}
