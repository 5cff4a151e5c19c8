package transport

import (
	"cmp"
	"os"
	"strconv"
	"strings"
)

// maxProcessName is how much of a context's name a process list shows, in bytes.
const maxProcessName = 64

// processName is what the agent of a context is called in a process list:
// "mitoplan:NAME:WHO", where who is USER@HOST:PID of the program that started it,
// or "mitoplan:NAME" if that is not known. The name may be anything; what is
// not a letter, a digit or one of ._@/+=,-[] becomes _, quotes are left out, and
// a long name is cut. So it is one word, for a shell and for people.
func processName(name, who string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r == '"' || r == '\'':
			return -1
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("._@/+=,-[]", r):
			return r
		}
		return '_'
	}, name)
	plain = "mitoplan:" + plain[:min(len(plain), maxProcessName)]
	if who == "" {
		return plain
	}
	return plain + ":" + who
}

// thisProgram is "USER@HOST:PID" of this process.
func thisProgram() string {
	user := cmp.Or(os.Getenv("USER"), os.Getenv("LOGNAME"), strconv.Itoa(os.Getuid()))
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return user + "@" + host + ":" + strconv.Itoa(os.Getpid())
}
