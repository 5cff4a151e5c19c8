// Package transport runs functions in a tree of contexts: small agent
// processes, each started by its parent over any byte stream. Messages are
// routed along the tree; starts and calls are pipelined, so that a start deep
// in the tree and the calls in it go out together.
//
// The package knows neither ssh nor sudo (see package connect), and nothing of
// resources. It never lets a child choose a route, a handle's owner, or the
// amount of memory that is used for it.
//
// Who uses the package starts reading at Router.Connect, Context, Func and Serve.
// Who changes it starts with the layers. The rest of this comment is the wire
// specification.
//
// # Layers
//
// The files are read in this order. A file uses its own layer and those below
// it, and nothing above: TestLayers holds this list to be true.
//
//	1  Frames and codec: what crosses the wire, and what is said of it.
//	   address.go blob.go message.go framebuffer.go payload.go payloadcall.go greeting.go codec.go
//	   valuetags.go estimate.go typeshape.go secret.go decimal.go errors.go knownerrors.go
//	   unmade.go limit_unix.go limit_other.go phase.go clean.go account.go
//	2  Streams and queues: one connection to one neighbour.
//	   stream.go echo.go pace.go queue.go smallbatch.go fragments.go backpressure.go
//	3  Routing: which stream, or who in this process, gets a message.
//	   exchange.go census.go mailbox.go say.go route.go branch.go longsend.go droplog.go sender.go sendwindow.go
//	   senderscan.go sendable.go sendcheck.go valuescan.go anyvalue.go anydecoded.go valueset.go permits.go
//	4  Children: starting them, connecting their streams, seeing them end.
//	   connector.go lateness.go startclock.go startslots.go startlog.go processname.go childarg.go
//	   nursery.go optionscheck.go child.go childbehind.go childend.go
//	5  Contexts, calls and their results.
//	   broker.go router.go context.go contextend.go spawning.go startelsewhere.go
//	   result.go call.go callorder.go callends.go bounds.go transit.go hold.go loggate.go
//	   showlog.go
//	   tunnel.go tunneldial.go pipe.go bloboffer.go blobserve.go blobpull.go
//	   blobkeep.go blobfill.go blobdisk_unix.go blobdisk_other.go
//	6  Waiting for many things: messages, and whichever comes first.
//	   select.go receiver.go received.go receiverusers.go
//	7  Agents: what runs in a context, and serves the calls from above.
//	   scope.go runlog.go func.go node.go blobnode.go progress.go sendlog.go runs.go processors.go engine.go execute.go
//	   builtin.go spawn.go dump.go dumphere.go dumpstacks.go serve.go servable.go fatallog.go stdio_unix.go
//	   stdio_linux.go stdio_bsd.go stdio_other.go signal_unix.go signal_other.go wake_linux.go wake_other.go
//	   processname_linux.go processname_other.go facts.go facts_linux.go facts_other.go
//
// # Tree and addresses
//
// An Address is the path of hops from the controller. A hop is six bytes:
// index u32, generation u16, big-endian. The controller's path is empty. A path
// has at most 32 hops.
//
// Whoever asks for a context chooses its index. The upper six bits of the index
// are the depth of the one who chose, and the lower 26 count up, so that two who
// choose below the same parent never choose the same. A context that takes the
// place of one that has ended has its index and the next generation.
//
// A context is the child of the process that holds its stream. One that is
// dialled through another context (see ThroughConnector) is the controller's own
// child.
//
// # Bootstrap
//
// A child is started as
//
//	argv = [NAME, "mitoplan-agent", TOKEN, NAME]      NAME = "mitoplan:CONTEXT:USER@HOST:PID"
//
// It moves the protocol to descriptors from 3 on, overwrites the memory of its
// arguments with NAME and goes to the root directory. Then it prints
// "\n" TOKEN "\n", and after that nothing but frames. What came before that line
// is noise; the connector keeps the end of it for error reports.
//
// An agent that runs programs starts its own executable once more, with the TOKEN "watch"
// and the NAME "watcher of NAME", and a pipe as its stdin. What it writes there are lines
// "PID MARK": the agent itself has no MARK; the PID of a program is 0 before it is known,
// and -1 when it has ended. At the end of the pipe the watcher kills what still belongs to
// programs; see transport/process.
//
// On Linux an agent has a timer of the kernel that sends it SIGCONT after the interval and the
// timeout of its setup, and after 20 s before that. It sets it again in each interval. So one
// that is stopped goes on after its parent has counted it as lost, and ends if that is gone.
//
// The parent sends nothing after the bootstrap until it has read the greeting.
// It keeps up to 64 MiB of frames for the child meanwhile.
//
// # Frames
//
//	u32  length of what follows, 12 … 65536
//	u8   flags
//	u8   number of hops of the destination, 0 … 32
//	u8   number of hops of the source, 0 … 32
//	u8   0
//	u32  handle
//	u32  handle at the source for a reply, 0 for none
//	     destination path, source path
//	     payload
//
// All numbers are big-endian. The flags:
//
//	 1  part    the payload is a fragment: transfer u32, total u32, bytes
//	 2  fin     tunnel or sender: no more will come
//	 4  reset   tunnel: it has ended, both ways
//	            pull: the blob is not wanted any more
//	 8  credit  to a tunnel: the payload is a u32 of credit
//	            to a receiver: the payload is the path of a context that its
//	            sender is passed on to
//	            to the reply handle of a call: the function goes on; no payload
//	            to the reply handle of a sender's message: the payload is a u32 of credit
//	16  dead    nobody will reply; the payload is a reply with the reason
//	            tunnel: it has ended, both ways, and the payload says why
//	            to the reply handle of a sender's message: the receiver takes no more
//	            to a receiver, and to handle 11: the payload is that of handle 8; a
//	            context has ended that sends to it, or that has receivers
//	32  bulk    small frames may overtake this one
//	64  more    with bulk: the payload goes on in the next frame with the flag bulk,
//	            whose addresses, handles and other flags are the same
//
// A frame that is too long, has unknown flags, or has addresses that reach beyond
// its end is a bad frame. It ends its stream and nothing else.
//
// # Payloads
//
// Payloads are CBOR maps with text keys, except those of fragments, tunnels and marks,
// which are bare bytes. Nesting is at most 32, arrays have at most 131,072
// elements and maps 65,536 pairs. Indefinite lengths, duplicate keys, tags other than these and
// text that is not UTF-8 are refused; text that need not be UTF-8 is a byte
// string. An address is a byte string of its path, a Sender one of its handle u32
// and path. A time is a text as RFC 3339 has it. If a payload cannot be decoded, a call is answered with an error, and
// any other message is dropped and logged.
//
// The kind and the connector of a spawn are those of the connector that is sent, which may
// be another one than its program gave to Connect: see SentConnector.
//
// Values of a program, which are inputs, results and what a Sender sends, may have tags, so
// that they arrive as what they were where the type on the other side is any:
//
//	0           time, a text                  0x6d697401  duration, an integer in ns
//	2, 3        integer above u64, below      0x6d697402  Secret, a text
//	4           Decimal: exponent, integer    0x6d697403  Blob, its name
//	258         Set, an array                 0x6d697404  Address, its path
//	                                          0x6d697405  Sender, handle and path
//	                                          0x6d697406  RemoteError: kind, message, function,
//	                                                      problem, stack, chain, known
//
// A Secret, a Decimal, a Set and a RemoteError always have theirs. The others have it if a value
// of a type with a tag is anywhere in an any of the message. Where the type is known, tags are
// passed over; in an any of a plain function (see NewPlainFunc) they are refused.
//
// Before a payload from below is decoded into a value of the expected type, the
// memory that the value would take is estimated from the heads of its items. If
// it would take more than 64 MiB, alone or with what is held of its host already,
// the payload is not decoded and the connection that it came on is ended.
//
//	handle  name       from, to                payload
//	1       greeting   child, parent           protocol, facts (Greeting)
//	2       setup      parent, child           protocol, address, name, level, interval, timeout,
//	                                           kill_delay, shutdown (ns), parallelism, shared,
//	                                           max_message (bytes; 0 or none: 64 MiB)
//	3       heartbeat  neighbour, neighbour    none
//	4       call       above, below            f (name), i (input), a (ids it comes after),
//	                                           s (ids that must have ended), t (timeout ns), l (low),
//	                                           p (pipe)
//	5       cancel     above, below            id
//	6       spawn      above, parent-to-be     address, kind, connector, name, timeout (ns), parallelism,
//	                                           shared
//	7       log        any, controller         l (level), n (name), m (message), k (keys and values),
//	                                           c (last hop of a child of the sender)
//	8       lost       parent, who asked       address, e (LostError; none: it was told to end)
//	9       shutdown   parent, child           within (ns)
//	10      bye        child, parent           none: it ends, as it was told to or by itself
//	11      credit     receiver, sender        logs (entries), bytes; with dead: address, e
//	12      pull       child, parent           b (blob), o (offset), a (address that it is for),
//	                                           w (window)
//	13      mark       neighbour, neighbour    a number u32, which is bare bytes
//	1000…   replies, receivers, tunnels, as their owner gave them out
//
// A reply is {o: result} or {e: error}. An error is a map with one of the keys
// remote, connect, cancelled, timeout, skipped, lost, blob, whose fields are those of
// the types RemoteError, ConnectError, CancelledError, TimeoutError, SkippedError
// (function, and cause: an error again), LostError and BlobError. Beside connect there may be
// cause, the error of one of the other types because of which the start failed. Beside remote
// it is the connect, lost, timeout or blob that the error of the function was. In a cause,
// context is the name that connect or lost has where it comes from. Beside
// connect and remote there may be known: at most 16 names of errors that the error is,
// such as fs.ErrNotExist, ENOSPC or one that the program gave to KnownErrors. Who passes
// an error on passes on the names. Names that are not known are kept and mean nothing.
//
// The reply handle of a call is its id. The ids of one caller rise. l is the
// lowest id that the context must remember: of a call without an answer, or of
// one that such a call comes after. The context forgets the result of all calls
// with lower ids. A call leaves l out if the caller has said it before.
//
// shared are bytes that all calls of a context have in common, at most 1 KiB, so that they
// cross the wire once. What they mean is between those who call and the functions.
//
// Four functions are served by every context: transport.dial (network, addr,
// handle: the caller's end; result handle), transport.end (address, within),
// transport.level (its input is the lowest level that is sent) and transport.dump (ns;
// result address, name, text, stacks, below: the same).
//
// A function that reads much says that it goes on (see Advance). It sends a frame
// with the flag credit to the reply handle of its call, at most once a second and
// not in its first second. Only how long the caller waits depends on that.
//
// A call may have a pipe: p is the caller's end of a tunnel. When the function begins,
// its context opens the other end and sends credit for 1 MiB there, in a frame that has
// the handle of this end as its reply handle, as have all that it sends there. Before
// that the caller sends nothing. The reply to such a call has the flag bulk, so that
// it comes behind what the function wrote, unless that was cancelled or ran out of time.
//
// # Version
//
// A child greets with the highest protocol that it speaks. The parent answers with
// the protocol that is used. If the child does not speak one that high, the parent
// ends the start; if the child does not speak what it is told, it ends. This is
// protocol 4. New fields get new keys, which older agents ignore. New flags and
// handles need a new protocol.
//
// # Routing
//
// A frame whose destination is this address is for this process. One whose
// destination is behind this address goes to the child that leads there. Any other
// goes up. A frame is dropped and logged if
//
//   - it came from a child and its source is not behind that child, or is of
//     another generation;
//   - it came from above and its source is behind this context, or its
//     destination is not;
//   - it goes from child to child, unless it is for a receiver whose sender its
//     source was given, or is credit for such a message, or says that it is not taken;
//   - it is a call, cancel or spawn that did not come from above, a shutdown
//     that did not come from the parent, a log or lost that did not come from
//     below, or a lost about a context that is not the source's child;
//   - it is a pull that did not come from the child that it names as its source, or
//     that is for a context that is not behind that child;
//   - it is a reply from another context than the one that was called, unless
//     it is dead and from one above that;
//   - it is for a receiver that does not listen to its source or whose sender
//     its source was not given, or for a tunnel and not from its other end.
//
// Of the dropped frames of a neighbour, one in 10 s is logged with what is wrong
// with it, and then the number of the others. A neighbour that sends 262,144
// frames within 10 s that nobody may send is ended. Of several replies to one call
// the first counts.
//
// If a frame cannot be brought to its destination and its sender waits for a
// reply, the sender gets a dead reply.
//
// # Senders
//
// A receiver takes messages from its own context, from those above, and from those
// that its Sender was given to. Whoever encodes a Sender into a message notes which
// context gets that message.
//
// A context that was given a Sender may pass it on to a context behind itself, or
// to one that is behind a context above both. Before the message with the Sender
// it sends a frame with the flag credit to the receiver's handle; its payload is
// the path of the new user. The owner of the receiver notes that, for at most
// 4,096 contexts of each receiver, until the receiver ends. A router that sends
// such a frame, or that it comes down through, notes it too, if the user and the
// receiver are behind different children, until one of those contexts ends.
// Nothing else opens a way from one child to another.
//
// Each message of a Sender has a reply handle of the process that sends. All Senders of one
// receiver in that process share it, and a window. A message counts its bytes and 256 more. While
// less than 1 MiB of what was sent was not taken out of the receiver, one more message may be
// sent, however long it is; then the process waits. When a quarter of the window has been
// taken, the receiver gives credit for it, in a frame with the flag credit to the reply handle.
// What comes without credit is dropped, and refused. Credit counts only from the context
// of the receiver.
//
// A long message travels in fragments. What the process sends to the same receiver after it
// does so, too, however short it is, so that nothing overtakes it.
//
// A message that is not taken is answered by a frame with the flag dead to its reply handle:
// by the owner of the receiver if that is closed or does not listen to the source, and by a
// router that lets nobody send there, or knows no way. When a receiver is closed, everybody
// is told so that has something under way there. The payload is an error remote, of which known says
// transport.ErrReceiverClosed or transport.ErrSenderRefused. It counts from the context
// of the receiver, and from those that the message goes through. A process
// sends nothing more to such a receiver. It remembers the 1,024 that were closed last.
//
// Who gives a Sender of another context to one below itself remembers that, until one of the
// two ends. If the one with the Sender ends, the receiver is told: in a frame with the flags dead
// and bulk to its handle, which comes behind what that one has sent. If the one with the
// receiver ends, the others are told by a frame with the flag dead to handle 11, and
// pass that on in the same way. A receiver believes a context only about those behind it, and
// handle 11 believes those above only, and about contexts beside its own. A receiver tells
// its program once of each context that ended without closing its Sender.
//
// A value from below is refused if it has a Sender in it that the context has no
// right to.
//
// # Blobs
//
// Contents that are long, or wanted by many, do not travel in calls. They are named
// by a byte string of 41 bytes: their SHA-256, their size u64, and 1 if they are
// secret or 0. A context asks its parent for them. The frame has the handle pull; its
// reply handle is the child's end of a tunnel. The parent sends the contents from the
// offset on into that tunnel, as frames that have the handle of its own end as their
// reply handle. The first credit is the window that the pull names, at most 2 MiB. The
// child gives credit back for all that it takes, the last bytes too, and only then the
// parent closes its end. So the parent knows what has arrived.
// The end of the contents is a frame with the flag fin. If they do not come, or no
// more of them, a dead frame says why, with the error blob. Its reason is one of
//
//	refused      they were not offered to the context, or too many pulls run
//	unavailable  their source cannot be read
//	changed      what came is not what the name says
//
// A child that does not want the rest sends a frame with the handle pull, the flag
// reset and the same reply handle. It may do so before the first byte has come.
//
// Only the controller says who may have which blob. So a parent that has no offer of
// its own asks its own parent, in the name of the same context. The controller refuses
// what it did not offer to exactly that context.
//
// A parent keeps what passes, so that its children and itself cost one copy on the
// line above it, and sends it on while it comes, to each at its own pace. Who asks for
// what is kept, or comes already, is asked for above with the offset at the end of the
// blob: the answer has no bytes, and says that the context may have it. Blobs of up to
// 256 KiB are kept in memory, 16 MiB of them. Longer ones are kept if there are two
// or more who may ask for them, in files without names, at most 4 GiB of them and half
// of what is free there. Secret ones are kept in memory only, up to 1 MiB each. Those
// that nobody reads go, the longest unread first, when there is no room. What is not
// kept passes through, as does what is pulled from an offset and is not here. A blob
// that nobody waits for any more is not pulled to its end, and nothing of it is kept.
//
// Whoever keeps a blob or uses it checks what comes: as many bytes as the name says,
// with that sum. The end of a blob is passed on only when that is known.
//
// The time in which contents move at 4 KiB/s or more counts against no bound of a call
// in all, and not against the timeout in it. Contents are blobs that its context takes,
// as credit comes back for them, bytes in the pipes of its calls, and long calls and
// answers. Who called counts those of the whole context, each blob as often as it was
// offered to it, and what moves of a blob for one context also for those behind the same
// child that were offered it. The agent that keeps the timeout counts what its function
// reads, and of what it writes that for which credit comes back; while the function waits
// for either, or for contents that another one pulls, what moves for others counts, too.
// One that still waits for contents when its time is over gets up to 10 s more, as a frame
// may be on its way. Both ends of a pipe, and who pulls, give credit back once in a second,
// however little it is, from 4 KiB on.
//
// At most 64 pulls for one context run at once, and 256 of one child. More are
// refused. A context opens 32 itself, and 256 for itself and all behind it; more wait.
// It gives windows of 16 MiB together, and 64 KiB for each more. While more than
// 256 KiB wait to be written to a child, nothing is read for it from a source. A pull
// that gives no credit for 5 minutes is ended, and so is one while no byte of any
// blob comes for that long. The same holds for the pipe of a call: nothing is written into
// it while 256 KiB wait for the stream, or more than its line takes soon (see Order).
//
// # Order and sizes
//
// Each stream has two queues: one of frames with the flag bulk, one of the others.
// Each queue keeps its order, and the others go first. All that is queued is
// written at once, with at most 128 KiB of each in one write.
//
// That bulk was written does not say that it has arrived. Between frames with bulk a
// neighbour writes marks, and who reads a mark sends it back at once with the flag
// credit, as a small frame. So much bulk is under way to a neighbour as the line carries in
// the shortest round trip of a mark, and half of that more, or one of these if that is more:
//
//	what the line carries in 500 ms, but not more than 64 KiB
//	what it carries in 50 ms, but not more than 128 KiB
//	what it carries in 2 ms, but not more than 1 MiB
//
// It is 16 KiB at first, then at least 8 KiB and at most 16 MiB, and no more than eight
// times what was used lately. An eighth of that, at least 4 KiB, is written at once; a frame
// that is longer is cut (more). So small frames overtake within a second or two on a line
// of 8 KB/s. Whatever is under way when a line becomes slow has to arrive before anything
// else does: if a near line of up to 64 MB/s falls to 30 KB/s, 128 KiB, which take 4 to 5 s.
// While the oldest mark takes four times as long as the latest took, and more than 100 ms, no
// bulk is written. A neighbour that sends no marks back gets no more bulk, as one that reads
// nothing.
//
// A connection that was dialled through an agent is a stream of bytes in which nothing can be
// overtaken. So 16 KiB are sent of it at once, and nothing while 4 KiB wait for the stream below.
//
// A payload of more than 32 KiB travels as fragments of 32 KiB, one message after
// the other for each destination. It may have up to 64 MiB on the way down and
// 28 MiB on the way up, and no more than max_message of the setup. At most 4 MiB are under way from one context to another;
// the destination gives credit back. If a neighbour has more than 4 MiB unfinished,
// only the sender of the oldest message gets credit. So a long call may arrive
// after a short one that was sent later; calls that come after it wait for it. A
// spawn is never fragmented, because frames for the child may follow it at once.
//
// A tunnel carries frames of up to 32 KiB, with at most 1 MiB under way each
// way. For messages of a Sender, see Senders. At most 1,024 log entries of one context, and 4 MiB of them, are under way;
// a context that logs more waits.
//
// # Bounds
//
// What waits in a process is counted for the child that it came from, together with
// everything behind that child: frames on their way to another neighbour or to a
// child that is starting, what is sent back because of the child's frames, replies
// that nobody has taken, and messages in receivers. While that and the child's
// unfinished messages are more than 32 MiB, nothing more is read from the child. If
// none of it is consumed for 30 s, the child is ended: it sent more than was
// consumed. Nobody else is ended for that.
//
// A child may leave at most 4,096 messages and 32 MiB unfinished, and 4 MiB more for
// each further context behind it; the parent may leave 256 MiB. More ends the
// stream. Values that are said to be held (Context.Hold) are counted for the same
// child, up to 64 MiB. If a neighbour does not read what this process itself has to
// say, it is given up when 256 MiB wait for it.
//
// If a stream ends because of what its peer did, the error says so: a bad frame, too
// much unfinished, too much unconsumed, or a payload that would become too much.
//
// # Log entries
//
// Log entries and replies of one context are handled in order: what the context logged
// before a reply, before its bye or before its loss is shown before that is told.
// Messages are cut to 8 KiB, values to 4 KiB, and all values of an entry together to
// 16 KiB, so that an entry is one frame; the beginning and the end of each are kept.
// Escape sequences and control characters are removed from every text that comes
// from another machine.
//
// Of one context 10,000 log entries a second are shown, and 20,000 at once. A context
// that logs faster gets its credit so much later: it waits, and nothing is left out. Of
// the entries that come without credit, and of those that are longer than a frame, only
// the number is shown, every 10 s. If the log of the controller takes longer than 1 s for an entry, nothing waits
// for it any more: what comes until it moves again is left out, and the number of that
// is shown first. Who logs gets its credit back for entries that are left out. Names
// and keys are words of letters, digits and "._-/". A key that the controller itself
// uses (context, address, level, time and the like) is shown as "host.KEY".
//
// With c, an entry is about the start or the end of a child of its sender. It is shown as an
// entry about that context, and says by whom. The child of another context cannot be named so.
//
// In errors that come from below, messages, stacks, details and last words are cut
// to 64 KiB, and all other texts to 1 KiB.
//
// # Time
//
// A start that its host does not bring on for 10 s is given up, and so is one that takes
// 60 s in all, or 20 s if an agent makes it. It is brought on when it comes to its next
// phase, by what an ssh server says from its version to the login, and when the host says
// that 4 KiB more of an agent have arrived, or the rest. What was written counts for
// nothing, as it may be in buffers on the way. While an agent is sent, the time in all is
// longer by 1 s for each 4 KiB of it. The time in which the process that makes the start
// could not go on itself, because its machine was busy or had stopped it, is given in
// addition, up to 10 s in all. Who asked an agent for a start waits for the answer for
// twice the time of the start and 10 s, from when the agent last answered for any start:
// others may have their turn first. A neighbour that has written nothing for 5 s sends a
// heartbeat. A neighbour that nothing came from for 15 s is lost; the time in which this
// process itself does not read does not count. One that takes nothing any more is read for
// 1 s more, or to its end: it may have said something before that. In the middle of a frame, less than 1 KiB
// counts as nothing: if the length of a frame is garbage, heartbeats are taken for its
// contents. Heartbeats of a context that others are dialled through may stand behind what is
// under way for those. So if such a context is silent and one of those is not, that one is sent
// a mark, with the highest bit of its number set. The silent one is lost when that mark comes
// back before anything of it has, when the other one is silent, too,
// or after 60 s. What its parent says to such a context may stand behind that, too, so a context
// waits twice as long for its parent. (The controller's numbers travel in the setup; mitoplan's are 3 s and 9 s.)
//
// A cancelled function has 8 s to return before its caller is told that it is still
// running. A caller waits 10 s for the answer to a cancel, and not at all while a part of
// the call has not left it: the cancel overtakes that. A context that is told to cancel a
// call which is not there yet remembers that until it is, and does not run it.
//
// A child that is told to end has 1 s to say bye, and the last round trip of a mark more,
// up to 3 s. If it does, it has 4 s to end; at
// 5 s its process gets TERM and at 10 s KILL. If it does not, its connection is closed
// at 1 s; its process gets TERM 1 s later and KILL one second after that. A child that
// was ended for what it did gets TERM at once and KILL 1 s later. An agent whose
// parent is lost cancels its calls, ends its children and is gone within 4 s. The
// heartbeat, its timeout and the 5 s and 10 s can be set.
//
// A heartbeat says that an agent lives, and nothing of the calls in it. How long an
// answer is waited for is the caller's to say, whatever the agent claims: in all, and
// without a sign that anything goes on (see Bounds).
package transport
