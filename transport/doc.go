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
//	   address.go message.go payload.go greeting.go codec.go estimate.go
//	   typeshape.go errors.go clean.go account.go
//	2  Streams and queues: one connection to one neighbour.
//	   stream.go fragments.go backpressure.go
//	3  Routing: which stream, or who in this process, gets a message.
//	   exchange.go route.go branch.go longsend.go droplog.go sender.go
//	   senderscan.go permits.go
//	4  Children: starting them, connecting their streams, seeing them end.
//	   connector.go hopclock.go nursery.go child.go childend.go
//	5  Contexts, calls and their results.
//	   broker.go router.go context.go contextend.go startelsewhere.go mailbox.go
//	   result.go call.go bounds.go hold.go showlog.go tunnel.go
//	6  Waiting for many things: messages, and whichever comes first.
//	   select.go receiver.go
//	7  Agents: what runs in a context, and serves the calls from above.
//	   func.go node.go progress.go sendlog.go runs.go engine.go builtin.go
//	   spawn.go dump.go serve.go stdio_unix.go stdio_linux.go stdio_bsd.go
//	   stdio_other.go signal_unix.go signal_other.go processname_linux.go
//	   processname_other.go facts.go facts_linux.go facts_other.go
//
// # Tree and addresses
//
// An Address is the path of hops from the controller. A hop is six bytes:
// index u32, generation u16, big-endian. The controller's path is empty. Who
// asks for a context chooses its index: the upper six bits are the depth of
// the one who chose, the lower 26 count up, so that two who choose below the
// same parent never collide. A context that takes the place of one that has
// ended has its index and the next generation. A path has at most 32 hops.
//
// A context is the child of who holds its stream. One that is dialled through
// another (a ThroughConnector) is the controller's own child.
//
// # Bootstrap
//
// A child is started as
//
//	argv = [NAME, "mitoplan-agent", TOKEN, NAME]      NAME = "mitoplan:USER@HOST:PID"
//
// It moves the protocol to descriptors from 3 on, overwrites the memory of its
// arguments with NAME, goes to the root directory, prints "\n" TOKEN "\n", and from there on frames.
// Whatever came before that line is noise: the connector keeps its end for
// error reports. The parent sends nothing after the bootstrap before it has
// read the greeting; it keeps up to 64 MiB of frames for the child meanwhile.
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
//	 4  reset   tunnel: it is over both ways
//	 8  credit  tunnel: the payload is a u32 of credit; receiver: the path of
//	            a context that its sender is passed on to
//	            to the reply handle of a call: the function goes on; no payload
//	16  dead    nobody will reply; the payload is a reply with the reason
//	32  bulk    small frames may overtake this one
//
// A frame that is too long, has unknown flags or addresses beyond its end is
// a bad frame. It ends its stream and nothing else.
//
// # Payloads
//
// Payloads are CBOR maps with text keys, but for fragments and tunnels, which
// are bare bytes. Nesting is at most 32, arrays 131,072 elements, maps 65,536
// pairs; indefinite lengths, tags, duplicate keys and text that is not UTF-8
// are refused. Text that need not be UTF-8 is a byte string. An address is a
// byte string of its path; a Sender one of handle u32 and path. A payload that
// cannot be decoded is dropped and logged, or answered where it is a call.
//
// Before a payload from below is decoded, what its values would take as the
// type that is expected is estimated from the heads of its items. One that
// would take more than 64 MiB, or with what is held of its host already, is not
// decoded, and ends the connection that it came on.
//
//	handle  name       from, to                payload
//	1       greeting   child, parent           protocol, facts (Greeting)
//	2       setup      parent, child           protocol, address, name, level, interval, timeout,
//	                                           kill_delay, shutdown (ns), parallelism
//	3       heartbeat  neighbour, neighbour    none
//	4       call       above, below            f (name), i (input), a (ids it comes after),
//	                                           s (ids that must have ended), t (timeout ns), l (low)
//	5       cancel     above, below            id
//	6       spawn      above, parent-to-be     address, kind, connector, name, timeout (ns), parallelism
//	7       log        any, controller         l (level), n (name), m (message), k (keys and values)
//	8       lost       parent, who asked       address, e (LostError; none: it was told to end)
//	9       shutdown   parent, child           within (ns)
//	10      bye        child, parent           none: it was told to end and does; and as its last word
//	11      credit     receiver, sender        logs (records), bytes
//	1000…   replies, receivers, tunnels, as their owner gave them out
//
// A reply is {o: result} or {e: error}. An error is a map with one of the keys
// remote, connect, cancelled, timeout, skipped, whose fields are those of the
// types RemoteError, ConnectError, CancelledError, TimeoutError and
// SkippedError (function, and cause: an error again).
//
// The reply handle of a call is its id. Ids of one caller rise. l is the
// lowest id that the caller has no answer to yet, or that a call without an
// answer comes after: the context forgets what came of the calls below it.
//
// Three functions are served by every context: transport.dial (network, addr,
// handle: the caller's end; result handle), transport.end (address, within)
// and transport.dump (result text).
//
// A function that reads says that it goes on (see Advance): a frame with the
// flag credit to the reply handle of its call, at most once a second and not in
// its first second. Nothing hangs on it but the patience of the caller.
//
// # Version
//
// A child greets with the highest protocol it speaks. The parent answers with
// the one that is used, or ends the start where it speaks none that high; a
// child ends where it does not speak what it is told. This is protocol 1. New
// fields are added under new keys, which older agents ignore; new flags and
// handles need a new protocol.
//
// # Routing
//
// A frame for this address is for here; one for an address behind it goes to
// the child of that hop, else up. A frame is dropped and logged when
//
//   - it came from a child and its source is not behind that child, or is of
//     another generation;
//   - it came from above and its source is behind this context, or its
//     destination is not;
//   - it goes from child to child, unless it is for a receiver whose sender its
//     source was given, or is credit for such a message;
//   - it is a call, cancel or spawn that did not come from above, a shutdown
//     that did not come from the parent, a log or lost that did not come from
//     below, or a lost about a context that is not the source's child;
//   - it is a reply from another context than the one that was called, unless
//     it is dead and from one above that;
//   - it is for a receiver that does not listen to its source or whose sender
//     its source was not given, or for a tunnel and not from its other end.
//
// Of a neighbour's dropped frames one in 10 s is logged, with what is wrong with
// it, and then the number of the others. Of several replies to one call the
// first counts. A neighbour that sends 262,144 frames within 10 s that nobody may
// send is ended.
//
// # Senders
//
// A receiver takes messages from its own context, from those above, and from
// those that its Sender was given to: whoever encodes a Sender into a message
// notes which context gets the message. Who was given one may pass it on to a
// context behind itself, or to one behind a context above both: before the
// message with the Sender it sends a frame with the credit flag to the
// receiver's handle, whose payload is the path of the new user. The owner
// notes that, for at most 4,096 contexts of each receiver. A router that such a
// frame comes down through, or that sends it, notes it too, where the user and
// the receiver are behind different children: that, and nothing else, opens the
// way from one child to another. What the owner noted ends with the receiver,
// what a router noted with the contexts at both ends. A Sender in a value from
// below is refused where the context that it came from has no right to it.
//
// A frame that cannot be brought to its destination and waits for a reply is
// answered with a dead reply.
//
// # Order and sizes
//
// Each stream has two queues. Frames without the bulk flag go out in order,
// before those with it; those with it keep their order too. All that is queued
// is written at once, with at most 128 KiB of bulk in one write.
//
// A payload of more than 32 KiB, up to 64 MiB on the way down and 28 MiB on the
// way up, travels as fragments of 32 KiB, one message after the other for each
// destination, with at most 4 MiB under way from one context to another; the
// destination gives credit back. Where a neighbour has more than 4 MiB
// unfinished, only the sender of the oldest message gets credit. A long call may so arrive after a short one that was sent later; those that come
// after it wait for it. A spawn is never fragmented: frames for the child may
// follow it at once.
//
// A tunnel carries frames of up to 32 KiB, with at most 1 MiB under way each
// way. At most 1,024 records and 4 MiB of them of one context are under way;
// who logs more waits.
//
// # Bounds
//
// What waits is counted for the child that it came from, with all that is
// behind it: frames on their way to another neighbour or to a child that is
// starting, what is sent back to it because of its frames, replies that nobody
// has taken, messages in receivers. While that, with its unfinished messages,
// is more than 32 MiB, nothing more is read from the child. Where nothing of it
// is consumed for 30 s, the child is ended: it sent more
// than was consumed. Nobody else is ended for that.
//
// A child may leave at most 4,096 messages and 32 MiB unfinished, and 4 MiB for
// each further context behind it, the parent 256 MiB; more ends the stream. Values that are said to be held (Context.Hold) are
// counted for the same child, up to 64 MiB. A neighbour that does not read what
// this process itself has to say is given up when 256 MiB wait for it.
//
// A stream that ends for what its peer did names that: bad frame, too much
// unfinished, too much unconsumed, a payload that would become too much.
//
// # Records
//
// What a context said before a reply, the loss of the context or its bye is
// shown before that is told: records and replies of one context are brought in
// order. Messages are cut to 8 KiB, values to 4 KiB, and all values of a record
// to 16 KiB, with their beginning and end kept, so that a record is one frame.
// Escape sequences and control characters are taken out of every text that
// comes from another machine.
//
// Of one context 10,000 records a second are shown, and 20,000 at once; of the
// others, and of records that are longer than a frame, their number is, every
// 10 s. Names and keys are words of letters, digits and "._-/"; a key by which
// the controller itself speaks (context, address, level, time and the like) is
// shown as "host.KEY".
//
// Of errors that come from below, messages, stacks, details and last words are
// cut to 64 KiB, all other texts to 1 KiB.
//
// # Time
//
// A hop has 10 s from dialling to its greeting. A neighbour that has written
// nothing for 5 s sends a heartbeat; one that nothing came from for 15 s is
// lost. (The controller's numbers travel in the setup; mitoplan's are 3 s and
// 9 s.) Time in which this process itself does not read does not count. A
// cancelled function has 8 s to return before its caller is told that it is
// still running; a caller waits 10 s for the answer to a cancel. A child that is
// told to end has 1 s to say bye. Then it has 4 s; at 5 s its process gets TERM
// and at 10 s KILL. Where it says nothing its connection is closed at 1 s, and
// its process gets TERM 1 s later and KILL after one more. A child that was
// ended for what it did gets TERM at once and KILL 1 s later. An agent whose
// parent is lost cancels its calls, ends its children and is gone within 4 s.
// The heartbeat, its timeout and the 5 s and 10 s can be set.
//
// A heartbeat says that an agent lives, and nothing of the calls in it. How long
// their answers are waited for is the caller's to say (see Bounds): without a
// sign that anything goes on, and in all, whatever an agent claims.
package transport
