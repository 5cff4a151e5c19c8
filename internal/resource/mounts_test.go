package resource

import (
	"slices"
	"strings"
	"testing"
)

func TestMountsBelow(t *testing.T) {
	const list = `24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 24 0:5 / /srv/data rw shared:2 - tmpfs tmpfs rw
31 24 8:1 /var/other /srv/data/bind rw shared:3 - ext4 /dev/sda1 rw
32 24 8:1 /x /srv/data/a\040b\134c rw - ext4 /dev/sda1 rw
33 24 8:1 /x /srv/database rw - ext4 /dev/sda1 rw
no line of a mount
x 24 8:1 /x /srv/data/bad rw - ext4 /dev/sda1 rw
34 24 8:1 /x /srv/data/\04 rw - ext4 /dev/sda1 rw
`
	for dir, want := range map[string][]string{
		"/srv/data":      {"/srv/data/bind", `/srv/data/a b\c`, `/srv/data/\04`},
		"/srv/data/":     {"/srv/data/bind", `/srv/data/a b\c`, `/srv/data/\04`},
		"/srv/data/bind": nil,
		"/srv/database":  nil,
		"/etc":           nil,
	} {
		points, err := mountsBelow(strings.NewReader(list), dir)
		var got []string
		for _, p := range points {
			got = append(got, p.path)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("mounted below %s are %q, %v, want %q", dir, got, err, want)
		}
	}
}
