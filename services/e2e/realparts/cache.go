//go:build unix

package realparts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"catsvdogs/services/e2e/supervise"
)

// cache is where what was fetched is kept. Elasticsearch refuses to run as root and so must be able to read it as
// somebody else.
func cache() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/cache/catsvdogs", nil
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for what is fetched: %w", err)
	}
	return filepath.Join(base, "catsvdogs"), nil
}

// fetched returns the folder of a part, which fetch fills when it is not there yet: wholly or not at all. Test runs that
// want the same part at the same time fetch it once.
func fetched(ctx context.Context, part, what string, fetch func(ctx context.Context, dir string) error) (string, error) {
	base, err := cache()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, part)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(base, 0o755); err != nil {
		return "", fmt.Errorf("make a folder for what is fetched: %w", err)
	}
	lock := flock.New(dir + ".lock")
	stop := saying(func(since time.Duration) string {
		return fmt.Sprintf("another test run fetches %s, waiting since %.0f s", what, since.Seconds())
	})
	_, err = lock.TryLockContext(ctx, time.Second)
	stop()
	if err != nil {
		return "", fmt.Errorf("wait for another test run that fetches %s: %w", what, err)
	}
	defer func() { _ = lock.Unlock() }() // the end of the process gives it back, too
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	return dir, fill(ctx, dir, what, fetch)
}

func fill(ctx context.Context, dir, what string, fetch func(ctx context.Context, dir string) error) (err error) {
	partial := dir + ".partial"
	if err := os.RemoveAll(partial); err != nil { // of a run that was killed
		return fmt.Errorf("remove what is left of %s: %w", what, err)
	}
	if err := os.Mkdir(partial, 0o755); err != nil {
		return fmt.Errorf("fetch %s: %w", what, err)
	}
	Say("fetching %s into %s", what, dir)
	defer saying(func(since time.Duration) string {
		return fmt.Sprintf("fetching %s: %d MB after %.0f s", what, size(partial)>>20, since.Seconds())
	})()
	if err := fetch(ctx, partial); err != nil {
		return errors.Join(fmt.Errorf("fetch %s: %w", what, err), os.RemoveAll(partial))
	}
	if err := os.Rename(partial, dir); err != nil {
		return fmt.Errorf("keep %s: %w", what, err)
	}
	return nil
}

// size is how many bytes a folder holds so far.
func size(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if info, err := e.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil // files come and go meanwhile
	})
	return bytes
}

// command runs a program to its end, under a supervisor: it must not go on when the tests have been killed.
func command(ctx context.Context, dir string, env []string, name string, args ...string) error {
	path, err := exec.LookPath(name)
	if err != nil {
		return fmt.Errorf("find %s: %w", name, err)
	}
	scratch, err := os.MkdirTemp("", "catsvdogs-command-")
	if err != nil {
		return fmt.Errorf("run %s: %w", name, err)
	}
	output := filepath.Join(scratch, "output.log")
	p, err := supervise.Begin(supervise.Program{Path: path, Args: args, Env: env, Dir: dir, Stdout: output, Stderr: output, Scratch: scratch})
	if err != nil {
		return errors.Join(err, os.RemoveAll(scratch))
	}
	defer func() { _ = p.Close() }()
	if err := p.Start(); err != nil {
		return err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		return fmt.Errorf("%s %v: %w", name, args, ctx.Err())
	}
	if status := p.Status(); status != supervise.Success {
		said, _ := os.ReadFile(output)
		return fmt.Errorf("%s %v: %s\n%.4000s", name, args, status, said)
	}
	return nil
}

// maven runs Maven with a repository within dir, which is removed again: what it has downloaded would be kept twice.
func maven(ctx context.Context, dir string, args ...string) error {
	if _, err := exec.LookPath("mvn"); err != nil {
		return errors.New("there is no mvn in the PATH: install Maven (Debian and Ubuntu: apt-get install maven; macOS: brew install maven), or give the address of a running server")
	}
	repository := filepath.Join(dir, "repository")
	err := command(ctx, dir, nil, "mvn", append([]string{
		"--batch-mode", "--quiet", "--strict-checksums", "-Dmaven.repo.local=" + repository}, args...)...)
	return errors.Join(err, os.RemoveAll(repository))
}
