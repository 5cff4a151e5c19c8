package planner

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/resource/kinds"
	"github.com/mitoplan/mitoplan/internal/secret"
)

// earlier is the record of earlier applies in a test.
type earlier struct {
	blocks map[string]Recorded
	things map[kind.Thing]map[string]string
	begun  []map[string]string
	owed   map[string][]string
	old    bool
}

func (e earlier) Lookup(address string) (Recorded, bool) { r, ok := e.blocks[address]; return r, ok }
func (e earlier) Addresses() []string                    { return sortedKeys(e.blocks) }
func (e earlier) Interrupted() []string                  { return nil }
func (e earlier) LookupBegun(string) (Recorded, bool)    { return Recorded{}, false }
func (e earlier) Debts() map[string][]string             { return e.owed }
func (e earlier) Thing(_ string, thing kind.Thing) map[string]string {
	return e.things[thing]
}
func (e earlier) Begun(string, kind.Thing) []map[string]string { return e.begun }
func (e earlier) Left(_ string, thing kind.Thing) (map[string]string, [][]resource.Trait) {
	return e.things[thing], nil
}
func (e earlier) Old() bool                       { return e.old }
func (e earlier) Output(string) (cty.Value, bool) { return cty.NilVal, false }
func (e earlier) Outputs() []string               { return nil }

// recordOf makes a record with a key for tests.
func recordOf(prior Prior) *record {
	return &record{
		prior: prior, digests: digests{key: []byte("key")}, secrets: &secret.Set{}, parts: &resource.Parts{}, sightings: map[*instance]*sighting{},
		kindOf: func(name string) *kind.Kind {
			if k, ok := kinds.Lookup(name); ok {
				return &k
			}
			return nil
		},
	}
}

// found answers the check of an instance. Its thing has these traits.
func found(i *instance, op resource.Op, traits ...resource.Trait) *instance {
	text, _ := i.wire["path"].(string)
	i.change = &resource.Change{Op: op, Writes: []kind.Thing{kind.PathThing(text)}, Traits: traits}
	i.machine.writes(i.change.Writes[0], i)
	i.on = localContext()
	i.end(done)
	return i
}

// localContext is the context local.here, on the machine of the controller.
func localContext() *instance {
	b := &config.Block{Type: config.ContextBlock, Kind: "local", Name: "here", Def: &kind.Kind{}}
	return &instance{node: &node{addr: b.Address(), block: b}, addr: b.Address()}
}

func traitOf(attr, value string) resource.Trait {
	return resource.Trait{Attr: attr, Sum: []byte(value)}
}

func TestDigestsOfTheRecord(t *testing.T) {
	d := &digests{key: []byte("key")}
	hidden := cty.StringVal("a").Mark(config.Sensitive)
	if plain := d.of([]byte("a"), false); !strings.HasPrefix(plain, keyedDigest) || len(plain) != digestLen {
		t.Errorf("the digest of a value that is not secret is %q", plain)
	}
	if slow := d.of([]byte("a"), true); !strings.HasPrefix(slow, slowDigest) || len(slow) != digestLen {
		t.Errorf("the digest of a secret is %q", slow)
	}
	for _, c := range []struct {
		promise string
		got     bool
		want    bool
	}{
		{"the same text has the same digest", d.same([]byte("a"), d.of([]byte("a"), false)), true},
		{"another text has another", d.same([]byte("b"), d.of([]byte("a"), false)), false},
		{"a secret is compared as it was recorded", d.same([]byte("a"), d.of([]byte("a"), true)), true},
		{"another secret differs", d.same([]byte("b"), d.of([]byte("a"), true)), false},
		{"another key makes other digests", (&digests{key: []byte("other")}).same([]byte("a"), d.of([]byte("a"), false)), false},
		{"and other digests of secrets", (&digests{key: []byte("other")}).same([]byte("a"), d.of([]byte("a"), true)), false},
		{"a value is recognized", d.isOfValue(cty.StringVal("a"), d.ofValue(cty.StringVal("a"))), true},
		{"another value is not", d.isOfValue(cty.StringVal("b"), d.ofValue(cty.StringVal("a"))), false},
		{"a sensitive value is recognized", d.isOfValue(hidden, d.ofValue(hidden)), true},
		{"a value that became sensitive is recorded anew", d.isOfValue(hidden, d.ofValue(cty.StringVal("a"))), false},
		{"a digest without a key still compares", d.isOfValue(cty.StringVal("a"), plainDigest([]byte(cty.StringVal("a").GoString()))), true},
		{"also of a sensitive value", d.isOfValue(hidden, plainDigest([]byte(cty.StringVal("a").GoString()))), true},
		{"a digest without a key is told apart", legacyDigest(plainDigest([]byte("a"))), true},
		{"one with a key is none of those", legacyDigest(d.keyed([]byte("a"))), false},
		{"nothing is none of those", legacyDigest(""), false},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.promise, c.got, c.want)
		}
	}
}

// The digest of a secret is slow to compute, so that each secret is derived once.
func TestASecretIsDerivedOnce(t *testing.T) {
	d := &digests{key: []byte("key")}
	first := d.slow([]byte("a"))
	d.key = []byte("other") // a second derivation would use this key
	if d.slow([]byte("a")) != first || len(d.derived) != 1 {
		t.Error("the secret was derived twice")
	}
}

// An argument is newer if its digest differs from the one that is recorded.
func TestNewerArguments(t *testing.T) {
	was := map[string]any{"path": "/x", "content": "a"}
	for _, c := range []struct {
		promise string
		is      map[string]any
		change  func(*instance)
		want    []string
	}{
		{"as they were, none is", was, nil, nil},
		{"one that changed", map[string]any{"path": "/x", "content": "b"}, nil, []string{"content"}},
		{"one that is gone", map[string]any{"path": "/x"}, nil, []string{"content"}},
		{"one that is new", map[string]any{"path": "/x", "content": "a", "mode": "0600"}, nil, []string{"mode"}},
		{"one that is new and has its default is not", map[string]any{"path": "/x", "content": "a", "state": "present"}, nil, nil},
		{"one that is known after apply is not compared", map[string]any{"path": "/x"}, func(i *instance) { i.unknown = []string{"content"} }, nil},
		{"nor one that is new at every apply", map[string]any{"path": "/x", "content": "b"}, func(i *instance) { i.volatile = []string{"content"} }, nil},
	} {
		t.Run(c.promise, func(t *testing.T) {
			rec, m := recordOf(nil), newOrdering(nil).machineNamed("m")
			recorded := rec.argDigests(claimant(m, "file", "x", 1, was))
			i := claimant(m, "file", "x", 1, c.is)
			if c.change != nil {
				c.change(i)
			}
			if diff := cmp.Diff(c.want, rec.newerArgs(i, recorded), cmp.Transformer("", func(s []string) string { return strings.Join(s, " ") })); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A secret argument has a slow digest. It is compared only if no other argument
// differs.
func TestSecretArgumentsAreComparedLast(t *testing.T) {
	rec, m := recordOf(nil), newOrdering(nil).machineNamed("m")
	at := func(path, content string) *instance {
		i := claimant(m, "file", "x", 1, map[string]any{"path": path, "content": content})
		i.sensitive = []string{"content"}
		return i
	}
	recorded := rec.argDigests(at("/x", "secret-a"))
	if !strings.HasPrefix(recorded["content"], slowDigest) || !strings.HasPrefix(recorded["path"], keyedDigest) {
		t.Errorf("recorded is %v, want a slow digest for the secret alone", recorded)
	}
	for _, c := range []struct {
		is      *instance
		want    string
		derived int
	}{
		{at("/x", "secret-a"), "", 1},
		{at("/x", "secret-b"), "content", 2},
		{at("/y", "secret-c"), "path", 2},
	} {
		if got := strings.Join(rec.newerArgs(c.is, recorded), " "); got != c.want || len(rec.digests.derived) != c.derived {
			t.Errorf("%v: newer are %q with %d derived secrets, want %q with %d", c.is.wire, got, len(rec.digests.derived), c.want, c.derived)
		}
	}
}

// An argument that holds a known secret is secret, even if it has no mark.
func TestAnArgumentThatHoldsAKnownSecretIsSecret(t *testing.T) {
	rec := recordOf(nil)
	i := claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, map[string]any{"path": "/x", "content": "token=hunter2hunter2"})
	if rec.secretArg(i, "content") {
		t.Error("content is secret before the secret is known")
	}
	rec.secrets.Add("hunter2hunter2")
	if !rec.secretArg(i, "content") || rec.secretArg(i, "path") {
		t.Error("content must be secret now, and path must not")
	}
}

// What names a thing, and has no mark, is no secret though it holds the value of one: it is
// recorded, so that the thing can be taken away, and compared with what was left of it.
func TestANameThatHoldsAKnownSecretIsNone(t *testing.T) {
	rec := recordOf(nil)
	rec.secrets.Add("hunter2hunter2")
	const path = "/x/hunter2hunter2"
	i := found(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, map[string]any{"path": path}), resource.Create)
	i.change.Writes = []kind.Thing{kind.PathThing(path)}
	if end := rec.endOf(i); len(end.Secret) > 0 || end.Args["path"] != path {
		t.Errorf("recorded for the end is %+v", end)
	}
	if got := rec.subject(i, i.change); got != kind.PathThing(path) {
		t.Errorf("it is about %q", got)
	}
	i.change.Writes = []kind.Thing{kind.PathThing("/hunter2hunter2")}
	if got := rec.subject(i, i.change); got != "" {
		t.Errorf("what a link leads to is a secret, and it is about %q", got)
	}
	i.sensitive = []string{"path"}
	if end := rec.endOf(i); len(end.Secret) != 1 {
		t.Errorf("recorded for the end of a marked name is %+v", end)
	}
}

// Together with the record, a check can tell that a thing was changed outside of
// mitoplan.
func TestChangedOutside(t *testing.T) {
	rec := recordOf(nil)
	now := []resource.Trait{traitOf("mode", "0644"), traitOf("owner", "root")}
	left := func(traits ...resource.Trait) map[string]string { return rec.digestsOf(traits, nil) }
	for _, c := range []struct {
		promise string
		prior   Prior
		changed string
		known   bool
	}{
		{"without a record nothing is known", nil, "", false},
		{"nor of a thing that is not in it", earlier{}, "", false},
		{"as it was left", earlier{things: map[kind.Thing]map[string]string{"path:/x": left(now...)}}, "", true},
		{"an attribute was changed", earlier{things: map[kind.Thing]map[string]string{"path:/x": left(traitOf("mode", "0600"), now[1])}}, "mode", true},
		{"an attribute that was not recorded is not compared", earlier{things: map[kind.Thing]map[string]string{"path:/x": left(now[1])}}, "", true},
		{"an action whose end nobody saw may have changed it", earlier{
			things: map[kind.Thing]map[string]string{"path:/x": left(now...)},
			begun:  []map[string]string{left(traitOf("mode", "0600"), now[1])},
		}, "", false},
		{"it did not where it is as before the action", earlier{
			things: map[kind.Thing]map[string]string{"path:/x": left(traitOf("mode", "0600"), now[1])},
			begun:  []map[string]string{left(now...)},
		}, "mode", true},
	} {
		t.Run(c.promise, func(t *testing.T) {
			rec.prior = c.prior
			i := found(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, map[string]any{"path": "/x"}), resource.Update, now...)
			changed, known := rec.changedOutside(rec.sighted(i))
			if strings.Join(changed, " ") != c.changed || known != c.known {
				t.Errorf("changed is %v and known is %v, want %s and %v", changed, known, c.changed, c.known)
			}
		})
	}
}

// Both sides of the record, the arguments and the state, decide where a difference
// comes from.
func TestOriginOfADrift(t *testing.T) {
	rec := recordOf(nil)
	wire := map[string]any{"path": "/x", "content": "a"}
	now := traitOf("content", "on the host")
	args := rec.argDigests(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, wire))
	older := rec.argDigests(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, map[string]any{"path": "/x", "content": "b"}))
	as := func(args map[string]string, left resource.Trait) earlier {
		return earlier{
			blocks: map[string]Recorded{"file.x": {Args: args}},
			things: map[kind.Thing]map[string]string{"path:/x": rec.digestsOf([]resource.Trait{left}, nil)},
		}
	}
	for _, c := range []struct {
		promise string
		prior   Prior
		op      resource.Op
		want    string
	}{
		{"without a record nobody can tell", nil, resource.Update, OriginUnknown},
		{"the host was changed", as(args, traitOf("content", "as it was left")), resource.Update, OriginOutside},
		{"the arguments are newer", as(older, now), resource.Update, OriginConfig},
		{"both", as(older, traitOf("content", "as it was left")), resource.Update, OriginBoth},
		{"an apply was cut short: it is not yet applied", as(args, now), resource.Update, OriginConfig},
		{"a block that was never applied", earlier{}, resource.Update, OriginConfig},
		{"the arguments are the same, so the host is not", earlier{blocks: map[string]Recorded{"file.x": {Args: args}}}, resource.Update, OriginOutside},
		{"an old record does not tell of what is to be absent", earlier{old: true}, resource.Delete, OriginUnknown},
		{"it does of what is to be there", earlier{old: true}, resource.Update, OriginConfig},
		{"a record without digests", earlier{blocks: map[string]Recorded{"file.x": {}}}, resource.Update, OriginUnknown},
	} {
		t.Run(c.promise, func(t *testing.T) {
			rec.prior = c.prior
			i := found(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, wire), c.op, now)
			if got := rec.driftOf(rec.sighted(i)).Origin(); got != c.want {
				t.Errorf("the drift comes from %s, want %s", got, c.want)
			}
		})
	}
}

// Blocks that share a thing have one sighting of it. It has the traits that count.
func TestASightingIsOfAllThatShareAThing(t *testing.T) {
	rec, o := recordOf(nil), newOrdering(func(_, _ *instance) {})
	insts := claimAll(o, []block{file("x", "/x", "content", "a"), lineOf("l", "/x", "line", "b")}, []int{0, 1})
	found(insts[1], resource.Update, traitOf("line", "b"), traitOf("mode", "0600"))
	found(insts[0], resource.Update, traitOf("content", "a"), traitOf("mode", "0644"))
	s := rec.sight(insts[1])
	if s != rec.sight(insts[0]) {
		t.Error("two blocks that share a thing have two sightings")
	}
	var got []string
	for _, m := range s.members {
		got = append(got, m.addr)
	}
	for _, trait := range s.traits {
		got = append(got, trait.Attr+" "+string(trait.Sum))
	}
	if diff := cmp.Diff([]string{"file.x", "line.l", "content a", "mode 0644"}, got); diff != "" {
		t.Errorf("the owner comes first with its mode; its content counts and the line of the other does not (-want +got):\n%s", diff)
	}
}

// Settings of the kernel whose values one file keeps are one thing as far as that file goes. What
// differs of each is a drift of its own: as one, it would be shown as a change from the value of
// the first to that of the last.
func TestWhatStandsApartDriftsByItself(t *testing.T) {
	setting := func(name string) block {
		return block{"sysctl", name, map[string]any{"path": "/s", "name": "net." + name, "value": "1"}}
	}
	rec, o := recordOf(nil), newOrdering(func(_, _ *instance) {})
	insts := claimAll(o, []block{setting("a"), setting("b"), setting("c"), lineOf("l", "/s", "line", "#"), lineOf("m", "/s", "line", "##"), setting("d")}, []int{0, 1, 2, 3, 4, 5})
	left := map[string]string{}
	plan, all := &Plan{}, map[string]*instance{}
	for k, i := range insts {
		op, does, trait := resource.Update, Update, resource.Trait{Attr: "value", Part: []byte(i.addr), Sum: []byte("now")}
		if k == 2 {
			op, does = resource.NoOp, NoOp
		}
		found(i, op, trait)
		if i.block().Kind == "sysctl" {
			if i.block().Name == "b" { // as a kernel module that has options
				i.change.Writes = append(i.change.Writes, kind.PathThing("/etc/options"))
			}
			i.change.Writes = append(i.change.Writes, kind.PathThing("/proc/sys/net/"+i.block().Name))
		}
		if i.block().Name == "d" { // whose line in the file alone differs
			i.change.Effects = []resource.Effect{{Thing: kind.PathThing("/s")}}
		}
		was := trait
		if k == 0 || k == 3 {
			was.Sum = []byte("as it was left")
		}
		maps.Copy(left, rec.digestsOf([]resource.Trait{was}, nil))
		all[i.addr] = i
		plan.Actions = append(plan.Actions, &Action{Address: i.addr, Type: config.ResourceBlock, Op: does})
	}
	rec.prior = earlier{things: map[kind.Thing]map[string]string{"path:/s": left}}
	rec.drifts(plan, all)
	var got []string
	for _, d := range plan.Drifts {
		got = append(got, fmt.Sprintf("%s %v %v %v", d.Thing, d.Addresses, d.Beside, d.Changed))
	}
	want := []string{
		"path:/proc/sys/net/a [sysctl.a] [] [value]",
		"path:/proc/sys/net/b [sysctl.b] [] []",
		"path:/s [line.l line.m] [sysctl.a sysctl.b sysctl.c sysctl.d] [value]",
		"path:/s [sysctl.d] [] []",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One that shares the file with no other is told as the file if its line differs, and as what it has
// besides if that alone does.
func TestWhatDiffersBesidesTheFile(t *testing.T) {
	for line, want := range map[string]kind.Thing{"as it is": "path:/proc/sys/net/a", "another": "path:/s"} {
		rec, o := recordOf(nil), newOrdering(func(_, _ *instance) {})
		i := claimAll(o, []block{{"sysctl", "a", map[string]any{"path": "/s", "name": "net.a", "value": "1"}}}, []int{0})[0]
		found(i, resource.Update, resource.Trait{Attr: "value", Part: []byte(i.addr), Sum: []byte("now")})
		own := kind.PathThing("/proc/sys/net/a")
		i.change.Writes = append(i.change.Writes, own)
		i.change.Effects = []resource.Effect{{Thing: "path:/s"}, {Thing: own}}
		i.change.Before, i.change.After = map[string]any{"content": "as it is"}, map[string]any{"content": line}
		plan := &Plan{Actions: []*Action{{Address: i.addr, Type: config.ResourceBlock, Op: Update}}}
		rec.drifts(plan, map[string]*instance{i.addr: i})
		if len(plan.Drifts) != 1 || plan.Drifts[0].Thing != want {
			t.Errorf("with a line that is %s it is told as %v, want %s", line, plan.Drifts, want)
		}
	}
}

// A recorded thing is taken over if another block manages it now.
func TestTakenOverByClaims(t *testing.T) {
	rec := recordOf(nil)
	lineArgs := rec.argDigests(claimant(newOrdering(nil).machineNamed("m"), "line", "l", 1, map[string]any{"path": "/x", "line": "a"}))
	for _, c := range []struct {
		promise string
		now     []block
		was     Recorded
		want    bool
	}{
		{"nobody", nil, Recorded{Kind: "file", Thing: "path:/x"}, false},
		{"an owner", []block{file("y", "/x")}, Recorded{Kind: "file", Thing: "path:/x"}, true},
		{"an owner, by what names it", []block{file("y", "/x")}, Recorded{Kind: "file", Identity: map[string]string{"path": "/x"}}, true},
		{"an editor of what had an owner", []block{lineOf("l", "/x", "line", "a")}, Recorded{Kind: "file", Thing: "path:/x"}, true},
		{"an editor of the same line", []block{lineOf("m", "/x", "line", "a")}, Recorded{Kind: "line", Thing: "path:/x", Args: lineArgs}, true},
		{"an editor of another line", []block{lineOf("m", "/x", "line", "b")}, Recorded{Kind: "line", Thing: "path:/x", Args: lineArgs}, false},
		{"an owner of another thing", []block{file("y", "/y")}, Recorded{Kind: "file", Thing: "path:/x"}, false},
		{"a kind that there is no more", []block{file("y", "/x")}, Recorded{Kind: "gone", Identity: map[string]string{"path": "/x"}}, false},
	} {
		t.Run(c.promise, func(t *testing.T) {
			o := newOrdering(func(_, _ *instance) {})
			claimAll(o, c.now, permutations(len(c.now))[0])
			if got := rec.heir(o.machineNamed("m"), c.was) != nil; got != c.want {
				t.Errorf("taken over is %v, want %v", got, c.want)
			}
		})
	}
	if rec.heir(nil, Recorded{Kind: "file", Thing: "path:/x"}) != nil {
		t.Error("taken over is true on a machine that no longer exists")
	}
}

// If several addresses are recorded with one thing, the newest says what became of
// it.
func TestNewestOfAThing(t *testing.T) {
	at := func(kind, name string, sec int64) Recorded {
		return Recorded{Kind: kind, Machine: "m", Identity: map[string]string{"path": name}, Applied: time.Unix(sec, 0)}
	}
	rec := recordOf(earlier{blocks: map[string]Recorded{
		"file.a": at("file", "/x", 1), "file.b": at("file", "/x", 2), // renamed
		"file.c": at("file", "/y", 3), "file.d": at("file", "/y", 3), // at one time
		"line.l": at("line", "/z", 1), "line.m": at("line", "/z", 2), // parts of one thing
		"file.old": {Kind: "file"},
	}})
	var got []string
	newest := rec.newest()
	for _, key := range sortedKeys(newest) {
		got = append(got, newest[key])
	}
	if diff := cmp.Diff([]string{"file.b", "file.d", "file.old", "line.l", "line.m"}, got); diff != "" {
		t.Error(diff)
	}
}

// isAsRecorded tells whether an apply would record what is recorded already.
func TestIsAsRecorded(t *testing.T) {
	rec := recordOf(nil)
	wire := map[string]any{"path": "/x", "content": "a"}
	mode := traitOf("mode", "0644")
	args := rec.argDigests(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, wire))
	end := &RecordedEnd{Args: map[string]any{"path": "/x"}}
	left := earlier{things: map[kind.Thing]map[string]string{"path:/x": rec.digestsOf([]resource.Trait{mode}, nil)}}
	for _, c := range []struct {
		promise string
		prior   Prior
		was     Recorded
		op      resource.Op
		want    bool
	}{
		{"all of it is", left, Recorded{Args: args, End: end}, resource.NoOp, true},
		{"without what its end needs", left, Recorded{Args: args}, resource.NoOp, false},
		{"with what the end of another needs", left, Recorded{Args: args, End: &RecordedEnd{Args: map[string]any{"path": "/y"}}}, resource.NoOp, false},
		{"with an end that lacks a secret", left, Recorded{Args: args, End: &RecordedEnd{Args: end.Args, Secret: []string{"owner"}}}, resource.NoOp, false},
		{"without its arguments", left, Recorded{End: end}, resource.NoOp, false},
		{"without one argument", left, Recorded{End: end, Args: map[string]string{"path": args["path"]}}, resource.NoOp, false},
		{"with another argument", left, Recorded{End: end, Args: map[string]string{"path": args["path"], "content": args["path"]}}, resource.NoOp, false},
		{"with a slow digest of what is no secret", left, Recorded{End: end, Args: map[string]string{"path": args["path"], "content": slowDigest}}, resource.NoOp, false},
		{"without its thing", earlier{}, Recorded{Args: args, End: end}, resource.NoOp, false},
		{"its thing is not right, so nothing is recorded of that", earlier{}, Recorded{Args: args, End: end}, resource.Update, true},
	} {
		t.Run(c.promise, func(t *testing.T) {
			rec.prior, rec.sightings = c.prior, map[*instance]*sighting{}
			i := found(claimant(newOrdering(nil).machineNamed("m"), "file", "x", 1, wire), c.op, mode)
			if got := rec.isAsRecorded(i, c.was); got != c.want {
				t.Errorf("isAsRecorded is %v, want %v", got, c.want)
			}
		})
	}
}

// What is recorded at an address says nothing of how another thing came under management.
func TestBecameAnother(t *testing.T) {
	rec := recordOf(nil)
	o := newOrdering(nil)
	file := claimant(o.machineNamed("m"), "file", "x", 1, map[string]any{"path": "/x", "content": "a"})
	line := claimant(o.machineNamed("m"), "line", "l", 1, map[string]any{"path": "/x", "line": "a"})
	for _, i := range []*instance{file, line} {
		i.on = &instance{node: &node{block: &config.Block{Type: config.ContextBlock, Def: &kind.Kind{}}}, placement: placement{machine: i.machine}}
	}
	file.change = &resource.Change{Writes: []kind.Thing{"path:/real/x"}}
	at := func(path string) map[string]string { return map[string]string{"path": path} }
	ended := func(line string) *RecordedEnd { return &RecordedEnd{Args: map[string]any{"path": "/x", "line": line}} }
	for promise, c := range map[string]struct {
		i    *instance
		was  Recorded
		want bool
	}{
		"the same":             {file, Recorded{Kind: "file", Machine: "m", Identity: at("/x")}, false},
		"of other contents":    {file, Recorded{Kind: "file", Machine: "m", Identity: at("/x"), Args: map[string]string{"content": "other"}}, false},
		"of another path":      {file, Recorded{Kind: "file", Machine: "m", Identity: at("/y")}, true},
		"at the same place":    {file, Recorded{Kind: "file", Machine: "m", Identity: at("/x"), Thing: "path:/real/x"}, false},
		"behind another link":  {file, Recorded{Kind: "file", Machine: "m", Identity: at("/x"), Thing: "path:/other/x"}, true},
		"on another machine":   {file, Recorded{Kind: "file", Machine: "n", Identity: at("/x")}, true},
		"of an old record":     {file, Recorded{Kind: "file", Identity: at("/y")}, false},
		"it was to be absent":  {file, Recorded{Kind: "file", Machine: "m", Identity: at("/y"), Absent: true}, false},
		"the same line":        {line, Recorded{Kind: "line", Machine: "m", Identity: at("/x"), End: ended("a")}, false},
		"another line":         {line, Recorded{Kind: "line", Machine: "m", Identity: at("/x"), End: ended("b")}, true},
		"the same, validated":  {line, Recorded{Kind: "line", Machine: "m", Identity: at("/x"), End: &RecordedEnd{Args: map[string]any{"path": "/x", "line": "a", "validate": "true %s"}}}, false},
		"a line of an old one": {line, Recorded{Kind: "line", Machine: "m", Identity: at("/x")}, false},
	} {
		if got := rec.becameAnother(c.i, c.was, at("/x")); got != c.want {
			t.Errorf("%s: it became another is %v, want %v", promise, got, c.want)
		}
	}
}
