package state

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/mitoplan/mitoplan/internal/kind"
)

// Journal writes down what an apply is about to do and how that ended, so that a crash
// at any moment loses nothing. Store.Begin opens one, and Writer.Close ends it.
//
// It belongs to the goroutine that applies. When a method returns, its lines have
// been written to the file, so they survive the end of the process. After Begin and
// Flush they are also on the disk, so they survive the end of the machine. A
// Journal never takes a line back.
type Journal interface {
	// Begin writes a batch of intents to the disk. No action of the batch may be
	// sent to a host before Begin has returned without error.
	Begin(intents []Intent) error
	// Done writes how the action at an address ended. It is on the disk after
	// the next Flush or Begin.
	Done(address string, o Outcome) error
	// Move writes that debts now belong to other calls. It is on the disk after
	// the next Flush or Begin, and so before any of those calls is sent.
	Move(moves []Move) error
	// Flush writes everything to the disk.
	Flush() error
}

// Intent is one action that is about to be sent to a host. It is written before
// the action is sent, and answered by an Outcome. If an Intent is never answered,
// the action may have happened.
type Intent struct {
	Address  string            `json:"address"`
	Block    string            `json:"block"`
	Kind     string            `json:"kind"`
	Context  string            `json:"context"`
	Op       string            `json:"op"`
	Identity map[string]string `json:"identity,omitempty"`
	// Machine and Thing say which thing the action changes. Found are digests of
	// how the plan found it, in the form of Thing.State.
	Machine string            `json:"machine,omitempty"`
	Thing   kind.Thing        `json:"thing,omitempty"`
	Found   map[string]string `json:"found,omitempty"`
	// AbsentBefore is true if the plan read that the thing was not there.
	AbsentBefore bool `json:"absent_before,omitempty"`
	// Begins is what is known of a thing that the action makes; nil of any other.
	Begins *Begins `json:"begins,omitempty"`
	// Owes are the addresses of the calls that a change of it triggers: of each
	// declared instance, or of the block if the instances are not known.
	Owes []string `json:"owes,omitempty"`
}

// Made reports whether its action, if it happened, made a thing. An intent of format 1 or 2
// does not say which thing it is about: then it is the one that its address has.
func (i Intent) Made(machine string, thing kind.Thing) bool {
	return i.AbsentBefore && (i.Thing == "" || i.Machine == machine && i.Thing == thing)
}

// Begins is what is needed to take a thing away if nobody sees the end of the action that
// makes it. No secret is in it.
type Begins struct {
	// LeadsTo and DependsOn are those of the Instance that it would become.
	LeadsTo   string   `json:"leads_to,omitempty"`
	DependsOn []string `json:"depends_on,omitempty"`
	End       *End     `json:"end"`
	// Left is how the action would leave the thing, as far as its plan knew.
	Left []Trait `json:"left,omitempty"`
}

// Instance is what would be recorded of a thing that the action makes, as far as it was known
// when the action began; nil if it makes none. Only what End and Begun say of the thing is known.
func (i Intent) Instance() *Instance {
	b := i.Begins
	if b == nil || b.End == nil || len(b.Left) == 0 || !i.AbsentBefore {
		return nil
	}
	return &Instance{
		Address: i.Address, Block: i.Block, Kind: i.Kind, Context: i.Context, Machine: i.Machine, LeadsTo: b.LeadsTo, Identity: i.Identity,
		Thing: i.Thing, Origin: Created, End: b.End, DependsOn: b.DependsOn, Begun: b.Left,
	}
}

// Trait is one attribute of a thing as a digest.
type Trait struct {
	Attr string `json:"attr"`
	// Part is the SHA-256 of what chooses a part of the attribute, Sum that of the value.
	Part []byte `json:"part,omitempty"`
	Sum  []byte `json:"sum"`
}

// Result says how an action ended.
type Result string

// The ends of an action.
const (
	// Applied: it was done; Outcome.Instance replaces the old one.
	Applied Result = "applied"
	// Failed: it began and may have changed something. It stays unanswered, and
	// the calls it triggers are owed.
	Failed Result = "failed"
	// NotRun: it was skipped, refused or never sent. Nothing happened.
	NotRun Result = "not_run"
)

// Outcome is what became of an action.
type Outcome struct {
	Result Result `json:"result"`
	// Changed is true if the thing was changed: the calls that it triggers are
	// owed from now on. For a call it is true if the call ran, which ends its
	// debt.
	Changed bool `json:"changed,omitempty"`
	// Instance replaces the old one if Result is Applied. If it is nil, the old one is
	// removed. State are digests of how its thing was left: by the end of a part, those
	// of the whole.
	Instance *Instance         `json:"record,omitempty"`
	State    map[string]string `json:"state,omitempty"`
}

// entry is one line of the journal: the header, moves of debts, a batch, an
// outcome or the outputs.
type entry struct {
	Header  *header  `json:"header,omitempty"`
	Move    []Move   `json:"move,omitempty"`
	Begin   []Intent `json:"begin,omitempty"`
	Done    string   `json:"done,omitempty"`
	Outcome *Outcome `json:"outcome,omitempty"`
	// Outputs are all outputs, at the end of an apply.
	Outputs *map[string]Output `json:"outputs,omitempty"`
}

// header is the first line of a journal. It names the state that the journal
// continues. A state with a higher serial already holds everything that is in the
// journal. The header has the same form in every version.
type header struct {
	Version int    `json:"version"`
	Lineage string `json:"lineage"`
	Serial  uint64 `json:"serial"`
}

// journal is the Journal in a file. It applies each line that it writes to the
// state, so that reading the journal after a crash leads to the same state.
type journal struct {
	file  *os.File
	state *State
	err   error            // the first failure; nothing is written after it
	step  func(did string) // see Store.step
}

func (j *journal) Begin(intents []Intent) error {
	if len(intents) == 0 {
		return nil
	}
	if err := j.append(entry{Begin: intents}); err != nil {
		return err
	}
	return j.Flush()
}

func (j *journal) Done(address string, o Outcome) error {
	return j.append(entry{Done: address, Outcome: &o})
}

func (j *journal) Move(moves []Move) error {
	if len(moves) == 0 {
		return nil
	}
	return j.append(entry{Move: moves})
}

func (j *journal) Flush() error {
	if j.err != nil {
		return j.err
	}
	err := j.file.Sync()
	j.step("synced the journal")
	return j.failed(err)
}

func (j *journal) append(e entry) error {
	if j.err != nil {
		return j.err
	}
	line, err := json.Marshal(e)
	if err != nil {
		return j.failed(err)
	}
	if _, err := j.file.Write(append(line, '\n')); err != nil {
		return j.failed(err)
	}
	j.step("appended to the journal")
	j.state.fold(e)
	return nil
}

func (j *journal) failed(err error) error {
	if err != nil {
		j.err = fmt.Errorf("write journal: %w", err)
	}
	return j.err
}

// maxLine bounds a line of a journal, in bytes. The longest is a batch of
// intents: a few hundred bytes for each.
const maxLine = 256 << 20

var errLongLine = errors.New("a line of it is too long")

// readHeader reads the first line of a journal.
func readHeader(r io.Reader) (*header, error) {
	var first entry
	line, err := nextLine(bufio.NewReader(r), maxLine)
	if err == nil {
		err = json.Unmarshal(line, &first)
	}
	return first.Header, err
}

// nextLine reads one line, or the rest of the file if no newline ends it. It
// returns errLongLine for a line that is longer than most bytes.
func nextLine(r *bufio.Reader, most int) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if line = append(line, part...); len(line) > most {
			return nil, errLongLine
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// replay applies a journal to the state that it continues. A crash may have cut
// the last line short; what it would have said was not acted upon. replay returns
// how many other lines could not be read. The lines after those still count, since
// each is true by itself. A journal of a later version is not read, and the error
// is an errNewerJournal.
func (s *State) replay(in io.Reader) (unreadable int, err error) {
	r := bufio.NewReader(in)
	torn, first := 0, true
	for {
		line, err := nextLine(r, maxLine)
		if err != nil && !errors.Is(err, io.EOF) {
			return unreadable + torn, err
		}
		var e entry
		switch {
		case len(line) == 0:
			return unreadable, nil
		case !e.read(line):
			if first {
				return 0, headless(r)
			}
			torn++
		case first && (e.Header == nil || e.Header.Version < 1):
			return 0, headless(r)
		case first && !s.continuedBy(e.Header):
			return 0, nil
		case first && e.Header.Version > Version:
			return 0, errNewerJournal(e.Header.Version)
		default:
			unreadable, torn = unreadable+torn, 0
			s.fold(e)
		}
		first = false
		if err != nil {
			return unreadable, nil
		}
	}
}

// read decodes a line, and returns false for one that this program cannot act upon.
func (e *entry) read(line []byte) bool {
	if json.Unmarshal(line, e) != nil {
		return false
	}
	return e.Outcome == nil || e.Outcome.Result == Applied || e.Outcome.Result == Failed || e.Outcome.Result == NotRun
}

// errNoHeader is about a journal that may continue any state.
var errNoHeader = errors.New("its first line, which says what it continues, is damaged")

// headless is called if the first line is no header. Without a header, nothing was
// begun. If there are lines behind it, it was there and was damaged.
func headless(rest *bufio.Reader) error {
	if _, err := rest.Peek(1); err != nil {
		return nil //nolint:nilerr // there is no other line
	}
	return errNoHeader
}

func (s *State) continuedBy(h *header) bool {
	return h != nil && h.Lineage == s.Lineage && h.Serial >= s.Serial
}

// errNewerJournal is the version of a journal that a later mitoplan wrote.
type errNewerJournal int

func (e errNewerJournal) Error() string {
	return fmt.Sprintf("has format version %d, written by a newer mitoplan; this one reads up to %d", int(e), Version)
}
