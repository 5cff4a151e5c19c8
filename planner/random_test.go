package planner_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/function"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/planner"
)

// To compare two versions of this package, run in each of them
//
//	go test ./planner -run TestRandomConfigurations -random.count 3000 -random.out FILE
//
// and compare the two files: they hold every plan and what its apply did.
var (
	randomCount = flag.Int("random.count", 60, "how many random configurations are planned")
	randomOut   = flag.String("random.out", "", "a file for every plan and every apply, in words")
)

// Planning comes to an end whatever a configuration says and whatever hosts
// answer, in whichever order, and so does the apply of the plan.
func TestRandomConfigurations(t *testing.T) {
	var out *os.File
	if *randomOut != "" {
		var err error
		if out, err = os.Create(*randomOut); err != nil {
			t.Fatal(err)
		}
		defer out.Close()
	}
	planned := 0
	for seed := range *randomCount {
		text, ok := playRandom(t, uint64(seed))
		if out != nil {
			fmt.Fprintf(out, "=== %d\n%s\n", seed, text)
		}
		if ok {
			planned++
		}
	}
	if planned < *randomCount*2/3 {
		t.Errorf("of %d configurations only %d could be loaded", *randomCount, planned)
	}
}

// playRandom plans a configuration and applies the plan. It returns what was asked
// and what came of it, in words; false if the configuration cannot be loaded.
func playRandom(t *testing.T, seed uint64) (string, bool) {
	g := &estateGenerator{Rand: rand.New(rand.NewPCG(seed, 1))}
	src := g.estate()
	cfg, diags := config.LoadSources("/cfg", map[string][]byte{"main.mito.hcl": []byte(src)}, catalogue())
	if diags.HasErrors() {
		return "cannot be loaded: " + diags.Error(), false
	}
	o := g.options()
	p, w := planner.New(cfg, o), &randomWorld{seed: seed}
	var said strings.Builder
	for rounds := 0; !p.Finished(); rounds++ {
		if rounds > 10_000 {
			t.Fatalf("seed %d: planning does not end:\n%s", seed, src)
		}
		w.pending = append(w.pending, p.Next()...)
		if len(w.pending) == 0 {
			continue
		}
		at := g.IntN(len(w.pending))
		s := w.pending[at]
		w.pending = slices.Delete(w.pending, at, at+1)
		fmt.Fprintf(&said, "%s %s after %v, unknown %v, quiet %v, args %s\n", s.Type, s.Address, s.After, s.Unknown, s.Quiet, inJSON(s.Args))
		p.Done(s, w.answer(s))
	}
	if p.Misnamed().HasErrors() {
		return said.String(), true
	}
	plan := p.Plan()
	fmt.Fprintf(&said, "%s\n%s\n", inJSON(plan), diagnosed(p))
	for _, output := range plan.Outputs {
		said.WriteString(outputInWords(output))
	}
	if o.Drift || p.Diagnostics().HasErrors() {
		return said.String(), true
	}
	said.WriteString(w.apply(t, p, plan))
	return said.String(), true
}

func diagnosed(p *planner.Planner) string {
	var out []string
	for _, d := range p.Diagnostics() {
		at, _ := d.Extra.(planner.Location)
		out = append(out, fmt.Sprintf("%v %s: %s at %v, %+v", d.Severity, d.Summary, d.Detail, d.Subject, at))
	}
	return strings.Join(out, "\n")
}

func inJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v: %+v", err, v)
	}
	return string(b)
}

// randomWorld answers by chance, the same step of the same seed in the same way.
type randomWorld struct {
	seed    uint64
	pending []*planner.Step
}

// chance is a number that hangs on what is asked, and on how often it was.
func (w *randomWorld) chance(s *planner.Step) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, w.seed, s.Type, s.Address, inJSON(s.Args), s.Unknown, len(s.After))
	return rand.New(rand.NewPCG(h.Sum64(), 2))
}

func (w *randomWorld) answer(s *planner.Step) planner.Result {
	r := w.chance(s)
	if r.IntN(120) == 0 {
		return planner.Result{Failure: &planner.Failure{
			Kind:    []planner.FailureKind{"", planner.FailureLost, planner.FailureBehind, planner.FailureSkipped}[r.IntN(4)],
			Summary: "Broken", Detail: "It does not work. " + randomText(r), Said: randomText(r),
		}}
	}
	switch s.Type {
	case planner.StepContext:
		return planner.Result{Facts: map[string]any{"os": "linux", "distro": "debian", "hostname": randomText(r), "user": "deploy", "uid": int64(1), "cpus": int64(r.IntN(3))}}
	case planner.StepCheck, planner.StepApply:
		return planner.Result{Change: randomChange(r, s)}
	}
	reply := &function.CallReply{WouldRun: r.IntN(2) == 0, Results: map[string]any{"stdout": kind.Text(randomText(r)), "exit_code": int64(0)}}
	if s.Type == planner.StepRead {
		reply.WouldRun = true
	}
	return planner.Result{Reply: reply}
}

// randomText is what a program says: keys for for_each, or a secret.
func randomText(r *rand.Rand) string {
	return []string{"a", "b", "a,b", "", "x", "a secret-of-the-test b", "/etc/one"}[r.IntN(7)]
}

func randomChange(r *rand.Rand, s *planner.Step) *resource.Change {
	ops := []resource.Op{resource.NoOp, resource.NoOp, resource.Create, resource.Update, resource.Update, resource.Replace, resource.Delete}
	c := &resource.Change{Op: ops[r.IntN(len(ops))], Fingerprint: "f", Before: map[string]any{}, After: map[string]any{}}
	if s.Action != nil {
		c.Op = resource.Op(s.Action.Op)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Args)) {
		v := s.Args[name]
		c.After[name], c.Before[name] = v, v
		if c.Op != resource.NoOp && r.IntN(2) == 0 {
			c.Before[name] = kind.Text(randomText(r))
		}
	}
	if text, ok := s.Args["path"].(string); ok {
		c.Writes = []kind.Thing{kind.PathThing(text)}
		if r.IntN(4) == 0 { // the host resolves a link
			c.Writes[0] = kind.PathThing(fmt.Sprintf("/etc/%s", []string{"one", "two", "dir/three"}[r.IntN(3)]))
		}
		if r.IntN(3) == 0 {
			c.Restores = c.Writes
		}
		if r.IntN(4) == 0 {
			c.Effects = []resource.Effect{{Thing: "path:/etc/dir", Entry: &resource.Entry{Type: resource.TypeDirectory}}}
		}
		c.Results = map[string]any{"content": kind.Text(randomText(r))}
	}
	if text, ok := s.Args["name"].(string); ok {
		c.Writes = []kind.Thing{kind.ThingOf("user", text)}
		c.Effects = []resource.Effect{{Thing: c.Writes[0], User: &resource.User{}}}
		if r.IntN(2) == 0 {
			c.Effects = append(c.Effects, resource.Effect{Thing: "path:/etc", Entry: &resource.Entry{Type: resource.TypeDirectory}})
		}
	}
	if r.IntN(10) == 0 {
		c.Warnings = []kind.Problem{{Summary: "It is odd", Detail: randomText(r)}}
	}
	return c
}

// apply carries a plan out, and returns what was sent and what became of it.
func (w *randomWorld) apply(t *testing.T, p *planner.Planner, plan *planner.Plan) string {
	a := beginApply(t, p, plan, &world{})
	a.answers = func(s *planner.Step) planner.Result {
		if s.Type == planner.StepLock || s.Type == planner.StepWait {
			return planner.Result{}
		}
		r := w.answer(s)
		if s.Type == planner.StepRun && r.Reply != nil {
			r.Reply.WouldRun = true
		}
		return r
	}
	a.run()
	outputs, diags := p.Outputs()
	var b strings.Builder
	for _, batch := range a.batches {
		for _, address := range batch {
			s := a.steps[address]
			fmt.Fprintf(&b, "sent %s after %v, quiet %v, args %s\n", address, s.After, s.Quiet, inJSON(s.Args))
		}
	}
	fmt.Fprintf(&b, "%s\n%s\n", a.said(), diagnosed(p))
	for _, o := range outputs {
		b.WriteString(outputInWords(o))
	}
	return b.String() + diags.Error()
}

func outputInWords(o *planner.Output) string {
	v, _ := o.Value.UnmarkDeep()
	return fmt.Sprintf("output %s: %#v, sensitive %v\n", o.Name, v, config.IsSensitive(o.Value))
}

// estateGenerator writes random configurations.
type estateGenerator struct {
	*rand.Rand
	contexts, things, calls []string // of the addresses that were written
	shapes                  map[string]shape
	here                    shape // of the block that is being written
}

// shape says which keys the instances of a block have.
type shape struct {
	on   bool   // those of the contexts in its argument on
	each string // "", for_each or count
}

func (g *estateGenerator) one(list ...string) string { return list[g.IntN(len(list))] }
func (g *estateGenerator) often(percent int) bool    { return g.IntN(100) < percent }

func (g *estateGenerator) options() planner.Options {
	o := options()
	o.Vars = map[string]cty.Value{"s": cty.StringVal("secret-of-the-test").Mark(config.Sensitive), "k": cty.StringVal("a")}
	all := slices.Concat(g.contexts, g.things, g.calls)
	if g.often(30) {
		for range 1 + g.IntN(2) {
			o.Targets = append(o.Targets, g.named(g.one(all...)))
		}
	}
	if g.often(20) {
		o.Excludes = []string{g.named(g.one(all...))}
	}
	o.Drift = g.often(15)
	if g.often(50) {
		prior := fakePrior{}
		for _, address := range slices.Concat(g.things, g.calls) {
			if g.often(40) {
				prior[address] = planner.Recorded{Secret: []string{"content"}[:g.IntN(2)], Kind: "file", Machine: "local", Thing: "path:/etc/one", Applied: time.Unix(1, 0).UTC()}
			}
		}
		if g.often(50) {
			o.Prior = prior
		} else {
			o.Prior = recordedWith{fakePrior: prior, debts: map[string][]string{g.one(all...): {g.one(all...)}}}
		}
		o.RecordKey = []byte("record")
	}
	return o
}

// named is an address, or that of an instance.
func (g *estateGenerator) named(address string) string {
	if g.often(30) {
		return address + `["a"]`
	}
	return address
}

func (g *estateGenerator) estate() string {
	var b strings.Builder
	b.WriteString("variable \"s\" {\n type = string\n sensitive = true\n}\nvariable \"k\" { type = string }\nlocals {\n both = toset([\"a\", \"b\"])\n late = try(call.command.c0.stdout, \"a\")\n}\n")
	b.WriteString("context \"local\" \"here\" {}\ncontext \"ssh\" \"far\" { host = \"far\" }\ncontext \"ssh\" \"web\" {\n for_each = local.both\n host = each.key\n}\n")
	g.contexts = []string{"context.local.here", "context.ssh.far", "context.ssh.web"}
	b.WriteString("call \"command\" \"c0\" {\n on = context.local.here\n argv = [\"list\"]\n read_only = true\n}\n")
	g.calls = []string{"call.command.c0"}
	g.shapes = map[string]shape{"context.ssh.web": {each: "for_each"}}
	for k := range 3 + g.IntN(8) {
		switch g.IntN(10) {
		case 0:
			b.WriteString(g.context(k))
		case 1, 2, 3:
			b.WriteString(g.call(k + 1))
		default:
			b.WriteString(g.resource(k))
		}
	}
	for k := range g.IntN(3) {
		g.here = shape{}
		fmt.Fprintf(&b, "output \"o%d\" {\n value = %s\n sensitive = %v\n}\n", k, g.value(), g.often(70))
	}
	return b.String()
}

func (g *estateGenerator) context(k int) string {
	address := fmt.Sprintf("context.sudo.s%d", k)
	text := fmt.Sprintf("context \"sudo\" \"s%d\" {\n", k)
	g.here = shape{}
	switch g.IntN(4) {
	case 0:
		g.here.each = "for_each"
		text += " for_each = context.ssh.web\n via = each.value\n"
	case 1:
		g.here.each = "for_each"
		text += " for_each = toset(split(\",\", " + g.late() + "))\n via = context.ssh.far\n user = each.key\n"
	default:
		text += " via = " + g.one("context.local.here", "context.ssh.far") + "\n"
		if g.often(60) {
			text += " user = " + g.one(`"u0"`, `"u1"`, g.late()) + "\n"
		}
	}
	if g.often(15) {
		text += " enabled = " + g.condition() + "\n"
	}
	g.contexts = append(g.contexts, address)
	g.shapes[address] = g.here
	return text + "}\n"
}

func (g *estateGenerator) call(k int) string {
	address := fmt.Sprintf("call.command.c%d", k)
	expansion := g.expansion()
	text := fmt.Sprintf("call \"command\" \"c%d\" {\n%s argv = [\"do\", %s]\n", k, g.on()+expansion, g.value())
	if g.often(40) {
		text += " read_only = true\n"
	} else {
		if g.often(40) {
			text += " creates = " + g.one(`"/made"`, `"/etc/one"`, g.value()) + "\n"
		}
		if g.often(50) && len(g.things) > 0 {
			text += " triggered_by = [" + g.one(g.things...) + "]\n"
		}
		if g.often(25) {
			text += " triggers = " + g.value() + "\n"
		}
	}
	text += g.meta()
	g.calls = append(g.calls, address)
	g.shapes[address] = g.here
	return text + "}\n"
}

func (g *estateGenerator) resource(k int) string {
	place := g.on() + g.expansion()
	path := g.one(`"/etc/one"`, `"/etc/one"`, `"/etc/two"`, `"/etc/dir/three"`, `"/etc/${`+g.value()+`}"`)
	kindName := g.one("file", "file", "line", "line", "directory", "user", "link", "group")
	text := fmt.Sprintf("resource \"%s\" \"r%d\" {\n", kindName, k) + place
	switch kindName {
	case "file":
		text += " path = " + path + "\n content = " + g.value() + "\n"
	case "line":
		text += " path = " + path + "\n line = " + g.value() + "\n"
		if g.often(30) {
			text += " regexp = " + g.one(`"^a"`, `"^b"`) + "\n"
		}
	case "directory":
		text += " path = " + g.one(`"/etc"`, `"/etc/dir"`) + "\n"
	case "user":
		text += " name = " + g.one(`"u0"`, `"u1"`) + "\n comment = " + g.value() + "\n"
		if g.often(30) {
			text += " group = " + g.one(`"u1"`, `"g0"`, g.value()) + "\n"
		}
	case "link":
		text += " path = " + g.one(`"/etc/two"`, `"/etc/link"`, `"/etc/dir/link"`) + "\n target = " + g.one(`"/etc/one"`, `"dir/three"`, g.late()) + "\n"
	case "group":
		text += " name = " + g.one(`"u1"`, `"g0"`, g.late()) + "\n"
	}
	text += g.meta()
	g.things = append(g.things, fmt.Sprintf("%s.r%d", kindName, k))
	g.shapes[g.things[len(g.things)-1]] = g.here
	return text + "}\n"
}

// on is where a block is.
func (g *estateGenerator) on() string {
	ctx := g.one(g.contexts...)
	if g.often(30) {
		ctx = "context.local.here"
	}
	g.here = shape{on: g.shapes[ctx].each != ""}
	if g.here.on && g.often(30) && ctx == "context.ssh.web" {
		g.here.on = false
		ctx += "[" + g.one(`"a"`, `"b"`, "var.k") + "]"
	}
	return " on = " + ctx + "\n"
}

// expansion is what else says which instances a block has.
func (g *estateGenerator) expansion() string {
	text := ""
	switch {
	case g.often(12):
		text = " for_each = toset([\"a\", \"b\"])\n"
	case g.often(10):
		text = " for_each = toset(split(\",\", " + g.late() + "))\n"
	case g.often(10):
		text = " for_each = { a = " + g.value() + ", b = \"y\" }\n"
	case g.often(8):
		g.here.each = "count"
		return " count = 2\n"
	}
	if text != "" {
		g.here.each = "for_each"
	}
	return text
}

// meta are arguments that every block has.
func (g *estateGenerator) meta() string {
	text := ""
	if g.often(12) {
		text += " enabled = " + g.condition() + "\n"
	}
	if all := slices.Concat(g.things, g.calls); g.often(25) {
		text += " depends_on = [" + g.one(all...) + "]\n"
	}
	if g.often(12) {
		text += " timeout = " + g.one(`"10s"`, `"${length(`+g.value()+`) + 1}s"`) + "\n"
	}
	if g.often(15) {
		text += " lifecycle {\n " + g.one("precondition", "postcondition") + " {\n condition = " + g.condition() + "\n error_message = \"no\"\n}\n}\n"
	}
	return text
}

func (g *estateGenerator) condition() string {
	return g.one("true", g.value()+" != \"b\"", g.late()+" == null", `var.k == "a"`)
}

// late is a text that only a host can tell.
func (g *estateGenerator) late() string {
	return g.one("call.command.c0.stdout", "local.late", `coalesce(`+g.ref(g.one(g.calls...), "stdout")+`, "none")`)
}

// ref is an attribute of an instance, or of all instances of a block in one text.
func (g *estateGenerator) ref(address, attr string) string {
	s := g.shapes[address]
	key := g.one(`"a"`, `"b"`, "var.k")
	switch {
	case s.on && g.here.on && g.often(50):
		key = "on.key"
	case g.here.each == "for_each" && g.often(50):
		key = "each.key"
	}
	last := map[string]string{"": "", "count": "[" + g.one("0", "1") + "]", "for_each": "[" + g.one(`"a"`, `"b"`, "var.k") + "]"}[s.each]
	whole := map[bool]string{true: "[*]", false: ""}[s.each == "count"]
	switch {
	case !s.on && s.each == "":
		return address + "." + attr
	case !s.on && g.often(60):
		return fmt.Sprintf(`try(%s%s.%s, "one")`, address, last, attr)
	case !s.on && s.each == "count":
		return fmt.Sprintf(`try(join(",", %s%s.%s), "many")`, address, whole, attr)
	case s.on && s.each != "":
		return fmt.Sprintf(`try(%s[%s]%s.%s, "one")`, address, key, last, attr)
	case g.often(60):
		return fmt.Sprintf(`try(%s[%s].%s, "one")`, address, key, attr)
	}
	return fmt.Sprintf(`try(join(",", [for x in values(%s) : x.%s]), "many")`, address, attr)
}

// value is a text that every block can be made of.
func (g *estateGenerator) value() string {
	options := []string{`"a"`, `"b"`, "var.k", "var.s", "nonsensitive(var.s)", g.late(), "context.ssh.far.hostname", `"${context.local.here.cpus}"`, "timestamp()"}
	switch g.here.each {
	case "count":
		options = append(options, `"${count.index}"`)
	case "for_each":
		options = append(options, "each.key", `"${each.value}"`)
	}
	for range 3 {
		if len(g.things) > 0 {
			thing := g.one(g.things...)
			attr := g.one("path", "content", "content")
			switch kindName, _, _ := strings.Cut(thing, "."); kindName {
			case "user", "group":
				attr = "name"
			case "directory":
				attr = "path"
			case "link":
				attr = g.one("path", "target")
			}
			options = append(options, g.ref(thing, attr))
		}
	}
	return g.one(options...)
}
