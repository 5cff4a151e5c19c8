//go:build !unix

package transport

// dumpOnSignal does nothing here: there is no such signal.
func (a *agent) dumpOnSignal(*Broker) (stop func()) { return func() {} }
