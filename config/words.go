package config

import "slices"

// argumentWords are the names that other tools give to our arguments. They
// count where the kind has the argument on the right.
var argumentWords = map[string][]string{
	"dest": {"path"}, "destination": {"path"}, "filename": {"path"}, "file": {"path"}, "target_path": {"path"},
	"src": {"source"}, "source_path": {"source"}, "ensure": {"state"}, "present": {"state"}, "running": {"state"},
	"text": {"content", "line"}, "data": {"content"}, "body": {"content"}, "permissions": {"mode"}, "perms": {"mode"}, "file_permission": {"mode"},
	"hostname": {"host", "name"}, "address": {"host"}, "ip": {"host"}, "ansible_host": {"host"}, "remote_user": {"user"}, "username": {"user", "name"}, "login_user": {"user"},
	"private_key_file": {"identity_file"}, "key_file": {"identity_file"}, "ssh_key": {"identity_file"},
	"cmd": {"argv", "shell"}, "command": {"argv", "shell"}, "args": {"argv"}, "chdir": {"dir"}, "cwd": {"dir"}, "working_dir": {"dir"}, "environment": {"env"},
	"pkg": {"name"}, "package": {"name"}, "service": {"name"}, "regex": {"regexp"}, "match": {"regexp"}, "insertafter": {"insert_after"}, "insertbefore": {"insert_before"},
	"become_user": {"user"}, "recurse": {"recurse"}, "recursive": {"recurse"}, "onlyif": {"only_if"}, "not_if": {"unless"},
}

// metaWords are the names that other tools give to meta-arguments and blocks.
var metaWords = map[string]string{
	"requires": "depends_on", "require": "depends_on", "after": "depends_on", "needs": "depends_on",
	"when": "enabled", "if": "enabled", "notify": "triggered_by", "subscribe": "triggered_by", "listen": "triggered_by", "replace_triggered_by": "triggered_by", "trigger_on": "triggered_by",
	"hosts": "on", "delegate_to": "on", "provider": "on", "context": "on", "parent": "via", "proxy_jump": "via", "bastion": "via", "with_items": "for_each", "loop": "for_each",
}

// adviceWords are words of other tools that are no argument here; the text
// says what to write instead.
var adviceWords = map[string]string{
	"become":      `To run as another user, reach the host through a context "sudo" and name that in on.`,
	"become_user": `To run as another user, reach the host through a context "sudo" with that user and name it in on.`,
	"sudo":        `To run as root, reach the host through a context "sudo" and name that in on.`,
	"_sudo":       `To run as root, reach the host through a context "sudo" and name that in on.`,
	"connection":  "How a host is reached is said by a context block, which on names.",
	"provisioner": "To run a program on a host, write a call block.",
	"register":    "The results of a call are read as call.FUNCTION.NAME.",
}

// valueWords are the words that other tools have for values of oneof
// arguments.
var valueWords = map[string][]string{
	"running": {"started"}, "start": {"started"}, "up": {"started"}, "active": {"started"}, "stop": {"stopped"}, "down": {"stopped"}, "inactive": {"stopped"},
	"installed": {"present"}, "exists": {"present"}, "file": {"present"}, "directory": {"present"}, "touch": {"present"}, "create": {"present"}, "created": {"present"}, "link": {"present"},
	"removed": {"absent"}, "deleted": {"absent"}, "uninstalled": {"absent"}, "missing": {"absent"}, "purged": {"absent"}, "delete": {"absent"},
	"newest": {"latest"}, "upgraded": {"latest"},
	"no": {"off", "false"}, "yes": {"strict"}, "accept-new": {"accept_new"}, "ask": {"strict"},
}

// kindWords are the names that other tools give to our kinds.
var kindWords = map[string][]string{
	"copy": {"file"}, "template": {"file"}, "lineinfile": {"line"}, "blockinfile": {"block"}, "replace": {"line"}, "ini_file": {"ini"},
	"apt": {"package"}, "yum": {"package"}, "dnf": {"package"}, "pacman": {"package"}, "apk": {"package"}, "systemd": {"service"}, "systemd_service": {"service"},
	"dir": {"directory"}, "folder": {"directory"}, "symlink": {"link"}, "cronjob": {"cron"}, "useradd": {"user"}, "account": {"user"},
	"shell": {"command", "script"}, "exec": {"command"}, "cmd": {"command"}, "run": {"command"}, "slurp": {"read_file"}, "cat": {"read_file"}, "setup": {"facts"},
	"become": {"sudo"}, "root": {"sudo"}, "localhost": {"local"}, "openssh": {"ssh"}, "paramiko": {"ssh"},
}

// suggest is the first of the other tool's words' meanings that exists here,
// else the most similar name.
func suggest(given string, words map[string][]string, names []string) string {
	for _, w := range words[given] {
		if slices.Contains(names, w) {
			return w
		}
	}
	return closest(given, names)
}
