package transport

import "reflect"

// unmade is the error of a program that uses nil, or a zero value that has to be made. The
// usual reason is an error that it has not looked at.
type unmade string

// Error says what is nil, and where it comes from.
func (e unmade) Error() string { return string(e) }

const (
	errNoBroker   unmade = "there is no Broker: NewBroker makes one, and Run does"
	errNoContext  unmade = "the *Context is nil: the error of the Connect that was to make it says why"
	errNoFunc     unmade = "the Func is a zero value or has no name: NewFunc makes one"
	errNoResult   unmade = "the *Result is nil or a zero value: CallAsync and NewResult make one"
	errNoReceiver unmade = "the *Receiver is nil or a zero value: NewReceiver makes one"
	errNoOption   unmade = "an option is nil"
	errNoSource   unmade = "the Source is nil"
	errNoNumber   unmade = "the number is nil"
	errNoReader   unmade = "a reader is nil"
)

// isNil reports whether v is nil, or holds a nil pointer.
func isNil(v any) bool {
	r := reflect.ValueOf(v)
	return !r.IsValid() || r.Kind() == reflect.Pointer && r.IsNil()
}
