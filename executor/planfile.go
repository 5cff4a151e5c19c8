package executor

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/mitoplan/mitoplan/config"
	"github.com/mitoplan/mitoplan/planner"
)

// Record is the plan as a file: what it was made from, what was read, and what
// it says. No secret is in it.
func (s *Session) Record(plan *planner.Plan) ([]byte, error) {
	f := &planner.File{
		Tool: s.opts.Version, Dir: s.opts.Config.Dir, Salt: s.secret.salt, SecretsDigest: s.secret.digest,
		AllowUnreachable: s.opts.AllowUnreachable,
		Entries:          s.planner.Record(), Vars: map[string]planner.Value{},
	}
	s.splitSources(f)
	for name, v := range s.opts.Vars {
		if config.IsSensitive(v) || config.IsEphemeral(v) {
			continue
		}
		enc, err := planner.NewValue(v)
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		f.Vars[name] = enc
	}
	s.recordPrior(f)
	if err := f.SetPlan(plan); err != nil {
		return nil, err
	}
	return f.Encode()
}

func (s *Session) recordPrior(f *planner.File) {
	if !s.opts.State.Found() {
		return
	}
	p := prior{s.opts.State}
	f.Prior, f.PriorOutputs, f.Debts = map[string]planner.Recorded{}, map[string]planner.Value{}, p.Debts()
	for _, a := range p.Addresses() {
		r, _ := p.Lookup(a)
		f.Prior[a] = r
	}
	for name := range s.opts.State.Outputs {
		if v, ok := p.Output(name); ok {
			if enc, err := planner.NewValue(v); err == nil {
				f.PriorOutputs[name] = enc
			}
		}
	}
}

// splitSources keeps the files that the configuration was read from, but of
// those that a secret was read from only the digest.
func (s *Session) splitSources(f *planner.File) {
	f.Sources, f.Secret = map[string][]byte{}, map[string]string{}
	secrets := s.planner.Secrets()
	for name, content := range s.opts.Config.Sources {
		if !config.IsConfigFile(name) && holdsSecret(string(content), secrets) {
			f.Secret[name] = fileDigest(s.secret.key, content)
			continue
		}
		f.Sources[name] = content
	}
}

// minSecret is the length from which on a secret is looked for in text.
const minSecret = 4

func holdsSecret(content string, secrets []string) bool {
	trimmed := strings.TrimSpace(content)
	for _, secret := range secrets {
		if len(secret) >= minSecret && (strings.Contains(content, secret) || len(trimmed) >= minSecret && strings.Contains(secret, trimmed)) {
			return true
		}
	}
	return false
}

func fileDigest(key, content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(mac(key, string(sum[:])))
}

// FileVars are the variables that a plan file holds, for
// config.VariableInputs.Recorded.
func FileVars(f *planner.File) (map[string]cty.Value, error) {
	out := map[string]cty.Value{}
	for name, enc := range f.Vars {
		v, err := enc.Cty()
		if err != nil {
			return nil, fmt.Errorf("variable %s: %w", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// FileSources are the files of a plan's configuration. Those that held a
// secret are read from the disk again, below dir.
func FileSources(f *planner.File, dir string) (map[string][]byte, error) {
	out := map[string][]byte{}
	for name, content := range f.Sources {
		out[name] = content
	}
	for name := range f.Secret {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, name)
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("%s holds a secret, so the plan does not: %w", name, err)
		}
		out[name] = content
	}
	return out, nil
}

// Open makes the session of a saved plan. The plan is made again from what the
// file recorded, without a host, and compared with what it says; o.Config and
// o.Vars come from FileSources and FileVars.
func Open(ctx context.Context, f *planner.File, o Options) (*Session, *planner.Plan, hcl.Diagnostics) {
	sec, err := deriveSecret(o.Vars, f.Salt)
	if err != nil {
		return nil, nil, hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Plan file unusable", Detail: sentence(err.Error())}}
	}
	if diags := sameSecrets(f, o, sec); diags.HasErrors() {
		return nil, nil, diags
	}
	o.Targets, o.Excludes, o.AllowUnreachable = f.Targeting.Targets, f.Targeting.Excludes, f.AllowUnreachable
	s := newSession(o, sec)
	s.file, s.replay = f, planner.NewReplay(f.Entries)
	plan, diags := s.Plan(ctx)
	if diags.HasErrors() && !f.AllowUnreachable {
		return s, plan, diags
	}
	return s, plan, sameActions(f, plan)
}

func sameSecrets(f *planner.File, o Options, sec secret) hcl.Diagnostics {
	if sec.digest != f.SecretsDigest {
		return hcl.Diagnostics{{
			Severity: hcl.DiagError, Summary: "Sensitive inputs differ from the plan's",
			Detail: "The sensitive variables that were given are not those that the plan was made with. Give the same ones, by the same means, or make a new plan.",
		}}
	}
	var names []string
	for name, digest := range f.Secret {
		if fileDigest(sec.key, o.Config.Sources[name]) != digest {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	sort.Strings(names)
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Sensitive inputs differ from the plan's",
		Detail: fmt.Sprintf("These files hold secrets and are not as they were when the plan was made: %s. Make a new plan.", strings.Join(names, ", ")),
	}}
}

// sameActions refuses a plan file that does not become the plan that it shows.
func sameActions(f *planner.File, plan *planner.Plan) hcl.Diagnostics {
	var differ []string
	shown := map[string]*planner.Action{}
	for _, a := range f.Actions {
		shown[a.Address] = a
	}
	for _, a := range plan.Actions {
		old := shown[a.Address]
		if old == nil || old.Op != a.Op || old.Digest != a.Digest || old.Fingerprint != a.Fingerprint {
			differ = append(differ, a.Address)
		}
		delete(shown, a.Address)
	}
	for addr := range shown {
		differ = append(differ, addr)
	}
	if len(differ) == 0 {
		return nil
	}
	sort.Strings(differ)
	return hcl.Diagnostics{{
		Severity: hcl.DiagError, Summary: "Plan file does not hold",
		Detail: fmt.Sprintf("From the inputs that the plan file recorded, these actions come out differently than it shows: %s. It was made by another version of mitoplan, or changed. Make a new plan.", strings.Join(differ, ", ")),
	}}
}
