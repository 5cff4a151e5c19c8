package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// node is a block or a local in the graph of references.
type node struct {
	address string
	rng     hcl.Range
	refs    []Reference
}

// cycles reports each cycle of references once, and records which locals depend on
// which address.
func (l *loader) cycles() {
	nodes := l.nodes()
	byAddress := make(map[string]*node, len(nodes))
	for _, n := range nodes {
		byAddress[n.address] = n
	}
	f := finder{nodes: byAddress, state: map[string]int{}, reported: map[string]bool{}}
	for _, n := range nodes {
		f.visit(n.address)
	}
	for _, cycle := range f.cycles {
		l.report(cycleProblem(cycle, byAddress))
	}
	l.cfg.dependents = dependents(nodes)
}

func (l *loader) nodes() []*node {
	var nodes []*node
	for _, local := range l.cfg.Locals {
		nodes = append(nodes, &node{local.Address(), local.Range, local.refs})
	}
	for _, bs := range [][]*Block{l.cfg.Contexts, l.cfg.Resources, l.cfg.Calls} {
		for _, b := range bs {
			nodes = append(nodes, &node{b.Address(), b.Range, b.refs})
		}
	}
	slices.SortFunc(nodes, func(a, b *node) int {
		if c := strings.Compare(a.rng.Filename, b.rng.Filename); c != 0 {
			return c
		}
		return a.rng.Start.Byte - b.rng.Start.Byte
	})
	return nodes
}

// finder walks the graph once, depth first. It has a stack of its own, since a chain
// of references may be as long as the configuration.
type finder struct {
	nodes map[string]*node
	state map[string]int // 1 on the path, 2 done
	// cycles share no node: of two that do, only the first is reported.
	cycles   [][]string
	reported map[string]bool
}

type visit struct {
	n    *node
	next int
}

// visit walks everything that can be reached from an address and was not
// walked before.
func (f *finder) visit(address string) {
	if f.state[address] != 0 {
		return
	}
	path := []visit{{n: f.nodes[address]}}
	f.state[address] = 1
	for len(path) > 0 {
		top := &path[len(path)-1]
		if top.next == len(top.n.refs) {
			f.state[top.n.address] = 2
			path = path[:len(path)-1]
			continue
		}
		to := top.n.refs[top.next].Address
		top.next++
		next, ok := f.nodes[to]
		switch {
		case !ok || f.state[to] == 2:
		case f.state[to] == 1:
			f.found(circle(path, to))
		case f.state[to] == 0:
			f.state[to] = 1
			path = append(path, visit{n: next})
		}
	}
}

func (f *finder) found(cycle []string) {
	if slices.ContainsFunc(cycle, func(a string) bool { return f.reported[a] }) {
		return
	}
	for _, a := range cycle {
		f.reported[a] = true
	}
	f.cycles = append(f.cycles, cycle)
}

// circle is the part of a path that begins with the address.
func circle(path []visit, to string) []string {
	var names []string
	for _, v := range path {
		if len(names) > 0 || v.n.address == to {
			names = append(names, v.n.address)
		}
	}
	return names
}

func cycleProblem(cycle []string, nodes map[string]*node) *hcl.Diagnostic {
	var steps []string
	for i, address := range cycle {
		next := cycle[(i+1)%len(cycle)]
		for _, r := range nodes[address].refs {
			if r.Address == next {
				steps = append(steps, fmt.Sprintf("%s refers to %s at %s", address, next, where(r.Range)))
				break
			}
		}
	}
	first := nodes[cycle[0]]
	if len(cycle) == 1 {
		return selfReference(first)
	}
	rng := first.rng
	for _, r := range first.refs {
		if r.Address == cycle[1%len(cycle)] {
			rng = r.Range
			break
		}
	}
	return problem("Reference cycle", fmt.Sprintf("These refer to each other, so none can be computed first: %s. Remove one of the references.", strings.Join(steps, ", ")), rng)
}

// selfReference is the problem of something that refers to itself.
func selfReference(n *node) *hcl.Diagnostic {
	at := n.rng
	for _, r := range n.refs {
		if r.Address == n.address {
			at = r.Range
		}
	}
	return problem("Reference cycle", fmt.Sprintf("%s refers to itself, so its value cannot be computed. To use one value twice, give it a name in a locals block and refer to that name.", n.address), at)
}

// dependents is, for each address, the locals that refer to it.
func dependents(nodes []*node) map[string][]string {
	direct := map[string][]string{}
	for _, n := range nodes {
		if !isLocal(n.address) {
			continue
		}
		for _, r := range n.refs {
			direct[r.Address] = append(direct[r.Address], n.address)
		}
	}
	return direct
}
