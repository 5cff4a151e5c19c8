package planner

import (
	"slices"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

// Each problem is told once, and again only after it was withdrawn or forgotten.
func TestProblemsAreToldOnce(t *testing.T) {
	m := newOrdering(nil).machineNamed("m")
	one, two := claimant(m, "file", "one", 1, nil), claimant(m, "file", "two", 2, nil)
	failure := &Failure{Summary: "Refused", Detail: "by the host"}
	mistake := func() *hcl.Diagnostic {
		return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: "Mistake", Detail: "in both"}
	}
	ps := newProblems(secretsOfTest())
	for _, step := range []struct {
		promise string
		event   func()
		want    []string
	}{
		{"a mistake of the configuration", func() { ps.reportDiag(one, mistake()) }, []string{"Mistake file.one"}},
		{"is told once for all instances", func() { ps.reportDiag(two, mistake()) }, []string{"Mistake file.one"}},
		{"a failure of a host comes after it", func() { ps.report(one, failure) }, []string{"Mistake file.one", "Refused file.one"}},
		{"and is told once for each instance", func() { ps.report(one, failure); ps.report(two, failure) }, []string{"Mistake file.one", "Refused file.one", "Refused file.two"}},
		{"what is looked at again has none", func() { ps.withdraw(one) }, []string{"Mistake file.one", "Refused file.two"}},
		{"until it fails again", func() { ps.report(one, failure) }, []string{"Mistake file.one", "Refused file.two", "Refused file.one"}},
		{"a warning stands before all of them", func() { ps.warn(two, &Failure{Summary: "Odd"}) }, []string{"Odd file.two", "Mistake file.one", "Refused file.two", "Refused file.one"}},
		{"the same one is told of the first that has it", func() { ps.warn(one, &Failure{Summary: "Odd"}) }, []string{"Odd file.one", "Mistake file.one", "Refused file.two", "Refused file.one"}},
		{"an apply begins without them", ps.forget, nil},
		{"it does not repeat a warning", func() { ps.warn(one, &Failure{Summary: "Odd"}) }, nil},
		{"but a failure that happens again", func() { ps.report(one, failure) }, []string{"Refused file.one"}},
	} {
		step.event()
		var got []string
		for _, d := range ps.all() {
			at, _ := d.Extra.(Location)
			got = append(got, d.Summary+" "+at.Address)
		}
		if !slices.Equal(got, step.want) {
			t.Errorf("%s: %q, want %q", step.promise, got, step.want)
		}
	}
}
