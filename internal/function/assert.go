package function

import (
	"context"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// AssertIn are the arguments of assert.
type AssertIn struct {
	That    []bool  `cbor:"that" mito:"required"`
	Message *string `cbor:"message,omitempty"`
}

// Manual says the texts of these arguments.
func (AssertIn) Manual() kind.Manual {
	return kind.Manual{
		Doc: "Fails if a condition does not hold, and with it all that comes after it.",
		Page: kind.Page{
			Example: `context "local" "here" {}
call "stat" "tmp" {
  on   = context.local.here
  path = "/tmp"
}
call "assert" "tmp" {
  on      = context.local.here
  that    = [call.stat.tmp.exists, call.stat.tmp.type == "directory"]
  message = "There is no directory /tmp."
}
`,
			Reads:   "Nothing. The conditions are evaluated on the controller. If they are made of what is read while planning, they are judged then; what is only known after an apply is judged in the apply.",
			Ansible: "assert. The conditions are expressions here, not texts of expressions, and fail_msg is message.",
			Pyinfra: "none: an operation there is Python, which has assert.",
			Limits:  "To stop one block, a precondition in its lifecycle is shorter, and needs no context. For all blocks of a plan there is a check.",
		},
		OtherNames: "fail",
		Attrs: map[string]kind.Entry{
			"that":    {Doc: "What has to be true, one condition or more.", OtherNames: "condition conditions when"},
			"message": {Doc: "What the error says.", OtherNames: "fail_msg msg error_message"},
		},
	}
}

// AssertOut are the results of assert. There are none.
type AssertOut struct{}

// Manual says the texts of these results.
func (AssertOut) Manual() kind.Manual { return kind.Manual{} }

func assertKind() kind.Kind {
	return reads("assert", func() Function { return &AssertIn{} }, AssertOut{})
}

// Validate returns what is wrong with the arguments, before any machine is asked.
func (in *AssertIn) Validate() []kind.Problem {
	if len(in.That) == 0 {
		return bad("that", "No condition", "that is empty, so nothing is asserted. Name a condition.")
	}
	return nil
}

// Call implements Function.
func (in *AssertIn) Call(context.Context, Call) (any, error) {
	for i, holds := range in.That {
		switch {
		case holds:
		case in.Message != nil:
			return nil, kind.NewProblem("that", kind.CodeAssertion, "The assertion does not hold", "%s Condition %d of %d is false.", prose.Sentence(*in.Message), i+1, len(in.That))
		default:
			return nil, kind.NewProblem("that", kind.CodeAssertion, "The assertion does not hold", "Condition %d of %d is false. A message would say what that means.", i+1, len(in.That))
		}
	}
	return AssertOut{}, nil
}
