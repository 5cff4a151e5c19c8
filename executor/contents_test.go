package executor_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// traffic counts bytes of frames at the controller's link, with what a frame has beside
// its payload.
type traffic struct{ up, down int }

// frameOverhead is at least what a frame has beside its payload.
const frameOverhead = 32

func (l *lab) countTraffic() func() traffic {
	var now traffic
	l.counts = func(e transport.FrameEvent) {
		if e.Out {
			now.up += e.Size + frameOverhead
		} else {
			now.down += e.Size + frameOverhead
		}
	}
	return func() traffic {
		l.mu.Lock()
		defer l.mu.Unlock()
		out := now
		now = traffic{}
		return out
	}
}

// A plan names contents. What is not written and not edited never crosses the wire.
func TestPlanSendsNames(t *testing.T) {
	const size = 500_000
	content := strings.Repeat("0123456789abcde\n", size/16)
	for name, c := range map[string]struct {
		was, more string
		most      int // bytes up
	}{
		"a new file":         {"", "", 1000},
		"it differs":         {"old\n", "", 1000},
		"nothing to do":      {content, "", 1000},
		"an edit of it":      {"old\n", line("context.local.h"), 2 * size},
		"an edit elsewhere":  {"old\n", "context \"local\" \"b\" { host = \"b\" }\n" + line("context.local.b"), 2 * size},
		"an edit, unchanged": {content, line("context.local.h"), 1500}, // it is edited as it is there
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			l.write("data.txt", content)
			if c.was != "" {
				l.write("x", c.was)
			}
			src := "context \"local\" \"h\" {}\nresource \"file\" \"x\" {\n  on = context.local.h\n  path = \"$DIR/x\"\n  content = file(\"data.txt\")\n}\n" + c.more
			count := l.countTraffic()
			s := l.session(src, nil)
			p := l.plan(s)
			if got := count(); got.up > c.most || c.most > size && got.up < size {
				t.Errorf("the plan sent %d bytes, want the content %v", got.up, c.most > size)
			}
			a := p.Action("file.x")
			if text := fmt.Sprint(a.After["content"]); c.was != content && text != content {
				t.Errorf("the plan shows a content of %d bytes, want all %d", len(text), len(content))
			}
			if sum, diags := l.apply(t.Context(), s, p); diags.HasErrors() {
				t.Fatal(sum, diags)
			}
			want := content
			if c.more != "" {
				want += "added\n"
			}
			if got := l.read("x"); got != want {
				t.Errorf("the file holds %d bytes, want %d", len(got), len(want))
			}
		})
	}
}

func line(on string) string {
	return "resource \"line\" \"y\" {\n  on = " + on + "\n  path = \"$DIR/x\"\n  line = \"added\"\n  depends_on = [file.x]\n}\n"
}
