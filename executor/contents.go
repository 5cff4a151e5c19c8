package executor

import (
	"maps"

	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
	"github.com/mitoplan/mitoplan/transport"
)

// How long a content may be to be sent as it is, in bytes. A check most often needs no
// more than the name, and a probe needs none. An apply writes it and a call reads it, so
// that a name would cost a round trip more.
const (
	inlineCheck = 256
	inlineApply = 32 << 10
)

// named returns the arguments of a step with the names of long contents in place of
// the contents, and lets the context of the step pull those. It may pull what is named
// to it here, and what its machine's other contexts were given that it has to look at.
func (s *Session) named(h *handle, step *planner.Step) map[string]any {
	inline := int64(inlineApply)
	if step.Type == planner.StepCheck || step.Type == planner.StepProbe {
		inline = inlineCheck
	}
	for _, own := range step.Lent {
		s.offer(h, own)
	}
	args, copied := step.Args, false
	for _, own := range step.Contents {
		if own.Data != nil && own.Blob.Size <= inline {
			continue
		}
		if !copied {
			args, copied = maps.Clone(args), true
		}
		args[own.Arg] = own.Name()
		s.offer(h, own)
	}
	return args
}

// offer lets a context pull a content until the context ends. It does so for each step
// that names the content, as each may pull it, and the time of what moves is that of the
// steps.
func (s *Session) offer(h *handle, own resource.Own) {
	if h.offered == nil {
		h.offered = map[transport.Blob]*transfer{}
	}
	t := h.offered[own.Blob]
	if t == nil {
		t = &transfer{own: own}
		h.offered[own.Blob] = t
	}
	s.broker.Offer(h.context, own.Blob, t.source)
}
