package transport

// Greeting is what a context says about itself when it comes up: facts that
// cost nothing to read. They are the results of every context kind.
type Greeting struct {
	OS            string `cbor:"os" doc:"Operating system, as Go names it: linux, freebsd, darwin."`
	Arch          string `cbor:"arch" doc:"Processor architecture, as Go names it: amd64, arm64."`
	Hostname      string `cbor:"hostname" doc:"Name of the host, as its kernel knows it."`
	Distro        string `cbor:"distro" doc:"Distribution: ID of os-release, such as debian."`
	DistroVersion string `cbor:"distro_version" doc:"Version of the distribution: VERSION_ID of os-release, such as 12."`
	Kernel        string `cbor:"kernel" doc:"Release of the kernel."`
	User          string `cbor:"user" doc:"Name of the user that the context runs as."`
	UID           int64  `cbor:"uid" doc:"Number of that user."`
	Home          string `cbor:"home" doc:"Home folder of that user."`
	CPUs          int64  `cbor:"cpus" doc:"Number of processors that the context may use."`
	Memory        int64  `cbor:"memory" doc:"Memory of the host in bytes."`
	PID           int64  `cbor:"pid" doc:"Process id of the agent."`
	Version       string `cbor:"version" doc:"Version of the agent."`
}
