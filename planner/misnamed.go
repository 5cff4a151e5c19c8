package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/internal/prose"
)

// Misnamed are the errors of -target and -exclude that name nothing, as far as
// that is known: whether a key exists may be known only after a host was asked.
// A planner that has one starts nothing more and makes no plan.
func (p *Planner) Misnamed() hcl.Diagnostics { return p.selectors.allMisnamed() }

func (ss *selectors) allMisnamed() hcl.Diagnostics {
	var diags hcl.Diagnostics
	ss.open = slices.DeleteFunc(ss.open, (*selector).settled)
	for _, s := range ss.open {
		if why := ss.misnamed(s, len(diags) < maxSuggested); why != "" {
			diags = append(diags, &hcl.Diagnostic{
				Severity: hcl.DiagError, Summary: "Unknown address", Detail: fmt.Sprintf("%s %s: %s", s.flag, s.text, why),
			})
		}
	}
	return diags
}

// maxSuggested is for how many mistyped addresses the block is looked for that was meant:
// all blocks are compared with each.
const maxSuggested = 20

// misnamed says what is wrong with a selector; "" if nothing is, or if
// nobody can tell yet. suggest is whether it also says what was probably meant.
func (ss *selectors) misnamed(s *selector, suggest bool) string {
	switch {
	case s.problem == nil && !s.settled() && ss.isRecorded(s):
		return "" // It may have left the configuration.
	case s.problem != nil:
		return s.problem.Error() + ". Shells remove quotes. Put the address in single quotes: " + s.flag + ` 'file.motd["web1"]'.`
	case s.node == nil:
		if strings.Contains(s.text, ",") {
			return "there is no such block. The option takes one address, and can be given several times."
		}
		if what := namesElse(s.address.Block); what != "" {
			return what + " cannot be named here. The option takes the address of a context, a resource or a call." + ss.nearBlocks(s.address.Block, suggest)
		}
		return "there is no such block." + ss.nearBlocks(s.address.Block, suggest)
	case s.settled() || !s.node.expanded():
		return ""
	}
	ss.find(s.node)
	if s.found {
		return ""
	}
	return config.WhichInstances(s.address, s.node.addressed())
}

// namesElse is what an address leads to that no plan can be narrowed to, "" if it
// leads to none of these.
func namesElse(address string) string {
	word, _, _ := strings.Cut(address, ".")
	switch word {
	case "output":
		return "an output"
	case "var", "variable":
		return "a variable"
	case "local", "locals":
		return "a local value"
	}
	return ""
}

// find notes which selectors name an instance of a block that has all its instances. It
// looks at each block once.
func (ss *selectors) find(n *node) {
	if ss.searched[n] {
		return
	}
	ss.searched[n] = true
	for _, i := range n.insts {
		ss.asked.has(i)
		ss.left.has(i)
	}
}

func (ss *selectors) nearBlocks(given string, suggest bool) string {
	if !suggest {
		return ""
	}
	if near := ss.cfg.NearBlock(given); near != "" {
		return prose.DidYouMean(near)
	}
	var names []string
	for _, n := range ss.nodes {
		names = append(names, n.addr)
	}
	return " There are " + prose.List(names, maxNear) + "."
}
