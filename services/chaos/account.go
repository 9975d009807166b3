//go:build unix

package chaos

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// balanced and found are the exit statuses of ledger audit.
const (
	balanced = 0
	found    = 3
)

// account is what the ledger says.
type account struct {
	table    string
	balanced bool
}

// takeAccount waits until nothing is on its way any more, and has the ledger hold truth, topics, index and archive against each other, past all proxies.
func (s *scene) takeAccount(ctx context.Context) (account, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, "ledger"), "audit",
		"--kafka-brokers", strings.Join(s.brokers.Inside, ","), "--elasticsearch-url", s.index.Addr,
		"--s3-endpoint", s.store.Addr, "--s3-access-key", s.store.AccessKey, "--s3-secret-key", s.store.SecretKey, "--s3-bucket", bucketName,
		"--truth", s.truth, "--contest", s.cfg.Contest, "--settle", settleWithin.String())
	var table, progress bytes.Buffer
	cmd.Stdout, cmd.Stderr = &table, &progress
	err := cmd.Run()
	status := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		status = exit.ExitCode()
	case err != nil:
		return account{}, fmt.Errorf("run the ledger: %w", err)
	}
	a := account{table: table.String(), balanced: status == balanced}
	if status != balanced && status != found {
		return a, fmt.Errorf("the ledger could take no account: exit status %d\n%s%s", status, &table, &progress)
	}
	return a, nil
}
