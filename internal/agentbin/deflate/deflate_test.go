package deflate

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// samples are contents that are special in some way.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.NewChaCha8([32]byte{1})
	noise := make([]byte, 300_000)
	r.Read(noise)
	few := bytes.Clone(noise)
	for i := range few {
		few[i] &= 3
	}
	far := append(append(bytes.Clone(noise[:1000]), noise[:window-1000]...), noise[:1000]...)
	return map[string][]byte{
		"nothing": {}, "a byte": {7}, "two": []byte("aa"), "three": []byte("aaa"), "four": []byte("abab"),
		"zeros": make([]byte, 100_000), "a run at the end of a segment": bytes.Repeat([]byte("ab"), segment/2+3),
		"noise": noise, "few values": few, "as far as the window": far, "a repeated noise": bytes.Repeat(noise[:40_000], 4),
		"text": []byte(strings.Repeat("A line, and another one.\n", 999)), "a program": program[:min(len(program), segment+200_000)],
	}
}

// What was compressed comes back, from Go's decoder and from gzip.
func TestGzip(t *testing.T) {
	for name, content := range samples(t) {
		t.Run(name, func(t *testing.T) {
			z := Gzip(content)
			r, err := gzip.NewReader(bytes.NewReader(z))
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if err != nil || !bytes.Equal(got, content) {
				t.Fatalf("%d bytes of %d came back: %v", len(got), len(content), err)
			}
			cmd := exec.Command("gzip", "-dc")
			cmd.Stdin = bytes.NewReader(z)
			if got, err := cmd.Output(); err != nil || !bytes.Equal(got, content) {
				t.Errorf("gzip makes %d bytes of %d: %v", len(got), len(content), err)
			}
		})
	}
}

// A program gets smaller than compress/gzip makes it, by 4 percent at least.
func TestProgramsGetSmaller(t *testing.T) {
	program := samples(t)["a program"]
	var std bytes.Buffer
	w, _ := gzip.NewWriterLevel(&std, gzip.BestCompression)
	w.Write(program)
	w.Close()
	if z := Gzip(program); len(z) > std.Len()*96/100 {
		t.Errorf("%d bytes become %d, and compress/gzip makes %d", len(program), len(z), std.Len())
	}
}

// Codes have a prefix property, whatever the counts, and no more bits than allowed.
func TestCodesFit(t *testing.T) {
	fibonacci := []int{1, 1}
	for len(fibonacci) < 40 {
		n := len(fibonacci)
		fibonacci = append(fibonacci, fibonacci[n-1]+fibonacci[n-2])
	}
	for name, counts := range map[string][]int{"none": make([]int, 30), "one": {0, 9, 0}, "two": {1, 0, 5}, "fibonacci": fibonacci, "all": bytesOf(286)} {
		for _, limit := range []int{7, 15} {
			if 1<<limit < len(counts) {
				continue
			}
			sum := 0
			for i, n := range lengthsOf(counts, limit) {
				if int(n) > limit || counts[i] > 0 && n == 0 {
					t.Errorf("%s: symbol %d has %d bits of at most %d", name, i, n, limit)
				}
				if n > 0 {
					sum += 1 << (limit - int(n))
				}
			}
			if sum != 1<<limit {
				t.Errorf("%s: the code fills %d of %d", name, sum, 1<<limit)
			}
		}
	}
}

func bytesOf(n int) []int {
	counts := make([]int, n)
	for i := range counts {
		counts[i] = i%7 + 1
	}
	return counts
}

func FuzzGzip(f *testing.F) {
	for name, content := range samples(f) {
		if name != "a program" && len(content) < 50_000 {
			f.Add(content)
		}
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		r, err := gzip.NewReader(bytes.NewReader(Gzip(content)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
			t.Fatalf("%d bytes of %d came back: %v", len(got), len(content), err)
		}
	})
}

func BenchmarkGzip(b *testing.B) {
	program := samples(b)["a program"]
	b.SetBytes(int64(len(program)))
	for b.Loop() {
		Gzip(program)
	}
}
