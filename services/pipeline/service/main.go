// Package service is the main of every command: configuration, signals, health probe, exit code. It owns nothing of
// what a service does.
package service

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/telemetry"
)

// Probed is a configuration that says where its process answers /readyz.
type Probed interface {
	ProbeAddr() string
}

// Main is the main of a service: it loads the configuration and runs until SIGINT or SIGTERM ends run's context. With
// -health it asks the running service whether it is ready instead.
func Main[C Probed](p config.Program, run func(context.Context, C) error) {
	p.About += " With -health it asks the running service whether it is ready, and exits with 0 or 1."
	if slices.ContainsFunc(os.Args[1:], isHealth) {
		var cfg C
		// Mistakes are not the probe's business: it needs an address, not a token.
		_ = config.Load(p, &cfg, arguments(), os.Stdout, os.Exit)
		finish(p, telemetry.Probe(context.Background(), cfg.ProbeAddr()))
		return
	}
	Once(p, run)
}

// Once is the main of a command that ends by itself. Like Main it ends run's context on the first signal and the process
// on the second, prints an error once, and exits with 0 on success, 1 on failure, 2 on a configuration mistake and 3 when
// it has done its work and found something wrong (ErrFound).
func Once[C any](p config.Program, run func(context.Context, C) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// The first signal asks for a drain; taking the handler away lets the second one kill.
	context.AfterFunc(ctx, stop)

	var cfg C
	err := config.Load(p, &cfg, arguments(), os.Stdout, os.Exit)
	if err == nil {
		err = run(ctx, cfg)
	}
	finish(p, err)
}

// Command takes the word of one of these commands out of the arguments, which then are that command's; "" when they name
// none of them. The word comes first.
func Command(words ...string) string {
	if len(os.Args) < 2 || !slices.Contains(words, os.Args[1]) {
		return ""
	}
	word := os.Args[1]
	os.Args = slices.Delete(os.Args, 1, 2)
	return word
}

// ErrFound is wrapped by the error of a command that looks whether something is as it must be, when it is not. A script must
// be able to tell that from a command that could not look.
var ErrFound = errors.New("something is not as it must be")

func finish(p config.Program, err error) {
	if err == nil {
		return
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", p.Name, err)
	os.Exit(status(err))
}

// status is the exit status of a command that ended with this error.
func status(err error) int {
	switch {
	case errors.Is(err, config.ErrConfig):
		return 2
	case errors.Is(err, ErrFound):
		return 3
	}
	return 1
}

func arguments() []string { return slices.DeleteFunc(slices.Clone(os.Args[1:]), isHealth) }

func isHealth(arg string) bool { return arg == "-health" || arg == "--health" }
