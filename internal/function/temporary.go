package function

import (
	"sync"

	"github.com/mitoplan/mitoplan/internal/temporary"
)

// kept are the directories that stay until the run ends.
var kept struct {
	mu  sync.Mutex
	all []*temporary.Directory
}

// keep leaves a directory until the run ends.
func keep(t *temporary.Directory) {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	kept.all = append(kept.all, t)
}

// RemoveTemporary removes what calls have made for the time of the run. An agent calls it when
// it ends.
func RemoveTemporary() {
	kept.mu.Lock()
	defer kept.mu.Unlock()
	for _, t := range kept.all {
		t.Remove()
	}
	kept.all = nil
}
