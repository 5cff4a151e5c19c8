package ssh

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/mitoplan/mitoplan/transport/connect"
)

// hostMatches is the rule of a Host line: a pattern must match, and no negated
// one. Upper and lower case differ, as in OpenSSH's match_pattern; for Match
// host and Match originalhost they are the same.
func hostMatches(patterns []string, host string) bool {
	matched := false
	for _, p := range patterns {
		p, negated := strings.CutPrefix(p, "!")
		if globMatch(p, host) {
			if negated {
				return false
			}
			matched = true
		}
	}
	return matched
}

// matchList is the same rule for a list with commas, as in Match. Patterns are
// compared as they are.
func matchList(list, s string) bool {
	matched := false
	for p := range strings.SplitSeq(list, ",") {
		p, negated := strings.CutPrefix(strings.TrimSpace(p), "!")
		if p != "" && globMatch(p, s) {
			if negated {
				return false
			}
			matched = true
		}
	}
	return matched
}

// globMatch knows the wildcards * and ?, and no others of path.Match.
func globMatch(pattern, s string) bool {
	pattern = strings.NewReplacer(`[`, `\[`, `\`, `\\`, `/`, "_").Replace(pattern)
	ok, err := path.Match(pattern, strings.ReplaceAll(s, "/", "_"))
	return ok && err == nil
}

// match evaluates the criteria of a Match line, as match_cfg_line of OpenSSH's
// readconf.c does. All of them must hold. A command is run only if the criteria
// before it hold.
func (r *configReader) match(args []string, outer bool) (bool, error) {
	matched := outer
	for i := 0; i < len(args); i++ {
		word, value, joined := strings.Cut(args[i], "=")
		name, negated := strings.CutPrefix(strings.ToLower(word), "!")
		switch name {
		case "all":
			if negated || len(args) > 1 && !(len(args) == 2 && i == 1 && (strings.EqualFold(args[0], "canonical") || strings.EqualFold(args[0], "final"))) {
				return false, fmt.Errorf("a Match all takes no other criterion, except canonical or final before it")
			}
			continue
		case "canonical", "final":
			r.again = r.again || name == "final"
			matched = matched && r.final != negated
			continue
		}
		if !joined {
			if i++; i >= len(args) {
				return false, fmt.Errorf("the Match %s has no value", name)
			}
			value = args[i]
		}
		if value == "" {
			return false, fmt.Errorf("the Match %s has no value", name)
		}
		holds, err := r.criterion(name, value, matched)
		if err != nil {
			return false, err
		}
		matched = matched && holds != negated
	}
	return matched, nil
}

// criterion evaluates one criterion. needed is false if the line does not match
// whatever this criterion says.
func (r *configReader) criterion(name, value string, needed bool) (bool, error) {
	switch name {
	case "host":
		return matchList(strings.ToLower(value), strings.ToLower(r.hostName())), nil
	case "originalhost":
		return matchList(strings.ToLower(value), strings.ToLower(r.host)), nil
	case "user":
		return matchList(value, r.userName()), nil
	case "localuser":
		return matchList(value, localUser()), nil
	case "tagged":
		return value == r.opts.first("tag") || value != "" && matchList(value, r.opts.first("tag")), nil
	case "command":
		// There is nothing on the command line: what is run is none of ssh's.
		return value == "none" || value == "*", nil
	case "sessiontype":
		return matchList(value, "exec"), nil
	case "version":
		return false, nil
	case "localnetwork":
		return onNetwork(value)
	case "exec":
		if !needed {
			return false, nil
		}
		command, err := r.tokens().expand(value)
		if err != nil {
			return false, fmt.Errorf("the Match exec: %w", err)
		}
		return r.run(command), nil
	}
	return false, fmt.Errorf("unknown criterion %s of Match", name)
}

// hostName is the name that Match host looks at: the one that was found so far.
func (r *configReader) hostName() string {
	if r.resolved != "" {
		return r.resolved
	}
	name, err := hostTokens(r.host).expand(firstOf(r.opts.first("hostname"), "%h"))
	if err != nil {
		return r.host
	}
	return name
}

func (r *configReader) userName() string {
	return firstOf(r.user, r.opts.first("user"), localUser())
}

// tokens are those that Match exec allows, with what is known so far.
func (r *configReader) tokens() tokens {
	return allTokens(names{
		host: r.hostName(), original: r.host, user: r.userName(), home: r.home,
		port: firstOf(r.port, r.opts.port(), "22"), alias: firstOf(r.opts.first("hostkeyalias"), r.host),
		jump: r.opts.first("proxyjump"),
	})
}

// onNetwork reports whether an address of this machine is in one of the
// networks.
func onNetwork(list string) (bool, error) {
	var networks []*net.IPNet
	for cidr := range strings.SplitSeq(list, ",") {
		_, n, err := net.ParseCIDR(cidr)
		if err != nil {
			return false, fmt.Errorf("the Match localnetwork: %w", err)
		}
		networks = append(networks, n)
	}
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(addresses, func(a net.Addr) bool {
		own, ok := a.(*net.IPNet)
		return ok && slices.ContainsFunc(networks, func(n *net.IPNet) bool { return n.Contains(own.IP) })
	}), nil
}

// matchWait bounds how long the command of Match exec may run.
const matchWait = 30 * time.Second

// runMatch runs the command of Match exec in the user's shell, as
// execute_in_shell of OpenSSH's readconf.c does.
func runMatch(ctx context.Context, command string) bool {
	ctx, cancel := context.WithTimeout(ctx, matchWait)
	defer cancel()
	cmd := exec.CommandContext(ctx, firstOf(os.Getenv("SHELL"), "/bin/sh"), "-c", command)
	cmd.Env = connect.Environ()
	cmd.WaitDelay = time.Second
	return cmd.Run() == nil
}
