package adversary

import (
	"bufio"
	"encoding/binary"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// window is how many bytes of long messages may be under way to one destination.
const window = 4 << 20

// Host is a hostile agent that is up. It answers as an honest agent would, but for
// what the attack does itself. It does so for itself and for the contexts that it
// claims to have started below it.
type Host struct {
	Self, Up Path
	Rand     *rand.Rand

	attack *Attack
	r      *bufio.Reader
	w      io.Writer
	err    io.Writer

	mu     sync.Mutex   // guards the fields below, up to ended
	credit map[Path]int // how much each sender may still send
	room   *sync.Cond
	last   uint32
	parts  map[string]*Frame
	cut    []byte // of a frame of which there is more to come; nil for none
	deaf   bool
	dials  map[uint32]*Tunnel
	behind map[Path]*below
	out    sync.Mutex // held during one write
	bulk   sync.Mutex // held during one long message
	ended  bool

	answers sync.WaitGroup // calls that are being answered
	asked   atomic.Uint32  // of everySecond

	played chan struct{} // closed when the attack's Up has returned
	came   chan struct{} // closed when the first bytes of a tunnel or a pull have come
	first  sync.Once     // closes came
}

// playTime is how long honest answers wait for the attack's Up to return.
const playTime = 15 * time.Second

func newHost(t *Takeover) *Host {
	sum := fnv.New64a()
	_, _ = io.WriteString(sum, t.attack.Name)
	h := &Host{
		attack: t.attack, r: t.In, w: t.Out, err: t.Err, credit: map[Path]int{},
		Rand:  rand.New(rand.NewPCG(sum.Sum64(), 1)),
		parts: map[string]*Frame{}, dials: map[uint32]*Tunnel{}, behind: map[Path]*below{}, played: make(chan struct{}), came: make(chan struct{}),
	}
	h.room = sync.NewCond(&h.mu)
	return h
}

// Facts are what an honest agent says about its host.
func Facts() Map {
	name, _ := os.Hostname()
	return Map{
		"os": runtime.GOOS, "arch": runtime.GOARCH, "hostname": name, "distro": "debian", "distro_version": "12",
		"kernel": "6.1.0", "user": "nosudo", "uid": os.Getuid(), "home": "/home/nosudo", "cpus": 4, "memory": 8 << 30,
		"pid": os.Getpid(), "version": "1",
	}
}

// Greet sends a greeting.
func (h *Host) Greet(protocol int, facts Map) {
	h.Send(Frame{Handle: Greeting, Data: Encode(Map{"protocol": protocol, "facts": facts})})
}

// Send writes a frame as it is.
func (h *Host) Send(f Frame) bool { return h.Raw(f.Bytes()) }

// Raw writes bytes as they are. It returns false if the stream has ended.
func (h *Host) Raw(b []byte) bool {
	h.out.Lock()
	defer h.out.Unlock()
	_, err := h.w.Write(b)
	return err == nil
}

// Message sends a payload to the parent, in fragments if it is long, and waits for
// credit as an honest agent does. It returns false if the stream has ended.
func (h *Host) Message(f Frame) bool {
	if len(f.Data) <= fragment {
		return h.Send(f)
	}
	h.bulk.Lock()
	defer h.bulk.Unlock()
	return h.fragments(f, true)
}

// Unasked sends a payload in fragments, as Message does, but does not wait for
// credit.
func (h *Host) Unasked(f Frame) { h.fragments(f, false) }

func (h *Host) fragments(f Frame, wait bool) bool {
	h.mu.Lock()
	h.last++
	id := h.last
	h.mu.Unlock()
	for rest := f.Data; len(rest) > 0; {
		n := min(fragment, len(rest))
		if wait && !h.take(f.Src, n) {
			return false
		}
		p := f
		p.Flags |= Part | Bulk
		p.Data = binary.BigEndian.AppendUint32(nil, id)
		p.Data = binary.BigEndian.AppendUint32(p.Data, uint32(len(f.Data)))
		p.Data = append(p.Data, rest[:n]...)
		if !h.Send(p) {
			return false
		}
		rest = rest[n:]
	}
	return true
}

// take waits for credit of n bytes. It returns false if the stream has ended.
func (h *Host) take(src Path, n int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.credit[src]; !ok {
		h.credit[src] = window
	}
	for h.credit[src] < n && !h.ended {
		h.room.Wait()
	}
	h.credit[src] -= n
	return !h.ended
}

// Deaf makes the host stop reading. It still sends heartbeats.
func (h *Host) Deaf() { h.mu.Lock(); h.deaf = true; h.mu.Unlock() }

// Siblings returns addresses that other children of the same parent could have.
func (h *Host) Siblings() (all []Path) {
	for depth := range uint32(3) {
		for i := range uint32(6) {
			if p := h.Self.Parent().Child(depth<<26|i, 0); p != h.Self {
				all = append(all, p)
			}
		}
	}
	return all
}

// Beat sends heartbeats until the stream ends.
func (h *Host) Beat() {
	for h.Send(Frame{Dst: h.Up, Src: h.Self, Handle: Heartbeat}) {
		time.Sleep(time.Second)
	}
}

// run reads and answers until the stream ends.
func (h *Host) run() {
	defer h.over()
	for {
		h.mu.Lock()
		deaf := h.deaf
		h.mu.Unlock()
		if deaf {
			note(partDeaf)
			h.Beat()
			return
		}
		f, err := readFrame(h.r)
		if err != nil {
			return
		}
		if f.Handle >= First && f.Flags&(Bulk|Dead) == Bulk { // also if there is more of it to come
			h.first.Do(func() { close(h.came) })
		}
		if h.passDown(f) {
			continue
		}
		if f, whole := h.join(f); whole {
			h.receive(f)
		}
	}
}

// join puts the pieces of a frame together that was cut.
func (h *Host) join(f Frame) (_ Frame, whole bool) {
	if f.Flags&Bulk == 0 {
		return f, true
	}
	more := f.Flags&More != 0
	f.Flags &^= More
	f.Data = append(h.cut, f.Data...)
	h.cut = nil
	if more {
		h.cut = f.Data
	}
	return f, !more
}

func (h *Host) over() {
	h.mu.Lock()
	h.ended = true
	h.room.Broadcast()
	h.mu.Unlock()
}

// lastWord is how long what is being answered is waited for when the stream has ended.
const lastWord = 2 * time.Second

// finish is called when the stream has ended. The program does not wait for what it has
// told a host to do last, but that is done all the same.
func (h *Host) finish() {
	done := make(chan struct{})
	go func() { h.answers.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(lastWord):
	}
	if h.attack.Stays {
		note(partStays)
		time.Sleep(10 * time.Minute) // the test ends it before
	}
}

// receive handles one frame.
func (h *Host) receive(f Frame) {
	if f.Flags&Part != 0 {
		whole := h.assemble(f)
		if whole == nil {
			return
		}
		f = *whole
	}
	switch f.Handle {
	case Setup:
		h.setup(f)
	case Spawn:
		h.answer(&Call{Func: "spawn", In: f.Data, To: f.Dst, From: f.Src, ID: f.Reply})
	case CallTo:
		h.call(f)
	case Credits:
		h.credited(f)
	case Mark:
		switch {
		case f.Flags&Credit != 0:
		case h.attack.KeepsMarks:
			note(partMarks)
		default:
			h.Send(Frame{Flags: Credit, Dst: f.Src, Src: f.Dst, Handle: Mark, Data: f.Data})
		}
	case Shutdown:
		h.answer(&Call{Func: "shutdown", To: h.Self, From: f.Src})
	default:
		h.tunnelFrame(f)
	}
}

func (h *Host) setup(f Frame) {
	h.Self, h.Up = f.Dst, f.Src
	if h.attack.ReadsNothing {
		h.Deaf()
	}
	go h.Beat()
	go func() {
		defer close(h.played)
		if h.attack.Up != nil {
			note(partUp)
			h.attack.Up(h)
		}
	}()
}

// assemble puts fragments together. It gives credit for each at once. It returns
// the message when it is complete, and nil before.
func (h *Host) assemble(f Frame) *Frame {
	key := string(f.Src) + string(f.Data[:4])
	total := int(binary.BigEndian.Uint32(f.Data[4:]))
	p := h.parts[key]
	if p == nil {
		whole := f
		whole.Data, whole.Flags = nil, f.Flags&^(Part|Bulk)
		p = &whole
		h.parts[key] = p
	}
	p.Data = append(p.Data, f.Data[8:]...)
	h.Send(Frame{Dst: f.Src, Src: f.Dst, Handle: Credits, Data: Encode(Map{"bytes": len(f.Data) - 8})})
	if len(p.Data) < total {
		return nil
	}
	delete(h.parts, key)
	return p
}

func (h *Host) credited(f Frame) {
	var p struct {
		Bytes int `cbor:"bytes"`
	}
	if cbor.Unmarshal(f.Data, &p) == nil {
		h.mu.Lock()
		h.credit[f.Dst] += p.Bytes
		h.room.Broadcast()
		h.mu.Unlock()
	}
}
