context "local" "here" {}
context "ssh" "web" {
  host        = "web"
  ansible_user = "deploy" # ERROR: Unsupported argument: There is no argument "ansible_user" in context.ssh.web.
  remote_user = "deploy"  # ERROR: Unsupported argument: Did you mean "user"?
  parent      = context.local.here # ERROR: Unsupported argument: Did you mean "via"?
}
resource "file" "conf" {
  on     = context.local.here
  path   = "/etc/conf"
  dest   = "/etc/conf"  # ERROR: Unsupported argument: There is no argument "dest" in file.conf. Did you mean "path"?
  src    = "conf"       # ERROR: Unsupported argument: Did you mean "source"?
  ensure = "present"    # ERROR: Unsupported argument: Did you mean "state"?
  become = true         # ERROR: Unsupported argument: through a context "sudo"
  when   = true         # ERROR: Unsupported argument: Did you mean "enabled"?
  notify = "x"          # ERROR: Unsupported argument: There is no argument "notify" in file.conf.
  ownr   = "root"       # ERROR: Unsupported argument: Did you mean "owner"?
  sha256 = "x"          # ERROR: Unsupported argument: "sha256" is a result of file.conf: it can be read but not set.
}
resource "copy" "x" { # ERROR: Unknown kind: There is no resource kind "copy". Did you mean "file"?
  on = context.local.here
}
resource "packge" "x" { # ERROR: Unknown kind: Did you mean "package"?
}
call "shell" "x" { # ERROR: Unknown kind: There is no function "shell". Did you mean "command"?
}
context "paramiko" "x" { # ERROR: Unknown kind: There is no context kind "paramiko". Did you mean "ssh"?
}
resource "quux_frobnicator" "x" { # ERROR: Unknown kind: There are file, package, rules and service.
}
