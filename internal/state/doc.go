// Package state keeps the record of what was applied: one JSON file, a journal
// beside it that makes the record exact after a crash at any moment, and a lock
// that the system releases when the process dies.
//
// The record is a convenience, never the truth: the hosts are. It holds no
// secret and never talks to a host. Start reading at State, then Store, which
// owns the files, and Journal, which an apply writes to. In this order:
//
//	state.go end.go thing.go debt.go revision.go store.go lock.go journal.go fold.go
//	codec.go backup.go access.go
//
// # Files
//
// The rest of this comment specifies the files; TestFormatsAreAsSpecified compares
// it with the types. NAME.json is the path that the block state sets, and
// .mitoplan/state.json if it sets none. The other files are in the same directory.
// All have mode 0600:
//
//	NAME.json           the state: JSON of State, indented, keys of maps sorted
//	NAME.json.backup    the state as it was before its last change
//	NAME.journal.jsonl  the journal: one line of JSON for each Entry
//	NAME.lock           locked (flock) while an apply runs: JSON of Holder
//
// The state is replaced as a whole: whoever reads it finds the old or the new one.
// The journal is created anew when an apply begins, and then only grows. Before a
// batch of actions is sent, its intents are on the disk. At the end of the apply the
// state is written. Its serial is higher if anything changed.
//
// # What a reader does
//
// It reads the state. Then it reads the journal, if that continues the state: its
// header has the lineage of the state, and a serial that is not lower. Each line
// counts by itself. The last line may be cut short; then it was never acted upon.
// Other lines that cannot be read are counted and reported as damage. If that is the
// header, the lines behind it are not read, since they may continue any state. An
// intent without an outcome becomes unanswered, and the calls that it triggers are
// owed. A journal that does not continue the state holds nothing that is not in the
// state.
//
// Keys that are not listed here are ignored, and are lost when the state is written
// again. An instance, an intent or a thing that does not fit its key is damage: the
// state is refused, and the message says how to put the backup in its place.
//
// # Versions
//
// State and journal have one version. A program reads every version up to its own:
//
//	1  the first; the debts of a call were in its instance, as "owed"
//	2  debts; secret
//	3  args instead of one digest of all arguments; things; absent; an instance also of
//	   what was only found right; machine, thing and found in intents; outputs in the
//	   journal
//	4  leads_to
//	5  this one: end, begins
//
// An older state is converted when it is read. The next apply writes it in this
// version, and its backup stays as it was. Instances of versions 1 and 2 have a digest
// instead of args until they are applied again, and nothing is known about their
// things: if a host differs from them, a plan cannot say who changed it. Instances of
// versions 1 to 3 have no leads_to, and those of versions 1 to 4 no end, until they are
// applied or found right again. Without an end, a thing that was created is not taken away
// when its block is gone. The key
// "owed" in an instance of version 1 becomes debts. An instance that existed only for that
// key is removed. An older journal is replayed like one of this version.
//
// A newer state is refused, and so is a newer journal that continues the state. This
// program would not understand all of it, and the next apply would overwrite it. The
// message names the version, and says that the program which wrote the file can read
// it. For that, version and tool of the state and the header of the journal have the
// same form in every version.
//
// # Forms
//
// text is a string, time a string as in RFC 3339, any is JSON. [X] is an array of X
// and {X} an object with an X under each key. A field with a question mark is left
// out if it is empty, 0 or false. A digest is "k1:" and the HMAC-SHA-256 of the value
// in hexadecimal; its key is the text of the salt. If the value is a secret, the
// digest is "s1:" and the same HMAC of a key that scrypt (N 32768, r 8, p 1, 32
// bytes) derives from the value, also with the text of the salt. A digest without a
// prefix is SHA-256, from before there were prefixes.
//
// Text is text that need not be UTF-8: a string, or {"bytes": its base64}. Values is an
// object of values by name. Such a value is null, a bool, a whole number, a string, an
// array of values, or an object with one key: "text" or "bytes" for text as above,
// "base64" for bytes, "float" for a number that is not whole, "map" for Values.
//
// # State
//
//	State
//	version      int        of the format
//	serial       int        rises when what is recorded changes; 0: nothing yet
//	lineage      text       drawn once for each state
//	salt         text       key of all digests, random
//	tool         text       version of mitoplan that wrote it
//	records      {Instance} by address
//	outputs      {Output}   by name
//	unanswered?  {Intent}   actions whose end nobody saw, by address
//	debts?       {[text]}   by address of a call: whose change it has to answer
//	things?      {{Thing}}  what applies left, by machine and thing
//
//	Instance
//	address      text    file.motd["web1"]["alice"]
//	block        text    file.motd
//	kind         text    file
//	context      text    address of the context that it was applied in
//	machine?     text    address of the outermost context on the same machine
//	leads_to?    text    where that led: host 10.0.0.11
//	identity?    {text}  the arguments that name it
//	thing?       text    path:/etc/motd
//	absent?      bool    it was asked to be absent
//	args?        {text}  digests of the arguments, by name
//	digest?      text    one digest of all arguments that are no secret; versions 1, 2
//	secret?      [text]  attributes that were made of a secret
//	origin?      text    created, adopted
//	begun?       [Trait]  how an apply would have left it of which nobody saw the end
//	end?         End     what taking its thing away needs; no value of a call
//	depends_on?  [text]  addresses that it came after
//	triggers?    text    digest of the argument triggers at the last run
//	applied?     time    when
//
//	End
//	args?    Values  the arguments that it needs, as they were applied
//	secret?  [text]  names of those that it needs and that were secrets
//	kept?    Kept    what the host said for it
//
//	Kept
//	backup?   Text    path of the backup of what was there before
//	along?    [Text]  things that were made besides the thing itself, in that order; of an
//	                  edit the file, if that was made for it or for another edit
//	unended?  bool    a line was added behind a last line without a line end
//
//	Trait
//	attr   text   the attribute
//	part?  bytes  SHA-256 of what chooses a part of it, as base64
//	sum    bytes  SHA-256 of its value, as base64
//
//	Output
//	sensitive?  bool  it is hidden, and has no value here
//	type?       any   cty's JSON of the type
//	value?      any   cty's JSON of the value
//
//	Thing
//	state  {text}    digests of its attributes, by attribute, or by attribute, a
//	                 blank and a digest of what chooses a part of it
//	by     {[text]}  attributes that each block manages, by address
//
// # Journal
//
// The first line is the header, and only it. Each other line is one of the rest.
//
//	Entry
//	header?   Header    what the journal continues
//	move?     [Move]    debts that belong to others from now on
//	begin?    [Intent]  a batch that is about to leave
//	done?     text      the address that outcome is about
//	outcome?  Outcome   what became of it
//	outputs?  {Output}  all outputs at the end of the apply
//
//	Header
//	version  int   of the format
//	lineage  text  of the state
//	serial   int   of the state
//
//	Move
//	from    text    address of a call or its block
//	things  [text]  addresses whose change it has to answer
//	to?     [text]  who has to answer them now; absent: nobody
//
//	Intent
//	address         text    what is acted upon
//	block           text    its block
//	kind            text    file
//	context         text    address of the context that it happens in
//	op              text    create, update, replace, delete, run, always, read, no-op
//	identity?       {text}  the arguments that name it
//	machine?        text    address of its outermost context
//	thing?          text    path:/etc/motd
//	found?          {text}  digests of how the plan found it, as in Thing
//	absent_before?  bool    the plan read that it was not there
//	begins?         Begins  what is known of a thing that it makes
//	owes?           [text]  addresses of the calls that its change triggers
//
//	Begins
//	leads_to?    text     as in the Instance that it would become
//	depends_on?  [text]   as in that
//	end          End      what taking it away needs
//	left?        [Trait]  how it would leave the thing
//
//	Outcome
//	result    text    applied, failed, not_run
//	changed?  bool    its thing was changed, or the call ran
//	record?   Instance  what to remember if it was applied; absent: nothing
//	state?    {text}  digests of how its thing was left, as in Thing: by what took
//	                  a part of it away, those of the whole
//
// # Lock
//
// Only the lock itself counts. The content of the file tells others who holds it.
// The file is empty when nobody holds the lock.
//
//	Holder
//	who    text  the user
//	pid    int   of the process
//	host   text  the machine
//	since  time  when it took the lock
package state
