// Package function holds the functions that a configuration can call in a
// context: command, stat, read_file, hostname. One file each; its structs are
// the arguments and results, and say what they are in the manual.
//
// A function knows no configuration language and decides no order. Start
// reading at Function and Run; kinds.go lists them.
package function
