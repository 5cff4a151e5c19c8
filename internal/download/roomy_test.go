package download

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/mitoplan/mitoplan/internal/filesystem"
)

// TestAServerDoesNotFillTheDisk: whatever it sends, some of the file system stays free.
func TestAServerDoesNotFillTheDisk(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const size, free = 100 << 20, 40 << 20
	full := errors.New("full")
	file := Roomy(f, func(is filesystem.FullError) error {
		if is.Keep != size/20 || is.Free < is.Keep {
			t.Errorf("of %d free bytes %d have to stay free", is.Free, is.Keep)
		}
		return full
	})
	came := int64(0)
	file.(*roomy).room.Space = func(*os.File) (int64, int64, bool) { return size, free - came, true }
	for err == nil && came < size {
		var n int
		n, err = file.Write(make([]byte, 64<<10))
		came += int64(n)
	}
	if err != full || free-came < size/20 {
		t.Errorf("%d bytes were written, then %v", came, err)
	}
}
