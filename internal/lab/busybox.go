//go:build linux

package lab

import "os"

const busyboxProgram = "/bin/busybox"

// applets are the programs of busybox that its roots have, which are those that the
// start of an agent uses, and what tests look around with.
const applets = "sh ls id mkdir chmod rm mv cat head gzip sha256sum uname sleep hostname kill ps"

// busyboxRoot makes a root directory. A program that is linked against libraries brings
// them along.
const busyboxRoot = `set -e
mkdir -p "$1/bin" "$1/dev" "$1/etc" "$1/proc" "$1/root" "$1/sys" "$1/tmp"
for f in $(ldd /bin/busybox 2>/dev/null | grep -o "/[^ ]*"); do
	mkdir -p "$1${f%/*}"
	cp "$f" "$1$f"
done
cp /bin/busybox "$1/bin"
for a in $2; do ln -sf busybox "$1/bin/$a"; done
echo "root:x:0:0::/root:/bin/sh" >"$1/etc/passwd"
echo "root:x:0:" >"$1/etc/group"
chmod 1777 "$1/tmp"`

// BusyboxRoot makes a root directory on host i, at an absolute path, that has busybox
// and nothing else: neither /proc is mounted there, nor is anything in /dev. It skips the
// test if the machine has no busybox.
func (l *Lab) BusyboxRoot(i int, dir string) {
	l.t.Helper()
	if _, err := os.Stat(busyboxProgram); err != nil {
		l.t.Skipf("%s is missing (Debian package busybox)", busyboxProgram)
	}
	l.Exec(i, "sh", "-c", busyboxRoot, "sh", dir, applets)
}

// MakeNull makes /dev/null in a root directory of host i.
func (l *Lab) MakeNull(i int, root string) {
	l.t.Helper()
	l.Exec(i, "mknod", "-m", "666", root+"/dev/null", "c", "1", "3")
}
