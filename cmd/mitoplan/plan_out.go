package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/mitoplan/mitoplan/config/files"
)

// savable checks that the plan file can be written, before any host is asked.
func (op *operation) savable() bool {
	if op.opts.out == "" {
		return true
	}
	err := op.outFree()
	if err == nil {
		err = replaceable(op.opts.out)
	}
	if err != nil {
		op.fail("Plan not saved", fmt.Errorf("save plan to %s: %w", op.opts.out, err))
	}
	return err == nil
}

// outFree refuses a plan file that would take the place of a file that this command
// uses. Which files the configuration reads is known in full when the plan is made.
func (op *operation) outFree() error {
	at, err := filepath.Abs(op.opts.out)
	if err != nil {
		return err
	}
	at = files.Real(at)
	what := op.usedFiles()[at]
	if what == "" {
		what = op.cfg.Reserved(at)
	}
	if what == "" {
		return nil
	}
	return fmt.Errorf("it is %s, and the plan would take its place. Name another file", what)
}

// replaceable tries whether a file can be put at a path, and leaves nothing there. What
// is there may be a file or a link: a device or a pipe would be lost.
func replaceable(path string) error {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return errors.New("it is a directory. Name a file in it, or another one")
	}
	if st, err := os.Lstat(path); err == nil && !st.Mode().IsRegular() && st.Mode()&os.ModeSymlink == 0 {
		return errors.New("it is not a regular file, and the plan would take its place. Name another file")
	}
	trial, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return errors.New(files.NotMade(path, err))
	}
	return errors.Join(trial.Close(), os.Remove(trial.Name()))
}
