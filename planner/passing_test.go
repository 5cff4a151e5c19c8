package planner_test

import (
	"strings"
	"testing"
)

// TestPassingValuesAreWarnedOf holds that a resource which holds the pid of an agent is warned
// of at the argument: every run starts agents anew, so it differs in each plan.
func TestPassingValuesAreWarnedOf(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		warns   bool
	}{
		"on":                 {`"pid ${on.pid}"`, true},
		"another context":    {`"pid ${context.ssh.h.pid}"`, true},
		"through a local":    {"local.pid", true},
		"the pid of nsenter": {`"${context.nsenter.n.pid}"`, false},
		"what stays":         {`"${on.hostname} ${on.user} ${on.uid} ${on.os} ${on.arch} ${on.kernel} ${on.cpus} ${on.memory} ${on.version} ${on.home} ${on.distro} ${on.distro_version} ${on.address} ${on.key}"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, p := makePlan(t, oneHost+"context \"nsenter\" \"n\" {\n  via = context.sudo.root\n  pid = 12\n}\nlocals { pid = \"${context.ssh.h.pid}\" }\nresource \"file\" \"x\" {\n  on = context.sudo.root\n  path = \"/x\"\n  content = "+tt.content+"\n}\n", &world{})
			diags := p.Diagnostics()
			if diags.HasErrors() || len(diags) > 0 != tt.warns {
				t.Fatalf("warned is %v, want %v: %v", len(diags) > 0, tt.warns, diags)
			}
			if tt.warns && !strings.Contains(diags[0].Detail, "\"content\" of file.x depends on the pid of an agent") {
				t.Errorf("the warning is %s", diags[0].Detail)
			}
		})
	}
}
