package connect

import (
	"cmp"
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// Kubectl starts an agent in a running container of a pod, with kubectl exec on the parent's
// machine. It counts as another machine.
type Kubectl struct {
	Common
	// Pod: Name of the pod. Required.
	Pod string `cbor:"pod" mito:"required,public,describes=pod"`
	// Container: Name of the container in the pod; without it the one that kubectl takes,
	// usually the first.
	Container string `cbor:"container,omitempty" mito:"public,describes=container"`
	// Namespace: Namespace of the pod; without it that of the kubeconfig.
	Namespace string `cbor:"namespace,omitempty" mito:"public,describes=namespace"`
	// KubeContext: Context of the kubeconfig, which says with which cluster and as which user;
	// without it the current one.
	KubeContext string `cbor:"kube_context,omitempty" mito:"public,describes=kube_context"`
	// Path: The kubectl program. Default kubectl.
	Path string `cbor:"path,omitempty" mito:"public,default=kubectl"`
}

// Manual has the texts of these arguments.
func (Kubectl) Manual() kind.Manual {
	return kind.Manual{
		Doc: "An agent in a running container of a Kubernetes pod, started with kubectl exec on the machine of its via context. env is set for the container; KUBECONFIG is set for kubectl with env of the via context, which is of kind local if there is no other.",
		Page: kind.Page{
			Example: `context "local" "here" {}
context "kubectl" "app" {
  via = context.local.here
  pod = "web"
}
call "hostname" "it" {
  on = context.kubectl.app
}
output "host" {
  value = call.hostname.it.hostname
}
`,
			Ansible: "the connection plugin kubernetes.core.kubectl.",
			Pyinfra: "nothing is like this.",
			Limits:  "The container has to have sh and gzip, and what is changed in it is lost when the pod is made anew. It is tried with a program that takes the command line of kubectl exec and refuses as kubectl does, not with a cluster.",
		},
		Attrs: map[string]kind.Entry{
			"pod":          {Doc: "Name of the pod."},
			"container":    {Doc: "Name of the container in the pod; without it the one that kubectl takes, usually the first."},
			"namespace":    {Doc: "Namespace of the pod; without it that of the kubeconfig."},
			"kube_context": {Doc: "Context of the kubeconfig, which says with which cluster and as which user; without it the current one."},
			"path":         {Doc: "The kubectl program."},
		},
	}
}

func kubectlKind() kind.Kind { return define(func() transport.Connector { return &Kubectl{} }) }

// Kind is "kubectl".
func (Kubectl) Kind() string { return "kubectl" }

// Validate says what is wrong with the arguments. It looks at no host.
func (k Kubectl) Validate() []kind.Problem {
	p := k.Common.Validate()
	for _, a := range []struct{ attr, value, without string }{
		{"pod", k.Pod, notInUser + "/"}, {"container", k.Container, notInUser + "/"},
		{"namespace", k.Namespace, notInUser + "/"}, {"kube_context", k.KubeContext, notInUser},
	} {
		if bad := badName(a.value, a.without); bad != "" && (a.value != "" || a.attr == "pod") {
			p = append(p, *blame(a.attr, kind.CodeKubectlName, "Invalid name", "%s is %q, and no name is that: %s.", kind.Rule(a.attr), a.value, kind.Rule(bad)))
		}
	}
	return append(p, checkProgram("path", kind.CodeContextProgram, k.Path)...)
}

// Start runs kubectl.
func (k Kubectl) Start(ctx context.Context, s transport.Start) (*transport.Link, error) {
	return startPrefixed(ctx, k, s)
}

// Sent is what another context starts in place of it.
func (k Kubectl) Sent() (transport.Connector, error) { return sent(k) }

// prefixed passes stdin on with -i. Without -t there is no terminal.
func (k Kubectl) prefixed() prefixed {
	argv := []string{cmp.Or(k.Path, "kubectl"), "exec", "-i"}
	for _, o := range []struct{ option, value string }{{"--context", k.KubeContext}, {"-n", k.Namespace}, {"-c", k.Container}} {
		if o.value != "" {
			argv = append(argv, o.option, o.value)
		}
	}
	return prefixed{
		Common: k.Common, Argv: append(argv, k.Pod, "--"), ProgramFrom: "path", Client: true,
		Doing: "Starting an agent in the pod " + k.Pod + ": ", Refusals: kubectlRefusals,
	}
}

// kubectlRefusals are what kubectl, and the API server and the kubelet through it, say when
// they refuse.
var kubectlRefusals = refusals{
	{[]string{"executable file not found", "exec: \"sh\"", "executable file `sh` not found"},
		"pod", kind.CodeKubectlNoShell, "No shell in the container",
		"sh cannot be executed there, as in an image without a system. Use an image with sh and gzip."},
	{[]string{"getting credentials: "},
		"", kind.CodeKubectlLogin, "The program that logs kubectl in fails",
		"The user of the kubeconfig gets its login from a program, which is missing or refuses. Install it where kubectl runs, log in with it there, or correct kube_context."},
	{[]string{"You must be logged in", "(Unauthorized)"},
		"", kind.CodeKubectlLogin, "kubectl is not logged in",
		"The cluster does not accept the login of the kubeconfig: its token or certificate has expired, or belongs to another cluster. Log in anew where kubectl runs, or correct kube_context."},
	{[]string{"x509: "},
		"", kind.CodeKubectlCertificate, "The certificate of the cluster is not accepted",
		"kubectl does not trust it: it comes from an authority that the kubeconfig does not name, is of another server, or is not valid at this time. Correct the cluster in the kubeconfig, or the clock."},
	{[]string{"error loading config file", "no configuration has been provided", "invalid configuration: ", "localhost:8080 was refused"},
		"", kind.CodeKubectlConfig, "kubectl has no usable kubeconfig",
		"The kubeconfig is missing, may not be read, or is damaged; without one kubectl asks localhost:8080. Repair it, or set KUBECONFIG for the via context, of kind local if there is none yet."},
	{[]string{"context was not found for specified context", "error: context \""},
		"kube_context", kind.CodeKubectlContext, "No such context in the kubeconfig",
		"The kubeconfig that kubectl reads there has none of that name. Correct kube_context, or set KUBECONFIG for the via context."},
	{[]string{"(Forbidden)", " is forbidden: "},
		"", kind.CodeKubectlNotAllowed, "Not allowed to use the pod",
		"The user of the kubeconfig may not get the pod or create pods/exec. Allow it with a role in the namespace, or use another kube_context."},
	{[]string{"is not valid for pod", " not found in pod "},
		"container", kind.CodeKubectlContainer, "No such container in the pod",
		"The pod has none of that name. Correct container."},
	{[]string{"completed pod", "does not have a host assigned", "container not found (", "is waiting to start"},
		"pod", kind.CodeKubectlNotRunning, "Container is not running",
		"The pod is not placed on a node yet, its container restarts, or has ended. kubectl describe pod tells why."},
	{[]string{"(NotFound): namespaces "},
		"namespace", kind.CodeKubectlMissing, "No such namespace",
		"The cluster has none of that name. Correct namespace or kube_context."},
	{[]string{"Error from server (NotFound)", "pod does not exist"},
		"pod", kind.CodeKubectlMissing, "No such pod",
		"The namespace has none of that name; those of a Deployment get other names when they are made anew. Correct pod, namespace or kube_context."},
	{[]string{"did you specify the right host or port", "Unable to connect to the server", "error dialing backend", "dial tcp "},
		"", kind.CodeKubectlNoServer, "The cluster does not answer",
		"kubectl cannot reach its API server, or that server cannot reach the node. Look whether both run and whether a firewall is between them, or correct kube_context."},
}
