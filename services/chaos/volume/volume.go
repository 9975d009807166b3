//go:build unix

// Package volume gives a server a disk of its own that can be filled, where the machine lets this process mount one: as root
// on Linux, in a mount namespace of its own, so that the disks end with the processes whatever happens. It fills disks and
// frees them; which server has which is its user's business.
package volume

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrNone says that this machine, or this user, can have no volumes.
var ErrNone = errors.New("volumes need Linux and root")

// Volume is a disk in memory. Use it from one goroutine.
type Volume struct {
	Dir  string
	room int64
}

const ballast = "ballast"

// Fill writes until nothing more fits and returns how many bytes that took. The error of a disk that does not become full,
// though room for twice its size was written, is one.
func (v *Volume) Fill() (bytes int64, err error) {
	file, err := os.OpenFile(filepath.Join(v.Dir, ballast), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, fmt.Errorf("fill %s: %w", v.Dir, err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	block := make([]byte, 64<<10)
	for bytes < 2*v.room {
		n, err := file.Write(block)
		bytes += int64(n)
		if errors.Is(err, syscall.ENOSPC) {
			return bytes, nil
		}
		if err != nil {
			return bytes, fmt.Errorf("fill %s: %w", v.Dir, err)
		}
	}
	return bytes, fmt.Errorf("fill %s: %d bytes went into a disk of %d", v.Dir, bytes, v.room)
}

// Free takes away what Fill has written.
func (v *Volume) Free() error {
	if err := os.Remove(filepath.Join(v.Dir, ballast)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("free %s: %w", v.Dir, err)
	}
	return nil
}
