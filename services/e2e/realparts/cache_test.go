//go:build unix

package realparts

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"catsvdogs/services/e2e/supervise"
)

func TestMain(m *testing.M) {
	supervise.Main()
	os.Exit(m.Run())
}

func TestABrokenDownloadIsNotKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "part")
	half := func(_ context.Context, dir string) error {
		return errors.Join(os.WriteFile(filepath.Join(dir, "half"), nil, 0o600), errors.New("the line is cut"))
	}
	if err := fill(t.Context(), dir, "a part", half); err == nil {
		t.Error("it counts as fetched")
	}
	if left, err := filepath.Glob(dir + "*"); err != nil || len(left) != 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	whole := func(_ context.Context, dir string) error {
		return os.WriteFile(filepath.Join(dir, "whole"), nil, 0o600)
	}
	if err := os.MkdirAll(filepath.Join(dir+".partial", "of a run that was killed"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := fill(t.Context(), dir, "a part", whole); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 || files[0].Name() != "whole" {
		t.Errorf("got %v, %v", files, err)
	}
}

func TestACommandThatFailsSaysWhatItPrinted(t *testing.T) {
	t.Parallel()
	err := command(t.Context(), t.TempDir(), []string{"WORD=hello"}, "sh", "-c", "echo $WORD; exit 3")
	if err == nil || err.Error() != "sh [-c echo $WORD; exit 3]: exit status 3\nhello\n" {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := command(ctx, t.TempDir(), nil, "sleep", "300"); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
