package adversary

import (
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"
)

// Call is a call, or a spawn, that waits for its answer.
type Call struct {
	Func     string
	In       cbor.RawMessage
	To, From Path
	ID       uint32
	Pipe     uint32 // the caller's end of the pipe of the call, 0 for none
}

func (h *Host) call(f Frame) {
	var p struct {
		Func string          `cbor:"f"`
		In   cbor.RawMessage `cbor:"i"`
		Pipe uint32          `cbor:"p"`
	}
	if cbor.Unmarshal(f.Data, &p) == nil {
		h.answer(&Call{Func: p.Func, In: p.In, To: f.Dst, From: f.Src, ID: f.Reply, Pipe: p.Pipe})
	}
}

// answer lets the attack answer the call, or answers honestly if the attack does
// not. It waits until the attack's Up has returned, so that the attack is played
// before the run's work is done.
func (h *Host) answer(c *Call) {
	if h.attack.AnswersNothing {
		note(partMute)
		return
	}
	h.answers.Go(func() {
		select {
		case <-h.played:
		case <-time.After(playTime):
		}
		if h.attack.Call == nil || !h.attack.Call(h, c) {
			h.Honest(c)
			return
		}
		note(partCall)
	})
}

// Reply answers a call with a result.
func (h *Host) Reply(c *Call, result any) bool {
	return h.ReplyRaw(c, Encode(Map{"o": result}))
}

// ReplyRaw answers a call with a payload that is already encoded.
func (h *Host) ReplyRaw(c *Call, data []byte) bool {
	return h.Message(Frame{Dst: c.From, Src: c.To, Handle: c.ID, Data: data})
}

// Honest answers a call as an honest agent could, without changing anything.
func (h *Host) Honest(c *Call) {
	switch c.Func {
	case "spawn":
		if h.attack.Behind == nil || !h.spawn(c) {
			h.Reply(c, Facts())
		}
	case check, "apply":
		h.Reply(c, answered(c.Change()))
	case "function.call":
		h.Reply(c, Map{"would_run": true, "results": Results("said by the host\n")})
	case "machine.lock":
		h.Reply(c, Map{"path": "/run/mitoplan.lock"})
	case "transport.dial":
		h.dial(c)
	case "transport.dump":
		h.Reply(c, Map{"text": ""})
	case "shutdown":
		if h.attack.Stays {
			return
		}
		h.Send(Frame{Dst: h.Up, Src: h.Self, Handle: Bye})
		os.Exit(0)
	default:
		h.Reply(c, Map{})
	}
}

// Args returns the arguments of the resource that a check or an apply is for.
func (c *Call) Args() Map {
	var p struct {
		Args Map `cbor:"a"`
	}
	_ = decoder.Unmarshal(c.In, &p)
	return p.Args
}

// Named returns the names of the contents that the arguments name.
func (c *Call) Named() (names []cbor.ByteString) {
	for _, v := range c.Args() {
		if list, ok := v.([]any); ok && len(list) == 1 {
			if name, ok := list[0].(cbor.ByteString); ok {
				names = append(names, name)
			}
		}
	}
	return names
}

var byteString = reflect.TypeFor[cbor.ByteString]()

var decoder = func() cbor.DecMode {
	m, err := cbor.DecOptions{DefaultByteStringType: byteString}.DecMode()
	if err != nil {
		panic(err)
	}
	return m
}()

// Change returns the change that an honest agent would report: it creates the file
// that was asked for.
func (c *Call) Change() Map {
	path := c.Path()
	after := Map{"path": path}
	for _, name := range []string{"content", "mode"} {
		if v, ok := c.Args()[name]; ok {
			if _, named := v.([]any); named {
				v = Map{"given": name}
			}
			after[name] = v
		}
	}
	return Map{
		"action": "create", "before": nil, "after": after, "writes": []string{"path:" + path},
		"effects": []Map{{"thing": "path:" + path, "entry": entry()}}, "fingerprint": strings.Repeat("ab", 32),
	}
}

// answered is a change as it crosses the wire. What has no name there keeps its own.
func answered(change Map) Map {
	wire := Map{}
	for name, v := range change {
		if short, ok := wireNames[name]; ok {
			name = short
		}
		if text, ok := v.(string); ok && name == wireNames["fingerprint"] {
			v = []byte(text)
		}
		wire[name] = v
	}
	return Map{"c": wire}
}

var wireNames = map[string]string{
	"action": "o", "before": "b", "after": "a", "given": "g", "uses": "u", "along": "l", "effects": "e", "fingerprint": "f",
	"writes": "w", "results": "r", "restores": "s", "warnings": "n", "traits": "t",
}

// Path returns the path of the resource that the call is for.
func (c *Call) Path() string {
	switch p := c.Args()["path"].(type) {
	case string:
		return p
	case cbor.ByteString:
		return string(p)
	}
	return ""
}

func entry() Map {
	return Map{"type": "file", "owner": Map{"id": 2004}, "group": Map{"id": 2004}, "mode": 0o644}
}

// Results are the results of the function command.
func Results(stdout string) Map {
	return Map{"exit_code": 0, "stdout": stdout, "stderr": "", "duration": 0.01, "truncated": false}
}
