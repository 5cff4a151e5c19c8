package connect

import "github.com/mitoplan/mitoplan/internal/kind"

// checkContainer says what is wrong with the arguments of docker and podman.
func checkContainer(name, user, path string) []kind.Problem {
	var p []kind.Problem
	if bad := badName(name, notInUser+"/"); bad != "" {
		p = append(p, *blame("container", kind.CodeContainerName, "Invalid container", "%q is neither a name nor an id of a container: %s.", name, kind.Rule(bad)))
	}
	if user != "" {
		p = append(p, CheckUser(kind.CodeContainerUser, user)...)
	}
	return append(p, checkProgram("path", kind.CodeContextProgram, path)...)
}

// inContainer is how docker and podman start an agent. Their exec passes stdin on with -i,
// and gives no terminal unless -t asks for one.
func inContainer(c Common, program, name, user string) prefixed {
	argv := []string{program, "exec", "-i"}
	if user != "" {
		argv = append(argv, "-u", user)
	}
	return prefixed{
		Common: c, Argv: append(argv, name), ProgramFrom: "path", Client: true,
		Doing: "Starting an agent in the container " + name + ": ", Refusals: containerRefusals,
	}
}

// containerRefusals are what docker and podman say when they refuse.
var containerRefusals = refusals{
	{[]string{"ermission denied while trying to connect"},
		"", kind.CodeContainerNotAllowed, "Not allowed to use the container engine",
		"The user may not open its socket. Reach the context through one of root, or allow the user there."},
	{[]string{"annot connect to the Docker daemon", "annot connect to Podman", "unable to connect to Podman"},
		"", kind.CodeContainerNoEngine, "The container engine does not answer",
		"Its service does not run there, or has its socket in another place. Start it, or set DOCKER_HOST or CONTAINER_HOST for the via context."},
	{[]string{"o such container", "no container with name or ID"},
		"container", kind.CodeContainerMissing, "No such container",
		"The engine knows none of that name for this user. Create and start it, or correct the name; root and other users have different containers in podman."},
	{[]string{"is not running", "exec sessions on running containers", "is paused"},
		"container", kind.CodeContainerNotRunning, "Container is not running",
		"Nothing can be started in a container that is stopped or paused. Start it before this context is used."},
	{[]string{"unable to find user", "unable to find group", "no matching entries in passwd", "no users found"},
		"user", kind.CodeContainerUser, "No such user in the container",
		"The container knows no user, or no group, of that name. Correct user, or write its number."},
	{[]string{"executable file not found", "exec: \"sh\"", "executable file `sh` not found"},
		"container", kind.CodeContainerNoShell, "No shell in the container",
		"sh cannot be executed there, as in an image without a system. Use an image with sh and gzip."},
}
