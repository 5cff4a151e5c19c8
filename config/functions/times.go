package functions

import (
	"time"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// makeTimestamp makes timestamp(), which is unknown while planning and the same time
// during a whole apply.
func makeTimestamp(e *Env) function.Function {
	return makeFunc(cty.String, func([]cty.Value) (cty.Value, error) { return e.applyTime(), nil })
}

// makePlanTimestamp makes plantimestamp(), which is the same for a plan and its
// apply.
func makePlanTimestamp(e *Env) function.Function {
	return makeFunc(cty.String, func([]cty.Value) (cty.Value, error) { return timeValue(e.planTime), nil })
}

func timeValue(t time.Time) cty.Value {
	if t.IsZero() {
		return cty.UnknownVal(cty.String)
	}
	return cty.StringVal(t.UTC().Format(time.RFC3339))
}

var timeCmpFunc = makeFunc(cty.Number, func(args []cty.Value) (cty.Value, error) {
	var times [2]time.Time
	for i := range times {
		t, err := time.Parse(time.RFC3339, args[i].AsString())
		if err != nil {
			return cty.NilVal, function.NewArgErrorf(i, "%q is not a time of RFC 3339 such as 2020-02-22T00:00:00Z", args[i].AsString())
		}
		times[i] = t
	}
	return cty.NumberIntVal(int64(times[0].Compare(times[1]))), nil
}, param("timestamp_a", cty.String), param("timestamp_b", cty.String))
