// A program outside of mitoplan. TestOutside adds what mitoplan's own go.mod requires; by
// hand that is `go mod tidy`.
module example.com/outside

go 1.26.8

replace github.com/mitoplan/mitoplan => ../..

require github.com/mitoplan/mitoplan v0.0.0
