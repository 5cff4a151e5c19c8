// Package documents has the kinds that edit one value in a file of a format whose parser is too
// large for every agent. Only the full edition of the agent has it.
//
// A value is found by the places that the parser tells, and the text is changed there alone. What
// comes of it is parsed again, and has to be what was read before, with the value.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	kinds.go tomlvalue.go yamlvalue.go
//	                  the kinds, and what a block may set
//	tomledit.go tomltree.go tomlread.go
//	                  TOML: the edits, what a file means, and where its values stand
//	yamledit.go yamlwrite.go yamlplace.go yamltree.go
//	                  YAML: the edits, how a value is written, where one is, and when two are equal
//	text.go           what both formats share
package documents
