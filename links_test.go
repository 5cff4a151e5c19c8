package mitoplan_test

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"strings"
	"testing"
)

var (
	documentLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading      = regexp.MustCompile(`(?m)^#+ (.+)$`)
	fence        = regexp.MustCompile("(?ms)^```.*?^```$")
	notInAnchor  = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every link of a document leads to a file of the repository, and to a heading in it if it
// names one.
func TestLinksOfDocumentsLead(t *testing.T) {
	all, found := papers(t), 0
	for paper, text := range all {
		for _, m := range documentLink.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			found++
			file, anchor, named := strings.Cut(m[1], "#")
			at := path.Join(path.Dir(paper), file)
			switch {
			case file == "":
				at = paper
			case strings.HasPrefix(paper, "changelog/"):
				at = file // a release puts it into a file at the top
			}
			if _, err := os.Stat(at); err != nil {
				t.Errorf("%s links to %s, which does not exist", paper, m[1])
			} else if target, ok := all[at]; named && ok && !anchors(target)[anchor] {
				t.Errorf("%s links to %s, and there is no such heading", paper, m[1])
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d links were found", found)
	}
}

// anchors are the names that links have for the headings of a document: the second of several
// equal ones has a number, as on the pages of GitHub.
func anchors(text string) map[string]bool {
	out, times := map[string]bool{}, map[string]int{}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		a := strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-")
		if n := times[a]; n > 0 {
			out[fmt.Sprintf("%s-%d", a, n)] = true
		} else {
			out[a] = true
		}
		times[a]++
	}
	return out
}
