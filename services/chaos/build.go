//go:build unix

package chaos

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"

	"catsvdogs/services/chaos/wallclock"
)

// commands are what is run of the product, by service.
var commands = []string{"simulator", "provision", "ingest", "enricher", "refresher", "sink", "live", "ledger"}

// build builds the commands with the tag chaos, so that they can be told where to crash (package crashpoint), and with a clock
// that can be set (package wallclock), and returns the folder of the binaries. It runs go in this folder or below the
// workspace's. overlay, unless empty, is a file of go build -overlay.
func build(ctx context.Context, dir, overlay string) (string, error) {
	bin := filepath.Join(dir, "bin")
	overlay, err := wallclock.Overlay(ctx, filepath.Join(dir, "overlay"), overlay)
	if err != nil {
		return "", fmt.Errorf("build the product: %w", err)
	}
	args := []string{"build", "-tags", "chaos", "-overlay", overlay, "-o", bin + string(filepath.Separator)}
	for _, name := range commands {
		args = append(args, "catsvdogs/services/"+name+"/cmd/"+name)
	}
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the product: %w\n%s", err, out)
	}
	return bin, nil
}
