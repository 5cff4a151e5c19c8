// Package resource says what a kind of thing is that a configuration describes, such as a
// file or an account, and has what all kinds stand on: the Host through which one sees and
// changes its machine, the Change that it answers with, and the service of an agent, which
// asks it. The kinds themselves are in the packages below this one, by family: files,
// accounts. They import this package, and it knows none of them.
//
// While planning, a Host shows the machine as it will be after the actions
// that come before: an overlay of their effects lies over what is there now,
// and every write is refused. While applying, it shows what is there, and
// refuses to write before the thing was found as the plan saw it.
//
// Resource.End gives the opposite of an apply: what takes away again what it made, with the
// same promises. It is worked out from the few arguments that the record keeps, and from
// Kept, which the apply answered with.
//
// The package decides no order between actions, knows no configuration language,
// and starts no program but those that its kinds name.
//
// Whoever writes a kind reads the last three sections and end.go, and then one of the kinds.
//
// Read the files in this order; each file calls only what is in the files after it.
// First what an agent is asked, and what goes back over the wire:
//
//	service.go bringlong.go ordered.go applyone.go requests.go shared.go wirereply.go wirechange.go restores.go
//
// What the planner puts into an answer, since it was not sent:
//
//	putback.go own.go
//
// How what was made is taken away again:
//
//	end.go endshared.go
//
// What the planner compares: blocks of one thing, a thing then and now:
//
//	clash.go clashowner.go trait.go changealong.go
//
// The two Hosts that a kind sees its machine through: one that shows what will be,
// one that writes:
//
//	script.go planhost.go planaccounts.go edited.go view.go overlay.go plancontents.go applyhost.go orderedfile.go bring.go
//	remembered.go basehost.go fingerprint.go tool.go
//
// How a kind goes through a directory:
//
//	walk.go
//
// How a machine is written:
//
//	removetree.go remove.go move.go copydir.go tree.go mkdir.go hardlink.go link.go replace.go inplace.go inplacelong.go
//	overwrite.go temp.go placenew.go synclater.go dress.go receive.go turns.go directorylock.go lock.go lockpath.go
//	refused.go setmeta.go attributes.go
//
// How it is read:
//
//	holders_linux.go processes_linux.go processes_other.go mounts.go mounts_linux.go mounts_other.go machine.go accounts.go nss.go shadow.go
//	accountfiles.go contents.go content.go anchored.go
//
// What kinds use to say what they want:
//
//	define.go identity.go mode.go kernelvalue.go
//
// What a kind is, what it sees, and what it answers:
//
//	resource.go host.go processes.go change.go op.go digest.go excerpt.go entry.go
//
// Errors in words, and calls of the system:
//
//	problem.go system_linux.go system_other.go
package resource
