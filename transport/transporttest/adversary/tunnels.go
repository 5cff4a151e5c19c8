package adversary

import "encoding/binary"

var throughBastion = []Position{Bastion}

// tunnels are attacks of a bastion on the connections that it carries.
var tunnels = []*Attack{
	{
		Name: "honest-bastion", At: throughBastion,
		Rule: "It carries ciphertext only, because connections through it are SSH end to end",
		Does: "nothing: the host behind it is reached through the adversary's own tunnel",
	},
	{
		Name: "bits-flipped", At: throughBastion, Waits: 10,
		Rule: "It cannot read, change, or act as the host.",
		Does: "changes a bit in each packet after the first 2500 bytes",
		Tunnel: func(_ *Host, t *Tunnel) {
			seen := 0
			t.Copy(func(b []byte) []byte {
				if seen += len(b); seen > 2500 {
					b[len(b)/2] ^= 1
				}
				return b
			})
		},
		Blamed: []string{"context.ssh.behind", "lost", "MAC", "handshake"}, Fails: true,
	},
	{
		Name: "another-host", At: throughBastion, Waits: 10, Sample: true,
		Rule:     "The controller checks the key of the host behind it",
		Does:     "connects the tunnel to its own sshd instead of the host behind it",
		Redirect: "127.0.0.1:22",
		Blamed:   []string{"host key", "Host key", "key of"}, Fails: true,
	},
	{
		Name: "tunnel-of-silence", At: throughBastion, Waits: 20,
		Rule:   "It can delay and cut, and learn which hosts you reach and how much is sent.",
		Does:   "opens the tunnel and carries nothing",
		Tunnel: func(*Host, *Tunnel) {},
		Blamed: []string{"context.ssh.behind"}, Fails: true,
	},
	{
		Name: "tunnel-overflow", At: throughBastion, Waits: 10,
		Rule: "A tunnel carries frames of up to 32 KiB, with at most 1 MiB under way each way.",
		Does: "sends 256 MiB into the tunnel without credit",
		Tunnel: func(_ *Host, t *Tunnel) {
			b := make([]byte, 32<<10)
			for range 256 * mega / len(b) {
				if !t.Unasked(Bulk, b) {
					return
				}
			}
		},
		Blamed: []string{"context.ssh.behind"}, Fails: true,
	},
	{
		Name: "tunnel-credit", At: throughBastion,
		Rule: "with at most 1 MiB under way each way",
		Does: "gives credit of 4 GiB a thousand times, and none of the right form",
		Tunnel: func(_ *Host, t *Tunnel) {
			for i := range 1000 {
				t.Unasked(Credit, binary.BigEndian.AppendUint32(nil, 1<<32-1))
				t.Unasked(Credit, make([]byte, i%8))
			}
			t.Copy(func(b []byte) []byte { return b })
		},
	},
	{
		Name: "tunnel-cut", At: throughBastion, Waits: 20, Sample: true,
		Rule: "It can delay and cut, and learn which hosts you reach and how much is sent.",
		Does: "resets the tunnel while the host behind works, as much of what that prints has come",
		Config: `
call "command" "works" {
  on          = context.ssh.behind
  argv        = ["sh", "-c", "head -c 1000000 /dev/zero; exec sleep 60"]
  stdout_file = "printed"
}
`,
		Tunnel: func(_ *Host, t *Tunnel) {
			seen := 0
			t.Copy(func(b []byte) []byte {
				if seen += len(b); seen > 512<<10 {
					t.cut()
				}
				return b
			})
		},
		Blamed: []string{"context.ssh.behind"}, Fails: true,
	},
	{
		Name: "dial-lies", At: throughBastion, Waits: 10,
		Rule: "Calls, starts of contexts and cancels are obeyed only from above",
		Does: "answers the request for a tunnel with handles of others, and asks the controller to dial for it",
		Up: func(h *Host) {
			h.Send(Frame{Src: h.Self, Handle: CallTo, Reply: 1001, Data: Encode(Map{"f": "transport.dial", "i": Map{"network": "tcp", "addr": "127.0.0.1:22", "handle": 1001}, "l": 1})})
		},
		Call:   func(h *Host, c *Call) bool { return c.Func == "transport.dial" && h.Reply(c, Map{"handle": 4}) },
		Blamed: []string{"context.ssh.behind"}, Fails: true,
	},
}
