// Package resource holds the kinds of things that a configuration describes:
// file, directory, line, user. A kind says what would change and makes it so,
// and touches its machine through a Host only.
//
// While planning, a Host shows the machine as it will be after the actions
// that come before: an overlay of their effects lies over what is there now,
// and every write is refused. While applying, it shows what is there, and
// refuses to write before the thing was found as the plan saw it.
//
// The package decides no order between actions, knows no configuration language,
// and starts no program but those that its kinds name.
//
// Read the files in this order:
//
//	resource.go host.go change.go changealong.go op.go digest.go entry.go
//	                  what a kind is, what it sees, and what it answers
//	kinds.go file.go fileplan.go
//	                  the list of kinds, and the first of them
//	directory.go directoryplan.go walk.go
//	line.go lineplan.go lineedit.go linetemplate.go
//	user.go userplan.go usertools.go userhome.go shadow.go
//	                  the other kinds: arguments, then what changes, then how
//	writeargs.go writeplan.go ownership.go mode.go kernelvalue.go
//	                  what the kinds that write files have in common
//	funcs.go requests.go service.go turns.go restores.go wirechange.go excerpt.go
//	                  what an agent is asked, and what goes back over the wire
//	basehost.go planhost.go overlay.go applyhost.go
//	                  the two Hosts: one that shows what will be, one that writes
//	clash.go clashowner.go trait.go fingerprint.go
//	                  what the planner compares: blocks of one thing, a thing then
//	                  and now
//	machine.go content.go resolve.go tree.go anchored.go accounts.go mounts.go
//	mounts_linux.go mounts_other.go tool.go
//	                  how a machine is read, and programs of it are run
//	replace.go dress.go temp.go placenew.go inplace.go setmeta.go mkdir.go copydir.go
//	remove.go removetree.go directorylock.go
//	                  how it is written
//	lock.go lockpath.go
//	                  the lock that an apply holds on a machine
//	problem.go system_linux.go system_other.go
//	                  errors in words, and calls of the system
package resource
