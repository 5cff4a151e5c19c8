// Package e2e holds the tests that run the mitoplan program as its users do, on real
// hosts with sshd and sudo. It contains only tests. Each file covers one promise. Start
// reading at quickstart_test.go.
package e2e
