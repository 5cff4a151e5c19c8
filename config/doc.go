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
// The files are read in this order: each file calls only what is in the files
// after it. Below config are package functions, which holds the functions that
// expressions call, package marks, which says what makes a value a secret, and
// package files, which reads the files of the controller.
//
// How files become blocks begins with Load:
//
//	load.go toplevel.go decode_variable.go decode_output.go decode_block.go
//	reference_list.go decode_settings.go decode_body.go
//
// What of a source is a secret, and is not quoted:
//
//	secret_spans.go secret_literals.go secret_values.go secret_names.go
//
// Which words are no secret though one is spelt like them:
//
//	own_words.go
//
// What is found while loading, without variables and hosts; the planner asks for
// the claims:
//
//	conflicting_claims.go static_evaluation.go save_path.go file_names.go source_file.go
//	static_expansion.go on_and_via.go block_problems.go check_mention.go
//
// What expressions refer to, and that it exists:
//
//	resolve_references.go cycle.go loader.go
//
// How variables get values begins with ResolveVariables:
//
//	variable_values.go variable.go
//
// How expressions get values begins with NewScope, and Block.Eval:
//
//	scope.go condition.go meta_arguments.go arguments.go template.go
//	why_disabled.go eval.go conversion.go
//
// How values go to a host, and come back:
//
//	to_wire.go from_wire.go instance_arguments.go types.go
//
// How a file is parsed:
//
//	parse.go nesting_limits.go outline.go
//
// What is said of a mistake that the evaluator or the parser found:
//
//	evaluator_messages.go describe.go syntax_messages.go unclosed.go
//	missing_instance.go which_instances.go
//
// Which values are not shown, and which are new at every apply:
//
//	secret_places.go plain_spans.go volatile.go conceal.go marks.go
//
// How a block expands, and which instances there are:
//
//	directory.go axes.go
//
// What an expression refers to, as it is written:
//
//	mention.go compile.go index_keys.go reference.go misplaced_parts.go
//
// What a configuration consists of, and how things in it are named:
//
//	config.go declarations.go address.go block.go
//
// How mistakes are put into words:
//
//	type_names.go foreign_words.go diagnostics.go
package config
