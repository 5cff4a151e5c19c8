package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// Outline says in which part of a file a byte stands. It is made in one pass, so that
// many diagnostics about one file do not each search the whole file.
type Outline struct{ parts []outlined } // in the order in which they begin

// outlined is a block of HCL, or an object or array of JSON.
type outlined struct {
	Span
	name   string
	within int // index of the part around it, -1 if there is none
}

// NewOutline reads the parts of a file that was parsed, HCL or JSON. Of a file with
// errors it has the parts that the parser could read.
func NewOutline(f *hcl.File) *Outline {
	o := &Outline{}
	body, native := f.Body.(*hclsyntax.Body)
	switch {
	case native:
		o.blocks(body)
	case f.Nav != nil:
		o.json(f.Bytes)
	}
	return o
}

// At returns the name of the part that holds a byte: the header of a block of HCL, or
// the path to the innermost object of JSON. It is "" outside of all.
func (o *Outline) At(offset int) string {
	k := sort.Search(len(o.parts), func(k int) bool { return o.parts[k].From > offset }) - 1
	for k >= 0 && o.parts[k].To <= offset {
		k = o.parts[k].within
	}
	name := ""
	for ; k >= 0; k = o.parts[k].within {
		name = o.parts[k].name + name
	}
	if name != "" && name[0] == '.' {
		name = name[1:]
	}
	return name
}

func (o *Outline) blocks(body *hclsyntax.Body) {
	for _, b := range body.Blocks {
		name, r := b.Type, b.Range()
		for _, label := range b.Labels {
			name += fmt.Sprintf(" %q", label)
		}
		o.parts = append(o.parts, outlined{Span{r.Start.Byte, r.End.Byte}, name, -1})
	}
	slices.SortStableFunc(o.parts, func(a, b outlined) int { return a.From - b.From })
}

// json reads the objects and arrays of a text. open are those that the reader is in, the
// innermost last.
func (o *Outline) json(text []byte) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var open []*container
	for {
		t, err := d.Token()
		if err != nil {
			return
		}
		at := int(d.InputOffset())
		switch t {
		case json.Delim('{'), json.Delim('['):
			open = append(open, o.enter(open, at-1, t == json.Delim('[')))
			continue
		case json.Delim('}'), json.Delim(']'):
			if k := open[len(open)-1].part; k >= 0 {
				o.parts[k].To = at
			}
			open = open[:len(open)-1]
		default:
			if n := len(open); n > 0 && open[n-1].key(t) {
				continue
			}
		}
		if n := len(open); n > 0 {
			open[n-1].next()
		}
	}
}

// container is an object or array of JSON whose end was not read yet.
type container struct {
	part  int // its index in the outline, -1 for the outermost, which has no name
	array bool
	name  string // of the member whose value comes next
	named bool   // name was read, and its value not yet
	n     int    // how many elements of the array were read
}

// enter begins a part inside the innermost open one.
func (o *Outline) enter(open []*container, at int, array bool) *container {
	if len(open) == 0 {
		return &container{part: -1, array: array}
	}
	around := open[len(open)-1]
	o.parts = append(o.parts, outlined{Span{at, math.MaxInt}, around.member(), around.part})
	return &container{part: len(o.parts) - 1, array: array}
}

func (c *container) member() string {
	if c.array {
		return fmt.Sprintf("[%d]", c.n)
	}
	return "." + c.name
}

// key takes a token as the name of a member, and reports whether it is one.
func (c *container) key(t json.Token) bool {
	name, text := t.(string)
	if c.array || c.named || !text {
		return false
	}
	c.name, c.named = name, true
	return true
}

// next is called after a member was read.
func (c *container) next() { c.n, c.named = c.n+1, false }
