package connect

import (
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// said are the words that programs refuse with, and what is to be told of them.
var said = []struct {
	kind  prefixKind
	words string
	code  kind.Code
	attr  string
}{
	{Nsenter{}, "nsenter: stat of /proc/999999/ns/user failed: No such file or directory", kind.CodeNsenterNoProcess, "pid"},
	{Nsenter{}, "nsenter: cannot open /proc/999999/ns/mnt: No such file or directory", kind.CodeNsenterNoProcess, "pid"},
	{Nsenter{}, "nsenter: can\u0027t open '/proc/99999/ns/mnt': No such file or directory", kind.CodeNsenterNoProcess, "pid"},
	{Nsenter{}, "nsenter: fork failed: Cannot allocate memory", kind.CodeNsenterNoProcess, "pid"},
	{Nsenter{}, "nsenter: stat of /proc/1/ns/user failed: Permission denied", kind.CodeNsenterNotAllowed, ""},
	{Nsenter{}, "nsenter: can\u0027t open '/proc/17788/ns/mnt': Permission denied", kind.CodeNsenterNotAllowed, ""},
	{Nsenter{}, "nsenter: reassociate to namespace 'ns/mnt' failed: Operation not permitted", kind.CodeNsenterNotAllowed, ""},
	{Nsenter{}, "nsenter: reassociate to namespace 'ns/user' failed: Invalid argument", kind.CodeNsenterNamespace, "namespaces"},
	{Nsenter{}, "nsenter: invalid option -- 'a'\nBusyBox v1.35.0 multi-call binary.", kind.CodeNsenterNamespace, "namespaces"},
	{Nsenter{}, "nsenter: failed to execute sh: No such file or directory", kind.CodeNsenterNoShell, "pid"},
	{Nsenter{}, "nsenter: failed to execute sh: Permission denied", kind.CodeNsenterNoShell, "pid"},
	{Nsenter{}, "nsenter: can\u0027t execute 'sh': Permission denied", kind.CodeNsenterNoShell, "pid"},
	{Nsenter{}, "nsenter: can\u0027t execute 'sh': No such file or directory", kind.CodeNsenterNoShell, "pid"},
	{Podman{}, "Error: no container with name or ID \"x\" found: no such container", kind.CodeContainerMissing, "container"},
	{Docker{}, "Error response from daemon: No such container: x", kind.CodeContainerMissing, "container"},
	{Docker{}, "Error response from daemon: container 0123 is not running", kind.CodeContainerNotRunning, "container"},
	{Podman{}, "Error: can only create exec sessions on running containers: container state improper", kind.CodeContainerNotRunning, "container"},
	{Docker{}, "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?", kind.CodeContainerNoEngine, ""},
	{Docker{}, "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: connect: permission denied", kind.CodeContainerNotAllowed, ""},
	{Docker{}, "OCI runtime exec failed: exec failed: unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown", kind.CodeContainerNoShell, "container"},
	{Podman{}, "Error: crun: executable file `sh` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found", kind.CodeContainerNoShell, "container"},
	{Kubectl{}, `Error from server (NotFound): pods "ghost" not found`, kind.CodeKubectlMissing, "pod"},
	{Kubectl{}, "error: unable to upgrade connection: pod does not exist", kind.CodeKubectlMissing, "pod"},
	{Kubectl{}, "Error from server (BadRequest): container x is not valid for pod web", kind.CodeKubectlContainer, "container"},
	{Kubectl{}, "error: cannot exec into a container in a completed pod; current phase is Succeeded", kind.CodeKubectlNotRunning, "pod"},
	{Kubectl{}, "Error from server (BadRequest): pod web does not have a host assigned", kind.CodeKubectlNotRunning, "pod"},
	{Kubectl{}, `error: unable to upgrade connection: container not found ("main")`, kind.CodeKubectlNotRunning, "pod"},
	{Kubectl{}, `Error from server (Forbidden): pods "web" is forbidden: User "u" cannot create resource "pods/exec" in API group "" in the namespace "shop"`, kind.CodeKubectlNotAllowed, ""},
	{Kubectl{}, "error: You must be logged in to the server (Unauthorized)", kind.CodeKubectlLogin, ""},
	{Kubectl{}, "error: You must be logged in to the server (the server has asked for the client to provide credentials)", kind.CodeKubectlLogin, ""},
	{Kubectl{}, "Unable to connect to the server: getting credentials: exec: executable awsx not found", kind.CodeKubectlLogin, ""},
	{Kubectl{}, "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority", kind.CodeKubectlCertificate, ""},
	{Kubectl{}, "Error from server (NotFound): namespaces \"shop\" not found", kind.CodeKubectlMissing, "namespace"},
	{Kubectl{}, "error: error loading config file \"/root/.kube/config\": yaml: line 3: mapping values are not allowed in this context", kind.CodeKubectlConfig, ""},
	{Kubectl{}, "error: error loading config file \"/root/.kube/config\": open /root/.kube/config: permission denied", kind.CodeKubectlConfig, ""},
	{Kubectl{}, "error: invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable", kind.CodeKubectlConfig, ""},
	{Kubectl{}, "error: dial tcp 10.0.0.1:10250: i/o timeout", kind.CodeKubectlNoServer, ""},
	{Kubectl{}, "error: container g not found in pod web", kind.CodeKubectlContainer, "container"},
	{Kubectl{}, `error: context "nope" does not exist`, kind.CodeKubectlContext, "kube_context"},
	{Kubectl{}, "Error in configuration: context was not found for specified context: nope", kind.CodeKubectlContext, "kube_context"},
	{Kubectl{}, "The connection to the server localhost:8080 was refused - did you specify the right host or port?", kind.CodeKubectlConfig, ""},
	{Kubectl{}, "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?", kind.CodeKubectlNoServer, ""},
	{Kubectl{}, "Unable to connect to the server: dial tcp: lookup no-such.invalid: no such host", kind.CodeKubectlNoServer, ""},
	{Kubectl{}, "error: Internal error occurred: OCI runtime exec failed: exec failed: unable to start container process: exec: \"sh\": executable file not found in $PATH: unknown", kind.CodeKubectlNoShell, "pod"},
	{LXC{}, "Error: The remote \"nope\" doesn\u0027t exist", kind.CodeInstanceRemote, "remote"},
	{LXC{}, `Error: Get "http://unix.socket/1.0": dial unix /var/lib/lxd/unix.socket: connect: permission denied`, kind.CodeInstanceNotAllowed, ""},
	{LXC{}, "Error: LXD unix socket \"/var/snap/lxd/common/lxd/unix.socket\" not accessible: permission denied", kind.CodeInstanceNotAllowed, ""},
	{LXC{}, "Error: LXD unix socket \"/var/snap/lxd/common/lxd/unix.socket\" not found: Please check LXD is running", kind.CodeInstanceNoServer, ""},
	{LXC{}, "Error: LXD unix socket not accessible: permission denied", kind.CodeInstanceNotAllowed, ""},
	{Incus{}, "Error: You don\u0027t have the needed permissions to talk to the incus daemon (socket path: /var/lib/incus/unix.socket)", kind.CodeInstanceNotAllowed, ""},
	{LXC{}, "Error: not authorized", kind.CodeInstanceNotAllowed, ""},
	{Incus{}, `Error: User does not have permission for project "nope"`, kind.CodeInstanceNotAllowed, ""},
	{Incus{}, "Error: Project not found", kind.CodeInstanceProject, "project"},
	{LXC{}, "Error: Instance not found", kind.CodeInstanceMissing, "instance"},
	{LXC{}, "Error: not found", kind.CodeInstanceMissing, "instance"},
	{LXC{}, "Error: Instance is not running", kind.CodeInstanceNotRunning, "instance"},
	{LXC{}, "Error: Container is not running", kind.CodeInstanceNotRunning, "instance"},
	{Incus{}, "Error: Instance is frozen", kind.CodeInstanceNotRunning, "instance"},
	{Incus{}, "Error: VM agent isn\u0027t currently running", kind.CodeInstanceNotRunning, "instance"},
	{LXC{}, "Error: LXD VM agent isn\u0027t currently running", kind.CodeInstanceNotRunning, "instance"},
	{Incus{}, "Error: Command not found", kind.CodeInstanceNoShell, "instance"},
	{LXC{}, `Error: Get "http://unix.socket/1.0": dial unix /var/lib/lxd/unix.socket: connect: no such file or directory`, kind.CodeInstanceNoServer, ""},
	{LXC{}, `Error: Get "https://10.0.0.9:8443": dial tcp 10.0.0.9:8443: connect: no route to host`, kind.CodeInstanceNoServer, ""},
	{Incus{}, "Error: The incus daemon doesn\u0027t appear to be started (socket path: /var/lib/incus/unix.socket)", kind.CodeInstanceNoServer, ""},
	{Machinectl{}, "Failed to connect to bus: Host is down", kind.CodeMachineMissing, "machine"},
	{Machinectl{}, "Failed to connect to bus: Permission denied", kind.CodeMachineNotAllowed, ""},
	{Machinectl{}, "Failed to connect to system scope bus via machine transport: Permission denied", kind.CodeMachineNotAllowed, ""},
	{Machinectl{}, "Failed to connect to system scope bus via machine transport: Host is down", kind.CodeMachineMissing, "machine"},
	{Machinectl{}, "Failed to connect to system scope bus via machine transport: No such file or directory", kind.CodeMachineNoSystemd, "machine"},
	{Machinectl{}, "Failed to start transient service unit: Interactive authentication required.", kind.CodeMachineNotAllowed, ""},
	{Machinectl{}, "Failed to start transient service unit: Access denied", kind.CodeMachineNotAllowed, ""},
	{Machinectl{}, "Main processes terminated with: code=exited/status=203", kind.CodeMachineNoShell, "machine"},
	{Machinectl{}, "Main processes terminated with: code=exited, status=203/EXEC", kind.CodeMachineNoShell, "machine"},
	{Machinectl{}, "Main processes terminated with: code=exited, status=217/USER", kind.CodeMachineUser, "user"},
	{Machinectl{}, "Failed to create bus connection: Protocol error", kind.CodeMachineNoSystemd, "machine"},
	{Machinectl{}, "Failed to connect to bus: No such file or directory", kind.CodeMachineNoSystemd, "machine"},
	{Docker{}, "unable to find user ghost: no matching entries in passwd file", kind.CodeContainerUser, "user"},
	{Podman{}, "Error: unable to find group ghostgroup: no matching entries in group file", kind.CodeContainerUser, "user"},
}

// TestWordsAreUnderstood holds that each refusal of a program is told as what it is.
func TestWordsAreUnderstood(t *testing.T) {
	seen := map[kind.Code]bool{}
	for _, c := range said {
		p := c.kind.prefixed()
		r := p.Refusals.in(c.words)
		if r == nil || r.Code != c.code || r.Attr != c.attr {
			t.Errorf("%T: %q is told as %+v, want %s of %q", c.kind, c.words, r, c.code, c.attr)
			continue
		}
		seen[r.Code] = true
	}
	for _, k := range sentKinds() {
		of, ok := k.New().(prefixKind)
		if _, chroot := of.(*Chroot); !ok || chroot { // that of chroot are tested with the program
			continue
		}
		for _, r := range of.prefixed().Refusals {
			if !seen[r.Code] {
				t.Errorf("no words of %s are tested that come to %s", k.Name, r.Code)
			}
		}
	}
}

// TestWordsFromInsideAreNotThoseOfTheProgram holds that what runs in a machine may print
// reasons that systemd-run has, too.
func TestWordsFromInsideAreNotThoseOfTheProgram(t *testing.T) {
	if r := (Machinectl{}).prefixed().Refusals.in("/etc/profile: line 3: /opt/env: Permission denied"); r != nil {
		t.Errorf("what a profile in the machine printed is told as %+v", r)
	}
}

// TestLogsOfProgramsAreLeftOut holds that the lines of a log before the words that count are
// not quoted, and that they are if there are no others.
func TestLogsOfProgramsAreLeftOut(t *testing.T) {
	const logged = `E1127 16:03:11.250000    4321 memcache.go:265] "Unhandled Error" err="no server API group list"`
	const said = "error: You must be logged in to the server (Unauthorized)"
	for printed, want := range map[string]string{
		logged + "\n" + logged + "\n" + said + "\n": said,
		logged + "\n":                     logged,
		"E1127 in a file\n" + said + "\n": "E1127 in a file\n" + said,
	} {
		w := &LastWords{}
		w.Write([]byte(printed))
		if got := w.String(); got != want {
			t.Errorf("%q is quoted as %q, want %q", printed, got, want)
		}
	}
}

// TestArgumentsOfPrefixes holds that arguments which no program could be run with are told
// before any start.
func TestArgumentsOfPrefixes(t *testing.T) {
	for name, c := range map[string]struct {
		kind kind.Validator
		code kind.Code
		attr string
	}{
		"pid 0":                 {Nsenter{}, kind.CodeNsenterPID, "pid"},
		"a negative pid":        {Nsenter{PID: -1}, kind.CodeNsenterPID, "pid"},
		"a pid of more bits":    {Nsenter{PID: 1<<32 + 140}, kind.CodeNsenterPID, "pid"},
		"no namespace":          {Nsenter{PID: 1, Namespaces: []string{}}, kind.CodeNsenterNamespace, "namespaces"},
		"an unknown namespace":  {Nsenter{PID: 1, Namespaces: []string{"network"}}, kind.CodeNsenterNamespace, "namespaces"},
		"a namespace twice":     {Nsenter{PID: 1, Namespaces: []string{"net", "net"}}, kind.CodeNsenterNamespace, "namespaces"},
		"an option as nsenter":  {Nsenter{PID: 1, Path: "-x"}, kind.CodeContextProgram, "path"},
		"no command":            {Exec{}, kind.CodeExecCommand, "command"},
		"an empty program":      {Exec{Command: []string{"", "x"}}, kind.CodeExecCommand, "command"},
		"an option as command":  {Exec{Command: []string{"-n", "x"}}, kind.CodeExecCommand, "command"},
		"a zero byte":           {Exec{Command: []string{"nice", "a\x00"}}, kind.CodeExecCommand, "command"},
		"a relative program":    {Exec{Command: []string{"./nice"}}, kind.CodeContextPath, "command"},
		"an empty container":    {Docker{}, kind.CodeContainerName, "container"},
		"an option as one":      {Podman{Container: "-x"}, kind.CodeContainerName, "container"},
		"an option as user":     {Docker{Container: "x", User: "-u"}, kind.CodeContainerUser, "user"},
		"a container":           {Podman{Container: "x", User: "1000:1000"}, "", ""},
		"no pod":                {Kubectl{}, kind.CodeKubectlName, "pod"},
		"an option as pod":      {Kubectl{Pod: "-n"}, kind.CodeKubectlName, "pod"},
		"a deployment":          {Kubectl{Pod: "deploy/web"}, kind.CodeKubectlName, "pod"},
		"an option as a part":   {Kubectl{Pod: "x", Container: "-c"}, kind.CodeKubectlName, "container"},
		"spaces in a namespace": {Kubectl{Pod: "x", Namespace: "a b"}, kind.CodeKubectlName, "namespace"},
		"an option as context":  {Kubectl{Pod: "x", KubeContext: "--token=x"}, kind.CodeKubectlName, "kube_context"},
		"a context of a cloud":  {Kubectl{Pod: "x", KubeContext: "arn:aws:eks:eu-1:1:cluster/x"}, "", ""},
		"no instance":           {LXC{}, kind.CodeInstanceName, "instance"},
		"an option as instance": {LXC{Instance: "-n"}, kind.CodeInstanceName, "instance"},
		"a remote in the name":  {Incus{Instance: "far:web"}, kind.CodeInstanceName, "instance"},
		"an option as remote":   {Incus{Instance: "web", Remote: "-t"}, kind.CodeInstanceName, "remote"},
		"spaces in a project":   {LXC{Instance: "web", Project: "a b"}, kind.CodeInstanceName, "project"},
		"an instance":           {LXC{Instance: "web", Remote: "far", Project: "shop"}, "", ""},
		"no machine":            {Machinectl{}, kind.CodeMachineName, "machine"},
		"an option as machine":  {Machinectl{Machine: "--user"}, kind.CodeMachineName, "machine"},
		"this machine as one":   {Machinectl{Machine: ".host"}, kind.CodeMachineName, "machine"},
		"a user in the name":    {Machinectl{Machine: "root@web"}, kind.CodeMachineName, "machine"},
		"no user of a machine":  {Machinectl{Machine: "web", User: "a b"}, kind.CodeMachineUser, "user"},
		"a machine":             {Machinectl{Machine: "web.example", User: "app"}, "", ""},
		"what is right":         {Nsenter{PID: 1, Namespaces: []string{"net"}, Path: "/usr/bin/nsenter"}, "", ""},
		"what is right in exec": {Exec{Command: []string{"nice", "-n", ""}}, "", ""},
	} {
		got := c.kind.Validate()
		if c.code == "" && len(got) > 0 || c.code != "" && (len(got) != 1 || got[0].Code != c.code || got[0].Attr != c.attr) {
			t.Errorf("%s: %+v, want %s of %q", name, got, c.code, c.attr)
		}
	}
}
