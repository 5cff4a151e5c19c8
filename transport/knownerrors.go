package transport

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"unicode/utf8"
)

// Known errors cross the wire by name, so that errors.Is finds them in the error of a
// function that ran elsewhere. There are those of the standard library that a program
// asks for, and those that the program names itself.

// standardErrors are the known errors of the standard library. The names are those in
// Go.
var standardErrors = [...]struct {
	name string
	err  *error
}{
	{"context.Canceled", &context.Canceled}, {"context.DeadlineExceeded", &context.DeadlineExceeded},
	{"exec.ErrNotFound", &exec.ErrNotFound},
	{"errors.ErrUnsupported", &errors.ErrUnsupported},
	{"fs.ErrNotExist", &fs.ErrNotExist}, {"fs.ErrExist", &fs.ErrExist}, {"fs.ErrPermission", &fs.ErrPermission},
	{"fs.ErrInvalid", &fs.ErrInvalid}, {"fs.ErrClosed", &fs.ErrClosed},
	{"io.EOF", &io.EOF}, {"io.ErrUnexpectedEOF", &io.ErrUnexpectedEOF}, {"io.ErrClosedPipe", &io.ErrClosedPipe},
	{"net.ErrClosed", &net.ErrClosed}, {"os.ErrDeadlineExceeded", &os.ErrDeadlineExceeded}, {"os.ErrProcessDone", &os.ErrProcessDone},
	{"transport.ErrReceiverClosed", &ErrReceiverClosed}, {"transport.ErrSenderClosed", &ErrSenderClosed},
	{"transport.ErrSenderRefused", &ErrSenderRefused},
}

// systemErrors are the known errors of the system. Each system has numbers of its own,
// and the names are the same.
var systemErrors = [...]struct {
	name string
	err  syscall.Errno
}{
	{"EACCES", syscall.EACCES}, {"EADDRINUSE", syscall.EADDRINUSE}, {"EADDRNOTAVAIL", syscall.EADDRNOTAVAIL},
	{"EAGAIN", syscall.EAGAIN}, {"EBADF", syscall.EBADF}, {"EBUSY", syscall.EBUSY}, {"ECHILD", syscall.ECHILD},
	{"ECONNABORTED", syscall.ECONNABORTED}, {"ECONNREFUSED", syscall.ECONNREFUSED}, {"ECONNRESET", syscall.ECONNRESET},
	{"EDQUOT", syscall.EDQUOT}, {"EEXIST", syscall.EEXIST}, {"EFBIG", syscall.EFBIG},
	{"EHOSTUNREACH", syscall.EHOSTUNREACH}, {"EINTR", syscall.EINTR}, {"EINVAL", syscall.EINVAL}, {"EIO", syscall.EIO},
	{"EISDIR", syscall.EISDIR}, {"ELOOP", syscall.ELOOP}, {"EMFILE", syscall.EMFILE}, {"EMLINK", syscall.EMLINK},
	{"ENAMETOOLONG", syscall.ENAMETOOLONG}, {"ENETUNREACH", syscall.ENETUNREACH}, {"ENFILE", syscall.ENFILE},
	{"ENODEV", syscall.ENODEV}, {"ENOENT", syscall.ENOENT}, {"ENOEXEC", syscall.ENOEXEC}, {"ENOMEM", syscall.ENOMEM},
	{"ENOSPC", syscall.ENOSPC}, {"ENOSYS", syscall.ENOSYS}, {"ENOTCONN", syscall.ENOTCONN}, {"ENOTDIR", syscall.ENOTDIR},
	{"ENOTEMPTY", syscall.ENOTEMPTY}, {"ENOTSUP", syscall.ENOTSUP}, {"ENXIO", syscall.ENXIO}, {"EPERM", syscall.EPERM},
	{"EPIPE", syscall.EPIPE}, {"EROFS", syscall.EROFS}, {"ESRCH", syscall.ESRCH}, {"ETIMEDOUT", syscall.ETIMEDOUT},
	{"ETXTBSY", syscall.ETXTBSY}, {"EXDEV", syscall.EXDEV},
}

// maxKnown is how many known errors one error names.
const maxKnown = 16

// known is one known error.
type known struct {
	name string
	err  error
}

// own are the known errors that the program has named, by name.
var own struct {
	mu     sync.Mutex // guards errors
	errors []known
}

// KnownErrors names errors of this program, so that errors.Is finds them in the errors
// of functions that ran in another process of the same program, any number of hops
// away. It is called in main before Main, with the same names in all processes. Of the
// standard library these are known without being named: the errors of io/fs and
// context; io.EOF, io.ErrUnexpectedEOF and io.ErrClosedPipe; net.ErrClosed,
// os.ErrDeadlineExceeded and os.ErrProcessDone; exec.ErrNotFound; errors.ErrUnsupported; and the common
// ones of syscall.Errno, such as ENOSPC. KnownErrors panics if a name is empty, is not
// UTF-8, or stands for another error already.
func KnownErrors(named map[string]error) {
	before := allKnown()
	var more []known
	for name, err := range named {
		i := slices.IndexFunc(before, func(k known) bool { return k.name == name })
		if name == "" || !utf8.ValidString(name) || err == nil || i >= 0 && before[i].err != err {
			panic("transport.KnownErrors: the name \"" + name + "\" is empty or not UTF-8, names no error, or names another one already")
		}
		if i < 0 {
			more = append(more, known{name, err})
		}
	}
	own.mu.Lock()
	defer own.mu.Unlock()
	own.errors = append(own.errors, more...)
	slices.SortFunc(own.errors, func(a, b known) int { return strings.Compare(a.name, b.name) })
}

// allKnown are all known errors, those of the program first.
func allKnown() []known {
	own.mu.Lock()
	all := append([]known(nil), own.errors...)
	own.mu.Unlock()
	for _, k := range standardErrors {
		all = append(all, known{k.name, *k.err})
	}
	for _, k := range systemErrors {
		all = append(all, known{k.name, k.err})
	}
	return all
}

// knownNames are the names of all known errors that err is. Those that came from
// another process are kept even if they are not known here.
func knownNames(err error) []string {
	var names []string
	var remote *RemoteError
	if errors.As(err, &remote) {
		names = append(names, remote.known...)
	}
	for _, k := range allKnown() {
		if len(names) < maxKnown && errors.Is(err, k.err) && !slices.Contains(names, k.name) {
			names = append(names, k.name)
		}
	}
	return names
}

// knownErrors are the errors that names stand for, as far as they are known here.
func knownErrors(names []string) (errs []error) {
	if len(names) == 0 {
		return nil
	}
	for _, k := range allKnown() {
		if slices.Contains(names, k.name) {
			errs = append(errs, k.err)
		}
	}
	return errs
}

// cleanKnown bounds names that came from another process.
func cleanKnown(names []string) []string {
	names = names[:min(len(names), maxKnown)]
	for i := range names {
		cleanNames(&names[i])
	}
	return names
}
