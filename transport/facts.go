package transport

import (
	"bufio"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// facts are what an agent knows of its host without starting a process.
func facts(version string) Greeting {
	g := Greeting{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: int64(runtime.NumCPU()),
		UID: int64(os.Getuid()), PID: int64(os.Getpid()), Version: version,
	}
	g.Hostname, _ = os.Hostname()
	g.User, g.Home = userByID(g.UID)
	g.Distro, g.DistroVersion = distribution()
	systemFacts(&g)
	return g
}

// userByID is the name and the home of a user, from /etc/passwd. A user of a
// directory service is named as the environment says, or by number.
func userByID(uid int64) (name, home string) {
	id := strconv.FormatInt(uid, 10)
	eachLine("/etc/passwd", func(line string) bool {
		f := strings.Split(line, ":")
		if len(f) < 7 || f[2] != id {
			return true
		}
		name, home = f[0], f[5]
		return false
	})
	if name == "" {
		name = os.Getenv("USER")
	}
	if name == "" {
		name = id
	}
	if home == "" {
		home = os.Getenv("HOME")
	}
	return name, home
}

// distribution is ID and VERSION_ID of os-release.
func distribution() (id, version string) {
	for _, path := range []string{"/etc/os-release", "/usr/lib/os-release"} {
		found := eachLine(path, func(line string) bool {
			key, value, _ := strings.Cut(line, "=")
			switch key {
			case "ID":
				id = unquote(value)
			case "VERSION_ID":
				version = unquote(value)
			}
			return true
		})
		if found {
			break
		}
	}
	return id, version
}

// unquote removes the quotes from the value of a shell assignment.
func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// eachLine calls f for the lines of a file until f returns false. It reads a
// MiB at most: the file may be anybody's.
func eachLine(path string, f func(line string) bool) (found bool) {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	lines := bufio.NewScanner(io.LimitReader(file, 1<<20))
	for lines.Scan() && f(lines.Text()) {
	}
	return true
}
