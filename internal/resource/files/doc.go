// Package files holds the kinds of things that stand at a path: file, directory, directory_sync,
// line, block, ini, replace, json_value, link, sudoers, authorized_key, known_host, limits,
// download. A kind says
// what would change and makes it so, and touches its machine through a
// resource.Host only. The package knows no other family of kinds.
//
// Read the files in this order; each file calls only what is in the files after it.
// The list of kinds, then each kind: what changes, how, and the arguments:
//
//	kinds.go
//	sudoersplan.go sudoers.go sudoersrule.go
//	downloadplan.go download.go
//	fileend.go fileplan.go file.go filefrom.go
//	extended.go accesslist.go capabilities.go
//	archive.go directorysyncend.go directorysyncplan.go directorysyncmake.go directorysyncdelete.go directorysync.go treeargs.go
//	directoryend.go directoryplan.go directorypurge.go directorystays.go directorybelow.go directory.go
//	lineend.go lineplan.go line.go
//	blockend.go block.go
//	iniend.go iniplan.go ini.go
//	replaceplan.go replace.go
//	valueend.go valueplan.go jsonvalue.go
//	linkend.go linkplan.go linkhard.go linkplace.go linkleads.go link.go
//	authorizedkeyplan.go authorizedkey.go sshdconfig.go
//	knownhostplan.go knownhost.go homefile.go
//	limitsplan.go limits.go
//
// What the kinds that edit a part of a file have in common. With an item, kinds of other
// families do:
//
//	item.go entries.go editend.go editplan.go editmarked.go
//
// What all have in common: how a file is put in place, its owner and permissions:
//
//	madealong.go writeplan.go writeargs.go ownership.go
package files
