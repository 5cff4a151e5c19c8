package transport

// Greeting is what a context says about itself when it comes up: facts that
// cost nothing to read. They are the results of every context kind.
type Greeting struct {
	OS            string `cbor:"os"`
	Arch          string `cbor:"arch"`
	Hostname      string `cbor:"hostname"`
	Distro        string `cbor:"distro"`
	DistroVersion string `cbor:"distro_version"`
	Kernel        string `cbor:"kernel"`
	User          string `cbor:"user"`
	UID           int64  `cbor:"uid"`
	Home          string `cbor:"home"`
	CPUs          int64  `cbor:"cpus"`
	Memory        int64  `cbor:"memory"`
	PID           int64  `cbor:"pid" mito:"passing"`
	Version       string `cbor:"version"`
}
