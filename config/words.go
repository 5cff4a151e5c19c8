package config

import (
	"fmt"
	"slices"
	"strings"
)

// argumentWords are the names that other tools give to our arguments. They
// count where the kind has the argument on the right.
var argumentWords = map[string][]string{
	"dest": {"path"}, "destination": {"path"}, "filename": {"path"}, "file": {"path"}, "target_path": {"path"},
	"src": {"source"}, "source_path": {"source"}, "ensure": {"state"}, "present": {"state"}, "running": {"state"},
	"text": {"content", "line"}, "data": {"content"}, "body": {"content"}, "permissions": {"mode"}, "perms": {"mode"}, "file_permission": {"mode"},
	"hostname": {"host", "name"}, "address": {"host"}, "ip": {"host"}, "ansible_host": {"host"}, "remote_user": {"user"}, "username": {"user", "name"}, "login_user": {"user"},
	"ansible_user": {"user"}, "ansible_port": {"port"}, "ansible_password": {"password"}, "ansible_ssh_private_key_file": {"identity_file"}, "ansible_become_password": {"password"},
	"output": {"stdout"}, "result": {"stdout"}, "stdout_lines": {"stdout"}, "rc": {"exit_code"}, "return_code": {"exit_code"}, "code": {"exit_code"},
	"key": {"identity_file"}, "private_key_file": {"identity_file"}, "key_file": {"identity_file"}, "ssh_key": {"identity_file"},
	"cmd": {"argv", "shell"}, "command": {"argv", "shell"}, "args": {"argv"}, "chdir": {"dir"}, "cwd": {"dir"}, "working_dir": {"dir"}, "environment": {"env"},
	"password": {"password_hash"}, "passwd": {"password_hash"}, "hashed_password": {"password_hash"}, "pkg": {"name"}, "package": {"name"}, "service": {"name"}, "regex": {"regexp"}, "match": {"regexp"}, "insertafter": {"insert_after"}, "insertbefore": {"insert_before"},
	"become_user": {"user"}, "recurse": {"recurse"}, "recursive": {"recurse"}, "onlyif": {"only_if"}, "not_if": {"unless"},
}

// metaWords are the names that other tools give to meta-arguments and blocks.
var metaWords = map[string]string{
	"requires": "depends_on", "require": "depends_on", "after": "depends_on", "needs": "depends_on",
	"when": "enabled", "if": "enabled", "subscribe": "triggered_by", "listen": "triggered_by", "replace_triggered_by": "triggered_by", "trigger_on": "triggered_by",
	"hosts": "on", "delegate_to": "on", "provider": "on", "context": "on", "parent": "via", "proxy_jump": "via", "bastion": "via", "with_items": "for_each", "loop": "for_each",
}

// adviceWords are words of other tools that are no argument here; the text
// says what to write instead.
var adviceWords = map[string]string{
	"notify":        "It is the other way round here: the call that is to run names this block, as in triggered_by = [file.conf].",
	"handlers":      "What is to run after a change is a call with triggered_by.",
	"changed_when":  "A call that changes nothing says so with read_only = true.",
	"failed_when":   "Which exit codes are no error is said by ok_exit_codes.",
	"tags":          "There are no tags: -target and -exclude say what is left out.",
	"serial":        "There is no serial: -target says which hosts come first.",
	"gather_facts":  "What a host says of itself is always there: on.hostname, on.distro and the like.",
	"ignore_errors": "What depends on a block that failed is left out, and everything else goes on.",
	"vars":          "Names for values stand in a locals block, and inputs in variable blocks.",
	"become":        `To run as another user, reach the host through a context "sudo" and name that in on.`,
	"become_user":   `To run as another user, reach the host through a context "sudo" with that user and name it in on.`,
	"sudo":          `To run as root, reach the host through a context "sudo" and name that in on.`,
	"_sudo":         `To run as root, reach the host through a context "sudo" and name that in on.`,
	"connection":    "How a host is reached is said by a context block, which on names.",
	"provisioner":   "To run a program on a host, write a call block.",
	"register":      "The results of a call are read as call.FUNCTION.NAME.",
}

// functionWords are the names that other tools give to our functions.
var functionWords = map[string]string{
	"upcase": "upper", "toupper": "upper", "uppercase": "upper", "downcase": "lower", "tolower": "lower", "lowercase": "lower", "capitalize": "title",
	"to_json": "jsonencode", "tojson": "jsonencode", "from_json": "jsondecode", "to_yaml": "yamlencode", "to_nice_yaml": "yamlencode", "from_yaml": "yamldecode",
	"b64encode": "base64encode", "b64decode": "base64decode", "quote": "shellquote", "default": "coalesce", "combine": "merge", "unique": "distinct", "len": "length", "size": "length",
	"count": "length", "int": "tonumber", "str": "tostring", "string": "tostring", "bool": "tobool", "list": "tolist", "map": "tomap", "set": "toset", "dict": "zipmap",
	"template": "templatefile", "readfile": "file", "read_file": "file", "regex_replace": "replace", "hash": "sha256", "now": "timestamp", "path_expand": "pathexpand", "expanduser": "pathexpand", "exists": "fileexists",
}

// functionAdvice is about functions of other tools that there is nothing like
// here.
var functionAdvice = map[string]string{
	"env":        " What the environment holds is given to a variable, MITOPLAN_VAR_NAME, and read as var.NAME.",
	"getenv":     " What the environment holds is given to a variable, MITOPLAN_VAR_NAME, and read as var.NAME.",
	"lookup_env": " What the environment holds is given to a variable, MITOPLAN_VAR_NAME, and read as var.NAME.",
	"pipe":       " The output of a program is the result of a call: call.command.NAME.stdout.",
	"shell":      " The output of a program is the result of a call: call.command.NAME.stdout.",
	"query":      " What is read from a host is the result of a call: call.FUNCTION.NAME.",
	"vault":      " A secret is given to a variable with sensitive = true and ephemeral = true.",
}

// functionHint says which function was probably meant.
func functionHint(name string) string {
	if advice := functionAdvice[name]; advice != "" {
		return advice
	}
	if w := functionWords[strings.ToLower(name)]; w != "" {
		return fmt.Sprintf(" Did you mean %q?", w)
	}
	if like := didYouMean(name, functionNames()); like != "" {
		return like
	}
	return " The functions are Terraform's, by the same names."
}

// laterWords say what to do without what this version does not know.
var laterWords = map[string]string{
	"ignore_changes":        "An argument that is left out is left alone on the host.",
	"prevent_destroy":       "Taking a block away destroys nothing.",
	"create_before_destroy": "Nothing is destroyed to be made again.",
	"module":                "Put its blocks into this folder.",
	"check":                 "A postcondition in a lifecycle block, or a precondition in an output, checks a value.",
	"moved":                 "Nothing that is on a host hangs on the name of a block.",
	"removed":               "Taking a block away destroys nothing.",
}

// notKnownYet is about a word of the language that this version lacks.
func notKnownYet(noun, name string) string {
	advice := laterWords[name]
	if advice == "" {
		advice = "Leave it out."
	}
	return fmt.Sprintf("This version of mitoplan does not know the %s %q. %s", noun, name, advice)
}

// kindAdvice is about kinds of other tools that there is nothing like here.
var kindAdvice = map[string]string{
	"package": packageAdvice, "apt": packageAdvice, "yum": packageAdvice, "dnf": packageAdvice, "apk": packageAdvice, "pip": packageAdvice,
	"service": serviceAdvice, "systemd": serviceAdvice, "systemd_service": serviceAdvice,
	"link": linkAdvice, "symlink": linkAdvice,
	"group": "Groups of users are made by a call that runs groupadd.", "null_resource": "What only runs something is a call.",
	"debug": "What is to be shown is an output.", "set_fact": "Names for values stand in a locals block.", "assert": "A condition stands in a lifecycle block, or in an output, as a precondition.",
}

const (
	packageAdvice = `This version does not manage packages: run the package manager in a call "command", with unless.`
	serviceAdvice = `This version does not manage services: run systemctl in a call "command", with triggered_by or unless.`
	linkAdvice    = `This version does not make links: run ln in a call "command", with creates.`
)

// valueAdvice is about values that other tools give to one thing and that are a
// kind of their own here.
var valueAdvice = map[string]string{
	"directory": `A directory is a resource "directory".`,
	"link":      "This version makes no links: run ln in a call.",
	"hard":      "This version makes no links: run ln in a call.",
	"restarted": "What is to happen after a change is a call with triggered_by.",
	"md5":       "For that, run md5sum in a call of command.",
	"sha1":      "For that, run sha1sum in a call of command.",
	"reloaded":  "What is to happen after a change is a call with triggered_by.",
}

// valueWords are the words that other tools have for values of oneof
// arguments.
var valueWords = map[string][]string{
	"running": {"started"}, "start": {"started"}, "up": {"started"}, "active": {"started"}, "stop": {"stopped"}, "down": {"stopped"}, "inactive": {"stopped"},
	"installed": {"present"}, "exists": {"present"}, "file": {"present"}, "touch": {"present"}, "create": {"present"}, "created": {"present"},
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
