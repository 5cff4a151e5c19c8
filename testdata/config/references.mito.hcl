variable "hosts" {}
locals {
  greeting = "hi"
  a        = var.host        # ERROR: Unknown reference: There is no variable named "host". Did you mean "hosts"?
  b        = local.greting   # ERROR: Unknown reference: There is no local named "greting". Did you mean "greeting"?
  c        = var.nothing_like # ERROR: Unknown reference: Declare it with variable "nothing_like" { … }.
  d        = var             # ERROR: Invalid reference: "var" is not a reference to one thing: write var.NAME.
  e        = started         # ERROR: Unknown reference: A string is written with quotes: "started".
  f        = data.x.y        # ERROR: Unknown reference: refer to its result
  g        = each.key        # ERROR: Invalid reference: The word each has a meaning only in a block that has for_each.
  h        = on.os           # ERROR: Invalid reference: has no meaning here
  i        = self.x          # ERROR: Invalid reference: only in a postcondition
  j        = path.modul      # ERROR: Unknown attribute: The word path has no attribute "modul". Did you mean "module"?
  k        = fil.motd.path   # ERROR: Unknown reference: Did you mean "file"?
  l        = upcase("x")     # ERROR: Unknown function: There is no function named "upcase".
  m        = uper("x")       # ERROR: Unknown function: Did you mean "upper"?
  n        = output.x        # ERROR: Unknown reference: Outputs are results
  o        = context.ssh     # ERROR: Invalid reference: write context.KIND.NAME.
  q        = context.ssch.completely_different # ERROR: Unknown reference: There is no context kind "ssch". Did you mean "ssh"?
  p        = copy.x          # ERROR: Unknown reference: Did you mean "file"?
}
context "local" "here" {}
context "ssh" "web" {
  for_each = var.hosts
  via      = context.locl.here # ERROR: Unknown reference: Nothing is declared as context.locl.here. Did you mean "context.local.here"?
  host     = each.valu         # ERROR: Unknown attribute: The word each has no attribute "valu". Did you mean "value"?
  user     = count.index       # ERROR: Invalid reference: The word count has a meaning only in a block that has count.
  port     = on.cpus           # ERROR: Invalid reference: has no meaning here
}
context "ssh" "one" {
  host     = "one"
  password = "x"
}
resource "file" "motd" {
  on      = context.ssh.one
  path    = "/etc/motd"
  content = on.distroo         # ERROR: Unknown attribute: context.ssh.one has no attribute "distroo". Did you mean "distro"?
  owner   = on.password        # ERROR: Secret not readable: a context never exposes its secrets
  mode    = file.motdd.mode    # ERROR: Unknown reference: Nothing is declared as file.motdd. Did you mean "file.motd"?
}
resource "file" "other" {
  on         = context.ssh.web
  path       = file.motd.dest     # ERROR: Unknown attribute: file.motd has no attribute "dest". Did you mean "path"?
  content    = file.keyed["a"].contnt # ERROR: Unknown attribute: file.keyed has no attribute "contnt". Did you mean "content"?
  owner      = file.keyed.a       # an instance key, which nobody knows yet
  mode       = call.command.kernel.stdot # ERROR: Unknown attribute: call.command.kernel has no attribute "stdot". Did you mean "stdout"?
  for_each   = each.value         # ERROR: Invalid reference: The argument for_each decides what the word each means
  depends_on = [
    file.motd,
    file.nothing,       # ERROR: Unknown reference: Nothing is declared as file.nothing.
    file.motd.path,     # ERROR: Invalid reference: leave out the attribute "path"
    "file.motd${1}",    # ERROR: Invalid reference: It cannot be an expression.
    all(file.keyed),
    some(file.keyed),   # ERROR: Invalid reference: only the function all may be called
    var.hosts,          # ERROR: Invalid reference: var.hosts is none of them
    context.ssh.web["a"],
  ]
}
resource "file" "keyed" {
  for_each = { a = 1 }
  on       = context.ssh.one
  path     = "/a"
}
resource "file" "on_itself" {
  on   = on.via # ERROR: Invalid reference: The argument on decides what the word on means
  path = "/a"
  depends_on = file.motd # ERROR: Invalid list of references: must be a list of references in brackets
}
call "command" "kernel" {
  on   = context.ssh.one
  argv = ["uname"]
  lifecycle {
    postcondition {
      condition     = self.exit_cod == 0 # ERROR: Unknown attribute: Did you mean "exit_code"?
      error_message = "No kernel."
    }
    precondition { # ERROR: Missing argument: The argument "error_message" is required in a precondition block.
      condition = true
    }
  }
}
