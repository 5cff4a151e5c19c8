package adversary

import (
	"bytes"
	"io"
	"net"
)

// saved is a call on the hostile host whose result is saved on the controller.
const saved = `
call "read_file" "saved" {
  on       = BAD
  path     = "/etc/os-release"
  save_as  = "saved"
  max_size = 1000000
}
`

// pipe opens the other end of the pipe of a call, if it has one. What comes through it
// is read and dropped.
func (h *Host) pipe(c *Call) *Tunnel {
	if c.Pipe == 0 {
		return nil
	}
	near, far := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, far) }()
	t := h.newTunnel(c, near, c.Pipe)
	t.named = true
	return t
}

// saving answers a call whose result is saved.
func saving(f func(h *Host, c *Call, t *Tunnel)) func(h *Host, c *Call) bool {
	return func(h *Host, c *Call) bool {
		t := h.pipe(c)
		if t == nil {
			return false
		}
		note(partCall)
		f(h, c, t)
		return true
	}
}

// saves are attacks on the files that the controller saves results in.
var saves = []*Attack{
	{
		Name: "saves-without-end", At: []Position{Beside, Below}, Together: true,
		Rule:   "They cannot fill the disk of the controller: what a call saves there is bounded by what you allow and by what is free, and nothing is left of a call that goes beyond.",
		Does:   "sends what is to be saved without an end, as there is credit for it, and never says that this is all",
		Config: saved,
		Call: saving(func(_ *Host, _ *Call, t *Tunnel) {
			for data := bytes.Repeat([]byte{0xf6}, 30<<10); t.Send(Bulk, data); {
			}
		}),
		Blamed: []string{"More than may be saved"}, Fails: true,
	},
	{
		Name: "saves-unasked", At: []Position{Beside, Below}, Sample: true,
		Rule:   "A tunnel carries frames of up to 32 KiB, with at most 1 MiB under way each way.",
		Does:   "sends 256 MiB of what is to be saved without waiting for credit, and then that this was all",
		Config: saved,
		Call: saving(func(h *Host, c *Call, t *Tunnel) {
			data := bytes.Repeat([]byte{0xf6}, 30<<10)
			for total := 0; total < 256*mega && t.Unasked(Bulk, data); total += len(data) {
			}
			t.Unasked(Fin|Bulk, nil)
			h.Honest(c)
		}),
		Fails: true,
	},
	{
		Name: "saves-nothing", At: []Position{Beside, Below}, Waits: 25,
		Rule:   "They cannot fill the disk of the controller: what a call saves there is bounded by what you allow and by what is free, and nothing is left of a call that goes beyond.",
		Does:   "sends one byte of what is to be saved, then gives credit for ever, and never says that this is all",
		Config: saved,
		Call: saving(func(_ *Host, _ *Call, t *Tunnel) {
			t.Unasked(Bulk, []byte("x"))
			for range 1000 {
				t.Unasked(Credit, []byte{0x7f, 0xff, 0xff, 0xff})
			}
		}),
		Fails: true,
	},
}
