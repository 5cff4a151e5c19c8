//go:build linux

package connect_test

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mitoplan/mitoplan/internal/catalogue/controller"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/lab"
	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// kept is a kind of context that the contract is checked for, by itself or in
// another context.
type kept struct {
	kind, in string
	row      func(l *lab.Lab) transporttest.Row
	// alike means that another kind in the table differs in nothing but data: both are
	// sent as a prefix. The contract is checked for it if -contract.all asks for that.
	alike bool
	// everyLink asks for the contract over a link with a delay and one without buffers, too.
	// The other kinds carry their frames through the same code, over a pipe; theirs is
	// checked so if -contract.all asks for that.
	everyLink bool
}

var contractOfAll = flag.Bool("contract.all", false, "check the whole contract, over every link, for kinds of contexts, too, that are started as another one is")

// bySSHProgram is the place of the row that takes longest; it is checked with -contract.all.
const bySSHProgram = "the ssh program"

// table lists all kinds of contexts. A new kind needs a row here.
var table = []kept{
	{kind: "local", everyLink: true, row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, local,
			connect.Local{Common: connect.Common{AgentPath: "/no/such/agent"}}, "agent_path_missing", "agent_path")
	}},
	{kind: "sudo", row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, func(c connect.Common) transport.Connector { return connect.Sudo{Common: c} },
			connect.Sudo{User: "no-such-user"}, "sudo_unknown_user", "user")
	}},
	{kind: "su", row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, func(c connect.Common) transport.Connector { return connect.Su{Common: c} },
			connect.Su{User: "no-such-user"}, "become_unknown_user", "user")
	}},
	{kind: "doas", row: func(l *lab.Lab) transporttest.Row {
		l.WriteFile(1, "/etc/doas.conf", "permit nopass deploy\n", 0o400)
		row := rowOf(onHost(l), func(c connect.Common) transport.Connector { return connect.Doas{Common: c} },
			connect.Doas{User: "no-such-user"}, "become_unknown_user", "user")
		row.Via = func(s transporttest.Setting) transport.Connector { return login(l, "deploy")(common(s)) }
		return row
	}},
	{kind: "chroot", row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, func(c connect.Common) transport.Connector { return connect.Chroot{Common: c, Root: "/"} },
			connect.Chroot{Root: "/no/such/root"}, "chroot_root", "root")
	}},
	{kind: "nsenter", alike: true, row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Nsenter{Common: c, PID: int64(os.Getpid())}
		}, connect.Nsenter{PID: 1 << 22}, "nsenter_no_process", "pid")
	}},
	{kind: "exec", row: func(*lab.Lab) transporttest.Row {
		row := rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Exec{Common: c, Command: []string{"nice", "-n", "1"}}
		}, connect.Exec{Command: []string{"/no/such/program"}}, "context_program_missing", "command")
		row.Via = func(s transporttest.Setting) transport.Connector { return local(common(s)) }
		return row
	}},
	{kind: "docker", alike: true, row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Docker{Common: c, Container: "web", Path: engine()}
		}, connect.Docker{Container: "no-docker", Path: engine()}, "container_missing", "container")
	}},
	{kind: "podman", alike: true, row: func(*lab.Lab) transporttest.Row {
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Podman{Common: c, Container: "web", Path: engine()}
		}, connect.Podman{Container: "no-podman", Path: engine()}, "container_missing", "container")
	}},
	{kind: "kubectl", alike: true, row: func(*lab.Lab) transporttest.Row {
		program := standIn("kubectl")
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Kubectl{Common: c, Pod: "web", Container: "main", Namespace: "shop", KubeContext: "lab", Path: program}
		}, connect.Kubectl{Pod: "ghost", Path: program}, "kubectl_missing", "pod")
	}},
	{kind: "lxc", alike: true, row: func(*lab.Lab) transporttest.Row {
		program := standIn("lxc")
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.LXC{Common: c, Instance: "web", Remote: "far", Project: "shop", Path: program}
		}, connect.LXC{Instance: "ghost", Path: program}, "instance_missing", "instance")
	}},
	{kind: "incus", alike: true, row: func(*lab.Lab) transporttest.Row {
		program := standIn("lxc")
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Incus{Common: c, Instance: "web", Path: program}
		}, connect.Incus{Instance: "stopped", Path: program}, "instance_not_running", "instance")
	}},
	{kind: "machinectl", alike: true, row: func(*lab.Lab) transporttest.Row {
		program := standIn("systemd-run")
		return rowOf(here, func(c connect.Common) transport.Connector {
			return connect.Machinectl{Common: c, Machine: "web", Path: program}
		}, connect.Machinectl{Machine: "ghost", Path: program}, "machine_missing", "machine")
	}},
	{kind: "ssh", everyLink: true, row: func(l *lab.Lab) transporttest.Row {
		refused := login(l, "deploy")(connect.Common{AgentPath: "/no/such/agent"})
		return rowOf(onHost(l), login(l, "deploy"), refused, "agent_path_missing", "agent_path")
	}},
	{kind: "ssh", in: bySSHProgram, row: func(l *lab.Lab) transporttest.Row {
		byProgram := func(c connect.Common) transport.Connector {
			k := login(l, "deploy")(c).(ssh.SSH)
			k.Client = "openssh"
			return k
		}
		return rowOf(onHost(l), byProgram, byProgram(connect.Common{AgentPath: "/no/such/agent"}), "agent_path_missing", "agent_path")
	}},
	{kind: "sudo", in: "ssh", row: func(l *lab.Lab) transporttest.Row {
		row := rowOf(onHost(l), func(c connect.Common) transport.Connector { return connect.Sudo{Password: lab.OpsPassword, Common: c} },
			connect.Sudo{Password: "wrong"}, "sudo_wrong_password", "password")
		row.Via = func(s transporttest.Setting) transport.Connector { return login(l, "ops")(common(s)) }
		return row
	}},
}

func TestEveryKindKeepsTheContract(t *testing.T) {
	l := lab.New(t, lab.Options{Hosts: 1})
	for _, k := range table {
		name := k.kind
		if k.in != "" {
			name += " in " + k.in
		}
		if k.in == bySSHProgram && !*contractOfAll {
			continue
		}
		t.Run(name, func(t *testing.T) {
			row := k.row(l.For(t))
			row.OwnLink = !k.everyLink && !*contractOfAll
			if k.alike && !*contractOfAll {
				startsAndIsRefused(t, row)
			} else {
				transporttest.Contract(t, row)
			}
		})
	}
}

// servesTheContract makes an agent of this test binary; see transporttest.Main.
var servesTheContract = map[string]string{"MITOPLAN_CONTRACT": "starts"}

// startsAndIsRefused checks of a kind what the contract of another one does not show: that
// its command line starts an agent, from another context too, and that its program's words
// are understood.
func startsAndIsRefused(t *testing.T, row transporttest.Row) {
	broker := transport.NewBroker(transport.Options{Agents: connect.Self()})
	defer broker.Shutdown()
	router := transport.NewRouter(broker)
	setting := transporttest.Setting{AgentDir: t.TempDir(), Env: servesTheContract}
	from, err := router.Connect(t.Context(), local(common(setting)))
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func(context.Context, transport.Connector, ...transport.ConnectOption) (*transport.Context, error){
		"from here": router.Connect, "from another context": from.Connect,
	} {
		c, err := start(t.Context(), row.Make(setting))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Ready().Get(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		k, code, attr := row.Refused()
		c, err = start(t.Context(), k)
		if err == nil {
			_, err = c.Ready().Get(t.Context())
		}
		var p *kind.Problem
		if !errors.As(err, &p) || p.Code != code || p.Attr != attr {
			t.Errorf("%s: the error is %v, want the problem %s of %q", name, err, code, attr)
		}
	}
}

func TestEveryKindIsInTheTable(t *testing.T) {
	for _, k := range controller.Kinds() {
		if k.Role == kind.RoleContext && !slices.ContainsFunc(table, func(r kept) bool { return r.kind == k.Name && r.in == "" }) {
			t.Errorf("the context kind %s has no row in the table of the contract", k.Name)
		}
	}
}

// engine is a program that takes the command line of docker exec and podman exec.
func engine() string { return standIn("engine") }

// standIn is a program of testdata that takes the command line of another one.
func standIn(name string) string {
	path, err := filepath.Abs("testdata/" + name)
	if err != nil {
		panic(err)
	}
	return path
}

// rowOf makes the row of a kind. make returns its connector with the arguments that
// every kind has. refused is a connector whose start fails with a problem of the
// given code and argument.
func rowOf(run func(...string) (string, error), make func(connect.Common) transport.Connector, refused transport.Connector, code kind.Code, attr string) transporttest.Row {
	return transporttest.Row{
		Make:    func(s transporttest.Setting) transport.Connector { return make(common(s)) },
		Below:   func() transport.Connector { return connect.Local{} },
		Run:     run,
		Program: func(path string) transport.Connector { return make(connect.Common{AgentPath: path}) },
		Refused: func() (transport.Connector, kind.Code, string) { return refused, code, attr },
	}
}

func common(s transporttest.Setting) connect.Common {
	return connect.Common{Env: s.Env, AgentDirs: []string{s.AgentDir}}
}

// local is a context of the kind local, whose agent is kept nowhere.
func local(c connect.Common) transport.Connector {
	c.AgentDirs = nil
	return connect.Local{Common: c}
}

// here runs a program on this machine.
func here(argv ...string) (string, error) {
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	return string(out), err
}

// onHost returns a function that runs programs on the lab's host.
func onHost(l *lab.Lab) func(...string) (string, error) {
	return func(argv ...string) (string, error) { return l.Run(1, argv...) }
}

// login returns a function that makes contexts of a user on the lab's host.
func login(l *lab.Lab, user string) func(connect.Common) transport.Connector {
	off := false
	return func(c connect.Common) transport.Connector {
		return ssh.SSH{Common: c, Host: l.Addr(1), User: user, IdentityFile: l.Key(), KnownHosts: l.KnownHosts(), SSHConfig: os.DevNull, Agent: &off}
	}
}
