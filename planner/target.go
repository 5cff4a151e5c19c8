package planner

import (
	"strings"

	"github.com/mitoplan/mitoplan/config"
)

// selectTargets says which nodes are looked at for their own sake. What a
// wanted instance depends on is wanted when it is linked.
func (p *Planner) selectTargets() {
	for _, n := range p.nodes {
		n.wanted = len(p.opts.Targets) == 0
	}
	for _, t := range p.opts.Targets {
		n := p.byAddress[config.BlockAddress(t)]
		if n == nil {
			continue
		}
		n.wanted = true
		if t != n.addr {
			if n.targets == nil {
				n.targets = map[string]bool{}
			}
			n.targets[t] = true
		} else {
			n.targets = map[string]bool{}
		}
	}
	if len(p.opts.Targets) == 0 {
		p.wantOutputs()
	}
}

// wantOutputs has the contexts started that an output looks at.
func (p *Planner) wantOutputs() {
	for _, o := range p.cfg.Outputs {
		for _, r := range o.References() {
			if n := p.byAddress[r.Address]; n != nil {
				n.outputs = true
			}
			for _, lr := range p.localRefs(r.Address, map[string]bool{}) {
				if n := p.byAddress[lr.Address]; n != nil {
					n.outputs = true
				}
			}
		}
	}
}

// targeted reports whether an instance was asked for: by itself, or with its
// block.
func (n *node) targeted(addr string) bool {
	return n.wanted && (len(n.targets) == 0 || n.targets[addr] || n.targetedPrefix(addr))
}

// targetedPrefix lets `file.x["web1"]` stand for all its for_each instances.
func (n *node) targetedPrefix(addr string) bool {
	for t := range n.targets {
		if strings.HasPrefix(addr, t+"[") {
			return true
		}
	}
	return false
}

func (p *Planner) excludes(i *instance) bool {
	for _, x := range p.opts.Excludes {
		if i.addr == x || strings.HasPrefix(i.addr, x+"[") {
			return true
		}
	}
	return false
}

// UnknownTargets are the targets and excludes that name no block.
func (p *Planner) UnknownTargets() []string {
	var out []string
	for _, list := range [][]string{p.opts.Targets, p.opts.Excludes} {
		for _, t := range list {
			if p.byAddress[config.BlockAddress(t)] == nil {
				out = append(out, t)
			}
		}
	}
	return out
}
