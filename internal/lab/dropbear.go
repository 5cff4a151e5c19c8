//go:build linux

package lab

import (
	"fmt"
	"os"
)

// dropbearStart starts dropbear in a root directory, "" for that of the host, and brings along
// what it needs there. It shows the key of the host's sshd, and is in the background when it
// listens.
const dropbearStart = `set -e
if [ "$1" ]; then
	for f in /usr/sbin/dropbear $(ldd /usr/sbin/dropbear | grep -o "/[^ ]*"); do
		mkdir -p "$1${f%/*}"
		cp "$f" "$1$f"
	done
	mount -t proc proc "$1/proc"
fi
dropbearconvert openssh dropbear /etc/ssh/ssh_host_ed25519_key "$1/etc/dropbear_key" 2>/dev/null
root=${1:-/}
port=$2
shift 2
exec chroot "$root" /usr/sbin/dropbear -p "$port" -r /etc/dropbear_key -P "/etc/dropbear.$port" "$@"`

// StartDropbear starts dropbear on host i, beside its sshd, at an address that KnownHosts
// gets, which it returns. root is the root directory that it is started in, "" for that of the
// host. It skips the test if the machine has no dropbear.
func (l *Lab) StartDropbear(i int, root string, port int, options ...string) string {
	l.t.Helper()
	if _, err := os.Stat("/usr/sbin/dropbear"); err != nil {
		l.t.Skip("/usr/sbin/dropbear is missing (Debian package dropbear-bin)")
	}
	l.Exec(i, append([]string{"sh", "-c", dropbearStart, "sh", root, fmt.Sprint(port)}, options...)...)
	addr := fmt.Sprintf("%s:%d", l.Addr(i), port)
	l.Trust(addr, i)
	return addr
}
