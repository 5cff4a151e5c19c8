package adversary

import (
	"bufio"
	"encoding/binary"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"

	"github.com/fxamacker/cbor/v2"
)

// HonestPath is an honest agent on the host, for attacks on those behind it.
const HonestPath = "/home/nosudo/honest"

// below is an honest agent that this host has started.
type below struct {
	mu sync.Mutex // guards w, which is nil until the agent has its setup, and early
	w  io.Writer
	// early are frames for the agent that came before that.
	early []Frame
}

// write sends a frame to the agent, as soon as it may have it.
func (b *below) write(f Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.w == nil {
		b.early = append(b.early, f)
		return
	}
	_, _ = b.w.Write(f.Bytes())
}

// up gives the agent its setup, and then all that came for it.
func (b *below) up(w io.Writer, setup Frame) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.w = w
	for _, f := range append([]Frame{setup}, b.early...) {
		_, _ = w.Write(f.Bytes())
	}
}

// passDown passes a frame on that is for an honest agent below, or is for one that is
// about to be started.
func (h *Host) passDown(f Frame) bool {
	if h.attack.Behind == nil || len(f.Dst) <= len(h.Self) || h.Self == "" || f.Handle == Spawn && f.Dst == h.Self {
		return false
	}
	h.childAt(f.Dst[:len(h.Self)+len(Path("").Child(0, 0))]).write(f)
	return true
}

// childAt is the agent at that address, which may be about to be started.
func (h *Host) childAt(p Path) *below {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.behind[p] == nil {
		h.behind[p] = &below{}
	}
	return h.behind[p]
}

// spawn starts an honest agent in the place of a context below this host, with the rights
// of this process, and answers as its parent. It returns false if that fails.
func (h *Host) spawn(c *Call) bool {
	var p struct {
		Address cbor.ByteString `cbor:"address"`
		Name    string          `cbor:"name"`
		Shared  cbor.ByteString `cbor:"shared"`
	}
	if cbor.Unmarshal(c.In, &p) != nil {
		return false
	}
	const token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	agent := &exec.Cmd{Path: HonestPath, Args: []string{p.Name, "mitoplan-agent", token, p.Name}, Stderr: os.Stderr}
	in, _ := agent.StdinPipe()
	out, _ := agent.StdoutPipe()
	if agent.Start() != nil {
		return false
	}
	r := bufio.NewReaderSize(out, maxFrame)
	for line := ""; strings.TrimSpace(line) != token; {
		var err error
		if line, err = r.ReadString('\n'); err != nil {
			return false
		}
	}
	greeting, err := readFrame(r)
	var said struct {
		Facts cbor.RawMessage `cbor:"facts"`
	}
	if err != nil || cbor.Unmarshal(greeting.Data, &said) != nil {
		return false
	}
	self := Path(p.Address)
	h.childAt(self).up(in, Frame{Dst: self, Src: h.Self, Handle: Setup, Data: Encode(Map{
		"protocol": Protocol, "address": []byte(self), "name": p.Name, "level": 4, "interval": int64(3e9), "timeout": int64(9e9),
		"kill_delay": int64(5e9), "shutdown": int64(1e9), "shared": []byte(p.Shared),
	})})
	go h.passUp(r, self)
	return h.Reply(c, said.Facts)
}

// passUp passes on what an honest agent sends, but for what the attack takes, and what is
// between neighbours.
func (h *Host) passUp(r *bufio.Reader, child Path) {
	for {
		f, err := readFrame(r)
		if err != nil {
			return
		}
		switch {
		case h.attack.Behind(h, f):
			note(partBehind)
		case f.Dst != h.Self:
			h.Send(f)
		case f.Handle == Heartbeat:
			h.childAt(child).write(Frame{Dst: child, Src: h.Self, Handle: Heartbeat})
		case f.Handle == Mark && f.Flags&Credit == 0:
			h.childAt(child).write(Frame{Flags: Credit, Dst: child, Src: h.Self, Handle: Mark, Data: f.Data})
		}
	}
}

// toThoseBehind are attacks on honest agents behind this host.
var toThoseBehind = []*Attack{
	{
		Name: "swaps-contents", Source: mega, Sample: true,
		Rule: "Whoever keeps a blob or uses it checks what comes: as many bytes as the name says, with that sum.",
		Does: "starts an honest agent below it, which pulls what its block names, and sends that other contents of the same length",
		Config: `
resource "file" "swapped" {
  on     = context.sudo.root
  path   = "/home/nosudo/swapped"
  source = "large.bin"
}
`,
		Behind: func(h *Host, f Frame) bool {
			var p struct {
				Blob cbor.ByteString `cbor:"b"`
			}
			if f.Handle != Pull || f.Flags&Reset != 0 || cbor.Unmarshal(f.Data, &p) != nil || len(p.Blob) < 40 {
				return false
			}
			piece := Frame{Flags: Bulk, Dst: f.Src, Src: h.Self, Handle: f.Reply, Reply: First + f.Reply}
			for rest := int(binary.BigEndian.Uint64([]byte(p.Blob)[32:])); rest > 0; rest -= len(piece.Data) {
				piece.Data = make([]byte, min(rest, 30<<10))
				h.childAt(f.Src).write(piece)
			}
			piece.Flags, piece.Data = Fin|Bulk, nil
			h.childAt(f.Src).write(piece)
			return true
		},
		Blamed: []string{"changed", "not what"}, Fails: true,
	},
}
