package function

import (
	"context"
	"encoding/binary"
	"io"
	"time"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// ClockBytes is how long an answer of the partner "clock" is: its time in nanoseconds since
// 1970, with the most significant byte first.
const ClockBytes = 8

// askings is how often the partner is asked. The fastest answer counts: what a line or a
// processor had to do beside it makes others slower.
const askings = 3

// askClock asks the controller for its time. It returns how long that took, and how far the
// clock here is ahead.
func askClock(ctx context.Context, pipe io.ReadWriter) (round, ahead time.Duration, err error) {
	if pipe == nil {
		return 0, 0, noPartner()
	}
	round = -1
	for range askings {
		sent := time.Now()
		if _, err := pipe.Write([]byte{1}); err != nil {
			return 0, 0, partnerGone(ctx, err)
		}
		var b [ClockBytes]byte
		if _, err := io.ReadFull(pipe, b[:]); err != nil {
			return 0, 0, partnerGone(ctx, err)
		}
		took := time.Since(sent)
		there := time.Unix(0, int64(binary.BigEndian.Uint64(b[:])))
		if round < 0 || took < round {
			round, ahead = took, sent.Round(0).Add(took/2).Sub(there)
		}
	}
	return round, ahead, nil
}

func partnerGone(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return noPartner()
	}
	return err
}

func noPartner() error {
	return kind.NewProblem("", kind.CodeSystem, "The controller does not answer", "The agent asked its controller, and that does not answer. It may be of another build than the agent: report it.")
}
