package transport_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/mitoplan/mitoplan/transport"
	slogger "github.com/mitoplan/mitoplan/transport/logger"
)

func TestLogEntriesArriveInOrderBeforeTheReply(t *testing.T) {
	log, rec := logger()
	_, chain := tree(t, transport.Options{Log: log}, agent(), 3)
	const n = 5000
	if _, err := talk.Call(within(t, 60*time.Second), last(chain), textIn{N: n}); err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, l := range rec.all() {
		if strings.Contains(l, "entry [") || strings.Contains(l, "entry ") {
			if want := "[context hop3 i " + itoa(i) + "]"; !strings.Contains(l, want) {
				t.Fatalf("entry %d is %s", i, l)
			}
			i++
		}
	}
	if i != n || rec.count("stdout: out") != 1 || rec.count("stdout: part") != 1 {
		t.Errorf("%d of %d entries came before the reply, and %d of stdout", i, n, rec.count("stdout: "))
	}
}

func TestTextOfOthersIsClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                   "plain",
		"tab\tand\nnewline":       "tab\tand\nnewline",
		"\x1b[31mred\x1b[0m":      "red",
		"\x1b]0;title\x07after":   "after",
		"\x1b]0;title\x1b\\after": "after",
		"\x1b]never ended":        "never ended",
		"\x1bP1;2|x\x1b\\y":       "y",
		"a\rb\bc\x00d\x7fe":       "abcde",
		"\u009b31mred":            "red",
		"caf\u00e9 \u65e5\u672c":  "caf\u00e9 \u65e5\u672c",
		"\xff\xfe":                "\ufffd\ufffd",
		"\u202egnp.exe":           "gnp.exe",
		"\x1b":                    "",
		"\x1b[":                   "",
		"x\x1b(By":                "xBy",
	} {
		if got := transport.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"\x1b[31m", "\x1b]x\x07", "\u009b", "\xff", "a\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := transport.Clean(s)
		if strings.ContainsAny(got, "\x1b\x00\r\b\x07\x7f\u009b") || transport.Clean(got) != got {
			t.Errorf("Clean(%q) = %q", s, got)
		}
	})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

// The level of a context that is up can be changed both ways, for it alone, whatever way it
// logs by.
func TestTheLevelOfAContextThatIsUp(t *testing.T) {
	said := func(rec *entries) (got string) {
		for _, l := range rec.all() {
			_, text, _ := strings.Cut(l, "] level-")
			got += strings.Fields(text + " ")[0] + " "
		}
		return strings.TrimSpace(got)
	}
	ctx := within(t, 30*time.Second)
	log, rec := logger()
	log.SetLevel(hclog.Warn)
	_, chain := tree(t, transport.Options{Log: log}, agent(), 2)
	seen := ""
	for _, step := range []struct {
		name string
		set  hclog.Level
		want string // from the second context; the first one stays as it is
	}{
		{"from the start", hclog.NoLevel, "warn error"},
		{"all", hclog.Trace, "trace debug info warn error"},
		{"less", hclog.Error, "error"},
		{"nothing", hclog.Off, ""},
		{"more again", hclog.Debug, "debug info warn error"},
	} {
		if step.set != hclog.NoLevel {
			if err := chain[1].SetLogLevel(ctx, step.set); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []*transport.Context{chain[1], chain[0]} {
			if _, err := levels.Call(ctx, c, none{}); err != nil {
				t.Fatal(err)
			}
		}
		seen = strings.Join(strings.Fields(seen+" "+step.want+" warn error"), " ")
		if got := said(rec); got != seen {
			t.Errorf("%s: what came in all is %q, want %q", step.name, got, seen)
		}
	}
	for _, wrong := range []hclog.Level{hclog.NoLevel, hclog.Off + 1, -1} {
		if err := chain[1].SetLogLevel(ctx, wrong); err == nil {
			t.Errorf("the level %d is taken", wrong)
		}
	}
}

// A function that logs more than is shown in a second waits, and so do prints: not one
// entry is left out, and all come in order before the result.
func TestAFunctionThatLogsALotLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, rec := logger()
		_, chain := tree(t, transport.Options{Log: log}, agent(), 1)
		const n = 26_000
		if _, err := talk.Call(t.Context(), last(chain), textIn{N: n}); err != nil {
			t.Fatal(err)
		}
		i := 0
		for _, l := range rec.all() {
			if _, at, ok := strings.Cut(l, "[context hop1 i "); ok {
				if at != itoa(i)+"]" {
					t.Fatalf("entry %d is %s", i, l)
				}
				i++
			}
		}
		if i != n || rec.count("stdout: out") != 1 || rec.count("stdout: part") != 1 || rec.count("dropped") != 0 {
			t.Errorf("%d of %d entries came before the result", i, n)
		}
	})
}

// Results that wait behind an entry, because the log is slow, take no room from entries.
func TestResultsTakeNoRoomFromEntries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newBlockedLog("i=0")
		_, chain := tree(t, transport.Options{Log: slogger.Slog(log)}, agent(), 1)
		began := time.Now()
		var all []interface{ Done() <-chan struct{} }
		for i := range 5000 {
			if i%1000 == 0 {
				all = append(all, talk.CallAsync(t.Context(), chain[0], textIn{N: 1}))
			}
			all = append(all, echo.CallAsync(t.Context(), chain[0], textIn{}))
		}
		synctest.Wait()
		all = append(all, talk.CallAsync(t.Context(), chain[0], textIn{N: 9}))
		synctest.Wait()
		close(log.free)
		for _, r := range all {
			<-r.Done()
		}
		if took := time.Since(began); took > time.Second/2 {
			t.Fatalf("it took %v", took)
		}
		if n := log.count("entry "); n != 5+9 || log.count("dropped") != 0 {
			t.Errorf("%d of %d entries came", n, 5+9)
		}
	})
}
