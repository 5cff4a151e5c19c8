package adversary

// pwned is the command of the calls that must never run.
const pwned = "touch /run/mitoplan-adversary /tmp/mitoplan-adversary"

// runCommand is the payload of a call that would run a command.
func runCommand() []byte {
	return Encode(Map{"f": "function.call", "i": Map{"name": "command", "args": Map{"shell": pwned}}, "l": 1})
}

// result encodes a reply that would fit any call.
func result() []byte {
	return Encode(Map{"o": Map{
		"would_run": true, "results": Results("forged\n"), "path": "/forged", "handle": 1001,
		"c": answered(Map{"action": "no-op", "before": Map{}, "after": Map{}})["c"],
	}})
}

// each sends a frame to every address, at each handle from First up to until.
func each(h *Host, to []Path, until uint32, f Frame) {
	for _, dst := range to {
		for handle := uint32(First); handle < until; handle++ {
			f.Dst, f.Handle = dst, handle
			if !h.Send(f) {
				return
			}
		}
	}
}

// everyone returns the addresses of all siblings, the controller and the parent.
func everyone(h *Host) []Path { return append(h.Siblings(), "", h.Up) }

// routing are attacks with frames in the name of others or to others.
var routing = []*Attack{
	{
		Name: "call-upwards", At: []Position{Beside, Below}, Sample: true,
		Rule: "it is a call, cancel or spawn that did not come from above, a shutdown that did not come from the parent, a log or lost that did not come from below, or a lost about a context that is not the source's child;",
		Does: "sends calls that would run a command, cancels, spawns and shutdowns to the controller and the parent",
		Up: func(h *Host) {
			for _, dst := range []Path{"", h.Up} {
				f := Frame{Src: h.Self, Dst: dst, Reply: 1001}
				f.Handle, f.Data = CallTo, runCommand()
				h.Send(f)
				f.Handle, f.Data = Spawn, Encode(Map{"address": []byte(dst.Child(9, 0)), "kind": "local", "connector": Map{"agent_path": "/bin/sh"}, "name": "x", "timeout": int64(1e10)})
				h.Send(f)
				f.Handle, f.Data, f.Reply = Cancel, Encode(Map{"id": 1001}), 0
				h.Send(f)
				f.Handle, f.Data = Shutdown, Encode(Map{"within": int64(1e9)})
				h.Send(f)
				f.Handle, f.Data = Setup, Encode(Map{"protocol": Protocol, "address": []byte(h.Self), "name": "x"})
				h.Send(f)
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
	{
		Name: "call-sideways", At: []Position{Beside, Below}, Sample: true,
		Rule: "Calls, starts of contexts and cancels are obeyed only from above",
		Does: "sends the same to every sibling, and heartbeats and byes in their name",
		Up: func(h *Host) {
			for _, dst := range h.Siblings() {
				h.Send(Frame{Src: h.Self, Dst: dst, Handle: CallTo, Reply: 1001, Data: runCommand()})
				h.Send(Frame{Src: h.Up, Dst: dst, Handle: CallTo, Reply: 1002, Data: runCommand()})
				h.Send(Frame{Src: "", Dst: dst, Handle: CallTo, Reply: 1003, Data: runCommand()})
				h.Send(Frame{Src: h.Self, Dst: dst, Handle: Shutdown, Data: Encode(Map{"within": int64(1)})})
				h.Send(Frame{Src: h.Self, Dst: dst, Handle: Spawn, Reply: 1004, Data: Encode(Map{"address": []byte(dst.Child(1, 0)), "kind": "local"})})
				h.Send(Frame{Src: h.Self, Dst: dst, Handle: Cancel, Data: Encode(Map{"id": 1001})})
				h.Send(Frame{Src: dst, Dst: dst.Parent(), Handle: Bye})
				h.Send(Frame{Src: dst, Dst: dst.Parent(), Handle: Heartbeat})
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
	{
		Name: "replies-for-others", At: []Position{Beside, Below}, Sample: true,
		Rule: "it is a reply from another context than the one that was called, unless it is dead and from one above that;",
		Does: "replies to every handle that a call may have, from here, as siblings and as a child that it does not have, dead and alive",
		Up: func(h *Host) {
			for _, src := range append(h.Siblings(), h.Self, h.Self.Child(0, 0), h.Up, "") {
				for _, flags := range []byte{0, Dead} {
					each(h, []Path{""}, First+60, Frame{Src: src, Flags: flags, Data: result()})
				}
			}
		},
		Call: func(h *Host, c *Call) bool {
			return c.Func != "shutdown" && c.Func != "spawn" && h.everySecond() && h.Reply(c, Map{})
		},
	},
	{
		Name: "old-generations", At: []Position{Beside, Below}, Sample: true,
		Rule: "it came from a child and its source is not behind that child, or is of another generation;",
		Does: "sends entries, losses and replies as itself of other generations",
		Up: func(h *Host) {
			for generation := range uint16(50) {
				src := Path(string(h.Self[:len(h.Self)-2]) + string([]byte{0, byte(generation + 1)}))
				h.Send(Frame{Src: src, Handle: Log, Data: Encode(Map{"l": 5, "m": "from an old generation"})})
				h.Send(Frame{Src: src, Handle: Lost, Data: Encode(Map{"address": []byte(src)})})
				each(h, []Path{""}, First+20, Frame{Src: src, Data: result()})
			}
		},
		Blamed: []string{"old generation"},
	},
	{
		Name: "forged-sources", At: []Position{Beside, Below},
		Rule: "A message whose sender is not below the connection that it came on is dropped",
		Does: "sends entries, byes, losses and credit as the controller, its parent and every sibling",
		Up: func(h *Host) {
			for _, src := range everyone(h) {
				h.Send(Frame{Src: src, Handle: Log, Data: Encode(Map{"l": 5, "m": "forged entry"})})
				h.Send(Frame{Src: src, Handle: Bye})
				h.Send(Frame{Src: src, Handle: Lost, Data: Encode(Map{"address": []byte(src)})})
				h.Send(Frame{Src: src, Handle: Credits, Data: Encode(Map{"logs": 1 << 30, "bytes": 1 << 30})})
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
	{
		Name: "others-are-lost", At: []Position{Beside, Below},
		Rule: "a lost about a context that is not the source's child;",
		Does: "says that every sibling, its parent and the controller are lost",
		Up: func(h *Host) {
			for _, of := range everyone(h) {
				h.Send(Frame{Src: h.Self, Handle: Lost, Data: Encode(Map{"address": []byte(of), "e": Map{"cause": "so it is said"}})})
				h.Send(Frame{Src: h.Self, Dst: h.Up, Handle: Lost, Data: Encode(Map{"address": []byte(of)})})
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
	{
		Name: "guessed-receivers", At: []Position{Beside, Below},
		Rule: "it is for a receiver that does not listen to its source or whose sender its source was not given, or for a tunnel and not from its other end.",
		Does: "sends values, ends and credit to handles 1000 to 1200 of the controller, the parent and the siblings",
		Up: func(h *Host) {
			for _, flags := range []byte{0, Fin, Reset, Credit, Dead, Bulk} {
				each(h, everyone(h), First+200, Frame{Src: h.Self, Flags: flags, Data: Encode("injected")})
			}
		},
	},
	{
		Name: "nowhere",
		Rule: "If a frame cannot be brought to its destination and its sender waits for a reply, the sender gets a dead reply.",
		Does: "asks 3000 contexts that do not exist for replies to handles of others",
		Up: func(h *Host) {
			for i := range uint32(3000) {
				h.Send(Frame{Src: h.Self, Dst: Path("").Child(1000+i, 3), Handle: First + i, Reply: First + i%50, Data: result()})
			}
		},
	},
}
