package config

import "github.com/mitoplan/mitoplan/internal/prose"

// secretNames are the names of the arguments that any kind declares a secret.
type secretNames struct {
	known  map[string]bool // whether an argument of that name, or what another tool calls so, is one
	secret []string
	meant  map[string]bool // whether a name that is not known was meant to be one
}

func (c *Catalogue) secrets() secretNames {
	n := secretNames{known: map[string]bool{}, meant: map[string]bool{}}
	for name := range metaArgs {
		n.known[name] = false
	}
	var others []string
	for _, t := range []BlockType{ContextBlock, ResourceBlock, CallBlock} {
		for _, k := range c.kinds(t) {
			for _, a := range k.Args.Attrs {
				if a.Secret && !n.known[a.Name] {
					n.secret = append(n.secret, a.Name)
				}
				if a.Secret {
					others = append(others, a.OtherNames...)
				}
				n.known[a.Name] = n.known[a.Name] || a.Secret
			}
		}
	}
	for _, name := range others {
		if _, known := n.known[name]; !known {
			n.known[name] = true
		}
	}
	return n
}

// has reports the name of a secret, or one that was most likely meant to be that.
func (n *secretNames) has(name string) bool {
	if is, known := n.known[name]; known {
		return is
	}
	is, seen := n.meant[name]
	if !seen && len(name) <= maxSecretName {
		is = prose.Closest(name, n.secret) != ""
		n.meant[name] = is
	}
	return is
}

// maxSecretName is the length of the longest name that is compared with those of secrets.
const maxSecretName = 64
