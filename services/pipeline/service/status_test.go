package service

import (
	"errors"
	"fmt"
	"testing"

	"catsvdogs/services/pipeline/config"
)

func TestTheExitStatusTellsWhatWentWrong(t *testing.T) {
	t.Parallel()
	for want, err := range map[int]error{
		1: errors.New("Kafka cannot be reached"),
		2: fmt.Errorf("--from: %w", config.ErrConfig),
		3: fmt.Errorf("%w: 4 findings", ErrFound),
	} {
		if got := status(err); got != want {
			t.Errorf("%v: %d, want %d", err, got, want)
		}
	}
}
