package executor_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/mitoplan/mitoplan/transport"
)

// traffic counts bytes of frames at the controller's link.
type traffic struct{ up, down int }

func (l *lab) countTraffic() func() traffic {
	var now traffic
	l.counts = func(e transport.FrameEvent) {
		if e.Out {
			now.up += e.Size
		} else {
			now.down += e.Size
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
		"an edit, unchanged": {content, line("context.local.h"), 5000}, // it is edited as it is there, and comes here with credit and marks
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

// What an unchanged plan sends grows with the number of its resources and not with
// their size.
func TestUnchangedPlanIsSmall(t *testing.T) {
	l := newLab(t)
	short, err := os.MkdirTemp("/tmp", "m")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(short)
	l.Dir = short
	const files, size = 100, 1200
	content := strings.Repeat("0123456789abcde\n", size/16)
	for i := range files {
		l.write(fmt.Sprint("x", i), content)
	}
	src := "context \"local\" \"h\" {}\nresource \"file\" \"x\" {\n  on = context.local.h\n  count = 100\n  path = \"$DIR/x${count.index}\"\n  content = file(\"data.txt\")\n}\n"
	l.write("data.txt", content)
	count := l.countTraffic()
	s := l.session("context \"local\" \"h\" {}\n", nil)
	l.plan(s)
	start := count()
	s = l.session(src, nil)
	l.plan(s)
	got := count()
	got.up, got.down = got.up-start.up, got.down-start.down
	if got.up > 15_000 || got.down > 10_000 {
		t.Errorf("%d unchanged files of %d bytes take %d bytes up and %d down, want 15,000 and 10,000", files, size, got.up, got.down)
	}
}
