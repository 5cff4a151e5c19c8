package transport

import (
	"fmt"

	"golang.org/x/sys/unix"
)

func dupTo(from, to int) error {
	if err := unix.Dup3(from, to, 0); err != nil {
		return fmt.Errorf("descriptor %d: %w", to, err)
	}
	return nil
}
