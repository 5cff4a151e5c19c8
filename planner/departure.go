package planner

import (
	"maps"
	"strings"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/resource"
)

// departure is one recorded address that this plan takes out of the record: the
// configuration lacks it, switches it off, or has another thing there. depart makes it
// once, when everything else is known. If an apply made the thing, inst asks its host how
// it is taken away. Otherwise the address is only forgotten.
type departure struct {
	addr string
	was  Recorded
	// why says why it goes, for people.
	why  string
	inst *instance
	// kept is what is recorded for its end besides arguments. What was made along with it
	// and may be a block's own now is left out.
	kept resource.Kept
	// differ are attributes by which its host says that the thing is somebody else's now.
	differ []string
	// untold is set if the record does not tell that of one of them.
	untold bool
	// others are paths of the same name that stay managed; see namesakes.
	others []kind.Text
	// claimed are paths below it that blocks are about now; see claimedIn.
	claimed []kind.Text
	// cover manages the thing now with all that is in its own directory. Nothing is handed on.
	cover *instance
	// heir manages the thing now. If an apply made it, that is handed on to the heir.
	heir *instance
	// secret is why an edit cannot be taken out that is made of a secret, "" for any other. It
	// goes if the whole of its thing does.
	secret string
	// from is the address under which it is recorded, if that stays in use for another
	// thing.
	from string
}

// Orphan is a recorded address that the configuration lacks, and that stays in the
// record, since its thing cannot be taken away.
type Orphan struct {
	Address string `cbor:"address"`
	// Reason says why not, and what to do, in sentences.
	Reason string `cbor:"reason"`
}

// takesAway is what a host is asked to take away; nil for an instance that does not depart.
func (i *instance) takesAway() *resource.End {
	if i.departs == nil {
		return nil
	}
	d := i.departs
	return &resource.End{Adopted: !d.was.Created, Kept: d.kept, Thing: d.was.Thing, Differ: d.differ, Untold: d.untold, Others: d.others, Claimed: d.claimed, Begun: d.was.Begun}
}

// recordedAt is the address under which it is in the record.
func (d *departure) recordedAt() string {
	if d.from != "" {
		return d.from
	}
	return d.addr
}

// endArgs are the arguments that a host is sent for the end of a thing: those that were
// recorded, and for a path where it led then.
func (d *departure) endArgs(def *kind.Kind) map[string]any {
	at, ok := d.was.Thing.Path()
	if !ok {
		return d.was.End.Args
	}
	out := maps.Clone(d.was.End.Args)
	for _, a := range def.Args.Attrs {
		if _, recorded := out[a.Name]; recorded && a.Claims+a.Edits == kind.PathOf {
			out[a.Name] = kind.Text(at)
		}
	}
	if d.ownContent(def) {
		delete(out, backupArg)
	}
	return out
}

// ownContent reports whether a thing goes only if it holds what an apply has put into it. Then no
// backup is made of it: there is nothing of anybody else in it, but maybe a secret.
func (d *departure) ownContent(def *kind.Kind) (own bool) {
	if !d.was.Created {
		return false
	}
	for _, a := range def.Args.Attrs {
		switch {
		case a.Edits != "", a.Itself && !d.was.says(def, a):
			return false
		case a.Itself:
			own = true
		}
	}
	return own
}

// add adds to the reason.
func (d *departure) add(reason string) { d.why = joinReasons(d.why, reason) }

func joinReasons(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// createdOrKept reports whether there may be something to do on the host: an apply made
// the thing, or made a backup of what was there, or made something below what was there, or
// added something to it.
func (rec *record) createdOrKept(r Recorded) bool {
	if r.Created || r.End == nil || r.End.Kept == nil {
		return r.Created
	}
	return r.End.Kept.Backup != "" || len(r.End.Kept.Along) > 0 && isCovering(rec.kindOf(r.Kind)) || rec.gathered(r)
}

// gathered reports whether an apply added something to a thing that was there.
func (rec *record) gathered(r Recorded) bool {
	def := rec.kindOf(r.Kind)
	return def != nil && def.Gathers() && r.End != nil && r.End.Kept != nil && len(r.End.Kept.Along) > 0
}

// says reports whether a block said what a thing is, by an attribute. A number that it leaves
// out is recorded all the same.
func (r Recorded) says(def *kind.Kind, attr kind.Attr) bool {
	for name := range r.Args {
		if name == attr.Name || def.ShowsIn(name) == attr.Name {
			return true
		}
	}
	return attr.Numbers
}

// nameIn is the recorded value of an argument that names the thing.
func (r Recorded) nameIn(arg string) string {
	if r.End != nil {
		if texts := wireTexts(r.End.Args[arg]); len(texts) == 1 {
			return texts[0]
		}
	}
	return r.Identity[arg]
}

// formerly begins the last key of an address for a thing whose own address has another
// thing now: file.motd["formerly /etc/motd"].
const formerly = "formerly "

// formerAddress is the address for a thing of a kind whose own address has another thing
// now, on a machine.
func (rec *record) formerAddress(address string, def *kind.Kind, machine string, r Recorded) string {
	a, err := config.ParseAddress(address)
	if err != nil || def == nil {
		return address
	}
	var names []string
	for _, attr := range def.Args.Attrs {
		if was := r.nameIn(attr.Name); was != "" && attr.Claims+attr.Edits != "" {
			names = append(names, strings.ToValidUTF8(was, "?"))
		}
	}
	for _, attr := range def.Args.Attrs {
		if was := r.nameIn(attr.Name); len(names) == 0 && was != "" && attr.Required { // Its path is the default.
			names = append(names, strings.ToValidUTF8(was, "?"))
		}
	}
	if r.Machine != machine {
		names = append(names, "on "+config.Label(r.Context))
	}
	a.Keys = append(a.Keys, config.Key{Text: formerly + strings.Join(names, " ")})
	return a.String()
}

// newDeparted makes the instance that stands for a recorded thing. Everything about it is
// known: it is as far as one whose arguments were evaluated, and claims nothing, as the
// things of the configuration are in nobody's way.
func (g *graph) newDeparted(d *departure, ctx *instance, def *kind.Kind) *instance {
	a, _ := config.ParseAddress(d.addr) // an address of a record is one
	b := &config.Block{Type: config.ResourceBlock, Kind: d.was.Kind, Name: strings.TrimPrefix(a.Block, d.was.Kind+"."), Def: def}
	n := &node{addr: a.Block, block: b, order: len(g.nodes), phase: nodeExpanded, open: 1}
	i := &instance{node: n, addr: d.addr, departs: d, placement: placement{on: ctx, machine: ctx.machine}}
	for _, k := range a.Keys {
		i.keys = append(i.keys, k.Text)
	}
	i.wire = d.endArgs(def)
	i.wanted = true
	for _, t := range []transition{enable, place, link, evaluate, claimThings} {
		i.move(t)
	}
	n.insts = []*instance{i}
	ctx.attached = append(ctx.attached, i)
	g.nodes, g.instances[d.addr] = append(g.nodes, n), i
	return i
}

// isCall reports whether an address is that of a call.
func isCall(address string) bool {
	return strings.HasPrefix(address, string(config.CallBlock)+".")
}

// ledElsewhere says that.
func ledElsewhere(r Recorded) string {
	return config.Label(r.Context) + " led to " + r.LeadsTo + " then, and leads elsewhere now"
}

// leadsElsewhere reports whether it is certain that a context does not lead to where
// something was recorded.
func (rec *record) leadsElsewhere(ctx *instance, r Recorded) bool {
	for c := ctx; c != nil; c = c.via {
		if c.machine == nil || !c.passed(evaluated) || len(c.unknown) > 0 {
			return false
		}
	}
	return !rec.inPlace(ctx, r)
}
