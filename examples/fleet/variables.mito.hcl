variable "bastion" {
  type        = object({ address = string, port = optional(number, 22) })
  description = "The host that the others are reached through."
}

variable "hosts" {
  type        = map(object({ address = string, port = optional(number, 22) }))
  description = "The hosts, by the name that they have in the plan."
  validation {
    condition     = length(var.hosts) > 0
    error_message = "There must be at least one host."
  }
}

variable "user" {
  type        = string
  description = "Who logs in, on the bastion and on the hosts."
}

variable "key" {
  type        = string
  description = "The private key file to log in with. It stays on this machine."
}

variable "known_hosts" {
  type        = string
  default     = "~/.ssh/known_hosts"
  description = "The file with the hosts' keys."
}

variable "sudo_password" {
  type        = string
  sensitive   = true
  ephemeral   = true
  description = "What sudo asks for on the hosts. It is stored nowhere."
}

variable "debug" {
  type        = bool
  default     = false
  description = "Whether the application logs more."
}
