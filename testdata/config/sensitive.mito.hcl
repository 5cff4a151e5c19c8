variable "password" {
  default   = "hunter2"
  sensitive = true
}
variable "once" {
  default   = "hunter3"
  ephemeral = true
}
output "leak" {
  value = "the password is ${var.password}" # ERROR: Output refers to sensitive values: The output "leak" would show a sensitive value.
}
output "kept" {
  value = [var.once] # ERROR: Output refers to ephemeral values: The output "kept" would store an ephemeral value.
}
