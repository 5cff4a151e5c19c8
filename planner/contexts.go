package planner

import "fmt"

// contexts are the plan's contexts as a tree: parents before their children,
// otherwise as they were written.
func (p *Planner) contexts() []*Context {
	children := map[*instance][]*instance{}
	for _, b := range p.cfg.Contexts {
		for _, i := range p.byAddress[b.Address()].insts {
			if i.verdict != disabled && i.verdict != excluded {
				children[i.via] = append(children[i.via], i)
			}
		}
	}
	var out []*Context
	var walk func(parent *instance)
	walk = func(parent *instance) {
		for _, i := range children[parent] {
			out = append(out, newContext(i))
			walk(i)
		}
	}
	walk(nil)
	return out
}

func newContext(i *instance) *Context {
	c := &Context{Address: i.addr, Kind: i.block().Kind, Name: i.block().Name, Status: ContextPending, Reason: i.reason, Facts: i.shownFacts()}
	if i.via != nil {
		c.Parent = i.via.addr
	}
	if i.machine != nil {
		c.Machine = i.machine.name
	}
	if len(i.keys) > 0 {
		c.Key = i.keys[0]
	}
	switch i.verdict {
	case done:
		c.Status = ContextUp
	case failed:
		c.Status = ContextFailed
		if i.away {
			c.Status = ContextUnreachable
		}
	case skipped:
		c.Status = ContextBehind
	case deferred:
		c.Status = ContextDeferred
	}
	c.Describe, c.Given = describeContext(i)
	return c
}

// shownFacts returns what a context said of itself, without the facts that hold
// a secret.
func (i *instance) shownFacts() map[string]any { return shown(i.facts, sortedKeys(i.echoed)) }

// describeContext says where a context leads to, as USER@HOST:PORT, with as much
// of that as the arguments of its kind tell. given reports whether the
// configuration says it and not the host. Sensitive arguments are not in it.
func describeContext(i *instance) (text string, given bool) {
	parts := parts(i)
	_, ofHost := parts["host"]
	_, ofUser := parts["user"]
	host, user := parts["host"], parts["user"]
	switch {
	case host == "" && user == "" && (ofHost || ofUser) && i.facts != nil:
		return userOf(i), false
	case host == "":
		return user, true
	case user != "":
		host = user + "@" + host
	}
	if port := parts["port"]; port != "" {
		host += ":" + port
	}
	return host, true
}

// userOf is the user that a context says it runs as.
func userOf(i *instance) string {
	if user := i.shownFacts()["user"]; user != nil {
		return fmt.Sprint(user)
	}
	return ""
}
