package planner_test

import "github.com/mitoplan/mitoplan/planner"

// owing is a record with debts.
type owing struct {
	fakePrior
	debts map[string][]string
}

func (o owing) Debts() map[string][]string { return o.debts }

var _ planner.Prior = owing{}
