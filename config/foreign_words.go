package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mitoplan/mitoplan/config/functions"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// What other tools call our kinds and their arguments stands with each kind: see
// kind.Manual. Here is what they call words of the language.

// foreignMetaArgs are what other tools call our meta-arguments and blocks.
var foreignMetaArgs = map[string]string{
	"requires": "depends_on", "require": "depends_on", "after": "depends_on", "needs": "depends_on",
	"when": "enabled", "if": "enabled", "subscribe": "triggered_by", "listen": "triggered_by", "replace_triggered_by": "triggered_by", "trigger_on": "triggered_by",
	"hosts": "on", "delegate_to": "on", "provider": "on", "context": "on", "parent": "via", "proxy_jump": "via", "bastion": "via", "with_items": "for_each", "loop": "for_each",
}

// foreignAdvice are words of other tools that are no argument here; the text
// says what to write instead.
var foreignAdvice = map[string]string{
	"notify":        "In mitoplan it is the other way round: the call names the blocks that trigger it, as in triggered_by = [file.conf].",
	"handlers":      "To run something after a change, write a call with triggered_by.",
	"changed_when":  "If a call changes nothing, set read_only = true.",
	"failed_when":   "List the exit codes that are no error in ok_exit_codes.",
	"tags":          "There are no tags. Choose blocks with -target and -exclude.",
	"serial":        "There is no serial. To change some hosts first, use -target.",
	"gather_facts":  "The facts of a host are always known: read them as on.hostname, on.distro and so on.",
	"ignore_errors": "Blocks that depend on a failed block are skipped, and all others go on.",
	"vars":          "Names for values belong in a locals block, and inputs in variable blocks.",
	"become":        `To run as another user, reach the host through a context "sudo" and name that context in on.`,
	"become_user":   `To run as another user, reach the host through a context "sudo" with that user and name it in on.`,
	"sudo":          `To run as root, reach the host through a context "sudo" and name that context in on.`,
	"_sudo":         `To run as root, reach the host through a context "sudo" and name that context in on.`,
	"connection":    "How to reach a host is described in a context block. The argument on names that block.",
	"provisioner":   "To run a program on a host, write a call block.",
	"register":      "The results of a call are read as call.FUNCTION.NAME.",
}

// foreignFunctions are the names that other tools give to our functions.
var foreignFunctions = map[string]string{
	"upcase": "upper", "toupper": "upper", "uppercase": "upper", "downcase": "lower", "tolower": "lower", "lowercase": "lower", "capitalize": "title",
	"to_json": "jsonencode", "tojson": "jsonencode", "from_json": "jsondecode", "to_yaml": "yamlencode", "to_nice_yaml": "yamlencode", "from_yaml": "yamldecode",
	"b64encode": "base64encode", "b64decode": "base64decode", "quote": "shellquote", "default": "coalesce", "combine": "merge", "unique": "distinct", "len": "length", "size": "length",
	"count": "length", "int": "tonumber", "str": "tostring", "string": "tostring", "bool": "tobool", "list": "tolist", "map": "tomap", "set": "toset", "dict": "zipmap",
	"template": "templatefile", "readfile": "file", "read_file": "file", "regex_replace": "replace", "hash": "sha256", "now": "timestamp", "path_expand": "pathexpand", "expanduser": "pathexpand", "exists": "fileexists",
}

// functionAdvice says what to do instead of a function of another tool that has no
// counterpart here.
var functionAdvice = map[string]string{
	"env":        " To read the environment, declare a variable, set MITOPLAN_VAR_NAME, and refer to var.NAME.",
	"getenv":     " To read the environment, declare a variable, set MITOPLAN_VAR_NAME, and refer to var.NAME.",
	"lookup_env": " To read the environment, declare a variable, set MITOPLAN_VAR_NAME, and refer to var.NAME.",
	"pipe":       " The output of a program is the result of a call: call.command.NAME.stdout.",
	"shell":      " The output of a program is the result of a call: call.command.NAME.stdout.",
	"query":      " To read something from a host, write a call and refer to its result: call.FUNCTION.NAME.",
	"vault":      " Put a secret into a variable with sensitive = true and ephemeral = true.",
}

// functionHint says which function was probably meant.
func functionHint(name string) string {
	if advice := functionAdvice[name]; advice != "" {
		return advice
	}
	if w := foreignFunctions[strings.ToLower(name)]; w != "" {
		return prose.DidYouMeanWord(w)
	}
	if like := prose.Suggest(name, functions.Names()); like != "" {
		return like
	}
	return " The functions are Terraform's, by the same names."
}

// laterVersions say what to do without what this version does not know.
var laterVersions = map[string]string{
	"ignore_changes":        "An argument that is left out is left alone on the host.",
	"prevent_destroy":       "A plan lists what an apply would remove, before it does.",
	"create_before_destroy": "mitoplan never destroys a thing in order to make it again.",
	"module":                "Put its blocks into this directory.",
	"check":                 "A postcondition in a lifecycle block, or a precondition in an output, checks a value.",
	"moved":                 "A block that was renamed keeps its thing.",
	"removed":               "When a block is gone, what an apply made is removed, and what was there before stays. A plan lists it.",
}

// notKnownYet is about a word of the language that this version lacks.
func notKnownYet(noun, name string) string {
	advice := laterVersions[name]
	if advice == "" {
		advice = "Leave it out."
	}
	return fmt.Sprintf("This version of mitoplan does not know the %s %q. %s", noun, name, advice)
}

// kindAdvice says what to do instead of a kind of another tool that has no
// counterpart here.
var kindAdvice = map[string]string{
	"package": packageAdvice, "apt": packageAdvice, "yum": packageAdvice, "dnf": packageAdvice, "apk": packageAdvice, "pip": packageAdvice,
	"service": serviceAdvice, "systemd": serviceAdvice, "systemd_service": serviceAdvice,
	"null_resource": "To run something, write a call.",
	"debug":         "To show a value, write an output.", "set_fact": "Names for values belong in a locals block.", "assert": "A condition belongs in a lifecycle block, or in an output, as a precondition.",
}

// KindAdvice says what there is instead of a kind that another tool has and mitoplan has
// not. It is "" if nothing is known of the name. Like those of other tools, the name may have
// that of a module before or behind it, as in apt.packages.
func KindAdvice(name string) string {
	for part := range strings.SplitSeq(name, ".") {
		if advice := cmp.Or(kindAdvice[part], foreignAdvice[part]); advice != "" {
			return advice
		}
	}
	return ""
}

const (
	packageAdvice = `This version does not manage packages: run the package manager in a call "command", with unless.`
	serviceAdvice = `This version does not manage services: run systemctl in a call "command", with triggered_by or unless.`
)

// valueAdvice is about values that other tools give to a state and that are no
// state here. What a kind says of its own arguments counts first.
var valueAdvice = map[string]string{
	"restarted": "To run something after a change, write a call with triggered_by.",
	"reloaded":  "To run something after a change, write a call with triggered_by.",
}

// kindMeant is the kind that another tool calls by that name, or "".
func kindMeant(given string, known map[string]*kind.Kind) string {
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if slices.Contains(known[name].OtherNames, given) {
			return name
		}
	}
	return ""
}

// attrMeant is the first attribute that another tool calls by that name, or "". Only
// attributes in names are considered.
func attrMeant(given string, attrs []kind.Attr, names []string) string {
	for _, a := range attrs {
		if slices.Contains(a.OtherNames, given) && slices.Contains(names, a.Name) {
			return a.Name
		}
	}
	return ""
}

// valueMeant is the value of an argument that another tool calls by that name, or the
// most similar one. It is "" if none is similar.
func valueMeant(given string, a kind.Attr) string {
	for _, value := range a.OneOf {
		if slices.Contains(strings.Fields(a.Values[value]), given) {
			return value
		}
	}
	return prose.Closest(given, a.OneOf)
}
