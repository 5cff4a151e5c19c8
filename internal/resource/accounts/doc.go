// Package accounts holds the kinds of things that /etc/passwd and /etc/group list: user, group. A
// kind says what would change and makes it so, and touches its machine through a
// resource.Host only: it never writes these files, but runs the programs of the machine for
// that. The package knows no other family of kinds.
//
// Read the files in this order; each file calls only what is in the files after it.
// The list of kinds, then each kind: what changes, how, and the arguments:
//
//	kinds.go
//	userplan.go userend.go usershow.go usertraits.go usertools.go userhomeleft.go userbusy.go
//	userkey.go userhome.go userdefaults.go usershadow.go user.go userages.go
//	userkeyargs.go
//	groupplan.go grouptools.go group.go
//
// What they have in common, lists of names and errors in words:
//
//	names.go problem.go
package accounts
