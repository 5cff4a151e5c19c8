// Package e2e holds the tests that run the mitoplan program as its users do, on
// real hosts: sshd, sudo and all. It has no code but tests. Each file is about
// one promise; start reading at quickstart_test.go.
package e2e
