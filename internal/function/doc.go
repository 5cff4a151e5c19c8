// Package function holds the functions that a configuration can call in a
// context, such as command, stat and read_file. One file each; its structs are the
// arguments and results, and say what they are in the manual.
//
// A function knows no configuration language and decides no order. It never runs
// before its guards have let it, and never shows an argument that is sensitive.
//
// Read the files in this order; each file calls only what is in the files after it:
//
//	function.go kinds.go
//	                  what a function is, how one is called, and the list of all
//	waitfor.go waitlook.go process.go
//	                  waits for something, and what runs on a host
//	facts.go factsservices.go factspackages.go factsos.go factshardware.go factsnetwork.go
//	factsmounts.go factsusers.go factsvirtual.go factsread.go factsroom_linux.go factsroom_other.go
//	                  what a host is, mostly from files of its system
//	script.go command.go run_command.go stdin.go commandcheck.go commandproblem.go
//	                  a program, perhaps a script that is sent: its arguments, how it runs,
//	                  what it reads, what is wrong with it, and why it did not run
//	http.go dialer.go
//	                  the questions to HTTP servers, and the connections for them
//	tempfile.go temporary.go
//	                  what goes when a call or the run ends
//	ping.go time.go clock.go env.go log.go dns.go sleep.go durations.go
//	                  what a context is like, a word to people, and time that goes by
//	port.go assert.go fetch.go tar.go find.go list_dir.go glob.go walk.go checksum.go stat.go mime.go read_file.go plainfile.go place.go
//	noatime_linux.go noatime_other.go hostname.go
//	                  the others, which change nothing
//	saving.go         results that go to a file on the controller
//	define.go explain.go
//	                  how a definition is made, and errors in words
package function
