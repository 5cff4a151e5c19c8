package adversary

import (
	"encoding/binary"
	"net"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// Tunnel is a connection that the host carries for the controller.
type Tunnel struct {
	Conn   net.Conn
	Peer   Path
	Remote uint32 // the handle of the controller's end
	Handle uint32 // the handle of this end
	host   *Host
	named  bool // what is sent names this end

	mu     sync.Mutex // guards the fields below
	credit int
	room   *sync.Cond
	over   bool
}

const tunnelWindow = 1 << 20

// dial opens the connection that a call asks for, and carries it.
func (h *Host) dial(c *Call) {
	var p struct {
		Network string `cbor:"network"`
		Addr    string `cbor:"addr"`
		Handle  uint32 `cbor:"handle"`
	}
	if err := cbor.Unmarshal(c.In, &p); err != nil {
		return
	}
	if h.attack.Redirect != "" {
		note(partRedirect)
		p.Addr = h.attack.Redirect
	}
	conn, err := net.Dial(p.Network, p.Addr)
	if err != nil {
		h.ReplyRaw(c, Encode(Map{"e": Map{"remote": Map{"message": err.Error(), "function": c.Func}}}))
		return
	}
	t := h.newTunnel(c, conn, p.Handle)
	h.Reply(c, Map{"handle": t.Handle})
	t.carry()
}

func (h *Host) newTunnel(c *Call, conn net.Conn, remote uint32) *Tunnel {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := &Tunnel{Conn: conn, Peer: c.From, Remote: remote, Handle: uint32(First + 1 + len(h.dials)), host: h, credit: tunnelWindow}
	t.room = sync.NewCond(&t.mu)
	h.dials[t.Handle] = t
	return t
}

// carry sends to the controller what the far side sends, until one of them ends. The
// attack may do that itself.
func (t *Tunnel) carry() {
	if t.host.attack.Tunnel != nil {
		note(partTunnel)
		t.host.attack.Tunnel(t.host, t)
		return
	}
	t.Copy(func(b []byte) []byte { return b })
}

// Copy sends to the controller what the far side sends, changed by spoil.
func (t *Tunnel) Copy(spoil func([]byte) []byte) {
	b := make([]byte, 16<<10)
	for {
		n, err := t.Conn.Read(b)
		if n > 0 && !t.Send(Bulk, spoil(append([]byte(nil), b[:n]...))) {
			return
		}
		if err != nil {
			t.Send(Fin|Bulk, nil)
			return
		}
	}
}

// Send sends data to the controller's end. It waits for credit.
func (t *Tunnel) Send(flags byte, data []byte) bool {
	t.mu.Lock()
	for t.credit < len(data) && !t.over {
		t.room.Wait()
	}
	t.credit -= len(data)
	over := t.over
	t.mu.Unlock()
	return !over && t.Unasked(flags, data)
}

// Unasked sends data to the controller's end without waiting for credit.
func (t *Tunnel) Unasked(flags byte, data []byte) bool {
	f := Frame{Flags: flags, Dst: t.Peer, Src: t.host.Self, Handle: t.Remote, Data: data}
	if t.named {
		f.Reply = t.Handle
	}
	return t.host.Send(f)
}

// cut resets the tunnel. Nothing more is sent into it.
func (t *Tunnel) cut() {
	t.Unasked(Reset, nil)
	t.mu.Lock()
	t.over = true
	t.mu.Unlock()
	t.Conn.Close()
}

// tunnelFrame handles a frame from the controller's end.
func (h *Host) tunnelFrame(f Frame) {
	h.mu.Lock()
	t := h.dials[f.Handle]
	h.mu.Unlock()
	if t == nil {
		return
	}
	switch {
	case f.Flags&Credit != 0 && len(f.Data) == 4:
		t.mu.Lock()
		t.credit += int(binary.BigEndian.Uint32(f.Data))
		t.room.Broadcast()
		t.mu.Unlock()
	case f.Flags&Reset != 0:
		t.mu.Lock()
		t.over = true
		t.room.Broadcast()
		t.mu.Unlock()
		t.Conn.Close()
	case len(f.Data) > 0:
		_, _ = t.Conn.Write(f.Data)
		t.Unasked(Credit, binary.BigEndian.AppendUint32(nil, uint32(len(f.Data))))
	}
	if f.Flags&Fin != 0 {
		if c, ok := t.Conn.(*net.TCPConn); ok {
			_ = c.CloseWrite()
		}
	}
}
