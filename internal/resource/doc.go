// Package resource holds the kinds of things that a configuration describes:
// file, directory, line, user. A kind says what would change and makes it so,
// and touches its machine through a Host only.
//
// While planning, a Host shows the machine as it will be after the actions
// that come before: an overlay of their effects lies over what is there now,
// and every write is refused. While applying, it shows what is there, and
// refuses to write before the thing was found as the plan saw it.
//
// The package decides no order and knows no configuration language. Start
// reading at Resource and Host, then at the kind file.
package resource
