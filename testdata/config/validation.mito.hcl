variable "port" {
  type    = number
  default = 80
  validation {
    condition     = var.port > 1024 # ERROR: Invalid value for variable: Port 80 needs root.
    error_message = "Port ${var.port} needs root."
  }
  validation {
    condition     = var.port < 100
    error_message = "Never shown."
  }
}
variable "secret" {
  default   = "hunter2"
  sensitive = true
  validation {
    condition     = length(var.secret) > 10 # ERROR: Invalid value for variable: refers to a sensitive value and is not shown
    error_message = "${var.secret} is too short."
  }
}
