# Where: each host over ssh, and there as root.

context "ssh" "host" {
  for_each      = var.hosts
  host          = each.value.address
  port          = each.value.port
  user          = var.operator
  identity_file = var.key
  known_hosts   = var.known_hosts
}

context "sudo" "host" {
  for_each = context.ssh.host
  via      = each.value
  password = var.sudo_password
}
