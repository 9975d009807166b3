package volume

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	if done, status := Enclose(); done {
		os.Exit(status)
	}
	os.Exit(m.Run())
}

func TestAFilledVolumeTakesNothingMoreUntilItIsFreed(t *testing.T) {
	t.Parallel()
	v, err := Mount(filepath.Join(t.TempDir(), "volume"), 1<<20)
	if errors.Is(err, ErrNone) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	write := func() error { return os.WriteFile(filepath.Join(v.Dir, "file"), make([]byte, 100<<10), 0o600) }
	if err := write(); err != nil {
		t.Errorf("an empty volume takes nothing: %v", err)
	}
	if n, err := v.Fill(); err != nil || n < 512<<10 || n > 1<<20 {
		t.Errorf("filled with %d bytes, %v", n, err)
	}
	if err := os.WriteFile(filepath.Join(v.Dir, "another"), make([]byte, 100<<10), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("a full volume says %v", err)
	}
	if err := v.Free(); err != nil {
		t.Error(err)
	}
	if err := write(); err != nil {
		t.Errorf("a freed volume takes nothing: %v", err)
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(v.Dir); err != nil || len(left) != 0 {
		t.Errorf("%v is left behind the mount, %v", left, err)
	}
}
