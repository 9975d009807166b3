package volume

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// inside is set in a process that has a mount namespace of its own.
const inside = "CHAOS_OWN_MOUNTS"

// Enclose starts this program once more in a mount namespace of its own, where it may mount; then it returns true and the
// program's exit status once that has ended. In that process, and where nothing can be mounted, it returns false at once.
// What is mounted inside is gone when the last process inside is, also after a kill -9. Signals to the process group reach
// both; a signal to this process alone ends the other one.
func Enclose() (done bool, status int) {
	if _, ok := os.LookupEnv(inside); ok || os.Geteuid() != 0 {
		return false, 0
	}
	self, err := os.Executable()
	if err != nil {
		return false, 0
	}
	cmd := &exec.Cmd{
		Path: self, Args: os.Args, Env: append(os.Environ(), inside+"=1"), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		// Unshared in the child; the runtime makes its mounts private, or they would spread to the machine's.
		SysProcAttr: &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGTERM},
	}
	if err := cmd.Start(); err != nil {
		return false, 0 // a container that may not: there are no volumes then
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return true, exit.ExitCode()
	}
	if err != nil {
		return true, 1
	}
	return true, 0
}

// Mount makes a disk of so many bytes at a folder. The error wraps ErrNone where Enclose could not make a place for it.
func Mount(dir string, room int64) (*Volume, error) {
	if _, ok := os.LookupEnv(inside); !ok {
		return nil, ErrNone
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make a folder for a volume: %w", err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d,mode=0755", room)); err != nil {
		return nil, fmt.Errorf("%w: mount at %s: %w", ErrNone, dir, err)
	}
	return &Volume{Dir: dir, room: room}, nil
}

// Close unmounts the disk, also while somebody has a file open there.
func (v *Volume) Close() error {
	if err := syscall.Unmount(v.Dir, syscall.MNT_DETACH); err != nil {
		return fmt.Errorf("unmount %s: %w", v.Dir, err)
	}
	return nil
}
