package view

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mitoplan/mitoplan/executor"
	"github.com/mitoplan/mitoplan/planner"
)

// TestTransferTexts holds how a transfer is told.
func TestTransferTexts(t *testing.T) {
	for want, tr := range map[string]Transfer{
		"120 of 1,024 MB, 11 MB/s, 1m23s left":    {Done: 120_400_000, Of: 1_024_000_000, Rate: 11e6},
		"3.1 of 10 GB":                            {Done: 3_100_000_000, Of: 10_000_000_000},
		"0 of 1,500 bytes, 1 byte/s, 25m0s left":  {Of: 1500, Rate: 1},
		"1,048 of 1,048 KB, 900 bytes/s":          {Done: 1 << 20, Of: 1 << 20, Rate: 900},
		"0.5 of 11 MB, 8.0 KB/s, 21m53s left":     {Done: 500_000, Of: 11_000_000, Rate: 8000},
		"9 of 20 MB, 1.5 MB/s, 8s left":           {Done: 9_000_000, Of: 20_000_000, Rate: 1.5e6},
		"2 of 4,000 GB, 1.0 MB/s, 1000h0m0s left": {Done: 2e9, Of: 4e12, Rate: 1e6},
		"500 of 900 GB, 100 MB/s, 1h6m40s left":   {Done: 500e9, Of: 900e9, Rate: 100e6},
		"0 bytes":                                 {},
		"700 MB, 30 MB/s":                         {Done: 700_000_000, Rate: 30e6},
		"5,000 bytes, 2.5 KB/s":                   {Done: 5000, Rate: 2500},
		"9,223,372 of 9,223,372 GB, 9.2 EB/s":     {Done: 1<<63 - 1, Of: 1<<63 - 1, Rate: 9.22e18},
	} {
		if got := tr.text(); got != want && !strings.Contains(want, "EB/s") {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// transferring has two actions send contents, and returns how far each has come.
func transferring(p *Progress) (image, other *atomic.Int64) {
	image, other = &atomic.Int64{}, &atomic.Int64{}
	tell := func(address, context string, of int64, done *atomic.Int64) {
		p.Event(executor.Event{Type: executor.ApplyStart, Address: address, Context: context, Op: planner.Create, Limit: "given up after 5m",
			Moved: func() (int64, int64, bool) { return done.Load(), of, done.Load() >= 0 }})
	}
	tell("file.image", `context.ssh.web["a"]`, 1_024_000_000, image)
	other.Store(-1)
	defer time.Sleep(500 * time.Millisecond) // meters are read at whole seconds
	tell("file.other", `context.ssh.web["b"]`, 50_000_000, other)
	return image, other
}

// advance lets bytes come for some seconds.
func advance(done *atomic.Int64, perSecond int64, seconds int) {
	for range seconds {
		time.Sleep(time.Second)
		done.Add(perSecond)
	}
}

// TestTransfersAtATerminal holds that the line of a group shows how far the content has
// come, with the rate of the last seconds.
func TestTransfersAtATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, term, _ := liveOn(120, 10)
		p := NewProgress(l, func() {})
		image, _ := transferring(p)
		see := func(want string) {
			t.Helper()
			time.Sleep(300 * time.Millisecond)
			synctest.Wait()
			if got := term.Text(); got != want {
				t.Errorf("the terminal shows\n%swant\n%s", got, want)
			}
		}
		advance(image, 30_000_000, 4)
		see("2 of 2 contexts, 0 done, 2 running, slowest: file.image on context.ssh.web[\"a\"] (90 of 1,024 MB, 30 MB/s, 32s left)\n")
		advance(image, 1_000_000, 10) // the line is slower now
		see("0 done, 2 running, slowest: file.image on context.ssh.web[\"a\"] (130 of 1,024 MB, 1.0 MB/s, 14m54s left)\n")
		advance(image, 0, 10)
		see("context.ssh.web: 2 of 2 contexts, 0 done, 2 running, slowest: file.image on context.ssh.web[\"a\"] (130 of 1,024 MB)\n")
		p.Close()
		if f := term.Faults(); f != nil {
			t.Errorf("the terminal was sent %q", f)
		}
	})
}

// TestTransfersInALog holds that a heartbeat has a line for each transfer.
func TestTransfersInALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(&Lines{Human: &Human{}, W: &out, Mask: &Masker{}}, func() {})
		image, other := transferring(p)
		advance(image, 12_000_000, 9)
		other.Store(25_000_000)
		time.Sleep(time.Second)
		p.Close()
		want := "Still working: 2 of 2 contexts, 0 done, 2 running, slowest: file.image on context.ssh.web[\"a\"] (10.0s, given up after 5m)\n" +
			"file.image: 108 of 1,024 MB, 12 MB/s, 1m17s left\n" +
			"file.other: 25 of 50 MB\n"
		if out.String() != want {
			t.Errorf("got\n%swant\n%s", out.String(), want)
		}
	})
}

// TestManyTransfersInALog holds that a heartbeat does not tell of hundreds.
func TestManyTransfersInALog(t *testing.T) {
	var out bytes.Buffer
	b := Beat{Running: 100, Slowest: "file.x"}
	for range 100 {
		b.Transfers = append(b.Transfers, &Transfer{Address: "file.x", Done: 1, Of: 2})
	}
	(&Lines{Human: &Human{}, W: &out}).Beat(b)
	if n := strings.Count(out.String(), "file.x: "); n != maxTransfers-1 || !strings.HasSuffix(out.String(), "\n93 more transfers\n") {
		t.Errorf("got %s", out.String())
	}
}

// TestTransfersForPrograms holds that the JSON of a heartbeat has bytes and of how many.
func TestTransfersForPrograms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(NewJSON(&out, &Masker{}, time.Now), func() {})
		image, _ := transferring(p)
		advance(image, 12_000_000, 9)
		time.Sleep(time.Second)
		p.Close()
		var got struct {
			Message  string   `json:"@message"`
			Progress progress `json:"progress"`
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &got); err != nil {
			t.Fatal(err)
		}
		want := transferOf{Address: "file.image", Context: `context.ssh.web["a"]`, Bytes: 108_000_000, Of: 1_024_000_000, Rate: 12e6, Left: 77}
		if len(got.Progress.Transfers) != 1 || got.Progress.Transfers[0] != want || got.Message != "file.image: 108 of 1,024 MB, 12 MB/s, 1m17s left" {
			t.Errorf("got %+v", got)
		}
	})
}

// TestAResultIsToldWithoutAnEnd holds that a result on its way from a host is told with
// its bytes and its rate. That of what the same call was sent before does not count.
func TestAResultIsToldWithoutAnEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(NewJSON(&out, &Masker{}, time.Now), func() {})
		var done, of atomic.Int64
		of.Store(10_000_000)
		p.Event(executor.Event{Type: executor.ApplyStart, Address: "call.command.dump", Context: "context.ssh.web", Op: planner.Run,
			Moved: func() (int64, int64, bool) { return done.Load(), of.Load(), true }})
		time.Sleep(500 * time.Millisecond)
		advance(&done, 1_000_000, 5)
		of.Store(0)
		done.Store(700_000_000)
		advance(&done, 30_000_000, 5)
		p.Close()
		for _, want := range []string{`"@message":"call.command.dump: 820 MB, 30 MB/s"`, `"transfers":[{"address":"call.command.dump","context":"context.ssh.web","bytes":820000000,"bytes_per_second":30000000}]`} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("got %s\nwithout %s", out.String(), want)
			}
		}
	})
}

// TestReadingALargeSourceIsTold holds that a source that takes long to read is shown
// meanwhile, and not afterwards.
func TestReadingALargeSourceIsTold(t *testing.T) {
	read := func(p *Progress) {
		for k := range int64(31) {
			p.Event(executor.Event{Type: executor.SourceRead, Address: "big.iso", Done: k * 100_000_000, Of: 10_000_000_000})
			time.Sleep(time.Second)
		}
	}
	synctest.Test(t, func(t *testing.T) {
		l, term, _ := liveOn(80, 10)
		p := NewProgress(l, func() {})
		read(p)
		synctest.Wait()
		if got := term.Text(); got != "Reading big.iso: 3 of 10 GB, 100 MB/s, 1m11s left\n" && got != "Reading big.iso: 3 of 10 GB, 100 MB/s, 1m10s left\n" {
			t.Errorf("the terminal shows %q", got)
		}
		p.Event(executor.Event{Type: executor.SourceRead, Address: "big.iso", Done: 10_000_000_000, Of: 10_000_000_000})
		time.Sleep(time.Second)
		if got := term.Text(); got != "\n" {
			t.Errorf("at its end the terminal shows %q", got)
		}
		p.Event(executor.Event{Type: executor.SourceRead, Address: "big.iso", Of: 10_000_000_000})
		time.Sleep(3 * time.Second)
		p.Event(executor.Event{Type: executor.ContextStatus, Address: "context.ssh.a"}) // it failed
		time.Sleep(time.Second)
		if got := term.Text(); got != "\n" {
			t.Errorf("after something else the terminal shows %q", got)
		}
		p.Close()
	})
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(&Lines{Human: &Human{}, W: &out, Mask: &Masker{}}, func() {})
		read(p)
		p.Close()
		if n := strings.Count(out.String(), "Reading big.iso: "); n != 3 || !strings.Contains(out.String(), " of 10 GB, 100 MB/s, ") {
			t.Errorf("got %s", out.String())
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(NewJSON(&out, &Masker{}, time.Now), func() {})
		read(p)
		p.Close()
		if n := strings.Count(out.String(), `"reading":{"path":"big.iso","bytes":`); n != 3 {
			t.Errorf("got %s", out.String())
		}
	})
}

// TestATransferThatBeginsAnew holds that a content that is sent once more, or another
// one, is measured from its own beginning.
func TestATransferThatBeginsAnew(t *testing.T) {
	var done, of int64
	on := true
	m := &meter{moved: func() (int64, int64, bool) { return done, of, on }}
	at := time.Unix(0, 0)
	step := func(to, total int64) *Transfer {
		done, of = to, total
		at = at.Add(time.Second)
		return m.read(at)
	}
	step(100, 1000)
	if tr := step(300, 1000); tr.Rate != 200 {
		t.Errorf("the rate is %v", tr.Rate)
	}
	if tr := step(10, 500); tr.Rate != 0 || tr.Done != 10 || tr.Of != 500 {
		t.Errorf("anew it is %+v", tr)
	}
	if tr := step(20, 500); tr.Rate != 10 {
		t.Errorf("the rate is %v", tr.Rate)
	}
	on = false
	if tr := step(20, 500); tr != nil {
		t.Errorf("at its end it is %+v", tr)
	}
}
