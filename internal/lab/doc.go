// Package lab makes real hosts for tests: namespaces of their own for network,
// mounts, processes, IPC and host name, an overlay root over the machine's, and
// a real sshd and sudo inside. Nothing of it outlives the test, not even if
// the test process is killed: threads of the test process hold every
// namespace, so the kernel takes them all down with it.
//
// A lab never talks to anything but its own addresses, 10.77.0.0/16 and
// loopback, and never changes a file of the machine: what a host writes goes to
// its own memory, or to the Disk that it was given. It needs Linux, root, sshd, sudo and iproute2; New skips the
// test with a plain reason if one is missing. Containers on hosts (StartContainer) need
// podman, runc and busybox as well, StartDropbear needs dropbear.
//
// Start reading at New. Hosts are numbered from 1.
package lab
