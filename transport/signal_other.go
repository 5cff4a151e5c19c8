//go:build !unix

package transport

// dumpOnSignal does nothing here: there is no such signal.
func (a *agent) dumpOnSignal(*Broker, *engine) (stop func()) { return func() {} }
