package function

import (
	"github.com/mitoplan/mitoplan/internal/kind"
)

// CommandIn are the arguments of command.
type CommandIn struct {
	Argv        []kind.Text          `cbor:"argv,omitempty" mito:"conflicts=shell" doc:"Program and its arguments; no shell is involved."`
	Shell       *kind.Text           `cbor:"shell,omitempty" mito:"conflicts=argv" doc:"Command line for /bin/sh."`
	Creates     *kind.Text           `cbor:"creates,omitempty" doc:"Path that the command makes: it does not run where that exists. Where the user may not look, that is an error."`
	Removes     *kind.Text           `cbor:"removes,omitempty" doc:"Path that the command removes: it does not run where that is missing."`
	Unless      any                  `cbor:"unless,omitempty" doc:"Command, as a list or a shell string, that runs while planning too: where it succeeds, this one does not run."`
	OnlyIf      any                  `cbor:"only_if,omitempty" doc:"Command, as a list or a shell string, that runs while planning too: this one runs only where it succeeds."`
	Stdin       *kind.Text           `cbor:"stdin,omitempty" doc:"What the command reads from its standard input, at most 63 MiB."`
	Env         map[string]kind.Text `cbor:"env,omitempty" doc:"Environment variables beyond those of the agent."`
	Dir         *kind.Text           `cbor:"dir,omitempty" doc:"Directory to run in. The agent's home when not set."`
	Umask       *string              `cbor:"umask,omitempty" doc:"Permissions that new files lack, as octal digits (0022). That of the account, or of sudo, when not set."`
	OKExitCodes []int64              `cbor:"ok_exit_codes,omitempty" mito:"default=[0]" doc:"Exit codes that are no error."`
	MaxOutput   *int64               `cbor:"max_output,omitempty" mito:"default=4194304" doc:"How many bytes of stdout, and of stderr, are kept; at most 12582912 (12 MiB). What comes after that is read and dropped."`
	ReadOnly    bool                 `cbor:"read_only,omitempty" mito:"default=false" doc:"The command changes nothing: it runs while planning."`
}

// CommandOut are the results of command.
type CommandOut struct {
	ExitCode  int64     `cbor:"exit_code" mito:"computed" doc:"Exit code."`
	Stdout    kind.Text `cbor:"stdout" mito:"computed" doc:"What it wrote to its standard output."`
	Stderr    kind.Text `cbor:"stderr" mito:"computed" doc:"What it wrote to its standard error."`
	Duration  float64   `cbor:"duration" mito:"computed" doc:"How long it ran, in seconds."`
	Truncated bool      `cbor:"truncated" mito:"computed" doc:"Whether it wrote more than was kept."`
}

func commandKind() Definition {
	return Definition{
		Kind: kind.Kind{
			Role: kind.RoleFunction, Name: "command", Doc: "Runs a program.", Opaque: true,
			Args: kind.SchemaOf(CommandIn{}), Results: kind.SchemaOf(CommandOut{}),
		},
		run: runCommand,
		Aliases: map[string]string{
			"cmd": "shell", "chdir": "dir", "cwd": "dir", "working_dir": "dir", "environment": "env",
			"not_if": "unless", "onlyif": "only_if", "success_codes": "ok_exit_codes", "command": "argv",
		},
	}
}
