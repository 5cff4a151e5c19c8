// Package adversary is a hostile host: a program that takes the place of the
// agent on a host that somebody else controls, speaks the protocol of package
// transport, and breaks one rule of it, or one promise of the threat model, at a
// time. It shares no code with package transport: what it sends is made from
// the specification alone.
//
// Attacks is the table of what it does. Package e2e runs each of them beside
// honest hosts and says what must be true afterwards. It is never part of a
// program. Start reading at Attack, then Host.
package adversary
