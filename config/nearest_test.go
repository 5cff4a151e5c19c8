package config

import (
	"errors"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"
)

// TestThePathOfAPartIsKept holds that the path which a conversion says is not lost, also of a
// part that fits by itself.
func TestThePathOfAPartIsKept(t *testing.T) {
	within := cty.GetAttrPath("a").NewErrorf("a number is required")
	for name, ty := range map[string]cty.Type{"an object": cty.EmptyObject, "a list": cty.List(cty.String)} {
		err := plainMisfit(cty.EmptyObjectVal, ty, within)
		var p cty.PathError
		if !errors.As(err, &p) || len(p.Path) != 1 || !strings.HasPrefix(conversionDetail(err), "at a: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
