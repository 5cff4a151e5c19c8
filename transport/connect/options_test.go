package connect

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/transport"
)

// option is what a field of a connector may be: a value that changes what a start does, and
// one that is refused. wrong is nil if every value of the field's type means something, for
// the reason that any has.
type option struct {
	set, wrong any
	any        string
}

const yesOrNo = "both values mean something"

// options are those of each field, by the names of the type and of the field. A field of
// Common, and one that means the same in several types, is there once, without a type.
var options = map[string]option{
	"Name":           {set: "db", any: "names that are no text are refused by Connect: see transport.TestNamesThatAreNoTextAreRefused"},
	"Env":            {set: map[string]string{"A": "b"}, wrong: map[string]string{"A=": "b"}},
	"AgentPath":      {set: "/opt/agent", wrong: "agent"},
	"AgentDirs":      {set: []string{"/srv/agents"}, wrong: []string{"agents"}},
	"ConnectTimeout": {set: "31s", wrong: "31"},
	"Parallelism":    {set: int64(3), wrong: int64(-1)},

	"Path":     {set: "/opt/bin/program", wrong: "-x"},
	"User":     {set: "mary", wrong: "-u"},
	"Password": {set: "sesame", wrong: "sesame\n"},

	"Sudo.Login":          {set: true, any: yesOrNo},
	"Sudo.PreserveEnv":    {set: true, any: yesOrNo},
	"Sudo.SetHome":        {set: true, any: yesOrNo},
	"Sudo.Role":           {set: "staff_r", wrong: "-r"},
	"Sudo.Type":           {set: "staff_t", wrong: "-t"},
	"Chroot.Root":         {set: "/srv/other", wrong: "srv"},
	"Nsenter.PID":         {set: int64(4711), wrong: int64(-1)},
	"Nsenter.Namespaces":  {set: []string{"net"}, wrong: []string{"network"}},
	"Exec.Command":        {set: []string{"nice", "-n", "5"}, wrong: []string{"./nice"}},
	"Exec.SameMachine":    {any: "it is for a plan, which takes the files and accounts for those of the via context; a start is the same"},
	"Docker.Container":    {set: "web", wrong: "-x"},
	"Podman.Container":    {set: "web", wrong: "-x"},
	"Kubectl.Pod":         {set: "web", wrong: "deploy/web"},
	"Kubectl.Container":   {set: "main", wrong: "-c"},
	"Kubectl.Namespace":   {set: "shop", wrong: "a b"},
	"Kubectl.KubeContext": {set: "prod", wrong: "--token=x"},
	"LXC.Instance":        {set: "web", wrong: "-n"},
	"LXC.Remote":          {set: "far", wrong: "-t"},
	"LXC.Project":         {set: "shop", wrong: "a b"},
	"Incus.Instance":      {set: "web", wrong: "far:web"},
	"Incus.Remote":        {set: "far", wrong: "-t"},
	"Incus.Project":       {set: "shop", wrong: "a b"},
	"Machinectl.Machine":  {set: "web", wrong: ".host"},
}

// least are connectors with what they require, and nothing else.
var least = []transport.Connector{
	&Local{}, &Sudo{}, &Su{}, &Doas{}, &Chroot{Root: "/srv/root"}, &Nsenter{PID: 42}, &Exec{Command: []string{"nice"}},
	&Docker{Container: "c"}, &Podman{Container: "c"}, &Kubectl{Pod: "p"}, &LXC{Instance: "i"}, &Incus{Instance: "i"}, &Machinectl{Machine: "m"},
}

// Each field of each connector changes what a start does, or is refused with the name of
// its argument: nothing that is set is ignored. A new field needs a row. The fields of
// ssh.SSH are those of e2e.TestEverySSHArgumentIsHonouredOrRefused.
func TestEveryFieldOfAConnectorCountsAndIsChecked(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range least {
		if bad := k.(kind.Validator).Validate(); len(bad) > 0 {
			t.Errorf("%T: %+v", k, bad)
		}
		before := does(t, k)
		for _, f := range reflect.VisibleFields(reflect.TypeOf(k).Elem()) {
			if f.Anonymous {
				continue
			}
			name := reflect.TypeOf(k).Elem().Name() + "." + f.Name
			o, ok := options[name]
			if !ok {
				name = f.Name
				o, ok = options[name]
			}
			if seen[name] = true; !ok {
				t.Errorf("%T.%s has no row in options", k, f.Name)
				continue
			}
			if o.set != nil {
				changed := with(k, f, o.set)
				if bad := changed.(kind.Validator).Validate(); len(bad) == 0 && does(t, changed) == before {
					t.Errorf("%T.%s = %v changes nothing, and is not refused", k, f.Name, o.set)
				} else if len(bad) > 0 && bad[0].Attr != argument(f) {
					t.Errorf("%T.%s = %v is refused for %q: %+v", k, f.Name, o.set, bad[0].Attr, bad)
				}
			}
			if o.wrong == nil {
				if o.any == "" {
					t.Errorf("%T.%s: no wrong value is tried, and nothing says why", k, f.Name)
				}
				continue
			}
			bad := with(k, f, o.wrong).(kind.Validator).Validate()
			if !slices.ContainsFunc(bad, func(p kind.Problem) bool { return p.Attr == argument(f) && p.Detail != "" }) {
				t.Errorf("%T.%s = %#v is not refused: %+v", k, f.Name, o.wrong, bad)
			}
		}
	}
	for _, k := range Kinds() {
		if !slices.ContainsFunc(least, func(c transport.Connector) bool { return c.Kind() == k.Name }) {
			t.Errorf("the kind %s is not in least", k.Name)
		}
	}
	for name := range options {
		if !seen[name] {
			t.Errorf("there is no field %s", name)
		}
	}
}

// Two fields of a connector that are set together count both, or are refused, and those that
// a configuration may not set together are refused from Go, too.
func TestFieldsThatContradictEachOtherAreRefused(t *testing.T) {
	for _, k := range least {
		fields := reflect.VisibleFields(reflect.TypeOf(k).Elem())
		for i, a := range fields {
			for _, b := range fields[:i] {
				holdTogether(t, k, a, b)
			}
		}
	}
}

// holdTogether holds that of two fields neither hides the other, unless that is refused.
func holdTogether(t *testing.T, k transport.Connector, a, b reflect.StructField) {
	t.Helper()
	oa, ob := optionOf(k, a), optionOf(k, b)
	if oa.set == nil || ob.set == nil {
		return
	}
	alone := []transport.Connector{with(k, a, oa.set), with(k, b, ob.set)}
	for _, c := range alone {
		if len(c.(kind.Validator).Validate()) > 0 {
			return // for another reason
		}
	}
	both := with(alone[0], b, ob.set)
	if len(both.(kind.Validator).Validate()) > 0 {
		return
	}
	if conflicts(a, b) || conflicts(b, a) {
		t.Errorf("%T: %s and %s are taken together from Go, and not in a configuration", k, a.Name, b.Name)
	}
	for i, hidden := range []reflect.StructField{b, a} {
		if does(t, both) == does(t, alone[i]) {
			t.Errorf("%T: %s and %s are set, and %s changes nothing", k, a.Name, b.Name, hidden.Name)
		}
	}
}

// conflicts reports whether the tag of a field says that another one may not be set with it.
func conflicts(a, b reflect.StructField) bool {
	for _, o := range strings.Split(a.Tag.Get("mito"), ",") {
		if names, ok := strings.CutPrefix(o, "conflicts="); ok && slices.Contains(strings.Split(names, "|"), argument(b)) {
			return true
		}
	}
	return false
}

// optionOf is the row of a field.
func optionOf(k transport.Connector, f reflect.StructField) option {
	if o, ok := options[reflect.TypeOf(k).Elem().Name()+"."+f.Name]; ok {
		return o
	}
	return options[f.Name]
}

// argument is the name of a field in messages.
func argument(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("cbor"), ",")
	return name
}

// with is a copy of k in which the field has that value.
func with(k transport.Connector, f reflect.StructField, value any) transport.Connector {
	c := reflect.New(reflect.TypeOf(k).Elem())
	c.Elem().Set(reflect.ValueOf(k).Elem())
	c.Elem().FieldByIndex(f.Index).Set(reflect.ValueOf(value))
	return c.Interface().(transport.Connector)
}

// does says what a start of k does: the process that it runs, what that reads, what is typed
// there, and what Connect takes from k.
func does(t *testing.T, k transport.Connector) string {
	t.Helper()
	s := transport.Start{Token: "0123456789abcdef", ProcessName: "mitoplan:x:y"}
	set := k.(interface {
		ContextName() string
		Parallel() int
	})
	said := fmt.Sprint(set.ContextName(), set.Parallel())
	switch k := k.(type) {
	case *Local:
		cmd, err := k.command(s)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(cmd.Env)
		return fmt.Sprint(said, k.Timeout(), cmd.Path, cmd.Args, cmd.Env)
	case *Sudo:
		return said + runs(k.prefix(s), s)
	case *Su:
		return said + runs((*becoming)(k).prefix(k.becomer()), s)
	case *Doas:
		return said + runs((*becoming)(k).prefix(k.becomer(&s)), s)
	case prefixKind:
		p := k.prefixed()
		return said + runs(p.prefix(), s)
	}
	t.Fatalf("nothing says what a start of %T does", k)
	return ""
}

// runs says what a start with a prefix does.
func runs(p prefix, s transport.Start) string {
	b := p.bootstrap(s)
	said := fmt.Sprintf("%s %q direct=%v %v %v %s", p.program, p.args, p.direct, b.patience, b.silence, b.Script())
	if p.asks != nil {
		said += " types " + p.asks.password
	}
	return said
}
