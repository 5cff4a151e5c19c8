package connect

import "github.com/mitoplan/mitoplan/internal/kind"

// instance is what contexts in instances of LXD and of Incus have in common. The two
// programs take the same command line.
type instance struct {
	common                Common
	name, remote, project string
	path, program         string
}

// instanceManual has the texts of a kind whose program runs something in an instance.
func instanceManual(program, product string, page kind.Page) kind.Manual {
	return kind.Manual{
		Page: page,
		Doc:  "An agent in a running instance of " + product + ", a container or a virtual machine, as its root, started with " + program + " exec on the machine of its via context.",
		Attrs: map[string]kind.Entry{
			"instance": {Doc: "Name of the instance."},
			"remote":   {Doc: "Name of the server, as " + program + " remote list has it; without it the default one."},
			"project":  {Doc: "Project of the instance; without it the current one of that server."},
			"path":     {Doc: "The " + program + " program."},
		},
	}
}

// validate says what is wrong with the arguments.
func (k instance) validate() []kind.Problem {
	p := k.common.Validate()
	for _, a := range []struct{ attr, value string }{{"instance", k.name}, {"remote", k.remote}, {"project", k.project}} {
		if bad := badName(a.value, notInUser+":/"); bad != "" && (a.value != "" || a.attr == "instance") {
			p = append(p, *blame(a.attr, kind.CodeInstanceName, "Invalid name", "%s is %q, and no name is that: %s.", kind.Rule(a.attr), a.value, kind.Rule(bad)))
		}
	}
	return append(p, checkProgram("path", kind.CodeContextProgram, k.path)...)
}

// prefixed gives no terminal, which -T asks for.
func (k instance) prefixed() prefixed {
	argv := []string{k.program, "exec", "-T"}
	if k.path != "" {
		argv[0] = k.path
	}
	if k.project != "" {
		argv = append(argv, "--project", k.project)
	}
	name := k.name
	if k.remote != "" {
		name = k.remote + ":" + name
	}
	return prefixed{
		Common: k.common, Argv: append(argv, name, "--"), ProgramFrom: "path", Client: true,
		Doing: "Starting an agent in the instance " + name + ": ", Refusals: instanceRefusals,
	}
}

// instanceRefusals are what lxc (of LXD) and incus, and their servers through them, say when
// they refuse.
var instanceRefusals = refusals{
	{[]string{"The remote \"", "The remote '"},
		"remote", kind.CodeInstanceRemote, "No such server",
		"The configuration that the program reads there names no server so. Correct remote, or add the server there for the user of the via context."},
	{[]string{"connect: permission denied", "needed permissions to talk to", "socket not accessible", "\" not accessible: "},
		"", kind.CodeInstanceNotAllowed, "Not allowed to use the instance",
		"The user may not open the socket of the server. Reach the context through one of root, or put the user into the group of the socket."},
	{[]string{"ot authorized", "does not have permission", "Certificate is restricted", "Forbidden"},
		"", kind.CodeInstanceNotAllowed, "Not allowed to use the instance",
		"The server does not let this user or this certificate use the project, or has no such project. Correct project, or allow it there."},
	{[]string{"Project not found"},
		"project", kind.CodeInstanceProject, "No such project",
		"The server has none of that name. Correct project."},
	{[]string{"nstance not found", "ontainer not found", "Error: not found"},
		"instance", kind.CodeInstanceMissing, "No such instance",
		"The project has none of that name. Create and start it, or correct instance, project or remote."},
	{[]string{"nstance is not running", "ontainer is not running", "is frozen"},
		"instance", kind.CodeInstanceNotRunning, "Instance is not running",
		"Nothing can be started in an instance that is stopped or frozen. Start it before this context is used."},
	{[]string{"VM agent isn"},
		"instance", kind.CodeInstanceNotRunning, "Virtual machine has no agent of its server",
		"The virtual machine has not booted yet, or its image has no agent of LXD or Incus, without which nothing can be started in it. Install that in it."},
	{[]string{"Command not found", "Command not executable"},
		"instance", kind.CodeInstanceNoShell, "No shell in the instance",
		"sh cannot be executed there, as in an image without a system. Use an image with sh and gzip."},
	{[]string{"dial unix ", "dial tcp ", "appear to be started", "socket not found", "not found: Please check "},
		"", kind.CodeInstanceNoServer, "The server of the instance does not answer",
		"It does not run, or is in another place than the program takes it to be. Start it, or correct remote."},
}
