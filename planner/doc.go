// Package planner turns blocks into a tree of contexts and a graph of actions.
//
// It is passive: it is asked what may start now (Next) and told what came back
// (Done). It does no I/O and reads no clock, so that whole plans are tested in
// microseconds, and so that a plan file can be replayed into the very same plan
// without a host. Planning is data flow over unknown values: a block whose
// arguments are known is sent at once, though something it refers to is still
// being read, and is looked at again only if it was not wholly known.
//
// A plan that is made is carried out by Apply, which is passive in the same way.
//
// # The life of an instance
//
// A block expands to instances. Each is in one phase (phase.go), and goes on from
// the first to the last as more becomes known:
//
//	named ─enable─▶ enabled ─place─▶ placed ─link─▶ linked ─evaluate─▶ evaluated ─claim─▶ claimed
//	                                                                                     │    ▲
//	                                                                                   queue  │ stand back
//	                                                                                     ▼    │
//	               settled ◀─settle─ sent ◀───────────────send────────────────────────── queued ◀─┐
//	                                                                                     │        │ release
//	                                                                                     └─wait─▶ waiting
//
// From every phase an instance may settle: done, disabled, failed, skipped,
// deferred or excluded. What turns up late takes it back, but never to a phase
// that it had not reached:
//
//	ask again       sent, settled ─▶ claimed                          another comes before it now
//	evaluate anew   evaluated, claimed, queued, waiting ─▶ linked     its arguments are better known
//	undefer         settled ─▶ linked                                 what it waited for does not run
//	amend           settled ─▶ settled                                it ends otherwise than it did
//
// # Where to read
//
// The files are read in this order: each file calls only what is in the files
// after it.
//
// How a plan is carried out begins with Apply and its Next:
//
//	apply.go apply_step.go apply_ready.go apply_behind.go apply_together.go apply_batch.go
//	apply_end.go apply_record.go apply_graph.go apply_turns.go apply_task.go
//	apply_prepare.go late.go backup.go progress.go
//
// How a plan is made begins with New and Planner.Next; Planner.Plan is what comes
// of it:
//
//	planner.go misnamed.go result.go finish.go purge.go depart.go parting.go claimants.go namesakes.go
//	outputs.go
//	output_changes.go complete.go
//	refused.go contexts.go actions.go
//
// What is decided when nothing runs any more:
//
//	calls.go stands.go held.go volatile.go
//
// What stays of a plan, in its file and in the record:
//
//	directory.go seal.go planfile.go fileoutput.go replay.go
//
// The way of an instance through the phases, and back:
//
//	expand.go advance.go evaluate.go done.go answer.go send.go marked.go contents.go effects.go
//	saves.go become.go spread.go link.go fail.go hop.go editions.go
//
// How instances are taken back, and which edits the plan lacks, which needs no
// Planner:
//
//	renew.go rewind.go bring.go absent.go
//
// What has to be looked at again, which needs no Planner:
//
//	blocked.go reason.go target.go wake.go
//
// What calls owe, what is recorded of an instance and its thing, and how that
// compares with the record, which needs no Planner:
//
//	debt.go takenover.go departure.go drift.go thing.go elsewhere.go argdigest.go digest.go
//
// The order of what claims one thing, which needs no Planner:
//
//	cancel.go claims.go covered.go owners.go conflict.go conflict_words.go made.go edits.go ordering.go machine.go
//
// What there is to say, which needs no Planner:
//
//	warning.go problem.go declared.go
//
// What expressions see, what is hidden, which instances a block has and which of
// them were asked for, which needs no Planner:
//
//	selectors.go
//	expansion.go items.go settledrefs.go value.go match.go cleared.go answer_secrets.go
//	conceal.go inputs.go key.go
//
// The words that all of it is told in:
//
//	stood.go decision.go instance.go order.go news.go graph.go nodevalue.go nodephase.go
//	refs.go phase.go record.go options.go step.go plan.go op.go filecodec.go
//	bundle.go bundleseal.go filecheck.go filedamage.go filevalue.go along.go wire.go roster.go
//	sorted.go
//
// # The plan file
//
// The rest of this comment specifies the file that "plan -out" writes and that
// "apply" and "show" read. TestPlanFileIsAsSpecified compares it with the types.
//
// A file is
//
//	mitoplan plan FORMAT TOOL "\n"  gzip(CBOR of File)  BUNDLE
//
// FORMAT is the version of the format, a decimal number without leading zeros;
// TOOL is the version of mitoplan that made the plan. The line is the same in every
// version, so that any program can say whose file it does not read.
//
// CBOR is plain (RFC 8949): maps with text keys, definite lengths, no tags. A file
// unpacks to at most 1 GiB without its bundle, with at most 64 levels, 16,777,216 elements of an array
// and 1,048,576 pairs of a map. Keys that are not listed here are ignored, keys
// that occur twice are refused.
//
// # Versions
//
//	1  the first
//	2  sealed: what hosts answered is encrypted
//	3  TOOL is in the first line; lineage, serial, build, place
//	4  names of their own for all that is in it, where it was Go's names; no
//	   ranges of the source; FORMAT and TOOL are in the first line only
//	5  sources of more than 1 MiB are named, or in the bundle; outputs as they were,
//	   and those that are removed
//	6  where the contexts of what is recorded led
//	7  this one: what leaves the record, and why things stay in it; destroy
//
// A program reads the one version that it writes. Any other, older or newer, is
// refused with a FormatError that names both, before anything is done: what a plan
// says, only the program that made it does exactly so. For the same reason a plan
// of this format is refused if its TOOL or its build is another.
//
// The golden files of a version stay in testdata/planfile when the next one comes,
// from 4 on: the first version that has them.
//
// # Forms
//
// text is a text string in UTF-8, bytes a byte string, time a text as in RFC 3339 or
// null, any a value. [X] is an array of X and {X} a map from text to X. A field with
// a question mark is left out if it is empty, 0 or false.
//
// A value is what hosts and agents exchange: null, a bool, an int, a float, text,
// bytes for text that need not be UTF-8, an array or a map of values. Content that
// is long or no text is a Digest.
//
// # The part that anybody can read
//
// No secret is in it. If a plan has one, its attribute is null and is named
// among the sensitive ones.
//
//	File
//	build?              text          tells builds of one TOOL apart
//	time                time          when the plan was made
//	place               Place         where it was made
//	lineage?            text          of the record that it was made with
//	serial?             int           of that record; 0 if nothing was recorded
//	dir                 text          the directory of the configuration
//	sources             {bytes}       its files, and those that functions read, by name
//	secret?             [text]        files that are left out, since they hold a secret:
//	                                  they are read again, and are inputs of the seal
//	large?              {Large}       sources of blocks that are longer than 1 MiB, by name
//	vars                {Value}       variables that are neither sensitive nor ephemeral
//	withheld?           [text]        those of them that are left out, since their value
//	                                  holds a secret: they are inputs of the seal
//	inputs?             [text]        names of all variables that the seal hangs on
//	salt                bytes         of the seal's key
//	sealed              bytes         see below
//	allow_unreachable?  bool          hosts may be away
//	stateless?          bool          there was no record
//	destroy?            bool          everything that is recorded is to go
//	contexts            [Context]     parents before children, in source order
//	actions             [Action]      in source order
//	outputs?            [FileOutput]  by name
//	outputs_changed?    [text]        names of those that differ from the record
//	orphans?            [Orphan]      recorded addresses that the configuration lacks and
//	                                  that stay in the record
//	disabled?           [text]        recorded addresses that are switched off with their
//	                                  context
//	drifts?             [Drift]       what differs, and where that comes from
//	complete            bool          the plan speaks of everything
//	unplanned?          int           blocks and instances that an error kept out
//	targeting           Targeting     what -target and -exclude did
//
//	Place
//	dir?   text  the working directory; "" if it may not be told
//	host?  text  the name of the machine
//
//	Large
//	sum?      bytes  SHA-256; absent if it holds a secret
//	size      int    bytes
//	bundled?  bool   it is in the bundle
//
//	Value
//	type  bytes  cty's JSON of the type
//	json  bytes  cty's JSON of the value
//
//	Context
//	address    text   context.ssh.web["a"]
//	parent?    text   address of the context that it is reached through
//	machine    text   address of the outermost context on the same machine
//	kind       text   ssh
//	name       text   web
//	key?       text   a
//	describe?  text   for people: deploy@10.0.0.11
//	status     text   pending, up, unreachable, failed, deferred, behind
//	reason?    text   why it is unreachable, failed or deferred
//	facts?     {any}  what its agent said when it started
//
//	Action
//	address            text    file.motd["web1"]["alice"]
//	block              text    file.motd
//	keys?              [text]  web1, alice
//	type               text    resource, call
//	kind               text    file
//	name               text    motd
//	context?           text    address of the context that it happens in
//	op                 text    no-op, create, update, replace, delete, run, always,
//	                           read, forget, defer
//	reason?            text    for people
//	leaves?            bool    it leaves the record: the configuration lacks it
//	before             {any}   attributes that are managed; null: it is absent
//	after              {any}   the same afterwards
//	uses?              {any}   arguments that are in neither and decide how it is done
//	along?             Along   what else changes
//	unknown?           [text]  attributes that only an apply can tell
//	volatile?          [text]  those of them that are new at every apply
//	sensitive?         [text]  attributes of after that are hidden
//	sensitive_before?  [text]  attributes of before that are hidden
//	sensitive_same?    [text]  attributes that are hidden on both sides, and equal
//	before_unknown?    bool    before may have changed until then
//	warnings?          [text]  what the kind has to say
//	fingerprint?       text    of what was read; HMAC under the key of the machine
//	digest?            text    of the arguments; HMAC under the key of the plan
//	left_out?          text    the instance that failed on the machine, so that this is
//	                           not applied
//	depends_on?        [text]  addresses of the actions that it waits for
//	triggered_by?      [text]  addresses of those whose change is the reason to run
//	drift?             text    outside, config, both, unknown
//
//	Along
//	count    int           how many things change
//	more?    bool          there are more than were counted
//	size?    int           bytes of the files that are removed
//	entries  [AlongEntry]  the first of them
//
//	AlongEntry
//	path     bytes   below the path of the block
//	action   text    create, update, replace, delete
//	type     text    file, directory, link, other
//	size?    int     bytes of a file
//	before?  {text}  owner, group and mode that change
//	after?   {text}  the same afterwards
//
//	FileOutput
//	name               text   of the output
//	sensitive?         bool   it is hidden
//	ephemeral?         bool   it is not recorded
//	new?               bool   the record has no value of it
//	volatile?          bool   it is new at every apply
//	removed?           bool   the configuration does not have it
//	sensitive_before?  bool   its recorded value is hidden
//	value?             Value  absent if it is hidden or only an apply can tell
//	before?            Value  as it is recorded; absent if it is new or hidden
//
//	Orphan
//	address  text  file.motd["web1"]
//	reason   text  why it cannot be taken away, and what to do
//
//	Drift
//	thing?          text    path:/etc/motd, user:app; absent if it is not known or
//	                        secret
//	machine         text    address of its outermost context
//	context         text    address of a context on it
//	addresses       [text]  the instances that differ, in the order of an apply
//	beside?         [text]  others that it shares the thing with
//	outside?        bool    the host is not as the last apply left it
//	newer?          bool    the configuration is not as it was applied
//	outside_known?  bool    the record tells of the host at all
//	changed?        [text]  attributes that were changed outside
//	arguments?      [text]  arguments that are newer
//	never_applied?  [text]  addresses that were never applied
//
//	Targeting
//	targets?        [text]  addresses of -target
//	excludes?       [text]  addresses of -exclude
//	left_out?       int     resources and calls that were not looked at
//	names?          [text]  the first 100 of them
//	brought?        int     edits that came along with the owner of the whole
//	brought_names?  [text]  the first 100 of them
//	owed?           [text]  the first 100 calls that are left out and owed
//	outputs?        int     outputs that are left out
//
//	Digest
//	mac       bytes    HMAC-SHA-256 of the content's SHA-256, under the machine's key
//	size      int      bytes
//	excerpt?  Excerpt  what differs in a long text
//
//	Excerpt
//	text      bytes  in UTF-8 if the text is, and if that is UTF-16
//	encoding  text   of the text
//	above     int    lines before it that are the same
//	below     int    lines after it that are the same
//	left      int    lines that differ and are not in it
//
// # The sealed part
//
// File.sealed is 12 bytes of nonce and AES-256-GCM of gzip(CBOR of Sealed). What is
// authenticated with it is "mitoplan plan FORMAT".
//
// The key is scrypt (N 32768, r 8, p 1, 32 bytes) of the inputs, with File.salt. For
// each input the text has LENGTH ":" NAME "=" LENGTH ":" VALUE "\n", with lengths in
// bytes: first File.inputs by name, as var.NAME with cty's JSON of the value, then
// the files of File.secret by name. One that is large has "sha256:", its SHA-256 in
// hexadecimal, ":" and its length in bytes in place of its content. Without any input the key is HMAC-SHA-256 of
// "no secrets" under the salt, and the part is open to everybody.
//
//	Sealed
//	key             bytes       of the plan's digests and, through one key for each
//	                            machine, of fingerprints
//	record_key?     bytes       of the record's digests
//	prior?          {Recorded}  the record, by address
//	interrupted?    {Recorded}  what applies had begun to make and nobody saw the end of
//	prior_outputs?  {Value}     the recorded outputs; an empty type: it was hidden
//	debts?          {[text]}    by address of a call, whose changes it has to answer
//	large?          {bytes}     SHA-256 of bundled sources that hold a secret, by name
//	lists?          {bytes}     the lists of those that are directories and archives, by
//	                            their names
//	entries         [Answer]    what the plan was told, in order
//
//	Recorded
//	args?      {text}  digests of arguments, by name
//	digest?    text    one digest of all arguments, written by old versions
//	triggers?  text    digest of the argument triggers
//	absent?    bool    it was asked to be absent
//	secret?    [text]  attributes that were made of a secret
//	kind?      text    file
//	machine?   text    address of its outermost context
//	leads_to?  text    where that led: host 10.0.0.11
//	thing?     text    path:/etc/motd
//	identity?  {text}  the arguments that name it
//	applied    time    when; null: not known
//	context?     text          address of the context that it was applied in
//	depends_on?  [text]        addresses that it came after
//	created?     bool          an apply made the thing
//	end?         RecordedEnd   what taking the thing away needs
//	begun?       [Trait]       how an apply would have left it of which nobody saw the end
//
//	RecordedEnd
//	args?    {any}   the arguments that it needs, as they were applied
//	secret?  [text]  names of those that it needs and that were secrets
//	kept?    Kept    what the host said for it; absent: no apply changed the thing
//
//	Kept
//	b?  bytes   path of the backup of what was there before
//	l?  [text]  things that were made besides the thing itself, in that order
//	u?  bool    a line was added behind a last line without a line end
//
//	Answer
//	type      text       context, check, read, probe
//	address   text       of the instance
//	failure?  Failure    exactly one of these is there: failure, or facts for a
//	                     context, change for a check, reply for read and probe
//	facts?    {any}      as those of Context
//	change?   Change     what the resource would do
//	reply?    CallReply  what the function said
//
//	Failure
//	kind?    text    skipped, lost, behind, stopped; absent: a problem of its own
//	code?    text    tells failures apart in programs
//	attr?    text    the argument to blame
//	summary  text    short and constant
//	detail?  text    sentences
//	chain?   [text]  contexts, outermost first
//	phase?   text    how far the last of them had come
//
//	Change
//	action        text       no-op, create, update, replace, delete
//	before        {any}      as in Action
//	after         {any}      as in Action
//	uses?         [text]     names of arguments that decide how it is done
//	along?        Along      what else changes
//	fingerprint?  text       of what was read
//	writes?       [text]     things that it writes: path:/etc/motd
//	results?      {any}      what the resource says of itself
//	restores?     [text]     things that this leaves as they are on the machine
//	warnings?     [Problem]  what the kind has to say
//	traits?       [Trait]    what the block manages, as it was found
//	leaves?       [Trait]    the same as it will be left, of what is made
//	stays?        [Problem]  why an end leaves what it was asked to take away
//
//	Problem
//	code?    text  tells problems apart in programs
//	attr?    text  the argument to blame
//	summary  text  short and constant
//	detail?  text  sentences
//	said?    text  what a program of the host said of it
//
//	Trait
//	attr   text   the argument that it shows in
//	part?  bytes  SHA-256 of what chooses the part that the block manages
//	sum    bytes  SHA-256 of the value
//
//	CallReply
//	would_run  bool   the guards let it run
//	results?   {any}  what it gave
//
// # The bundle
//
// BUNDLE is all sources of File.large that are bundled, one behind the other in the
// order of their names (by bytes), and nothing else. Without any it is empty. One that
// holds no secret is there as it is.
//
// One that does is cut into pieces of 65,536 bytes, the last one shorter. Each is
// encrypted with AES-256-GCM, and 16 bytes longer for that. The nonce is 4 bytes of 0 and
// the number of the piece as a big-endian u64, from 0 on. What is authenticated with it
// is "mitoplan plan FORMAT". The key is HMAC-SHA-256 of "bundle " and the name of the
// source, under the key of the sealed part.
package planner
