//go:build unix

package wallclock

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

//go:embed shift.go.txt
var shift []byte

// What of package time is another, and what it is instead: the only place that all of its users have the wall clock from.
var (
	readsClock = []byte("\tsec, nsec, mono := runtimeNow()\n")
	isShifted  = []byte("\tsec, nsec, mono := shiftedNow()\n")
)

// ErrOtherGo says that package time of the Go that is used reads the clock in another way than this package knows.
var ErrOtherGo = errors.New("package time of this Go is not the one that is known here")

// overlay is the file of go build -overlay (https://pkg.go.dev/cmd/go#hdr-Compile_packages_and_dependencies).
type overlay struct{ Replace map[string]string }

// Overlay writes an overlay for go build to a folder, which it makes, and returns its name. Besides a package time whose wall clock
// can be set it has what another overlay has; "" for none. The go command is run in this process's folder, as the build must be.
func Overlay(ctx context.Context, dir, other string) (file string, err error) {
	said, err := exec.CommandContext(ctx, "go", "env", "-json", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return "", fmt.Errorf("ask for the folder of Go: %w", err)
	}
	var of struct{ GOROOT, GOVERSION string }
	if err := json.Unmarshal(said, &of); err != nil {
		return "", fmt.Errorf("ask for the folder of Go: %w", err)
	}
	all := overlay{Replace: map[string]string{}}
	if other != "" {
		text, err := os.ReadFile(other)
		if err != nil {
			return "", fmt.Errorf("read the overlay: %w", err)
		}
		if err := json.Unmarshal(text, &all); err != nil {
			return "", fmt.Errorf("read the overlay %s: %w", other, err)
		}
	}
	original := filepath.Join(of.GOROOT, "src", "time", "time.go")
	if by, ok := all.Replace[original]; ok {
		return "", fmt.Errorf("the overlay %s replaces %s by %s, which has to be replaced for the clock", other, original, by)
	}
	source, err := os.ReadFile(original)
	if err != nil {
		return "", fmt.Errorf("read package time of %s: %w", of.GOVERSION, err)
	}
	changed, err := change(source)
	if err != nil {
		return "", fmt.Errorf("%w (%s, %s)", err, of.GOVERSION, original)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("write an overlay: %w", err)
	}
	put := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		err = errors.Join(err, os.WriteFile(path, text, 0o600))
		return path
	}
	if all.Replace == nil {
		all.Replace = map[string]string{}
	}
	all.Replace[original] = put("time.go", changed)
	all.Replace[filepath.Join(filepath.Dir(original), "shift.go")] = put("shift.go", shift)
	text, encoding := json.Marshal(all)
	file = put("overlay.json", text)
	if err := errors.Join(encoding, err); err != nil {
		return "", fmt.Errorf("write an overlay: %w", err)
	}
	return file, nil
}

// change has time.Now read the clock that can be set.
func change(source []byte) ([]byte, error) {
	if n := bytes.Count(source, readsClock); n != 1 {
		return nil, fmt.Errorf("%w: it has %q %d times instead of once", ErrOtherGo, bytes.TrimSpace(readsClock), n)
	}
	return bytes.Replace(source, readsClock, isShifted, 1), nil
}
