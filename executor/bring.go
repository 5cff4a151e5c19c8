package executor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mitoplan/mitoplan/config/files"
	"github.com/mitoplan/mitoplan/internal/download"
	"github.com/mitoplan/mitoplan/internal/filesystem"
	"github.com/mitoplan/mitoplan/internal/kind"
	"github.com/mitoplan/mitoplan/internal/prose"
	"github.com/mitoplan/mitoplan/internal/resource"
	"github.com/mitoplan/mitoplan/internal/temporary"
	"github.com/mitoplan/mitoplan/internal/webcall"
	"github.com/mitoplan/mitoplan/transport"
)

// bringTick is how often a host is told that a download goes on.
const bringTick = 5 * time.Second

// bringer gets for one apply what the host asks for, and lets its context pull that.
type bringer struct {
	context *transport.Context
	broker  *transport.Broker
	from    *downloads
	want    download.Want
	// secret is set if the content may be one.
	secret bool
}

// bring returns how the apply ended.
func (b bringer) bring(pipe *transport.Pipe, res *transport.Result[resource.ApplyReply]) (resource.ApplyReply, error) {
	var wrong error
	if n, _ := pipe.Read(make([]byte, 1)); n > 0 {
		wrong = b.answer(pipe, res.Done())
	}
	_ = pipe.CloseWrite()
	reply, err := res.Get(context.Background())
	if known := (*kind.Problem)(nil); err != nil && errors.As(wrong, &known) {
		err = wrong
	}
	return reply, err
}

func (b bringer) answer(pipe *transport.Pipe, over <-chan struct{}) error {
	got, err := b.from.get(b.want, over, func() bool {
		_, err := pipe.Write([]byte{resource.BringGoesOn})
		return err == nil
	})
	if err != nil {
		return err
	}
	blob := transport.Blob{Sum: got.sum, Size: got.size, Secret: b.secret}
	b.broker.Offer(b.context, blob, got.open)
	return resource.WriteBrought(pipe, blob)
}

// downloads are what hosts were brought in this session: each content comes once in an apply, for
// all hosts, into a directory that goes with the session.
type downloads struct {
	ctx  context.Context // ends with the session
	stop context.CancelFunc
	gone sync.WaitGroup // of what still comes

	mu  sync.Mutex // guards what follows, and downloaded.waiting
	dir *temporary.Directory
	// all are those that may be used for another host; many is how many there were.
	all  map[string]*downloaded
	many int
}

func newDownloads() *downloads {
	d := &downloads{all: map[string]*downloaded{}}
	d.ctx, d.stop = context.WithCancel(context.Background())
	return d
}

// downloaded is one of them. What follows done is set when that is closed.
type downloaded struct {
	waiting int // hosts
	stop    context.CancelFunc
	path    string
	done    chan struct{}
	sum     [32]byte
	size    int64
	err     error
}

// errGivenUp is that the host wants it no more.
var errGivenUp = errors.New("the host asks for it no more")

// get returns what was downloaded. goesOn is called now and then until it is there, and ends the
// waiting if it returns false, as over does. What no host waits for any more comes no further.
func (d *downloads) get(want download.Want, over <-chan struct{}, goesOn func() bool) (*downloaded, error) {
	key, err := json.Marshal(want)
	if err != nil {
		return nil, err
	}
	is, err := d.begin(string(key), want)
	if err != nil {
		return nil, err
	}
	defer d.leave(string(key), is)
	tick := time.NewTicker(bringTick)
	defer tick.Stop()
	for {
		select {
		case <-is.done:
			return is, is.err
		case <-d.ctx.Done():
			return nil, errGivenUp
		case <-over:
			return nil, errGivenUp
		case <-tick.C:
			if !goesOn() {
				return nil, errGivenUp
			}
		}
	}
}

// begin starts a download, unless it was started before.
func (d *downloads) begin(key string, want download.Want) (*downloaded, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if is := d.all[key]; is != nil {
		is.waiting++
		return is, nil
	}
	if d.dir == nil {
		var err error
		if d.dir, err = temporary.New("url", "", "Have TMPDIR of mitoplan name a directory", 0o700); err != nil {
			return nil, notBrought(filepath.Join(os.TempDir(), "x"), err)
		}
	}
	d.many++
	is := &downloaded{waiting: 1, done: make(chan struct{}), path: filepath.Join(d.dir.Path, fmt.Sprint(d.many))}
	d.all[key] = is
	var ctx context.Context
	ctx, is.stop = context.WithCancel(d.ctx)
	d.gone.Go(func() {
		defer close(is.done)
		defer is.stop()
		is.err = is.come(ctx, want)
	})
	return is, nil
}

// leave is called when a host waits no more. What failed, or was not waited for, is begun anew for
// the next one.
func (d *downloads) leave(key string, is *downloaded) {
	d.mu.Lock()
	defer d.mu.Unlock()
	is.waiting--
	select {
	case <-is.done:
		if is.err == nil {
			return
		}
	default:
		if is.waiting > 0 {
			return
		}
		is.stop()
	}
	if d.all[key] == is {
		delete(d.all, key)
	}
}

// forget has a new apply ask the servers again.
func (d *downloads) forget() {
	if d != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		clear(d.all)
	}
}

// giveUp stops what still comes.
func (d *downloads) giveUp() {
	if d != nil {
		d.stop()
	}
}

// end removes what came. Nobody asks for anything any more.
func (d *downloads) end() {
	if d == nil {
		return
	}
	d.gone.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.dir != nil {
		d.dir.Remove()
		d.dir = nil
	}
}

// come gets it.
func (d *downloaded) come(ctx context.Context, want download.Want) error {
	f, err := os.OpenFile(d.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return notBrought(d.path, err)
	}
	defer f.Close()
	server, err := webcall.NewDirect(want)
	if err != nil {
		return err
	}
	got, err := download.Get(ctx, server, want, download.Roomy(f, nearlyFull(d.path)))
	if err != nil {
		_ = f.Truncate(0)
		return notBrought(d.path, err)
	}
	d.sum, d.size = got.SHA256, got.Size
	return nil
}

// open is a transport.BlobSource.
func (d *downloaded) open(offset int64) (io.ReadCloser, error) {
	f, err := os.Open(d.path)
	if err == nil {
		_, err = f.Seek(offset, io.SeekStart)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// notBrought says why a download cannot be written on this machine. Problems of the server come
// back as they are.
func notBrought(path string, err error) error {
	var at *os.PathError
	if errors.As(err, new(*kind.Problem)) || !errors.As(err, &at) {
		return err
	}
	return kind.NewProblem("url", kind.CodeSave, notSaved(path, err), "What is downloaded goes to %s on the machine that mitoplan runs on, where it cannot be written: %s. TMPDIR says in which directory that is. Nothing was written on the host.", filepath.Dir(path), files.NotMade(path, err))
}

// nearlyFull says that a server sends more than there is room for on this machine.
func nearlyFull(path string) func(filesystem.FullError) error {
	return func(is filesystem.FullError) error {
		return kind.NewProblem("url", kind.CodeSave, "The disk is nearly full", "What is downloaded goes to %s on the machine that mitoplan runs on, where %s are free, and %s have to stay free. Free some space, or have TMPDIR name another directory. Nothing was written on the host.", filepath.Dir(path), prose.Bytes(is.Free), prose.Bytes(is.Keep))
	}
}
