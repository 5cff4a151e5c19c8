package executor

import (
	"crypto/sha256"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/planner"
)

// SentSources are the large sources of which a plan sends something, by path. A plan file
// without a bundle has only their names. A large source of what the plan leaves as it is
// is not among them.
func (s *Session) SentSources(p *planner.Plan) map[string]files.Large {
	sent := map[[sha256.Size]byte]bool{}
	for _, a := range p.Actions {
		for _, own := range s.planner.Sources(a) {
			sent[own.Blob.Sum] = true
		}
	}
	out := s.opts.Config.OnlyNamed()
	for name, l := range out {
		if !sent[l.Sum] {
			delete(out, name)
		}
	}
	return out
}

// SecretFiles are the files of the configuration, by path, that the plan file which was
// written last does not hold, with a bundle neither, since they hold a secret. They have
// to be there, as they were, when it is applied.
func (s *Session) SecretFiles() []string { return s.withheld }
