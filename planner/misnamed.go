package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"github.com/mitoplan/mitoplan/internal/prose"
)

// Misnamed are the errors of -target and -exclude that name nothing, as far as
// that is known: whether a key exists may be known only after a host was asked.
// A planner that has one starts nothing more and makes no plan.
func (p *Planner) Misnamed() hcl.Diagnostics { return p.selectors.allMisnamed() }

func (ss *selectors) allMisnamed() hcl.Diagnostics {
	var diags hcl.Diagnostics
	for _, list := range [][]*selector{ss.targets, ss.excludes} {
		for _, s := range list {
			if why := ss.misnamed(s); why != "" {
				diags = append(diags, &hcl.Diagnostic{
					Severity: hcl.DiagError, Summary: "Unknown address", Detail: fmt.Sprintf("%s %s: %s", s.flag, s.text, why),
				})
			}
		}
	}
	return diags
}

// misnamed says what is wrong with a selector; "" if nothing is, or if
// nobody can tell yet.
func (ss *selectors) misnamed(s *selector) string {
	switch {
	case s.problem != nil:
		return s.problem.Error() + ". Shells remove quotes. Put the address in single quotes: " + s.flag + ` 'file.motd["web1"]'.`
	case s.node == nil:
		if strings.Contains(s.text, ",") {
			return "there is no such block. The option takes one address, and can be given several times."
		}
		if what := namesElse(s.address.Block); what != "" {
			return what + " cannot be named here. The option takes the address of a context, a resource or a call." + ss.nearBlocks(s.address.Block)
		}
		return "there is no such block." + ss.nearBlocks(s.address.Block)
	case s.found || !s.node.expanded() || len(s.address.Keys) == 0:
		return ""
	}
	s.found = slices.ContainsFunc(s.node.insts, s.names)
	if s.found {
		return ""
	}
	return noSuchKey(s.node, s.address.Keys)
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

func (ss *selectors) nearBlocks(given string) string {
	if near := ss.cfg.NearBlock(given); near != "" {
		return prose.DidYouMean(near)
	}
	var names []string
	for _, n := range ss.nodes {
		names = append(names, n.addr)
	}
	return " There are " + prose.List(names, maxNear) + "."
}
