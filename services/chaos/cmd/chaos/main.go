//go:build unix

// Command chaos breaks the running product and proves that nothing was lost.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"catsvdogs/services/chaos"
	"catsvdogs/services/chaos/volume"
	"catsvdogs/services/e2e/supervise"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/service"
)

func main() {
	supervise.Main()
	if done, status := volume.Enclose(); done {
		os.Exit(status)
	}
	service.Once(config.Program{
		Name: "chaos",
		About: "Starts the whole product on real servers, lets faults happen to it by a plan that follows from a seed, and proves by an account of every record that nothing was lost. " +
			"It needs Go, a JDK 17 and, the first time, Maven. It exits with 0 when all is well, with 3 when it has found something, and with 1 when it could not be done.",
	}, func(ctx context.Context, cfg chaos.Config) error {
		cfg.Out = os.Stdout
		err := chaos.Run(ctx, cfg)
		if errors.Is(err, chaos.ErrFound) {
			err = fmt.Errorf("%w: %w", service.ErrFound, err)
		}
		return err
	})
}
