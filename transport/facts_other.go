//go:build !linux

package transport

func systemFacts(*Greeting) {}
