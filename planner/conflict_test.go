package planner_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// However many instances there are, what is wrong with a block, or with two, is told
// once: which block, how many instances, why, and what to do.
func TestConflictsOfManyInstances(t *testing.T) {
	block := func(kind, name, more string) string {
		role := "resource"
		if kind == "command" {
			role = "call"
		}
		return fmt.Sprintf("%s %q %q {\n  on = context.ssh.h\n%s\n}\n", role, kind, name, more)
	}
	const count, each, path = "  count = 10000\n", "  for_each = toset([for p in setproduct(range(100), range(100)) : \"k${p[0]}-${p[1]}\"])\n", "  path = \"/etc/x\"\n"
	hosts := strings.Replace(oneHost, "context \"sudo\"", "context \"ssh\" \"fleet\" {\n  count = 3\n  host = \"f${count.index}\"\n}\ncontext \"sudo\"", 1)
	for name, tt := range map[string]struct{ src, want string }{
		"for_each": {block("file", "x", each+path),
			"10000 instances of file.x (main.mito.hcl:4) all manage path /etc/x on context.ssh.h. Each would undo what the others did at every apply. The value of path does not use each.key, so that it is the same for all of them. Put each.key into it, or leave for_each out."},
		"count":         {block("file", "x", count+path), "does not use count.index, so that it is the same for all of them. Put count.index into it, or leave count out."},
		"a key is used": {block("file", "x", count+"  path = \"/etc/${count.index * 0}\"\n"), "The value of path is the same for all of them, although it uses count.index. Give each instance one of its own."},
		"two":           {block("file", "x", "  for_each = toset([\"a\", \"b\"])\n"+path), "file.x[\"a\"] (main.mito.hcl:4) and file.x[\"b\"] (main.mito.hcl:4) both manage path /etc/x on context.ssh.h. Each would"},
		"a user":        {block("user", "x", count+"  name = \"app\"\n"), "The value of name does not use count.index"},
		"two contexts of a machine": {strings.Replace(block("file", "x", path), "context.ssh.h", "{ a = context.ssh.h, b = context.sudo.root }", 1),
			"does not use on.key, so that it is the same for all of them. Put on.key into it, or leave all but one out of on."},
		"on each host":   {strings.Replace(block("file", "x", "  for_each = toset([\"a\", \"b\"])\n"+path), "context.ssh.h", "context.ssh.fleet", 1), "6 instances of file.x (main.mito.hcl:8) all manage path /etc/x on 3 machines, such as context.ssh.fleet[0]."},
		"two blocks":     {block("file", "x", path) + block("directory", "y", count+path), "file.x (main.mito.hcl:4) and 10000 instances of directory.y"},
		"who may use":    {block("line", "x", "  count = 1000\n"+path+"  line = \"x\"\n  owner = \"u${count.index}\"\n"), `1000 instances of line.x (main.mito.hcl:4) all say the owner of path /etc/x on context.ssh.h: "u0" and "u1" and others.`},
		"one regexp":     {block("line", "x", "  count = 1000\n"+path+"  line = \"x${count.index}\"\n  regexp = \"^x\"\n"), "1000 instances of line.x (main.mito.hcl:4) look for the same line: their regexp is the same."},
		"one marker":     {block("block", "x", "  count = 1000\n"+path+"  content = \"x${count.index}\"\n"), "1000 instances of block.x (main.mito.hcl:4) are about the same block: their marker is the same. Each would undo what the other did at every apply. Remove one, or give each block a marker of its own, such as with count.index in it."},
		"one key":        {block("ini", "x", "  count = 1000\n"+path+"  key = \"k\"\n  value = \"x${count.index}\"\n"), "1000 instances of ini.x (main.mito.hcl:4) are about the same part of the file: their key is the same. Each would undo what the other did at every apply. Remove one, or give each a key of its own, such as with count.index in it."},
		"in a value":     {block("json_value", "x", path+"  pointer = \"/a\"\n  value = \"1\"\n") + block("json_value", "y", "  count = 1000\n"+path+"  pointer = \"/a/${count.index}\"\n  value = \"1\"\n"), "1000 instances of json_value.y (main.mito.hcl:11) would change a part of what json_value.x (main.mito.hcl:4) sets as a whole: the pointer of the first leads there."},
		"one search":     {block("line", "x", "  count = 1000\n"+path+"  line = \"x${count.index}\"\n  search = \"x\"\n"), "1000 instances of line.x (main.mito.hcl:4) look for the same line: their search is the same."},
		"its own marker": {block("block", "x", path+"  content = \"x\"\n") + block("block", "y", path+"  content = \"y\"\n  marker = \"# {mark} mitoplan\"\n"), "block.x (main.mito.hcl:4) and block.y (main.mito.hcl:10) are about the same block"},
		"takes lines":    {block("line", "x", path+"  line = \"x\"\n  regexp = \"^x\"\n") + block("line", "y", "  count = 1000\n"+path+"  line = \"x${count.index}\"\n"), "The regexp of line.x (main.mito.hcl:4) matches the line of 1000 instances of line.y (main.mito.hcl:11)"},
		"one is saved":   {block("command", "x", count+"  argv = [\"x\"]\n  stdout_file = \"out\"\n"), "10000 instances of call.command.x (main.mito.hcl:4) all write the file /cfg/out on the machine that mitoplan runs on, and each would replace what an earlier one saved. The value of stdout_file does not use count.index"},
		"two that save":  {block("command", "x", count+"  argv = [\"x\"]\n  stdout_file = \"out-${count.index}\"\n") + block("command", "y", "  argv = [\"x\"]\n  stdout_file = \"out-7\"\n"), "call.command.x[7] (main.mito.hcl:4) and call.command.y (main.mito.hcl:11) both write the file /cfg/out-7"},
	} {
		t.Run(name, func(t *testing.T) {
			src := oneHost
			if name == "on each host" {
				src = hosts
			}
			_, p := makePlan(t, src+tt.src, &world{})
			diags := p.Diagnostics()
			if len(diags) != 1 || diags[0].Severity != hcl.DiagError || !strings.Contains(diags[0].Detail, tt.want) {
				t.Errorf("%d diagnostics, the first %.900q; want one with %q", len(diags), fmt.Sprint(diags), tt.want)
			}
		})
	}
}
