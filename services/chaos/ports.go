//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// Where ports are looked for: below those that systems give to connections, which could have taken one while the process that
// listens there is away.
const (
	firstPort = 20_000
	lastPort  = 32_000
)

// ports hands out loopback addresses that nobody listens on, each once. Use it from one goroutine.
type ports struct{ last int }

// newPorts begins anywhere, because several runs may look at a time.
func newPorts() *ports {
	return &ports{last: firstPort + rand.IntN((lastPort-firstPort)/2)} //nolint:gosec // no secret
}

// next returns another one, HOST:PORT.
func (p *ports) next(ctx context.Context) (string, error) {
	for p.last++; p.last < lastPort; p.last++ {
		l, err := new(net.ListenConfig).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", p.last))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return "", fmt.Errorf("find a free port: %w", err)
		}
		return l.Addr().String(), nil
	}
	return "", errors.New("find a free port: there is none")
}
