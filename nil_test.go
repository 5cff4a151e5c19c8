package mitoplan_test

import (
	"context"
	"errors"
	"fmt"
	"go/types"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	"github.com/mitoplan/mitoplan/transport/connect"
	"github.com/mitoplan/mitoplan/transport/connect/ssh"
	"github.com/mitoplan/mitoplan/transport/logger"
	"github.com/mitoplan/mitoplan/transport/transporttest"
)

// nilUse is one use of nil, or of a zero value that has to be made.
type nilUse struct {
	use func() error
	// want is a part of the error; "" if there is none and nothing happens.
	want string
}

var nothingToDo = transport.NewFunc("nothing", func(context.Context, *transport.Node, struct{}) (struct{}, error) { return struct{}{}, nil })

// TestNilIsAnErrorAndNoPanic: who has not looked at an error, and uses what it did not get, is
// told so. Each exported function that takes a pointer, a function or an interface, and each
// method of a pointer, is tried, or the list below says why it is not.
func TestNilIsAnErrorAndNoPanic(t *testing.T) {
	b := transport.NewBroker(transport.Options{})
	defer b.Shutdown()
	c, err := transport.NewRouter(b).Connect(t.Context(), transporttest.Agent{Serve: transport.ServeOptions{Functions: []transport.Function{nothingToDo}}})
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel() // nothing here may wait for what never comes
	uses := nilUses(ended, b, c)
	for name, all := range uses {
		for i, u := range all {
			err := withoutPanic(u.use)
			switch {
			case u.want == "" && err != nil:
				t.Errorf("%s %d: got %v, want nothing", name, i, err)
			case u.want != "" && (err == nil || !strings.Contains(err.Error(), u.want)):
				t.Errorf("%s %d: got %v, want %q", name, i, err, u.want)
			}
		}
	}
	takes := takers(t)
	for name := range takes {
		if len(uses[name]) == 0 && !excused(name) {
			t.Errorf("%s takes what may be nil, and is not tried", name)
		}
	}
	for name := range uses {
		if !takes[name] {
			t.Errorf("%s is tried, and takes nothing that may be nil", name)
		}
	}
}

// withoutPanic is the error of f, and one of a panic in it.
func withoutPanic(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("it panics: %v", p)
		}
	}()
	return f()
}

// nilExcused are patterns of functions that are not tried, with the reason.
var nilExcused = map[string]string{
	"connect.Define":           "it is called when the program starts, as regexp.MustCompile is",
	"connect.Main":             "it is transport.MainWith, and ends the program",
	"connect.Types":            "it takes values of connect.Kinds and Define",
	"connect.Bootstrap.*":      "NewBootstrap alone makes one, and never fails",
	"connect.NewPatientWriter": "the writer and the function are those of a connector, at work on a start",
	"connect.PatientWriter.*":  "NewPatientWriter alone makes one, and never fails",
	"connect.Program.*":        "StartProgram alone makes one, and its error is looked at by a connector",
	"connect.LastWords.*":      "its zero value is there to be used, by a connector",
	"process.Capture.*":        "its zero value is there to be used",
	"transport.Main":           "it ends the program with what ServeOn says",
	"transport.Node.*":         "a function gets one that is never nil, and nobody else does",
	"transport.*.Unmarshal*":   "a decoder calls it, with a pointer to what it has made",
	"transporttest.End.*":      "Pair alone makes one, and never fails",
	"transporttest.Noise.*":    "its zero value is there to be used, in a test",
	"transporttest.*":          "a test fails by it, which is what it is for",
	"transport.Slots.*":        "a nil one is documented: it lets everything through",
}

// excused reports whether a function need not be tried.
func excused(name string) bool {
	for pattern := range nilExcused {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}

// nilUses are the uses by the name of what is used. ctx has ended.
func nilUses(ctx context.Context, b *transport.Broker, c *transport.Context) map[string][]nilUse {
	const (
		noContext  = "the *Context is nil"
		noBroker   = "there is no Broker"
		noFunc     = "the Func is a zero value"
		noResult   = "the *Result is nil or a zero value"
		noReceiver = "the *Receiver is nil or a zero value"
	)
	var (
		zeroFunc   transport.Func[struct{}, struct{}]
		noC        *transport.Context
		noB        *transport.Broker
		noR        *transport.Router
		noRec      *transport.Receiver
		noRes      *transport.Result[int]
		noPipe     *transport.Pipe
		nobody     = transport.NewFunc[struct{}, struct{}]("nobody", nil)
		background = context.Background()
		router     = transport.NewRouter(b)
		agent      = transporttest.Agent{}
		any1       any
	)
	one := func(want string, use func() error) []nilUse { return []nilUse{{use, want}} }
	quiet := func(use func()) []nilUse { return one("", func() error { use(); return nil }) }
	all := func(uses ...[]nilUse) []nilUse { return slices.Concat(uses...) }
	get := func(r *transport.Receiver) error { return r.Get(background, &any1) }
	call := func(f transport.Func[struct{}, struct{}], c *transport.Context, o ...transport.CallOption) func() error {
		return func() error { _, err := f.Call(background, c, struct{}{}, o...); return err }
	}
	connected := func(r *transport.Router, k transport.Connector, o ...transport.ConnectOption) func() error {
		return func() error { _, err := r.Connect(ctx, k, o...); return err }
	}
	serve := func(o transport.ServeOptions) func() error {
		near, far := transporttest.Pair(0)
		return func() error { defer near.Close(); return transport.ServeOn(ctx, o, far, far) }
	}
	says := func(want string, errs ...error) (uses []nilUse) {
		for _, err := range errs {
			uses = append(uses, nilUse{func() error { return errors.New(err.Error() + ".") }, want})
		}
		return uses
	}
	return map[string][]nilUse{
		"transport.NewStartLog":      quiet(func() { transport.NewStartLog(nil).Debug("x") }),
		"transport.StartLog.IsDebug": quiet(func() { _ = (*transport.StartLog)(nil).IsDebug(); _ = (&transport.StartLog{}).IsDebug() }),
		"transport.StartLog.Debug":   quiet(func() { (*transport.StartLog)(nil).Debug("x"); (&transport.StartLog{}).Debug("x") }),
		"transport.Run":              one("the function is nil", func() error { return transport.Run(ctx, nil) }),
		"transport.RunWith":          one("the function is nil", func() error { return transport.RunWith(ctx, transport.Options{}, nil) }),
		"transport.Exhausted":        quiet(func() { transport.Exhausted(nil) }),
		"transport.SetOf":            quiet(func() { transport.SetOf[error](nil) }),
		"transport.Moved":            quiet(func() { transport.Moved(nil); transport.Moved(noRes) }),
		"transport.ServeOn": all(
			one("there is no stream", func() error { return transport.ServeOn(ctx, transport.ServeOptions{}, nil, nil) }),
			one("function 1 of the list is nil", serve(transport.ServeOptions{Functions: []transport.Function{nil}})),
			one("function 1 of the list has no name", serve(transport.ServeOptions{Functions: []transport.Function{zeroFunc}})),
			one("connector type 1 of the list", serve(transport.ServeOptions{Connectors: []transport.ConnectorType{{}}}))),
		"transport.NewFunc":      one("has no body", serve(transport.ServeOptions{Functions: []transport.Function{nobody}})),
		"transport.NewPlainFunc": one("has no body", serve(transport.ServeOptions{Functions: []transport.Function{transport.NewPlainFunc[int, int]("nobody", nil)}})),

		"transport.NewRouter":       one(noBroker, connected(transport.NewRouter(nil), agent)),
		"transport.Broker.Shutdown": all(one(noBroker, func() error { return noB.Shutdown() }), one(noBroker, func() error { return (&transport.Broker{}).Shutdown() })),
		"transport.Broker.Dump":     quiet(func() { b.Dump(nil); noB.Dump(io.Discard); (&transport.Broker{}).Dump(io.Discard) }),
		"transport.Broker.Offer": all(
			one(noContext, func() error {
				return b.Offer(nil, transport.Blob{}, func(int64) (io.ReadCloser, error) { return nil, nil })
			}),
			one("the BlobSource is nil", func() error { return b.Offer(c, transport.Blob{}, nil) }),
			one(noBroker, func() error { return noB.Offer(c, transport.Blob{}, nil) })),
		"transport.Broker.Withdraw": quiet(func() { b.Withdraw(nil, transport.Blob{}); noB.Withdraw(c, transport.Blob{}) }),
		"transport.Router.Broker":   quiet(func() { noR.Broker() }),
		"transport.Router.Address":  quiet(func() { noR.Address(); (&transport.Router{}).Address() }),
		"transport.Router.Sending":  quiet(func() { noR.Sending(ctx); (&transport.Router{}).Sending(ctx) }),
		"transport.Router.Connect": all(
			one(noBroker, connected(noR, agent)), one(noBroker, connected(&transport.Router{}, agent)),
			one("there is no Connector", connected(router, nil)),
			one("there is no Connector: the *transporttest.Agent is nil", connected(router, (*transporttest.Agent)(nil))),
			one("an option is nil", connected(router, agent, nil))),
		"transport.WithAgents":   quiet(func() { transport.WithAgents(nil) }),
		"transport.WithReplaced": one("WithReplaced: "+noContext, connected(router, agent, transport.WithReplaced(nil))),

		"transport.Context.Connect":     one(noContext, func() error { _, err := noC.Connect(ctx, agent); return err }),
		"transport.Context.DialContext": one(noContext, func() error { _, err := noC.DialContext(background, "tcp", "127.0.0.1:1"); return err }),
		"transport.Context.Ready":       one(noContext, func() error { _, err := noC.Ready().Get(background); return err }),
		"transport.Context.Lost":        one(noContext, func() error { _, err := noC.Lost().Get(background); return err }),
		"transport.Context.SetLogLevel": one(noContext, func() error { return noC.SetLogLevel(background, hclog.Info) }),
		"transport.Context.Shutdown":    one(noContext, func() error { return noC.Shutdown(background) }),
		"transport.Context.Hold":        one(noContext, func() error { return noC.Hold(1) }),
		"transport.Context.Release":     quiet(func() { noC.Release(1) }),
		"transport.Context.Address":     quiet(func() { noC.Address() }),
		"transport.Context.Name":        quiet(func() { noC.Name() }),
		"transport.Context.String":      quiet(func() { _ = noC.String() }),
		"transport.Context.Chain":       quiet(func() { noC.Chain() }),
		"transport.Context.Via":         quiet(func() { noC.Via() }),
		"transport.Context.Warnings":    quiet(func() { noC.Warnings() }),
		"transport.Context.Login":       quiet(func() { noC.Login() }),
		"transport.Context.Progress":    quiet(func() { noC.Progress() }),

		"transport.Func.Call": all(one("call nothing: "+noContext, call(nothingToDo, nil)), one(noFunc, call(zeroFunc, c)), one("an option is nil", call(nothingToDo, c, nil))),
		"transport.Func.CallAsync": one("call nothing: "+noContext, func() error {
			_, err := nothingToDo.CallAsync(background, nil, struct{}{}).Get(background)
			return err
		}),
		"transport.Func.CallNoReply": one("call nothing: "+noContext, func() error { return nothingToDo.CallNoReply(background, nil, struct{}{}) }),
		"transport.Func.CallPipe": one("call nothing: "+noContext, func() error {
			_, p := nothingToDo.CallPipe(background, nil, struct{}{})
			_, err := p.Read(make([]byte, 1))
			_, again := p.Write([]byte("x"))
			return errors.Join(err, again, p.CloseWrite(), p.Close())
		}),
		"transport.After":           all(one(noResult, call(nothingToDo, c, transport.After(nil))), one(noResult, call(nothingToDo, c, transport.After(noRes)))),
		"transport.Settled":         one(noResult, call(nothingToDo, c, transport.Settled(&transport.Result[int]{}))),
		"transport.Pipe.Read":       one("EOF", func() error { _, err := noPipe.Read(nil); return err }),
		"transport.Pipe.Write":      one("without a pipe", func() error { _, err := noPipe.Write(nil); return err }),
		"transport.Pipe.CloseWrite": one("", func() error { return noPipe.CloseWrite() }),
		"transport.Pipe.Close":      one("", func() error { return noPipe.Close() }),

		"transport.NewReceiver": all(
			one(noBroker, func() error { return get(transport.NewReceiver(nil)) }),
			one("an option is nil", func() error { return get(transport.NewReceiver(router, nil)) })),
		"transport.From": all(
			one("From: "+noContext, func() error { return get(transport.NewReceiver(router, transport.From(nil))) }),
			one("From: "+noContext, func() error {
				_, err := transport.NewSelect(transport.NewReceiver(router, transport.From(nil))).Next(background)
				return err
			})),
		"transport.Receiver.Get":    all(one(noReceiver, func() error { return get(noRec) }), one(noReceiver, func() error { return get(&transport.Receiver{}) })),
		"transport.Receiver.Sender": one("the Sender is a zero value", func() error { return noRec.Sender().Send(ctx, 1) }),
		"transport.Receiver.Len":    quiet(func() { noRec.Len(); (&transport.Receiver{}).Len() }),
		"transport.Received": one(noReceiver, func() (failed error) {
			for _, err := range transport.Received[int](background, noRec) {
				failed = err
			}
			return failed
		}),
		"transport.Receiver.Close": quiet(func() { noRec.Close(); (&transport.Receiver{}).Close(); transport.NewReceiver(nil).Close() }),

		"transport.Result.Get": all(
			one(noResult, func() error { _, err := noRes.Get(background); return err }),
			one(noResult, func() error { _, err := (&transport.Result[int]{}).Get(background); return err })),
		"transport.Result.Value":   one(noResult, func() error { _, err := noRes.Value(); return err }),
		"transport.Result.Size":    quiet(func() { noRes.Size() }),
		"transport.Result.Done":    quiet(func() { <-noRes.Done() }),
		"transport.Result.Context": quiet(func() { noRes.Context() }),

		"transport.NewSelect": one("no source is left", func() error { _, err := transport.NewSelect(nil, noRes).Next(background); return err }),
		"transport.Select.Add": all(
			one("the Source is nil", func() error { return new(transport.Select).Add(nil) }),
			one("the Source is nil", func() error { return new(transport.Select).Add((*transport.Select)(nil)) }),
			one(noResult, func() error { return new(transport.Select).Add(&transport.Result[int]{}) }),
			one(noReceiver, func() error { return new(transport.Select).Add(&transport.Receiver{}) })),
		"transport.Select.Next": one("no source is left", func() error { _, err := new(transport.Select).Next(background); return err }),
		"transport.Select.All": quiet(func() {
			for range new(transport.Select).All(background) {
				panic("an event of nothing")
			}
		}),
		"transport.Select.Len":    quiet(func() { new(transport.Select).Len() }),
		"transport.Select.Remove": quiet(func() { new(transport.Select).Remove(nil) }),

		"transport.NewDecimal":    one("the number is nil", func() error { _, err := transport.NewDecimal(nil, 0); return err }),
		"transport.DecimalOf":     one("the number is nil", func() error { _, err := transport.DecimalOf(nil); return err }),
		"transport.Blob.Verify":   one("a reader is nil", func() error { _, err := transport.Blob{}.Verify(nil, nil); return err }),
		"transport.Secret.Format": quiet(func() { _ = fmt.Sprint(transport.Secret{}) }),
		"connect.Su.Format":       quiet(func() { _ = fmt.Sprint(connect.Su{}) }),
		"connect.Doas.Format":     quiet(func() { _ = fmt.Sprint(connect.Doas{}) }),
		"connect.Sudo.Format":     quiet(func() { _ = fmt.Sprint(connect.Sudo{}) }),
		"ssh.SSH.Format":          quiet(func() { _ = fmt.Sprint(ssh.SSH{}) }),

		"transport.RemoteError.Error":       says("call ", &transport.RemoteError{}),
		"transport.ConnectError.Error":      says("connect ", &transport.ConnectError{}),
		"transport.LostError.Error":         says("was lost", &transport.LostError{}),
		"transport.SkippedError.Error":      says("skipped", &transport.SkippedError{}),
		"transport.CancelledError.Error":    says("cancelled", &transport.CancelledError{}),
		"transport.TimeoutError.Error":      says("timed out", &transport.TimeoutError{}),
		"transport.CrowdedError.Error":      says("too many starts", &transport.CrowdedError{}),
		"transport.SpokenError.Error":       says("the start failed", &transport.SpokenError{}),
		"transport.SpokenError.Unwrap":      one("", (&transport.SpokenError{}).Unwrap),
		"transport.BlobError.Error":         says("blob ", &transport.BlobError{}),
		"transport.RemoteError.Unwrap":      quiet(func() { (&transport.RemoteError{}).Unwrap() }),
		"transport.ConnectError.Unwrap":     quiet(func() { (&transport.ConnectError{}).Unwrap() }),
		"transport.LostError.Unwrap":        one("", (&transport.LostError{}).Unwrap),
		"transport.SkippedError.Unwrap":     one("", (&transport.SkippedError{}).Unwrap),
		"transport.CancelledError.Unwrap":   one("", (&transport.CancelledError{}).Unwrap),
		"transport.CrowdedError.Unwrap":     one("", (&transport.CrowdedError{}).Unwrap),
		"transport.TimeoutError.Timeout":    quiet(func() { (&transport.TimeoutError{}).Timeout() }),
		"transport.TimeoutError.Is":         quiet(func() { (&transport.TimeoutError{}).Is(nil) }),
		"transport.RemoteError.MarshalCBOR": one("", func() error { _, err := (&transport.RemoteError{}).MarshalCBOR(); return err }),

		"connect.StartProgram":  one("the *exec.Cmd is nil", func() error { _, err := connect.StartProgram(nil, nil); return err }),
		"connect.SignalName":    quiet(func() { connect.SignalName(nil) }),
		"logger.Slog":           quiet(func() { logger.Slog(nil).Error("nobody hears this") }),
		"transporttest.Slow":    one("there is no Connector", connected(router, transporttest.Slow(nil, 0))),
		"transporttest.Garbled": one("there is no Connector", connected(router, transporttest.Garbled(nil, nil, nil))),
	}
}

// takers are the exported functions and methods that take what may be nil.
func takers(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	add := func(name string, of *types.Signature) {
		if mayBeNil(of) {
			found[name] = true
		}
	}
	for _, p := range exported(t) {
		base := path.Base(p.Path())
		for _, name := range p.Scope().Names() {
			switch o := p.Scope().Lookup(name).(type) {
			case *types.Func:
				if o.Exported() {
					add(base+"."+name, o.Signature())
				}
			case *types.TypeName:
				named, ok := o.Type().(*types.Named)
				if !ok || !o.Exported() || types.IsInterface(named) {
					continue
				}
				for m := range named.Methods() {
					if m.Exported() {
						add(base+"."+name+"."+m.Name(), m.Signature())
					}
				}
			}
		}
	}
	return found
}

// mayBeNil reports whether a function has a parameter that may be nil, or is a method of
// a pointer. A ctx is never nil, as everywhere in Go.
func mayBeNil(of *types.Signature) bool {
	if of.Recv() != nil {
		if _, ok := of.Recv().Type().(*types.Pointer); ok {
			return true
		}
	}
	for v := range of.Params().Variables() {
		typ := v.Type()
		if s, ok := typ.(*types.Slice); ok && of.Variadic() {
			typ = s.Elem()
		}
		switch typ.Underlying().(type) {
		case *types.Pointer, *types.Signature:
			return true
		case *types.Interface:
			if typ.String() != "context.Context" && typ.String() != "any" {
				return true
			}
		}
	}
	return false
}
