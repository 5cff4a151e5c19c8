package functions

import (
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config/marks"
)

// fresh remembers what uuid() and bcrypt() returned since the last SetTimes. An
// expression may be evaluated several times in one apply and has to give the
// same value each time: what a host is sent, what refers to it and what is
// recorded must agree.
type fresh struct {
	at    Site
	texts map[Site]string
}

// Site identifies one call of a function: the nth that one expression makes for
// one instance, with these arguments.
type Site struct {
	expr     hcl.Range
	instance string
	call     string
	n        int
}

// Enter says which expression is evaluated next, and for which instance ("" for
// none). It may be called in the middle of another evaluation, which it returns: Leave
// goes back to that one.
func (e *Env) Enter(expr hcl.Expression, instance string) (outer Site) {
	outer = e.fresh.at
	e.fresh.at = Site{expr: expr.Range(), instance: instance}
	return outer
}

// Leave ends an evaluation. It is given what Enter returned.
func (e *Env) Leave(outer Site) { e.fresh.at = outer }

// freshText is the text that makes returns for this call. While planning it is
// unknown. At apply the same call of the same expression gets the same text.
func (e *Env) freshText(call string, makes func() string) cty.Value {
	if e.now.IsZero() {
		return cty.UnknownVal(cty.String).Mark(marks.Volatile)
	}
	f := &e.fresh
	at := f.at
	at.call = call
	f.at.n++
	text, ok := f.texts[at]
	if !ok {
		text = makes()
		if f.texts == nil {
			f.texts = map[Site]string{}
		}
		f.texts[at] = text
	}
	return cty.StringVal(text)
}

// applyTime is when the apply began, and unknown while planning.
func (e *Env) applyTime() cty.Value {
	if e.now.IsZero() {
		return cty.UnknownVal(cty.String).Mark(marks.Volatile)
	}
	return timeValue(e.now)
}

// SetTimes sets what plantimestamp() returns, and what timestamp() does. With a
// zero now, the results of timestamp(), uuid() and bcrypt() are unknown, as they
// are while planning. What uuid() and bcrypt() returned before is forgotten.
func (e *Env) SetTimes(plan, now time.Time) {
	e.planTime, e.now = plan, now
	e.fresh = fresh{}
}
