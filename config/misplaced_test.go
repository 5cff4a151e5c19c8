package config

import "testing"

// TestMisplacedMetaArgumentsAreExplained: a meta-argument that may not stand on
// every block says what to do if it stands on another.
func TestMisplacedMetaArgumentsAreExplained(t *testing.T) {
	for name, on := range metaArgs {
		everywhere := len(on) == len([]BlockType{ContextBlock, ResourceBlock, CallBlock})
		if said := misplaced[name] != ""; said == everywhere {
			t.Errorf("%s may stand on %v, and misplaced has a sentence about it: %v", name, on, said)
		}
	}
}
