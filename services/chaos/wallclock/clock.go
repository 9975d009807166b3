//go:build unix

// Package wallclock gives a process a wall clock that can be set while it runs, as a host's is by hand or by NTP: time.Now jumps,
// and the monotonic clock, by which Go measures (https://pkg.go.dev/time#hdr-Monotonic_Clocks), does not. It changes package time
// for the programs that are built with its overlay and for no others; what a wrong clock does to them is its user's business.
package wallclock

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// variable names the file in the environment of a program that was built with the overlay; shift.go.txt has it, too.
const variable = "CATSVDOGS_CLOCK"

// Clock says by how much the wall clocks of the processes that were given it are wrong. Use it from any goroutine.
type Clock struct {
	path string
	page []byte
}

// size is that of a number of 64 bits.
const size = 8

// New makes a clock that is right, in a file of its own. Processes that have it keep what it says last when it is closed.
func New(path string) (*Clock, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make a clock: %w", err)
	}
	err = file.Truncate(size)
	var page []byte
	if err == nil {
		page, err = syscall.Mmap(int(file.Fd()), 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("make a clock: %w", err)
	}
	return &Clock{path: path, page: page}, nil
}

// Variable is what a process must have in its environment, NAME=VALUE. Its program does not see it.
func (c *Clock) Variable() string { return variable + "=" + c.path }

// Shift makes the clock wrong by this, fast or slow, at once and in all processes that have it; 0 makes it right.
func (c *Clock) Shift(by time.Duration) {
	atomic.StoreInt64((*int64)(unsafe.Pointer(&c.page[0])), int64(by)) // a page's beginning is aligned
}

// Close ends the use of the clock from here. Nothing may be called afterwards.
func (c *Clock) Close() error {
	if err := syscall.Munmap(c.page); err != nil {
		return fmt.Errorf("close a clock: %w", err)
	}
	return nil
}
