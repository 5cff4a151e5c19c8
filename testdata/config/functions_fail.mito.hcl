locals {
  a = file("nothing.txt")       # ERROR: Invalid function argument: reading nothing.txt: no such file or directory
  b = jsondecode("{")           # ERROR: Error in function call: Call to function "jsondecode" failed
  c = parseint("zz", 10)        # ERROR: Invalid function argument: Invalid value for "number" parameter
  d = substr("abc")             # ERROR: Not enough function arguments: 
  e = templatestring("$${x}", { y = 1 }) # ERROR: Error in function call: in line 1 of the template: "x" is not among the variables
  f = 1 + "a"                   # ERROR: Invalid operand: Unsuitable value for right operand
  g = jsondecode("1e999999999") # ERROR: Error in function call: out of bounds
  h = file("/dev/zero")         # ERROR: Invalid function argument: it is not a regular file
  i = local.a                   # told once, where it is wrong
  j = pow(10, 1e9)              # ERROR: Error in function call: out of bounds
}
