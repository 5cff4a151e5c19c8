package kind

// Code tells problems apart in programs and tests. It is part of the JSON output, and
// its text never changes. All codes are listed here. The comment of each says what it
// means and, in the last sentence, what to do. docs/codes.md is made from these comments.
type Code string

// ArgumentCode returns the code for an argument with a value that is not allowed: the
// name of the argument. It is used for arguments that have no code in the list below.
func ArgumentCode(attr string) Code { return Code(attr) }

// Valid reports whether a code has the right form: at most 64 lower-case letters, digits
// and underscores, beginning with a letter. A host may send anything as a code.
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
	// CodeBackrefs: backrefs is set, but there is no regexp that it could refer to. Set
	// regexp, or remove backrefs.
	CodeBackrefs Code = "backrefs"
	// CodeBlock: A block cannot be in a file as it is given. Set content, without a line
	// that is a marker of the block.
	CodeBlock Code = "block"
	// CodeChecksum: A SHA-256 has not the form of one, or content has another one than it
	// must have. Nothing was written. Find out which of the two is right.
	CodeChecksum Code = "checksum"
	// CodeConflict: More than one argument says what a file holds. Keep one of them.
	CodeConflict Code = "conflict"
	// CodeExcluded: Two arguments are set that exclude each other. Remove one of them.
	CodeExcluded Code = "excluded"
	// CodeExpires: The day on which an account expires is not a date. Write it as
	// 2027-01-31, or write never.
	CodeExpires Code = "expires"
	// CodeHash: The hash that was asked for is not known. Name one that is in the
	// manual.
	CodeHash Code = "hash"
	// CodeIni: A key cannot be in a file as it is given, or where its value ends there cannot
	// be told. Correct the name or value, or the lines that the message names.
	CodeIni Code = "ini"
	// CodeJSON: A value or a file is not JSON, or a pointer leads to nothing that could be in
	// it. Correct what the message names.
	CodeJSON Code = "json"
	// CodeLine: A line cannot be in a file as it is given. Give one line without a line
	// end that the regexp can find.
	CodeLine Code = "line"
	// CodeMarker: The markers around a block could not be told apart. Write one line with
	// {mark} in it.
	CodeMarker Code = "marker"
	// CodeMatch: There is no such choice among several lines. Write first, last, all or
	// error.
	CodeMatch Code = "match"
	// CodeMode: Permissions are not written as octal digits or as chmod takes them.
	// Write them as "0644" or "u+rwX,go-w".
	CodeMode Code = "mode"
	// CodePasswordAges: A password would have to be changed before it may be. Correct the days
	// that the message names.
	CodePasswordAges Code = "password_ages"
	// CodePasswordHash: A hashed password is expected, and the value is none. Give the
	// output of mkpasswd.
	CodePasswordHash Code = "password_hash"
	// CodePath: A path is empty or relative, or no file can have it. Begin it with a
	// slash.
	CodePath Code = "path"
	// CodeRegexp: A regular expression cannot be parsed. Write it in the syntax of RE2.
	CodeRegexp Code = "regexp"
	// CodeSave: What a call hands over could not be saved on the machine that mitoplan
	// runs on. Look at the cause in the message: permissions, a full disk, or more than
	// was allowed.
	CodeSave Code = "save"
	// CodeSeveralLines: More than one line matches, and match says that only one may. Narrow
	// the expression, or say which of them is meant.
	CodeSeveralLines Code = "several_lines"
	// CodeSource: The content of source did not arrive with the request. Apply again;
	// if it happens again, report it.
	CodeSource Code = "source"
	// CodeState: A thing cannot have that state. Write present or absent.
	CodeState Code = "state"
	// CodeTOML: A file of TOML cannot be read, or a value in it cannot be changed for certain.
	// Correct what the message names, or write that part in a plainer way.
	CodeTOML Code = "toml"
	// CodeValidate: The command of validate does not name the new file. Put %s in the
	// place of its path.
	CodeValidate Code = "validate"
	// CodeYAML: A file of YAML cannot be read, or a value in it cannot be changed for certain.
	// Correct what the message names, or write that part in a plainer way.
	CodeYAML Code = "yaml"
)

// Of things on a host.
const (
	// CodeAccountsLocked: Another program on the machine keeps the files of accounts
	// locked. Look at the program that the message names, and plan again.
	CodeAccountsLocked Code = "accounts_locked"
	// CodeAlternativesFile: The file in which the machine keeps the candidates of a name is
	// broken. Correct it, or remove it and add the candidates anew.
	CodeAlternativesFile Code = "alternatives_file"
	// CodeAttribute: An extended attribute, an access list, capabilities or a label cannot be
	// read as it is given, or cannot be set here. Correct the value, or leave it out where the
	// file system keeps none.
	CodeAttribute Code = "attribute"
	// CodeBeside: An argument needs a second file in the same directory, and none can
	// be made there. Remove the argument, or use a context that may write in the
	// directory.
	CodeBeside Code = "beside"
	// CodeBusy: Something is mounted at the path, the file is being executed, or it
	// changes all the time. Unmount or stop it first.
	CodeBusy Code = "busy"
	// CodeCovered: A directory is not empty, and what is in it cannot be seen once something is
	// mounted over it. Move it away first.
	CodeCovered Code = "covered"
	// CodeDangling: Nothing is where a link leads. Do nothing if that is intended, or correct
	// the target.
	CodeDangling Code = "dangling"
	// CodeGIDTaken: The number belongs to another group. Choose another one, or leave gid
	// out.
	CodeGIDTaken Code = "gid_taken"
	// CodeGone: Another program removed the file or directory a moment ago. Plan again.
	CodeGone Code = "gone"
	// CodeGroupBusy: The group is the primary group of an account, so it cannot be removed.
	// Remove the account, or give it another group, first.
	CodeGroupBusy Code = "group_busy"
	// CodeGroupElsewhere: The group is not in /etc/group, but in a source such as LDAP.
	// Change it there.
	CodeGroupElsewhere Code = "group_elsewhere"
	// CodeGroupFiles: A group gets another number, and files keep the old one. Give them
	// the group again.
	CodeGroupFiles Code = "group_files"
	// CodeGroupGoes: A group that was there before goes with an account that has its name.
	// Make it again if it is needed.
	CodeGroupGoes Code = "group_goes"
	// CodeGroupMembers: A group that is removed has members, which lose it. Look whether
	// they still need it.
	CodeGroupMembers Code = "group_members"
	// CodeHome: A home directory exists already, or cannot be made. Do nothing if it is
	// the right one, or look at what is in the way.
	CodeHome Code = "home"
	// CodeHomeStays: A home directory is not removed or moved, as it may not be that of the
	// account alone. Do it by hand if it should be done, or leave the argument out.
	CodeHomeStays Code = "home_stays"
	// CodeImmutable: A file has the immutable or append-only attribute. Take it off
	// with chattr.
	CodeImmutable Code = "immutable"
	// CodeInTheWay: Something of another type is at the path. Remove it, set force if
	// the kind has it, or name another path.
	CodeInTheWay Code = "in_the_way"
	// CodeInvalid: The command of validate refused the new content. The file was not
	// changed. Correct the content.
	CodeInvalid Code = "invalid"
	// CodeKernelFile: The path is in a file system of the kernel, where no file can be
	// made or removed. Load the module that makes the file, or remove the block.
	CodeKernelFile Code = "kernel_file"
	// CodeKeyElsewhere: A key that is taken out of one file is in another one that sshd
	// reads. Take it out of that, too.
	CodeKeyElsewhere Code = "key_elsewhere"
	// CodeKeyUnread: A key is there that is kept, and its public half cannot be read. Make the
	// file with the public key anew.
	CodeKeyUnread Code = "key_unread"
	// CodeLinkLoop: Symbolic links form a loop. Look at them with namei -l.
	CodeLinkLoop Code = "link_loop"
	// CodeLock: The lock of the machine cannot be taken. Look at the file that the
	// message names.
	CodeLock Code = "lock"
	// CodeLocked: Another apply has locked the machine. Wait until it has ended, or
	// allow a longer wait.
	CodeLocked Code = "locked"
	// CodeLoginKey: A key would be removed by which this connection logged in. Log in with
	// another one first.
	CodeLoginKey Code = "login_key"
	// CodeMany: One block changes more things than can be sent to contexts of other
	// users. Plan again after the apply.
	CodeMany Code = "many"
	// CodeMarkers: Where a block begins and ends in a file cannot be told, or it would
	// take another one along. Correct the lines that the message names.
	CodeMarkers Code = "markers"
	// CodeMissing: The thing that an argument names does not exist. Make it first, or
	// correct the name.
	CodeMissing Code = "missing"
	// CodeModuleBusy: A module of the kernel is in use, or a part of it, and cannot be unloaded.
	// Stop what uses it first.
	CodeModuleBusy Code = "module_busy"
	// CodeMountBusy: Programs use what should be unmounted. Stop them first.
	CodeMountBusy Code = "mount_busy"
	// CodeMoved: A thing is no longer as the plan saw it. Nothing was written. Plan
	// again to see what is there now.
	CodeMoved Code = "moved"
	// CodeNameTooLong: A path, or a name in it, is longer than the system allows. Use a
	// shorter one.
	CodeNameTooLong Code = "name_too_long"
	// CodeNoAlternative: The machine has no such name among its alternatives, or the path is
	// no candidate of it. Correct the argument, or set link and priority to add it.
	CodeNoAlternative Code = "no_alternative"
	// CodeNoCrontabs: The machine has no directory of crontabs. Install cron first, or
	// name a file.
	CodeNoCrontabs Code = "no_crontabs"
	// CodeNoGroup: There is no such group on the machine, or no such group in the
	// regexp. Make it first, or correct the name.
	CodeNoGroup Code = "no_group"
	// CodeNoLocale: The machine has no such locale, and cannot generate it, or not remove it.
	// Correct the name, or install the package that the message names.
	CodeNoLocale Code = "no_locale"
	// CodeNoMemory: What is swapped to a file has no room elsewhere. Stop programs first, or add
	// other swap.
	CodeNoMemory Code = "no_memory"
	// CodeNoModule: The kernel that runs has no such module. Correct the name, or install the
	// package that brings it.
	CodeNoModule Code = "no_module"
	// CodeNoParent: The directory of a path does not exist. Make it with a resource
	// before this one.
	CodeNoParent Code = "no_parent"
	// CodeNoPassword: An account that is to be unlocked has an empty password. Set
	// password_hash.
	CodeNoPassword Code = "no_password"
	// CodeNoSource: What should be mounted is not there, or is no file system. Correct the
	// argument, or see that it is there first.
	CodeNoSource Code = "no_source"
	// CodeNoSpace: The file system, or the quota, is full. Free some space: see df and
	// df -i.
	CodeNoSpace Code = "no_space"
	// CodeNoUser: There is no such user on the machine. Make it first, or correct the
	// name.
	CodeNoUser Code = "no_user"
	// CodeNotADirectory: A part of the path is not a directory. Look at what is there,
	// or name another path.
	CodeNotADirectory Code = "not_a_directory"
	// CodeNotAFile: Something that is not a regular file is at the path. Name a file.
	CodeNotAFile Code = "not_a_file"
	// CodeNotEmpty: A directory that is to be removed is not empty. Set recurse to
	// remove its content, too.
	CodeNotEmpty Code = "not_empty"
	// CodeNotIdempotent: The change would be made again at every apply. Write the
	// argument so that a second apply finds nothing to change.
	CodeNotIdempotent Code = "not_idempotent"
	// CodeOpen: Anybody can log in to the account, because its password is empty. Set
	// password_hash.
	CodeOpen Code = "open"
	// CodeOtherDevice: A file of another file system cannot have a name here. Make a symbolic
	// link, or copy the file.
	CodeOtherDevice Code = "other_device"
	// CodeOtherFileSystem: What should be moved would have to be copied, as it is on another
	// file system. Copy it by hand.
	CodeOtherFileSystem Code = "other_file_system"
	// CodeOverridden: A later line or file says something else, and that counts. Take it out,
	// or put yours behind it.
	CodeOverridden Code = "overridden"
	// CodePercent: cron takes a percent sign in a command for a line end. Write a
	// backslash before it.
	CodePercent Code = "percent"
	// CodePermission: The user that the agent runs as may not do this. Use a context
	// that runs as the owner or as root.
	CodePermission Code = "permission"
	// CodePrivate: What is copied may not be read by everybody on its machine, so that no plan
	// shows it. Set mode if others than those may read the copy.
	CodePrivate Code = "private"
	// CodePurgeLater: What a block leaves that is gone from the configuration is purged with the
	// next apply. Plan again after this one, or declare it.
	CodePurgeLater Code = "purge_later"
	// CodePurgeNeeded: What would be purged is needed: by mitoplan itself, or to log in again.
	// Declare it with a block, move it, or name another directory.
	CodePurgeNeeded Code = "purge_needed"
	// CodePurgeWaits: What blocks declare in a directory is not known yet, so that nothing in
	// it is purged. Plan again after the apply, without -target and -exclude.
	CodePurgeWaits Code = "purge_waits"
	// CodeReadOnly: The file system is mounted read-only. Mount it for writing, or name
	// a path elsewhere.
	CodeReadOnly Code = "read_only"
	// CodeReadOnlySetting: The kernel shows a value there and accepts none. Change what
	// the value depends on, or remove the block.
	CodeReadOnlySetting Code = "read_only_setting"
	// CodeRefusedValue: The kernel does not accept the value. The setting was not
	// changed. Look up which values it accepts.
	CodeRefusedValue Code = "refused_value"
	// CodeReplaced: Something of another type, or a hard link that no longer is one, will be
	// replaced. Do nothing if that is intended.
	CodeReplaced Code = "replaced"
	// CodeRevoked: A key of a host is revoked in the same file, so ssh refuses it. Take that
	// line out, or set another key.
	CodeRevoked Code = "revoked"
	// CodeScriptFailed: A script of a block ended with an error, or was ended by a signal.
	// Look at what it said.
	CodeScriptFailed Code = "script_failed"
	// CodeScriptOutput: What a script printed is too much, or is not what it has to print.
	// Correct the script.
	CodeScriptOutput Code = "script_output"
	// CodeScriptUnsettled: The scripts of a block do not agree: after one that ended well,
	// read does not say what was wanted. Correct the one or the other.
	CodeScriptUnsettled Code = "script_unsettled"
	// CodeSeveralNames: The file has other names, and other users can write in its
	// directory. Remove the other names, or set the argument that allows the change.
	CodeSeveralNames Code = "several_names"
	// CodeSharedName: A name of a machine has another address in /etc/hosts, too. Take it
	// out there.
	CodeSharedName Code = "shared_name"
	// CodeSpecialBits: A change of the owner clears set-user-ID or set-group-ID. Set
	// mode to give these permissions again.
	CodeSpecialBits Code = "special_bits"
	// CodeStacked: Several file systems are mounted over each other. Unmount by hand what
	// should not be there.
	CodeStacked Code = "stacked"
	// CodeStays: What the record says an apply made is not taken away: the reason is in
	// the message. It is forgotten, and stays as it is. Remove it by hand if it should go.
	CodeStays Code = "stays"
	// CodeStrictModes: sshd does not read a file of keys, because others could write it, or
	// because sshd_config names another. Correct the owner and mode, or name the file.
	CodeStrictModes Code = "strict_modes"
	// CodeSystem: The system gave an error that has no code of its own. Look at the
	// log of the host.
	CodeSystem Code = "system"
	// CodeTooLong: A content or an answer is longer than the limit. Raise the limit if
	// it can be set, or ask for less.
	CodeTooLong Code = "too_long"
	// CodeToolFailed: A program that a resource needs failed. Read what it printed.
	CodeToolFailed Code = "tool_failed"
	// CodeToolMissing: A program that a resource needs is not installed. Install it.
	CodeToolMissing Code = "tool_missing"
	// CodeUIDTaken: The number belongs to another account. Choose another one, or leave
	// uid out.
	CodeUIDTaken Code = "uid_taken"
	// CodeUnknownSetting: The kernel has no setting of that name. Correct the name, or load
	// the module that brings it first.
	CodeUnknownSetting Code = "unknown_setting"
	// CodeUnknownTarget: A path leads through a link whose target is known only after the
	// apply. Name a path that does not go through it, or plan again when it is there.
	CodeUnknownTarget Code = "unknown_target"
	// CodeUnknownZone: The machine does not know the time zone. Correct the name, or install
	// the package tzdata first.
	CodeUnknownZone Code = "unknown_zone"
	// CodeUnread: Nothing reads a file when the machine starts. Name one that is read.
	CodeUnread Code = "unread"
	// CodeUnresolved: Nothing on the machine says which address its name has. Add it to
	// /etc/hosts.
	CodeUnresolved Code = "unresolved"
	// CodeUnsafeDirectory: Other users may rename or replace what is in a directory, or the
	// directory itself. Name one that only this user and root can change.
	CodeUnsafeDirectory Code = "unsafe_directory"
	// CodeUnsafeLink: A link that another user made leads to something that is not
	// theirs. Name the path itself.
	CodeUnsafeLink Code = "unsafe_link"
	// CodeUserBusy: The account cannot be changed while programs run under it. Stop
	// them first.
	CodeUserBusy Code = "user_busy"
)

// Of calls.
const (
	// CodeAssertion: A condition of the configuration does not hold. Read what its
	// message says.
	CodeAssertion Code = "assertion"
	// CodeExitCode: A command ended with a status that does not count as success. Read
	// what it printed.
	CodeExitCode Code = "exit_code"
	// CodeHTTP: A server was asked and gave no answer that counts: no connection, a
	// certificate that is not trusted, another status. Read what the message says of it.
	CodeHTTP Code = "http"
	// CodeNoDir: The directory in which a command should run does not exist, or cannot
	// be entered. Correct dir.
	CodeNoDir Code = "no_dir"
	// CodeNoProcess: The host can start no more processes. Look at its limits and its
	// memory.
	CodeNoProcess Code = "no_process"
	// CodeNotExecutable: A file is not a program that this machine can run. Look at its
	// architecture and its first line.
	CodeNotExecutable Code = "not_executable"
	// CodeNotStarted: The system refused to start a program. Read the reason that it
	// gives.
	CodeNotStarted Code = "not_started"
	// CodeProgramMissing: A program does not exist. Install it, or correct argv.
	CodeProgramMissing Code = "program_missing"
	// CodeUnknownFunction: The agent does not know the function. The agent is of
	// another build than the controller: report it.
	CodeUnknownFunction Code = "unknown_function"
	// CodeUnknownKind: The agent does not know the resource kind. If agent_path leads to
	// it, it is older than the controller, or the usual edition, which lacks the kinds
	// that few need. Put an agent there that was built without tags, or, if agent_path
	// is not set, report it.
	CodeUnknownKind Code = "unknown_kind"
)

// Of calls and contexts, whatever they do.
const (
	// CodeCancelled: The work was cancelled before it ended. Run the command again.
	CodeCancelled Code = "cancelled"
	// CodeConnect: A context did not start, for a reason that has no code of its own.
	// Read the cause and the last lines that the host printed.
	CodeConnect Code = "connect"
	// CodeLost: The connection to a context was lost. Find out why; the next plan
	// reads the host again.
	CodeLost Code = "lost"
	// CodePanic: An agent crashed. Report it with the lines that it printed.
	CodePanic Code = "panic"
	// CodeStartTimeout: A context was not started in time, for a reason that has no code
	// of its own. Find out what hangs on the way there, or raise connect_timeout.
	CodeStartTimeout Code = "start_timeout"
	// CodeTimeout: The work took longer than is allowed. Raise the timeout that the
	// message names, or find out what hangs.
	CodeTimeout Code = "timeout"
)

// Of starting an agent.
const (
	// CodeAgentAnswer: The answer of the host to the script that starts the agent is
	// not understood. Log in by hand, and look at the login profile.
	CodeAgentAnswer Code = "agent_answer"
	// CodeAgentBuildSlow: Building the agent for the host took too long. Build it in
	// advance.
	CodeAgentBuildSlow Code = "agent_build_slow"
	// CodeAgentDiskFull: The host has no space for the agent. Free some megabytes, or
	// set agent_dirs.
	CodeAgentDiskFull Code = "agent_disk_full"
	// CodeAgentLimit: A limit of the account or of the host keeps the program that starts an
	// agent from getting processes, files or memory. Raise the limit.
	CodeAgentLimit Code = "agent_limit"
	// CodeAgentMissing: There is no agent for the host's platform. Build it with the
	// command that the message names.
	CodeAgentMissing Code = "agent_missing"
	// CodeAgentNoDirectory: The host has no directory for the agent. Set agent_dirs to a
	// directory in which the user may write and execute.
	CodeAgentNoDirectory Code = "agent_no_directory"
	// CodeAgentNoMain: The program that was started as an agent does not serve as one. Call
	// connect.Main in the first line of its main.
	CodeAgentNoMain Code = "agent_no_main"
	// CodeAgentNoProc: An agent does not find its own program, because /proc is not
	// mounted on its host. Mount it there.
	CodeAgentNoProc Code = "agent_no_proc"
	// CodeAgentNoPrograms: The shell that starts the agent runs, and can run no other
	// program. Allow that, as NOEXEC in sudoers does not, or install ls.
	CodeAgentNoPrograms Code = "agent_no_programs"
	// CodeAgentNoise: The host printed too much before an agent started. Look at what
	// its login profile prints.
	CodeAgentNoise Code = "agent_noise"
	// CodeAgentNotStarted: The shell or the program that starts the agent ended before the agent ran.
	// Read what it printed.
	CodeAgentNotStarted Code = "agent_not_started"
	// CodeAgentPathMissing: There is no program at agent_path, or one that is no agent. Install
	// the agent there, or remove agent_path.
	CodeAgentPathMissing Code = "agent_path_missing"
	// CodeAgentPlatform: No agent exists for the host's platform. Use a host with
	// Linux, macOS or FreeBSD.
	CodeAgentPlatform Code = "agent_platform"
	// CodeAgentTerminal: What the agent is started with passes through a terminal, which
	// changes bytes. Leave out the option of the program that asks for one.
	CodeAgentTerminal Code = "agent_terminal"
	// CodeContextConflict: An argument counts for nothing beside another one that is set, or
	// in a context of this kind. Remove one of the two.
	CodeContextConflict Code = "context_conflict"
	// CodeContextDepth: A context is further away from the controller than any may be.
	// Set via to a context that is nearer to it.
	CodeContextDepth Code = "context_depth"
	// CodeContextDuration: A duration cannot be read, or is too short for anything to come up.
	// Write a number and a unit, such as 30s.
	CodeContextDuration Code = "context_duration"
	// CodeContextEnv: A variable cannot be set. Use letters, digits and _ in its name.
	CodeContextEnv Code = "context_env"
	// CodeContextParallelism: The number of simultaneous calls is negative. Set 1 or
	// more, or leave it out.
	CodeContextParallelism Code = "context_parallelism"
	// CodeContextPath: A path on the host is not absolute, or no file can have it.
	// Begin it with a slash, and remove zero bytes.
	CodeContextPath Code = "context_path"
	// CodeContextProgram: The value of path is not the name of a program. Correct path.
	CodeContextProgram Code = "context_program"
	// CodeContextProgramMissing: The program that starts the context is not on the
	// machine of the via context. Install it, or set path.
	CodeContextProgramMissing Code = "context_program_missing"
	// CodePassphraseLineEnd: The value of passphrase ends in a line end. Remove it with
	// chomp().
	CodePassphraseLineEnd Code = "passphrase_line_end"
	// CodePasswordLineEnd: The value of password ends in a line end. Remove it with
	// chomp().
	CodePasswordLineEnd Code = "password_line_end"
)

// Of su and doas.
const (
	// CodeBecomeCommandMissing: su or doas does not find sh, or the program of
	// agent_path. Install it where the other user finds it.
	CodeBecomeCommandMissing Code = "become_command_missing"
	// CodeBecomeEnvAgentPath: env and agent_path are both set, and doas then runs no
	// shell that could set env. Remove one of them.
	CodeBecomeEnvAgentPath Code = "become_env_agent_path"
	// CodeBecomeExpired: The account has expired. Renew it on the host (chage -E).
	CodeBecomeExpired Code = "become_expired"
	// CodeBecomeLocked: PAM keeps the account out after logins that failed. Wait, or
	// unlock it on the host (faillock --reset).
	CodeBecomeLocked Code = "become_locked"
	// CodeBecomeNoAccount: The user that runs su or doas has a number that the host knows no
	// user of. Reach the context through another one.
	CodeBecomeNoAccount Code = "become_no_account"
	// CodeBecomeNoSession: PAM let the user in and opened no session. Look at the part
	// session of its rules, and at the log of the host.
	CodeBecomeNoSession Code = "become_no_session"
	// CodeBecomeNoShell: The account's own shell refuses, is missing or starts nothing, and
	// su uses no other one. Come from root, or use sudo or doas.
	CodeBecomeNoShell Code = "become_no_shell"
	// CodeBecomeNoTTY: su or doas has no terminal, or does not accept the one that it
	// was given. Look at /dev/pts and at its PAM configuration.
	CodeBecomeNoTTY Code = "become_no_tty"
	// CodeBecomeNotAllowed: The rules of su or doas do not let this user become the
	// other one. Allow it in doas.conf or in the PAM configuration.
	CodeBecomeNotAllowed Code = "become_not_allowed"
	// CodeBecomePasswordExpired: The password has expired. Change it on the host (passwd).
	CodeBecomePasswordExpired Code = "become_password_expired"
	// CodeBecomePasswordForm: The password cannot be typed. Give one without line
	// breaks.
	CodeBecomePasswordForm Code = "become_password_form"
	// CodeBecomePasswordNeeded: su or doas asks for a password, and none is set. Set
	// password.
	CodeBecomePasswordNeeded Code = "become_password_needed"
	// CodeBecomePasswordUnanswered: su or doas asked for the password, and did not say in time
	// whether it is right. Correct it, raise connect_timeout, or look at the log of the host.
	CodeBecomePasswordUnanswered Code = "become_password_unanswered"
	// CodeBecomePowerless: su or doas has no right to change the user there. Look at its
	// setuid bit and its mount.
	CodeBecomePowerless Code = "become_powerless"
	// CodeBecomeRules: doas has no rules or does not accept them, or a module of PAM is
	// missing. Repair /etc/doas.conf, or the file of the program in /etc/pam.d.
	CodeBecomeRules Code = "become_rules"
	// CodeBecomeUnknownPrompt: su or doas asks for something other than a password.
	// Configure it to ask for a password only, or for none.
	CodeBecomeUnknownPrompt Code = "become_unknown_prompt"
	// CodeBecomeUnknownUser: The host has no user with that name. Create the user
	// first, or correct the name.
	CodeBecomeUnknownUser Code = "become_unknown_user"
	// CodeBecomeUser: The value of user is not a valid name of a user. Correct user.
	CodeBecomeUser Code = "become_user"
	// CodeBecomeWrongPassword: su or doas does not accept the password, or PAM refuses
	// and does not say why. Correct password, or look at the log of the host.
	CodeBecomeWrongPassword Code = "become_wrong_password"
)

// Of chroot.
const (
	// CodeChrootNoShell: sh cannot be executed in the root directory. Install a shell
	// there.
	CodeChrootNoShell Code = "chroot_no_shell"
	// CodeChrootNotAllowed: Only root may change the root. Reach the context through
	// one of root.
	CodeChrootNotAllowed Code = "chroot_not_allowed"
	// CodeChrootRoot: The root directory cannot be entered. Create it, or correct the
	// path.
	CodeChrootRoot Code = "chroot_root"
)

// Of docker and podman.
const (
	// CodeContainerMissing: There is no container of that name. Create it, or correct
	// container.
	CodeContainerMissing Code = "container_missing"
	// CodeContainerName: The value of container is not the name of a container. Correct
	// container.
	CodeContainerName Code = "container_name"
	// CodeContainerNoEngine: The service of the container engine does not answer. Start
	// it on the host.
	CodeContainerNoEngine Code = "container_no_engine"
	// CodeContainerNoShell: The container has no sh. Use an image with sh and gzip.
	CodeContainerNoShell Code = "container_no_shell"
	// CodeContainerNotAllowed: The user may not use the container engine. Reach the
	// context through one of root.
	CodeContainerNotAllowed Code = "container_not_allowed"
	// CodeContainerNotRunning: The container is stopped or paused. Start it.
	CodeContainerNotRunning Code = "container_not_running"
	// CodeContainerUser: The value of user is not the name of a user, or the container
	// has no such user. Correct user.
	CodeContainerUser Code = "container_user"
)

// Of kubectl.
const (
	// CodeKubectlCertificate: kubectl does not trust the certificate of the cluster. Correct
	// the cluster in the kubeconfig.
	CodeKubectlCertificate Code = "kubectl_certificate"
	// CodeKubectlConfig: The kubeconfig is missing or cannot be read. Repair it, or set
	// KUBECONFIG for the via context.
	CodeKubectlConfig Code = "kubectl_config"
	// CodeKubectlContainer: The pod has no container of that name. Correct container.
	CodeKubectlContainer Code = "kubectl_container"
	// CodeKubectlContext: The kubeconfig has no context of that name. Correct
	// kube_context.
	CodeKubectlContext Code = "kubectl_context"
	// CodeKubectlLogin: The cluster does not accept the login of the kubeconfig, or the
	// program that makes it fails. Log in anew.
	CodeKubectlLogin Code = "kubectl_login"
	// CodeKubectlMissing: The namespace has no pod of that name. Correct pod or
	// namespace.
	CodeKubectlMissing Code = "kubectl_missing"
	// CodeKubectlName: The value of an argument is not the name of a thing of Kubernetes.
	// Correct it.
	CodeKubectlName Code = "kubectl_name"
	// CodeKubectlNoServer: kubectl reaches no cluster. Correct its kubeconfig.
	CodeKubectlNoServer Code = "kubectl_no_server"
	// CodeKubectlNoShell: The container has no sh. Use an image with sh and gzip.
	CodeKubectlNoShell Code = "kubectl_no_shell"
	// CodeKubectlNotAllowed: The user of the kubeconfig may not run programs in the pod.
	// Allow that with a role.
	CodeKubectlNotAllowed Code = "kubectl_not_allowed"
	// CodeKubectlNotRunning: The container of the pod does not run. Look why with kubectl
	// describe.
	CodeKubectlNotRunning Code = "kubectl_not_running"
)

// Of lxc and incus.
const (
	// CodeInstanceMissing: The project has no instance of that name. Correct instance,
	// project or remote.
	CodeInstanceMissing Code = "instance_missing"
	// CodeInstanceName: The value of an argument is not the name of a thing of LXD or Incus.
	// Correct it.
	CodeInstanceName Code = "instance_name"
	// CodeInstanceNoServer: The server of LXD or Incus does not answer. Start it, or correct
	// remote.
	CodeInstanceNoServer Code = "instance_no_server"
	// CodeInstanceNoShell: The instance has no sh. Use an image with sh and gzip.
	CodeInstanceNoShell Code = "instance_no_shell"
	// CodeInstanceNotAllowed: The user may not use the server or the project. Become root, or
	// allow it there.
	CodeInstanceNotAllowed Code = "instance_not_allowed"
	// CodeInstanceNotRunning: The instance is stopped or frozen, or a virtual machine without
	// the agent of its server. Start it.
	CodeInstanceNotRunning Code = "instance_not_running"
	// CodeInstanceProject: The server has no project of that name. Correct project.
	CodeInstanceProject Code = "instance_project"
	// CodeInstanceRemote: The program knows no server of that name. Correct remote.
	CodeInstanceRemote Code = "instance_remote"
)

// Of machinectl.
const (
	// CodeMachineMissing: No machine of that name runs. Start it, or correct machine.
	CodeMachineMissing Code = "machine_missing"
	// CodeMachineName: The value of machine is not the name of a machine. Correct it.
	CodeMachineName Code = "machine_name"
	// CodeMachineNoShell: The machine has no sh. Install a shell in it.
	CodeMachineNoShell Code = "machine_no_shell"
	// CodeMachineNoSystemd: The systemd of the machine does not answer. Wait until it has
	// booted, or use nsenter.
	CodeMachineNoSystemd Code = "machine_no_systemd"
	// CodeMachineNotAllowed: The user may not enter the machine. Become root first.
	CodeMachineNotAllowed Code = "machine_not_allowed"
	// CodeMachineUser: The value of user is not the name of a user, or the machine has no
	// such user. Correct user.
	CodeMachineUser Code = "machine_user"
)

// Of nsenter and exec.
const (
	// CodeExecCommand: The value of command is no command line. Write a program and its
	// arguments.
	CodeExecCommand Code = "exec_command"
	// CodeNsenterNamespace: A namespace is not known, or cannot be entered. Correct
	// namespaces.
	CodeNsenterNamespace Code = "nsenter_namespace"
	// CodeNsenterNoProcess: There is no process of that id, or it has no such namespace.
	// Correct pid.
	CodeNsenterNoProcess Code = "nsenter_no_process"
	// CodeNsenterNoShell: sh cannot be executed in the namespaces. Install a shell there.
	CodeNsenterNoShell Code = "nsenter_no_shell"
	// CodeNsenterNotAllowed: Only root may enter the namespaces of another process. Reach
	// the context through one of root.
	CodeNsenterNotAllowed Code = "nsenter_not_allowed"
	// CodeNsenterPID: The value of pid is no process id. Set it to a number from 1 to
	// 4194304.
	CodeNsenterPID Code = "nsenter_pid"
)

// Of sudo.
const (
	// CodeSudoAccountExpired: The account that calls sudo has expired. Renew it on the
	// host (chage -E).
	CodeSudoAccountExpired Code = "sudo_account_expired"
	// CodeSudoAccountRefused: PAM does not let the account that calls sudo use it. Look at
	// whether it has expired or is locked, at the rules of PAM, and at the log of the host.
	CodeSudoAccountRefused Code = "sudo_account_refused"
	// CodeSudoCommandMissing: sudo does not find the command. Add its directory to
	// secure_path in sudoers.
	CodeSudoCommandMissing Code = "sudo_command_missing"
	// CodeSudoCommandNotAllowed: sudo does not allow the command. Allow sh, or set
	// agent_path and allow that path.
	CodeSudoCommandNotAllowed Code = "sudo_command_not_allowed"
	// CodeSudoEnvAgentPath: env and agent_path are both set. Remove one of them.
	CodeSudoEnvAgentPath Code = "sudo_env_agent_path"
	// CodeSudoEnvironment: sudo does not let the user keep the environment. Remove
	// preserve_env, or add the tag SETENV to the rule.
	CodeSudoEnvironment Code = "sudo_environment"
	// CodeSudoLoginPath: agent_path cannot be given to a login shell. Set login to
	// false, or use another path.
	CodeSudoLoginPath Code = "sudo_login_path"
	// CodeSudoMissing: The host has no sudo. Install it, or set path.
	CodeSudoMissing Code = "sudo_missing"
	// CodeSudoNoAccount: The user that runs sudo has a number that the host knows no user of.
	// Reach the context through another one.
	CodeSudoNoAccount Code = "sudo_no_account"
	// CodeSudoNoPTY: sudo cannot make a pseudo terminal. Look whether /dev/pts is mounted.
	CodeSudoNoPTY Code = "sudo_no_pty"
	// CodeSudoNoShell: The shell of the user to become refuses, or is not in /etc/shells.
	// Leave login out, or give the user another shell.
	CodeSudoNoShell Code = "sudo_no_shell"
	// CodeSudoNoTTY: sudo has no terminal, or does not accept the one that it was
	// given. Remove requiretty from sudoers, or look at /dev/pts.
	CodeSudoNoTTY Code = "sudo_no_tty"
	// CodeSudoNotInSudoers: The user is not in the sudoers file. Add a rule for the
	// user there.
	CodeSudoNotInSudoers Code = "sudo_not_in_sudoers"
	// CodeSudoOtherHost: The rules of the user are for other hosts. Add this one to
	// sudoers.
	CodeSudoOtherHost Code = "sudo_other_host"
	// CodeSudoPasswordExpired: The password of the account that calls sudo has expired.
	// Change it on the host (passwd).
	CodeSudoPasswordExpired Code = "sudo_password_expired"
	// CodeSudoPasswordForm: The password cannot be typed. Give one without line breaks.
	CodeSudoPasswordForm Code = "sudo_password_form"
	// CodeSudoPasswordNeeded: sudo asks for a password, and none is set. Set password,
	// or NOPASSWD in sudoers.
	CodeSudoPasswordNeeded Code = "sudo_password_needed"
	// CodeSudoPasswordUnanswered: sudo asked for the password, and did not say in time
	// whether it is right. Correct it, raise connect_timeout, or look at the log of the host.
	CodeSudoPasswordUnanswered Code = "sudo_password_unanswered"
	// CodeSudoPath: The value of path is not the name of a program. Correct path.
	CodeSudoPath Code = "sudo_path"
	// CodeSudoPowerless: sudo has no right to change the user there. Look at its setuid
	// bit, and at how the process was started.
	CodeSudoPowerless Code = "sudo_powerless"
	// CodeSudoSELinux: The name of an SELinux role or type is not valid. Correct it.
	CodeSudoSELinux Code = "sudo_selinux"
	// CodeSudoSudoersBroken: The sudoers file cannot be read. Repair it with visudo.
	CodeSudoSudoersBroken Code = "sudo_sudoers_broken"
	// CodeSudoSudoersOpen: Others than root may change the sudoers file, so sudo does not
	// use it. Correct its owner and its mode.
	CodeSudoSudoersOpen Code = "sudo_sudoers_open"
	// CodeSudoUnknownPrompt: sudo asks for something other than a password. Configure
	// sudo on the host so that it asks the user for a password only.
	CodeSudoUnknownPrompt Code = "sudo_unknown_prompt"
	// CodeSudoUnknownUser: The host has no user with that name. Create the user first,
	// or correct user.
	CodeSudoUnknownUser Code = "sudo_unknown_user"
	// CodeSudoUser: The value of user is not a valid name of a user. Correct user.
	CodeSudoUser Code = "sudo_user"
	// CodeSudoWrongPassword: sudo does not accept the password. Correct password.
	CodeSudoWrongPassword Code = "sudo_wrong_password"
)

// Of ssh.
const (
	// CodeSSHAccountExpired: The account has expired. Renew it on the host (chage -E).
	CodeSSHAccountExpired Code = "ssh_account_expired"
	// CodeSSHAccountRefused: The server accepted the key, and a rule keeps the account out.
	// Look at the log of its sshd.
	CodeSSHAccountRefused Code = "ssh_account_refused"
	// CodeSSHAgentWaits: The ssh-agent did not sign in time. Confirm the request, or
	// touch the security key.
	CodeSSHAgentWaits Code = "ssh_agent_waits"
	// CodeSSHAlgorithms: The ssh configuration allows no algorithm that the server
	// supports. Allow one there.
	CodeSSHAlgorithms Code = "ssh_algorithms"
	// CodeSSHAnswers: A name in answers is empty. Write a part of the question.
	CodeSSHAnswers Code = "ssh_answers"
	// CodeSSHAnswersRefused: The server does not accept what was answered to its
	// questions. Correct answers; a one-time code is good for one login.
	CodeSSHAnswersRefused Code = "ssh_answers_refused"
	// CodeSSHBind: The local address to connect from cannot be used. Correct
	// BindAddress or BindInterface in the ssh configuration.
	CodeSSHBind Code = "ssh_bind"
	// CodeSSHCertAddress: The user certificate is for other addresses. Have it signed
	// anew.
	CodeSSHCertAddress Code = "ssh_cert_address"
	// CodeSSHCertEarly: The user certificate is not valid yet. Set the clocks right,
	// or wait.
	CodeSSHCertEarly Code = "ssh_cert_early"
	// CodeSSHCertExpired: The user certificate has expired. Have it signed anew.
	CodeSSHCertExpired Code = "ssh_cert_expired"
	// CodeSSHCertOption: The user certificate has a critical option that sshd does not
	// know. Have it signed anew.
	CodeSSHCertOption Code = "ssh_cert_option"
	// CodeSSHCertPrincipal: The user certificate is for another user. Have it signed
	// anew.
	CodeSSHCertPrincipal Code = "ssh_cert_principal"
	// CodeSSHCertRefused: The server does not accept the user certificate: it does not
	// trust its authority, or has revoked it. Look at the log of its sshd.
	CodeSSHCertRefused Code = "ssh_cert_refused"
	// CodeSSHCertificate: The certificate cannot be used. Correct the file that the
	// message names.
	CodeSSHCertificate Code = "ssh_certificate"
	// CodeSSHClient: The value of client is not allowed. Write native or openssh.
	CodeSSHClient Code = "ssh_client"
	// CodeSSHClientArgument: The ssh program cannot use an argument of the context. Remove
	// the argument, or remove client.
	CodeSSHClientArgument Code = "ssh_client_argument"
	// CodeSSHClosed: The server closed the connection before it sent its host key. Look
	// at what its sshd allows.
	CodeSSHClosed Code = "ssh_closed"
	// CodeSSHConfig: The ssh configuration cannot be used. Correct the line that the
	// message names.
	CodeSSHConfig Code = "ssh_config"
	// CodeSSHConfigIgnored: mitoplan does not use a setting of the ssh configuration.
	// Do nothing, or set the argument that the message names.
	CodeSSHConfigIgnored Code = "ssh_config_ignored"
	// CodeSSHControlMaster: The ssh program reached its ControlMaster and got no session
	// from it. Close that one with ssh -O exit, or correct ControlPath.
	CodeSSHControlMaster Code = "ssh_control_master"
	// CodeSSHDial: The host cannot be reached, for a reason that has no code of its
	// own. Read the reason.
	CodeSSHDial Code = "ssh_dial"
	// CodeSSHEnded: The server let the user in, and ended the connection before an agent
	// ran. Look at the log of its sshd.
	CodeSSHEnded Code = "ssh_ended"
	// CodeSSHForcedCommand: The account does not run commands. Look at ForceCommand,
	// command= in authorized_keys, and its login shell.
	CodeSSHForcedCommand Code = "ssh_forced_command"
	// CodeSSHHandshake: The server ended the handshake and said why, or the two sides
	// have no algorithm in common. Read the reason.
	CodeSSHHandshake Code = "ssh_handshake"
	// CodeSSHHandshakeTimeout: The server did not finish the handshake in time. Check
	// whether its sshd hangs.
	CodeSSHHandshakeTimeout Code = "ssh_handshake_timeout"
	// CodeSSHHostCAUnknown: The host's certificate was signed by an unknown authority.
	// Trust the authority if it is yours.
	CodeSSHHostCAUnknown Code = "ssh_host_ca_unknown"
	// CodeSSHHostCertBroken: The host's certificate is not valid. Have it signed anew.
	CodeSSHHostCertBroken Code = "ssh_host_cert_broken"
	// CodeSSHHostCertEarly: The host's certificate is not valid yet. Set the clocks
	// right, or wait.
	CodeSSHHostCertEarly Code = "ssh_host_cert_early"
	// CodeSSHHostCertExpired: The host's certificate has expired. Have it signed anew.
	CodeSSHHostCertExpired Code = "ssh_host_cert_expired"
	// CodeSSHHostCertKind: The certificate is not a host certificate. Make one with
	// ssh-keygen -h.
	CodeSSHHostCertKind Code = "ssh_host_cert_kind"
	// CodeSSHHostCertOption: The host's certificate has a critical option that nobody
	// knows. Have it signed anew.
	CodeSSHHostCertOption Code = "ssh_host_cert_option"
	// CodeSSHHostCertPrincipal: The host's certificate is for another name. Use a name
	// that is in it.
	CodeSSHHostCertPrincipal Code = "ssh_host_cert_principal"
	// CodeSSHHostCertWeak: The host's certificate is signed with an algorithm that is
	// not allowed. Have it signed with a key of another kind.
	CodeSSHHostCertWeak Code = "ssh_host_cert_weak"
	// CodeSSHHostKeyChanged: The host's key is not the one that is known. Somebody may
	// be between you and the host. Find out whether the host was reinstalled, and only
	// then replace the known key.
	CodeSSHHostKeyChanged Code = "ssh_host_key_changed"
	// CodeSSHHostKeyCheck: The value of host_key_check is not allowed. Write strict,
	// accept_new or off.
	CodeSSHHostKeyCheck Code = "ssh_host_key_check"
	// CodeSSHHostKeyForm: The value of host_key is not a public key. Write it as in a
	// .pub file.
	CodeSSHHostKeyForm Code = "ssh_host_key_form"
	// CodeSSHHostKeyRevoked: The host's key is revoked. Give the host a new one.
	CodeSSHHostKeyRevoked Code = "ssh_host_key_revoked"
	// CodeSSHHostKeyShort: The host's key is shorter than RequiredRSASize allows. Give
	// the host a longer key, or lower RequiredRSASize.
	CodeSSHHostKeyShort Code = "ssh_host_key_short"
	// CodeSSHHostKeyUnknown: The host's key is not known. Compare its fingerprint,
	// then add it to known_hosts.
	CodeSSHHostKeyUnknown Code = "ssh_host_key_unknown"
	// CodeSSHHostName: The value of host is neither a name nor an address. Correct
	// host.
	CodeSSHHostName Code = "ssh_host_name"
	// CodeSSHKeepalive: keepalive_count is negative. Set 1 or more.
	CodeSSHKeepalive Code = "ssh_keepalive"
	// CodeSSHKeyEncrypted: The private key is encrypted, and no passphrase is given.
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
	// CodeSSHKeyPublic: The key is a public one, and no ssh-agent has its private half.
	// Add the private key to the ssh-agent, or name its file.
	CodeSSHKeyPublic Code = "ssh_key_public"
	// CodeSSHKeyRefused: The server accepts none of the keys. Add a public key to
	// authorized_keys.
	CodeSSHKeyRefused Code = "ssh_key_refused"
	// CodeSSHKeyUnproven: The server knows the key and demands more than a key. Look at
	// the log of its sshd.
	CodeSSHKeyUnproven Code = "ssh_key_unproven"
	// CodeSSHKeyUnreadable: The private key file cannot be read. Correct identity_file.
	CodeSSHKeyUnreadable Code = "ssh_key_unreadable"
	// CodeSSHKeyUnsigned: The key that the server knows did not sign. Check whether the
	// ssh-agent is locked or waits for an answer.
	CodeSSHKeyUnsigned Code = "ssh_key_unsigned"
	// CodeSSHKnownHosts: The known_hosts file cannot be read or written. Name another
	// file.
	CodeSSHKnownHosts Code = "ssh_known_hosts"
	// CodeSSHKnownHostsLine: A line of the known_hosts file cannot be parsed and is
	// ignored. Correct or remove it.
	CodeSSHKnownHostsLine Code = "ssh_known_hosts_line"
	// CodeSSHLoginRefused: The server did not let the user in. Read the reason.
	CodeSSHLoginRefused Code = "ssh_login_refused"
	// CodeSSHLoginTimeout: The server did not finish the login in time. Look at its
	// log.
	CodeSSHLoginTimeout Code = "ssh_login_timeout"
	// CodeSSHLost: The line to the host was lost after the login, or that to its jump host.
	// Look at the network, and at the log of the jump host's sshd.
	CodeSSHLost Code = "ssh_lost"
	// CodeSSHNameNotFound: The name servers do not know the host. Correct host.
	CodeSSHNameNotFound Code = "ssh_name_not_found"
	// CodeSSHNameUnresolved: The host's name cannot be resolved. Check the name
	// servers.
	CodeSSHNameUnresolved Code = "ssh_name_unresolved"
	// CodeSSHNoKeysTaken: The server accepts no keys. Set password, or allow keys in
	// its sshd_config.
	CodeSSHNoKeysTaken Code = "ssh_no_keys_taken"
	// CodeSSHNoPasswordsTaken: The server accepts no passwords. Set identity_file or
	// private_key.
	CodeSSHNoPasswordsTaken Code = "ssh_no_passwords_taken"
	// CodeSSHNoRoute: The network has no route to the host. Check whether the host is
	// up, and check the network.
	CodeSSHNoRoute Code = "ssh_no_route"
	// CodeSSHNoSession: The server accepts the login but opens no session. Look at
	// MaxSessions in its sshd_config.
	CodeSSHNoSession Code = "ssh_no_session"
	// CodeSSHNoShell: The account has no login shell. Give it one.
	CodeSSHNoShell Code = "ssh_no_shell"
	// CodeSSHNotSpoken: What answers does not speak the ssh protocol, or something in
	// between changes what is sent. Look at host, port, and what listens there.
	CodeSSHNotSpoken Code = "ssh_not_spoken"
	// CodeSSHNothingToOffer: There is no key and no password to log in with. Set one.
	CodeSSHNothingToOffer Code = "ssh_nothing_to_offer"
	// CodeSSHPasswordExpired: The password of the account has expired, and it may do nothing
	// before that is changed. Change it on the host (passwd).
	CodeSSHPasswordExpired Code = "ssh_password_expired"
	// CodeSSHPasswordRefused: The server does not accept the password. Correct
	// password.
	CodeSSHPasswordRefused Code = "ssh_password_refused"
	// CodeSSHPasswordUnanswered: The server was sent the password, or an answer, and did not
	// say in time whether it is right. Correct it, raise connect_timeout, or look at the log
	// of its sshd.
	CodeSSHPasswordUnanswered Code = "ssh_password_unanswered"
	// CodeSSHPort: The value of port is not a port. Set one between 1 and 65535.
	CodeSSHPort Code = "ssh_port"
	// CodeSSHProxyCommand: ProxyCommand ended before the host sent its key. Read what
	// it printed.
	CodeSSHProxyCommand Code = "ssh_proxy_command"
	// CodeSSHQuestions: The server asks a question that nothing answers. Add it to
	// answers, or use a key.
	CodeSSHQuestions Code = "ssh_questions"
	// CodeSSHRefused: The host is up, and nothing listens on the port. Start sshd
	// there, or correct port.
	CodeSSHRefused Code = "ssh_refused"
	// CodeSSHRefusedByConfig: The ssh configuration forbids the connection. Read the
	// reason in the message.
	CodeSSHRefusedByConfig Code = "ssh_refused_by_config"
	// CodeSSHRevocationUnreadable: A line that revokes a key of the host cannot be
	// parsed, so no key of the host is trusted. Correct or remove the line.
	CodeSSHRevocationUnreadable Code = "ssh_revocation_unreadable"
	// CodeSSHRevokedKeys: RevokedHostKeys cannot be read, so no host key is trusted.
	// Correct it.
	CodeSSHRevokedKeys Code = "ssh_revoked_keys"
	// CodeSSHSessionRefused: PAM let the user in and opened no session. Look at the part
	// session of its rules, and at the log of its sshd.
	CodeSSHSessionRefused Code = "ssh_session_refused"
	// CodeSSHTimeout: The host does not answer. Check whether it is up, and check the
	// firewalls.
	CodeSSHTimeout Code = "ssh_timeout"
	// CodeSSHTooManyKeys: The server closed the connection before all keys were tried.
	// Set identity_file, and set identities_only to true.
	CodeSSHTooManyKeys Code = "ssh_too_many_keys"
	// CodeSSHTouchRequired: The security key signed without being touched, and the server
	// asks for a touch. Use a key that wants to be touched.
	CodeSSHTouchRequired Code = "ssh_touch_required"
	// CodeSSHTwoKeys: identity_file and private_key are both set. Remove one of them.
	CodeSSHTwoKeys Code = "ssh_two_keys"
	// CodeSSHUserName: The value of user is not a valid name of a user. Correct user.
	CodeSSHUserName Code = "ssh_user_name"
	// CodeSSHVerifyRequired: The security key signed without a PIN or a fingerprint, and
	// the server does not take that. Use a key that asks for its PIN.
	CodeSSHVerifyRequired Code = "ssh_verify_required"
	// CodeSSHWrongPassphrase: The passphrase does not open the private key. Correct
	// passphrase.
	CodeSSHWrongPassphrase Code = "ssh_wrong_passphrase"
)
