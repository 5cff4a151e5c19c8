// Package edit makes a content of another one, as kinds that edit files ask for. It works on
// bytes, and knows neither files nor hosts: a kind runs an edit to see what would change, and
// so does a resource.Host of a plan for the edits that come before, from their arguments.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	edit.go
//	linecompile.go lineedit.go
//	blockcompile.go blockedit.go
//	replace.go linetemplate.go expression.go
//	authorizedkeys.go knownhosts.go publickey.go limitlines.go
//	item.go mountline.go
//	valueargs.go jsonedit.go jsontree.go jsonscan.go
//	iniargs.go iniedit.go iniparse.go
//	rows.go
package edit
