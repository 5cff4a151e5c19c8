variable "hosts" {
  type        = map(object({ address = string, port = optional(number, 22) }))
  description = "The hosts to harden, by the name that they have in the plan."
}

variable "operator" {
  type        = string
  description = "The account that mitoplan logs in as. It may log in afterwards, too."
}

variable "key" {
  type        = string
  default     = null
  description = "The private key file to log in with. It stays on this machine."
}

variable "known_hosts" {
  type        = string
  default     = "~/.ssh/known_hosts"
  description = "The file with the hosts' keys."
}

variable "sudo_password" {
  type        = string
  default     = null
  sensitive   = true
  ephemeral   = true
  description = "What sudo asks for on the hosts. It is stored nowhere."
}

variable "admins" {
  type = map(object({
    name = string
    keys = list(string)
  }))
  description = "Who may log in and become root: by account, a full name and public keys."
  validation {
    condition     = alltrue([for a in values(var.admins) : length(a.keys) > 0])
    error_message = "Each admin needs a key: sshd takes no passwords any more."
  }
}

variable "backup_keys" {
  type        = list(string)
  default     = []
  description = "Public keys that may fetch backups, and nothing else."
}

variable "sshd" {
  type        = map(string)
  default     = {}
  description = "Settings of sshd_config beside those of the role, or in their place."
}

variable "sysctl" {
  type        = map(string)
  default     = {}
  description = "Settings of the kernel beside those of the role, or in their place."
}

variable "kernel_now" {
  type        = bool
  default     = true
  description = "Whether settings below kernel, fs and vm are set now, too. In a container they are those of its host."
}

variable "tmp_size" {
  type        = string
  default     = "512m"
  description = "How large /tmp is, which is in memory."
}

variable "banner" {
  type        = string
  default     = "Authorised use only. What you do here is logged.\n"
  description = "What everybody sees before a login."
}
