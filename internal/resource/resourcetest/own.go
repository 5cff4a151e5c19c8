package resourcetest

import (
	"errors"
	"syscall"
	"testing"
)

// Mount mounts something until the end of the test. The test is left out where that cannot be
// done.
func Mount(t *testing.T, source, target, fstype string, flags uintptr, data string) {
	t.Helper()
	if err := mount(source, target, fstype, flags, data); err != nil {
		t.Skipf("%s cannot be mounted here: %v", fstype, err)
	}
	t.Cleanup(func() { Must(t, unmount(target)) })
}

// Bind mounts one directory of a case over another.
func (f Dir) Bind(t *testing.T, from, to string) {
	t.Helper()
	Mount(t, f.At(from), f.At(to), "", bind, "")
}

// Tmpfs mounts a file system of 1 MB.
func (f Dir) Tmpfs(t *testing.T, at string) {
	t.Helper()
	Mount(t, "test", f.At(at), "tmpfs", 0, "size=1m")
}

// MakeReadOnly makes what is mounted at a path read-only.
func (f Dir) MakeReadOnly(t *testing.T, at string) {
	t.Helper()
	mustMount(t, "", f.At(at), readOnly)
}

// Cover mounts directories over others, in a process with mounts of its own.
func Cover(t *testing.T, over map[string]string) {
	t.Helper()
	mustMount(t, "", "/", private)
	for target, source := range over {
		mustMount(t, source, target, bind)
	}
}

// mustMount changes what is mounted where. A test that needs that is left out on systems that
// have no such thing.
func mustMount(t *testing.T, source, target string, flags uintptr) {
	t.Helper()
	err := mount(source, target, "", flags, "")
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("only on Linux")
	}
	Must(t, err)
}

// OwnMounts gives a process mounts of its own. It is nil where there is no such thing.
func OwnMounts() *syscall.SysProcAttr { return ownMounts() }

// OwnKernel gives a process a network and a name of the machine of its own, like OwnMounts.
func OwnKernel() *syscall.SysProcAttr { return ownKernel() }

// OwnMachine gives a process all that OwnMounts and OwnKernel do.
func OwnMachine() *syscall.SysProcAttr { return ownMachine() }
