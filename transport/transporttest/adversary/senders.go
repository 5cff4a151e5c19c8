package adversary

import (
	"encoding/binary"
	"math"
)

// notTaken encodes the answer that a receiver takes nothing.
func notTaken(known string) []byte {
	return Encode(Map{"e": Map{"remote": Map{"message": "not taken"}, "known": []string{known}}})
}

// ended encodes the news that a context has ended.
func ended(of Path) []byte {
	return Encode(Map{"address": []byte(of), "e": Map{"cause": "so it is said"}})
}

// senders are attacks on those who send values to receivers, and on receivers.
var senders = []*Attack{
	{
		Name: "credit-for-others", At: []Position{Beside, Below},
		Rule: "Credit counts only from the context that it is for",
		Does: "gives credit of 4 GiB to handles 1000 to 1200 of the controller, the parent and the siblings",
		Up: func(h *Host) {
			each(h, everyone(h), First+200, Frame{Src: h.Self, Flags: Credit, Data: binary.BigEndian.AppendUint32(nil, math.MaxUint32)})
		},
	},
	{
		Name: "refusals-for-others", At: []Position{Beside, Below},
		Rule: "It counts from the context of the receiver, and from those that the message goes through.",
		Does: "says to handles 1000 to 1200 of everyone that the receiver is closed, or refuses",
		Up: func(h *Host) {
			for _, known := range []string{"transport.ErrReceiverClosed", "transport.ErrSenderRefused"} {
				each(h, everyone(h), First+200, Frame{Src: h.Self, Flags: Dead, Data: notTaken(known)})
			}
		},
	},
	{
		Name: "deaths-of-others", At: []Position{Beside, Below}, Sample: true,
		Rule: "A receiver believes a context only about those behind it, and handle 11 believes those above only, and about contexts beside its own.",
		Does: "tells receivers and senders everywhere that the contexts of everyone have ended",
		Up: func(h *Host) {
			for _, of := range everyone(h) {
				each(h, everyone(h), First+20, Frame{Src: h.Self, Flags: Dead, Data: ended(of)})
				for _, dst := range everyone(h) {
					h.Send(Frame{Src: h.Self, Dst: dst, Handle: Credits, Flags: Dead, Data: ended(of)})
				}
			}
		},
		Blamed: []string{"frame dropped", "frames dropped"},
	},
}
