// Package config reads a directory of HCL into blocks with source ranges, and
// evaluates their expressions.
//
// It is the only package that knows HCL's parser. It reads files and nothing
// else: it never talks to a host, never writes, and keeps no clock. A Catalogue
// tells it which kinds exist. Every file that it reads, also through functions
// such as file(), is kept in Config.Sources, from which LoadSources makes the same
// Config again without the disk.
//
// A configuration goes through four stages. Load parses and checks it as far as
// possible without variables and hosts. ResolveVariables gives the variables
// their values. NewScope makes what the names in expressions mean. Block.Eval and
// the other Eval methods evaluate one block for one instance, in a Scope; the
// planner calls them again whenever more is known.
//
// Diagnostics are collected, and evaluation goes on after an error. What is
// wrong with a value is unknown in the result, so that one mistake is reported
// once.
//
// # Where to read
//
// The files are read in this order. Below config are package functions, which
// holds the functions that expressions call, package marks, which says what makes
// a value a secret, and package files, which reads the files of the controller.
//
// What a configuration consists of, and how things in it are named:
//
//	config.go block.go declarations.go address.go
//
// How files become blocks begins with Load:
//
//	load.go nesting_limits.go toplevel.go settings.go variable.go
//	decode_block.go decode_body.go reference_list.go
//
// What expressions refer to, and with which keys:
//
//	resolve_references.go reference.go compile.go cycle.go mention.go axes.go
//
// What is found while loading, without variables and hosts:
//
//	static_evaluation.go static_expansion.go check_mention.go on_and_via.go
//	block_problems.go conflicting_claims.go
//
// How expressions get values begins with ResolveVariables and NewScope:
//
//	variable_values.go scope.go eval.go arguments.go meta_arguments.go
//	condition.go template.go source_file.go
//
// How values go to a host, and come back:
//
//	types.go to_wire.go from_wire.go
//
// Which values are not shown, and which are new at every apply:
//
//	marks.go index_keys.go conceal.go secret_places.go secret_spans.go
//	volatile.go
//
// How mistakes are put into words:
//
//	diagnostics.go describe.go type_names.go missing_instance.go
//	why_disabled.go evaluator_messages.go syntax_messages.go unclosed.go
//	foreign_words.go
package config
