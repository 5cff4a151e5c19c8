package kind

// Code tells problems apart in programs and tests; it stands in JSON, and its text
// never changes. All of them are listed here. The comment of each says what it means,
// and then, in the last sentence, what to do: docs/codes.md is written from them.
type Code string

// ArgumentCode is the code of an argument with a value that it cannot have: the
// argument's own name. It is for arguments that have no code of their own here.
func ArgumentCode(attr string) Code { return Code(attr) }

// Valid reports whether it has the form of a code: lower-case letters, digits and
// underscores, a letter first, at most 64 of them. What a host sends may be anything.
func (c Code) Valid() bool {
	for i, b := range []byte(c) {
		if letter := b >= 'a' && b <= 'z'; !letter && (i == 0 || b != '_' && (b < '0' || b > '9')) {
			return false
		}
	}
	return c != "" && len(c) <= 64
}

// Of arguments.
const (
	// CodeArgument: An argument has a form that its kind does not know. The agent is
	// of another build than the controller: report it.
	CodeArgument Code = "argument"
	// CodeBackrefs: backrefs is set and there is no regexp that it could refer to. Set
	// regexp, or take backrefs away.
	CodeBackrefs Code = "backrefs"
	// CodeConflict: More than one argument says what a file holds. Keep one of them.
	CodeConflict Code = "conflict"
	// CodeExcluded: Two arguments are set that exclude each other. Take one of them
	// away.
	CodeExcluded Code = "excluded"
	// CodeExpires: The day on which an account expires is not written as a date. Write
	// it as 2027-01-31, or never.
	CodeExpires Code = "expires"
	// CodeHash: The hash that was asked for is not known. Name one of those in the
	// manual.
	CodeHash Code = "hash"
	// CodeLine: A line is not one that can be in a file. Give one line without a line
	// end, and what the regexp can find.
	CodeLine Code = "line"
	// CodeMode: Permissions are not written as octal digits or as chmod takes them.
	// Write them as "0644" or "u+rwX,go-w".
	CodeMode Code = "mode"
	// CodePasswordHash: What should be a hashed password is none. Give what mkpasswd
	// prints.
	CodePasswordHash Code = "password_hash"
	// CodePath: A path is empty, relative, or none that a file can have. Begin it with
	// a slash.
	CodePath Code = "path"
	// CodeRegexp: A regular expression cannot be read. Write it as RE2 has it.
	CodeRegexp Code = "regexp"
	// CodeSource: The content of source did not come with the request. Apply again; if
	// it stays so, report it.
	CodeSource Code = "source"
	// CodeState: The state is none that a thing can be in. Write present or absent.
	CodeState Code = "state"
	// CodeValidate: The command of validate does not name the new file. Put %s where
	// its path belongs.
	CodeValidate Code = "validate"
)

// Of things on a host.
const (
	// CodeAccountsLocked: Something else on the machine changes accounts, and does not
	// end. Look at the program that it names, and plan again.
	CodeAccountsLocked Code = "accounts_locked"
	// CodeBeside: No second file can be made beside one, which an argument needs. Take
	// the argument away, or use a context that may write in the folder.
	CodeBeside Code = "beside"
	// CodeBusy: Something is mounted there, is executed, or changes all the time.
	// Unmount or stop it first.
	CodeBusy Code = "busy"
	// CodeGone: What was there a moment ago was removed by another program. Plan
	// again.
	CodeGone Code = "gone"
	// CodeHome: A home directory is there already, or could not be made. Nothing, or
	// look at what stands in the way.
	CodeHome Code = "home"
	// CodeImmutable: A file has the immutable or append-only attribute. Take it off
	// with chattr.
	CodeImmutable Code = "immutable"
	// CodeInTheWay: Something of another type is at the path. Remove it, set force
	// where the kind has that, or name another path.
	CodeInTheWay Code = "in_the_way"
	// CodeInvalid: The command of validate refused the new content; the file is as it
	// was. Correct the content.
	CodeInvalid Code = "invalid"
	// CodeKernelFile: Files there are what the kernel shows of itself: none can be
	// made or removed. Load the module that makes it, or take the block out.
	CodeKernelFile Code = "kernel_file"
	// CodeLinkLoop: Symbolic links lead to each other. Look at them with namei -l.
	CodeLinkLoop Code = "link_loop"
	// CodeLock: The lock of the machine cannot be taken. Look at the file that it
	// names.
	CodeLock Code = "lock"
	// CodeLocked: Another apply holds the machine. Wait until it is done, or allow
	// more time to wait.
	CodeLocked Code = "locked"
	// CodeMany: More things change with one block than are sent to contexts of other
	// users. Plan again after the apply.
	CodeMany Code = "many"
	// CodeMissing: What is named does not exist. Make it first, or correct the name.
	CodeMissing Code = "missing"
	// CodeMoved: A thing is not as the plan saw it. Nothing was written. Plan again to
	// see what is there now.
	CodeMoved Code = "moved"
	// CodeNameTooLong: A path, or a name in it, is longer than systems take. Name a
	// shorter one.
	CodeNameTooLong Code = "name_too_long"
	// CodeNoGroup: There is no such group, on the machine or in the regexp. Make it
	// first, or correct the name.
	CodeNoGroup Code = "no_group"
	// CodeNoParent: The directory that a path is in does not exist. Make it with a
	// resource before this one.
	CodeNoParent Code = "no_parent"
	// CodeNoPassword: An account to unlock has an empty password. Set password_hash.
	CodeNoPassword Code = "no_password"
	// CodeNoSpace: The file system, or the quota, is full. Free some space: see df and
	// df -i.
	CodeNoSpace Code = "no_space"
	// CodeNoUser: There is no such user on the machine. Make it first, or correct the
	// name.
	CodeNoUser Code = "no_user"
	// CodeNotADirectory: A part of the path is no directory. Look at what is there, or
	// name another path.
	CodeNotADirectory Code = "not_a_directory"
	// CodeNotAFile: What is at the path is no regular file. Name a file.
	CodeNotAFile Code = "not_a_file"
	// CodeNotEmpty: A directory to remove is not empty. Set recurse to remove what is
	// in it.
	CodeNotEmpty Code = "not_empty"
	// CodeNotIdempotent: The change would be made again at every apply. Write the
	// argument so that what it gives stays as it is.
	CodeNotIdempotent Code = "not_idempotent"
	// CodeOpen: An account lets in whoever comes. Set password_hash.
	CodeOpen Code = "open"
	// CodePermission: The user that the agent runs as may not do this. Use a context
	// that runs as the owner or as root.
	CodePermission Code = "permission"
	// CodeReadOnly: The file system is read-only. Mount it for writing, or name a path
	// elsewhere.
	CodeReadOnly Code = "read_only"
	// CodeReadOnlySetting: The kernel shows something there, and takes nothing. Change
	// it by what it follows from, or take the block out.
	CodeReadOnlySetting Code = "read_only_setting"
	// CodeRefusedValue: The kernel does not take the value; the setting is as it was.
	// Look up which values it takes.
	CodeRefusedValue Code = "refused_value"
	// CodeReplaced: Something of another type is replaced. Nothing, where that is
	// meant.
	CodeReplaced Code = "replaced"
	// CodeSeveralNames: The file has other names, and others may write in its directory.
	// Remove the other names, or set what allows it.
	CodeSeveralNames Code = "several_names"
	// CodeSpecialBits: A new owner takes set-user-ID or set-group-ID away. Set mode to
	// give such permissions.
	CodeSpecialBits Code = "special_bits"
	// CodeSystem: The system gave an error that has no code of its own. Look at the
	// log of the host.
	CodeSystem Code = "system"
	// CodeTooLong: A content or an answer is longer than the limit. Raise the limit
	// where there is one, or ask for less.
	CodeTooLong Code = "too_long"
	// CodeToolFailed: A program that a resource needs failed. Read what it said.
	CodeToolFailed Code = "tool_failed"
	// CodeToolMissing: A program that a resource needs is not installed. Install it.
	CodeToolMissing Code = "tool_missing"
	// CodeUIDTaken: The number belongs to another account. Choose another, or leave
	// uid out.
	CodeUIDTaken Code = "uid_taken"
	// CodeUnsafeLink: A link of another user leads to what is not theirs. Name the
	// path that is meant.
	CodeUnsafeLink Code = "unsafe_link"
	// CodeUserBusy: Programs run under an account, so that it cannot be changed. Stop
	// them first.
	CodeUserBusy Code = "user_busy"
)

// Of calls.
const (
	// CodeExitCode: A command ended with a status that is no success. Read what it
	// wrote.
	CodeExitCode Code = "exit_code"
	// CodeNoDir: The folder that a command should run in does not exist, or may not be
	// entered. Correct dir.
	CodeNoDir Code = "no_dir"
	// CodeNoProcess: The host can start no more processes. Look at its limits and its
	// memory.
	CodeNoProcess Code = "no_process"
	// CodeNotExecutable: A file is no program for this machine. Look at its
	// architecture and its first line.
	CodeNotExecutable Code = "not_executable"
	// CodeNotStarted: The system does not start a program. Read the reason that it
	// gives.
	CodeNotStarted Code = "not_started"
	// CodeProgramMissing: A program does not exist. Install it, or correct argv.
	CodeProgramMissing Code = "program_missing"
	// CodeUnknownFunction: The agent does not know the function. The agent is of
	// another build than the controller: report it.
	CodeUnknownFunction Code = "unknown_function"
	// CodeUnknownKind: The agent does not know the resource kind. The agent is of
	// another build than the controller: report it.
	CodeUnknownKind Code = "unknown_kind"
)

// Of calls and contexts, whatever they do.
const (
	// CodeCancelled: It was cancelled before it ended. Run it again.
	CodeCancelled Code = "cancelled"
	// CodeConnect: A context did not start, for a reason that has no code of its own.
	// Read the cause and the last words of the host.
	CodeConnect Code = "connect"
	// CodeLost: The connection to a context was lost. Find out why; the next plan
	// reads the host again.
	CodeLost Code = "lost"
	// CodePanic: An agent crashed. Report it with the lines that it printed.
	CodePanic Code = "panic"
	// CodeTimeout: It took longer than was allowed. Raise the timeout that the message
	// names, or find out what hangs.
	CodeTimeout Code = "timeout"
)

// Of starting an agent.
const (
	// CodeAgentAnswer: What the host said to the script that starts the agent is not
	// understood. Get there by hand, and look at the login profile.
	CodeAgentAnswer Code = "agent_answer"
	// CodeAgentBuildSlow: Building the agent for the host took too long. Build it
	// beforehand.
	CodeAgentBuildSlow Code = "agent_build_slow"
	// CodeAgentDiskFull: The host has no space for the agent. Free some megabytes, or
	// set agent_dirs.
	CodeAgentDiskFull Code = "agent_disk_full"
	// CodeAgentMissing: There is no agent for the host's platform. Build it with the
	// command that the message names.
	CodeAgentMissing Code = "agent_missing"
	// CodeAgentNoFolder: The host has no folder for the agent. Set agent_dirs to a
	// folder in which the user may write and execute.
	CodeAgentNoFolder Code = "agent_no_folder"
	// CodeAgentNoise: The host printed too much before an agent started. Look at what
	// its login profile prints.
	CodeAgentNoise Code = "agent_noise"
	// CodeAgentNotStarted: The shell that starts the agent ended before one ran. Read
	// what it said.
	CodeAgentNotStarted Code = "agent_not_started"
	// CodeAgentPathMissing: There is no program at agent_path. Install the agent
	// there, or leave agent_path out.
	CodeAgentPathMissing Code = "agent_path_missing"
	// CodeAgentPlatform: No agent exists for the host's platform. Use a host with
	// Linux, macOS or FreeBSD.
	CodeAgentPlatform Code = "agent_platform"
	// CodeContextDuration: A duration cannot be read. Write a number and a unit, such
	// as 30s.
	CodeContextDuration Code = "context_duration"
	// CodeContextEnv: A variable cannot be set. Use letters, digits and _ in its name.
	CodeContextEnv Code = "context_env"
	// CodeContextParallelism: The number of calls at once is negative. Set 1 or more,
	// or leave it out.
	CodeContextParallelism Code = "context_parallelism"
	// CodeContextPath: A path on the host is not absolute. Begin it with a slash.
	CodeContextPath Code = "context_path"
	// CodePassphraseLineEnd: The value of passphrase ends in a line end. Take it away
	// with chomp().
	CodePassphraseLineEnd Code = "passphrase_line_end"
	// CodePasswordLineEnd: The value of password ends in a line end. Take it away with
	// chomp().
	CodePasswordLineEnd Code = "password_line_end"
)

// Of sudo.
const (
	// CodeSudoAccountExpired: The account that calls sudo, or its password, has
	// expired. Renew it on the host.
	CodeSudoAccountExpired Code = "sudo_account_expired"
	// CodeSudoCommandMissing: sudo does not find the command. Put its folder into
	// secure_path of sudoers.
	CodeSudoCommandMissing Code = "sudo_command_missing"
	// CodeSudoCommandNotAllowed: sudo does not allow the command. Allow sh, or set
	// agent_path and allow that path.
	CodeSudoCommandNotAllowed Code = "sudo_command_not_allowed"
	// CodeSudoEnvAgentPath: env and agent_path are both set. Leave one of them out.
	CodeSudoEnvAgentPath Code = "sudo_env_agent_path"
	// CodeSudoLoginPath: agent_path cannot be given to a login shell. Set login to
	// false, or use another path.
	CodeSudoLoginPath Code = "sudo_login_path"
	// CodeSudoMissing: The host has no sudo. Install it, or set path.
	CodeSudoMissing Code = "sudo_missing"
	// CodeSudoNoTTY: sudo has no terminal, or does not take the one that it was given.
	// Remove requiretty in sudoers, or look at /dev/pts.
	CodeSudoNoTTY Code = "sudo_no_tty"
	// CodeSudoNotInSudoers: The user is not in the sudoers file. Give it a rule there.
	CodeSudoNotInSudoers Code = "sudo_not_in_sudoers"
	// CodeSudoPasswordForm: The password cannot be typed. Give it without line breaks.
	CodeSudoPasswordForm Code = "sudo_password_form"
	// CodeSudoPasswordNeeded: sudo asks for a password, and none is set. Set password,
	// or NOPASSWD in sudoers.
	CodeSudoPasswordNeeded Code = "sudo_password_needed"
	// CodeSudoPath: The name of the sudo program is none. Correct path.
	CodeSudoPath Code = "sudo_path"
	// CodeSudoPowerless: sudo cannot change the user there. Look at its setuid bit,
	// and at what started the process.
	CodeSudoPowerless Code = "sudo_powerless"
	// CodeSudoSELinux: An SELinux role or type is no name. Correct it.
	CodeSudoSELinux Code = "sudo_selinux"
	// CodeSudoSudoersBroken: The sudoers file cannot be read. Repair it with visudo.
	CodeSudoSudoersBroken Code = "sudo_sudoers_broken"
	// CodeSudoUnknownPrompt: sudo asks for something else than a password. Allow the
	// user sudo with a password alone.
	CodeSudoUnknownPrompt Code = "sudo_unknown_prompt"
	// CodeSudoUnknownUser: The host knows no user of that name. Create it first, or
	// correct user.
	CodeSudoUnknownUser Code = "sudo_unknown_user"
	// CodeSudoUser: The name of a user is none. Correct user.
	CodeSudoUser Code = "sudo_user"
	// CodeSudoWrongPassword: sudo does not take the password. Correct password.
	CodeSudoWrongPassword Code = "sudo_wrong_password"
)

// Of ssh.
const (
	// CodeSSHAgentWaits: The ssh-agent did not sign in time. Confirm, or touch the
	// security token.
	CodeSSHAgentWaits Code = "ssh_agent_waits"
	// CodeSSHAlgorithms: The ssh configuration leaves no algorithm that the server
	// has. Allow one there.
	CodeSSHAlgorithms Code = "ssh_algorithms"
	// CodeSSHBind: The address to dial from cannot be used. Correct BindAddress or
	// BindInterface of the ssh configuration.
	CodeSSHBind Code = "ssh_bind"
	// CodeSSHCertAddress: The user certificate is for other addresses. Have it signed
	// anew.
	CodeSSHCertAddress Code = "ssh_cert_address"
	// CodeSSHCertEarly: The user certificate is not valid yet. Set the clocks right,
	// or wait.
	CodeSSHCertEarly Code = "ssh_cert_early"
	// CodeSSHCertExpired: The user certificate has expired. Have it signed anew.
	CodeSSHCertExpired Code = "ssh_cert_expired"
	// CodeSSHCertPrincipal: The user certificate is for another user. Have it signed
	// anew.
	CodeSSHCertPrincipal Code = "ssh_cert_principal"
	// CodeSSHCertificate: The certificate cannot be used. Correct the file that the
	// message names.
	CodeSSHCertificate Code = "ssh_certificate"
	// CodeSSHClosed: The server closed the connection before it showed its host key.
	// Look at what its sshd allows.
	CodeSSHClosed Code = "ssh_closed"
	// CodeSSHConfig: The ssh configuration cannot be used. Correct the line that the
	// message names.
	CodeSSHConfig Code = "ssh_config"
	// CodeSSHConfigIgnored: A setting of the ssh configuration is not honoured.
	// Nothing, or set what the message names.
	CodeSSHConfigIgnored Code = "ssh_config_ignored"
	// CodeSSHDial: The host cannot be reached, for a reason that has no code of its
	// own. Read the reason.
	CodeSSHDial Code = "ssh_dial"
	// CodeSSHForcedCommand: The account runs no commands. Look at ForceCommand,
	// command= and its login shell.
	CodeSSHForcedCommand Code = "ssh_forced_command"
	// CodeSSHHandshake: The handshake with the server failed. Read the reason.
	CodeSSHHandshake Code = "ssh_handshake"
	// CodeSSHHandshakeTimeout: The server does not finish the handshake. Look whether
	// its sshd hangs.
	CodeSSHHandshakeTimeout Code = "ssh_handshake_timeout"
	// CodeSSHHostCAUnknown: The host's certificate is of an authority that is not
	// known. Trust the authority, if it is yours.
	CodeSSHHostCAUnknown Code = "ssh_host_ca_unknown"
	// CodeSSHHostCertBroken: The host's certificate does not hold. Have it signed
	// anew.
	CodeSSHHostCertBroken Code = "ssh_host_cert_broken"
	// CodeSSHHostCertEarly: The host's certificate is not valid yet. Set the clocks
	// right, or wait.
	CodeSSHHostCertEarly Code = "ssh_host_cert_early"
	// CodeSSHHostCertExpired: The host's certificate has expired. Have it signed anew.
	CodeSSHHostCertExpired Code = "ssh_host_cert_expired"
	// CodeSSHHostCertKind: The certificate is not one of a host. Make one with ssh-
	// keygen -h.
	CodeSSHHostCertKind Code = "ssh_host_cert_kind"
	// CodeSSHHostCertPrincipal: The host's certificate is for another name. Use a name
	// that is in it.
	CodeSSHHostCertPrincipal Code = "ssh_host_cert_principal"
	// CodeSSHHostCertWeak: The host's certificate is signed in a way that is not
	// allowed. Have it signed with a key of another kind.
	CodeSSHHostCertWeak Code = "ssh_host_cert_weak"
	// CodeSSHHostKeyChanged: The host's key is not the one that is known. Somebody may
	// be between you and the host. Find out whether the host was reinstalled, and only
	// then replace the known key.
	CodeSSHHostKeyChanged Code = "ssh_host_key_changed"
	// CodeSSHHostKeyCheck: host_key_check has a value that it cannot have. Write
	// strict, accept_new or off.
	CodeSSHHostKeyCheck Code = "ssh_host_key_check"
	// CodeSSHHostKeyForm: host_key is no public key. Write it as in a .pub file.
	CodeSSHHostKeyForm Code = "ssh_host_key_form"
	// CodeSSHHostKeyRevoked: The host's key is revoked. Give the host a new one.
	CodeSSHHostKeyRevoked Code = "ssh_host_key_revoked"
	// CodeSSHHostKeyShort: The host's key is shorter than is asked for. Give the host
	// a longer one, or lower RequiredRSASize.
	CodeSSHHostKeyShort Code = "ssh_host_key_short"
	// CodeSSHHostKeyUnknown: The host's key is not known. Compare its fingerprint,
	// then add it to known_hosts.
	CodeSSHHostKeyUnknown Code = "ssh_host_key_unknown"
	// CodeSSHHostName: host is neither a name nor an address. Correct host.
	CodeSSHHostName Code = "ssh_host_name"
	// CodeSSHKeepalive: keepalive_count is negative. Set 1 or more.
	CodeSSHKeepalive Code = "ssh_keepalive"
	// CodeSSHKeyEncrypted: The private key is encrypted, and there is no passphrase.
	// Set passphrase, or add the key to the ssh-agent.
	CodeSSHKeyEncrypted Code = "ssh_key_encrypted"
	// CodeSSHKeyForm: The private key cannot be read. Give a key as ssh-keygen writes
	// it.
	CodeSSHKeyForm Code = "ssh_key_form"
	// CodeSSHKeyLines: The private key has lost its line ends. Read it with file(), or
	// write it as a heredoc.
	CodeSSHKeyLines Code = "ssh_key_lines"
	// CodeSSHKeyOpen: The private key can be read by others. Run chmod 600 on its
	// file.
	CodeSSHKeyOpen Code = "ssh_key_open"
	// CodeSSHKeyPublic: The key is a public one, and no ssh-agent has its private
	// half. Add that to the ssh-agent, or name its file.
	CodeSSHKeyPublic Code = "ssh_key_public"
	// CodeSSHKeyRefused: The server takes none of the keys. Put the public half of one
	// into authorized_keys.
	CodeSSHKeyRefused Code = "ssh_key_refused"
	// CodeSSHKeyUnproven: The server knows the key and wants more than a key. Look at
	// the log of its sshd.
	CodeSSHKeyUnproven Code = "ssh_key_unproven"
	// CodeSSHKeyUnreadable: The file of the private key cannot be read. Correct
	// identity_file.
	CodeSSHKeyUnreadable Code = "ssh_key_unreadable"
	// CodeSSHKeyUnsigned: Nothing was signed with the key that the server knows. Look
	// whether the ssh-agent is locked or asks.
	CodeSSHKeyUnsigned Code = "ssh_key_unsigned"
	// CodeSSHKnownHosts: The file of known hosts cannot be read or written. Name a
	// file that can be.
	CodeSSHKnownHosts Code = "ssh_known_hosts"
	// CodeSSHKnownHostsLine: A line of the file of known hosts is left out. Correct or
	// remove it.
	CodeSSHKnownHostsLine Code = "ssh_known_hosts_line"
	// CodeSSHLoginRefused: The server did not let the user in. Read the reason.
	CodeSSHLoginRefused Code = "ssh_login_refused"
	// CodeSSHLoginTimeout: The server does not finish the login. Look at its log.
	CodeSSHLoginTimeout Code = "ssh_login_timeout"
	// CodeSSHLost: The connection was lost before an agent ran. Look at the log of the
	// server's sshd.
	CodeSSHLost Code = "ssh_lost"
	// CodeSSHNameNotFound: No name server knows the host. Correct host.
	CodeSSHNameNotFound Code = "ssh_name_not_found"
	// CodeSSHNameUnresolved: The host's name cannot be looked up. Look at the name
	// servers.
	CodeSSHNameUnresolved Code = "ssh_name_unresolved"
	// CodeSSHNoKeysTaken: The server takes no keys. Set password, or allow keys in its
	// sshd_config.
	CodeSSHNoKeysTaken Code = "ssh_no_keys_taken"
	// CodeSSHNoPasswordsTaken: The server takes no passwords. Set identity_file or
	// private_key.
	CodeSSHNoPasswordsTaken Code = "ssh_no_passwords_taken"
	// CodeSSHNoRoute: Nothing carries packets to the host. Look whether it is up, and
	// at the network.
	CodeSSHNoRoute Code = "ssh_no_route"
	// CodeSSHNoSession: The server lets the user in and opens no session. Look at
	// MaxSessions in its sshd_config.
	CodeSSHNoSession Code = "ssh_no_session"
	// CodeSSHNoShell: The account has no login shell. Give it one.
	CodeSSHNoShell Code = "ssh_no_shell"
	// CodeSSHNothingToOffer: There is no key and no password to log in with. Set one.
	CodeSSHNothingToOffer Code = "ssh_nothing_to_offer"
	// CodeSSHPasswordRefused: The server does not take the password. Correct password.
	CodeSSHPasswordRefused Code = "ssh_password_refused"
	// CodeSSHPort: The port is none. Set one between 1 and 65535.
	CodeSSHPort Code = "ssh_port"
	// CodeSSHProxyCommand: ProxyCommand ended before the host showed its key. Read
	// what it said.
	CodeSSHProxyCommand Code = "ssh_proxy_command"
	// CodeSSHQuestions: The server asks for more than a password. Use a key.
	CodeSSHQuestions Code = "ssh_questions"
	// CodeSSHRefused: The host is up, and nothing listens on the port. Start sshd
	// there, or correct port.
	CodeSSHRefused Code = "ssh_refused"
	// CodeSSHRefusedByConfig: The ssh configuration refuses the connection. Read what
	// it says.
	CodeSSHRefusedByConfig Code = "ssh_refused_by_config"
	// CodeSSHRevocationUnreadable: A line that revokes a key of the host cannot be
	// read, so that no key of it is trusted. Correct or remove the line.
	CodeSSHRevocationUnreadable Code = "ssh_revocation_unreadable"
	// CodeSSHRevokedKeys: RevokedHostKeys cannot be read, so that no host key is
	// trusted. Correct it.
	CodeSSHRevokedKeys Code = "ssh_revoked_keys"
	// CodeSSHTimeout: The host does not answer. Look whether it is up, and at
	// firewalls.
	CodeSSHTimeout Code = "ssh_timeout"
	// CodeSSHTooManyKeys: The server cut the login off before it was shown all keys.
	// Set identity_file, and identities_only to true.
	CodeSSHTooManyKeys Code = "ssh_too_many_keys"
	// CodeSSHTwoKeys: identity_file and private_key are both set. Leave one of them
	// out.
	CodeSSHTwoKeys Code = "ssh_two_keys"
	// CodeSSHUserName: The name of a user is none. Correct user.
	CodeSSHUserName Code = "ssh_user_name"
	// CodeSSHWrongPassphrase: The private key is not opened by the passphrase. Correct
	// it.
	CodeSSHWrongPassphrase Code = "ssh_wrong_passphrase"
)
