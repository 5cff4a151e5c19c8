package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v3"
)

// foreignCommands say of commands of other tools what there is instead.
var foreignCommands = map[string]string{
	"init":    " Nothing has to be set up: plan reads the configuration in this directory.",
	"fmt":     " There is no formatter yet. The files are HCL: a formatter for that, such as the one of an editor, does it.",
	"import":  " Nothing has to be imported: a plan finds what is there, and apply adopts it.",
	"state":   " What is recorded is shown by show, and by show -json.",
	"refresh": " Every plan reads the hosts. What changed there is shown by drift.",
}

// foreignOptions say of options of other tools what there is instead.
var foreignOptions = map[string]string{
	"destroy": " What would be taken away is shown by mitoplan plan -destroy.",
	"refresh": " Every plan reads the hosts: nothing is planned from the record.",
	"diff":    " A plan always shows the differences.",
	"D":       " A plan always shows the differences.",
	"check":   " What would change is shown by mitoplan plan, and nothing is done.",
	"C":       " What would change is shown by mitoplan plan, and nothing is done.",
	"limit":   " Some of the configuration alone is chosen with -target.",
	"l":       " Some of the configuration alone is chosen with -target.",
}

// optionHint says what there is instead of an option, "" if nothing is known.
func optionHint(given string) string {
	name, _, _ := strings.Cut(strings.TrimLeft(given, "-"), "=")
	return foreignOptions[name]
}

// behind returns a hint if an option stands in front of its command instead of
// behind it, and "" if the command has no such option.
func behind(command *cli.Command, err error) string {
	given, unknown := strings.CutPrefix(err.Error(), "flag provided but not defined: -")
	name, _, _ := strings.Cut(strings.TrimLeft(given, "-"), "=")
	if command == nil || !unknown {
		return ""
	}
	for _, f := range command.Flags {
		if slices.Contains(f.Names(), name) {
			return fmt.Sprintf("-%s stands behind the command: mitoplan %s -%s", name, command.Name, name)
		}
	}
	return ""
}
