//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"catsvdogs/services/chaos/plan"
	"catsvdogs/services/pipeline/faultproxy"
)

// fronted is a server in whose place the proxy in front of it can misbehave.
type fronted struct {
	lane, server string // for plans; for people
	asked        string // what meets its faults
	proxy        func(*scene) *faultproxy.Proxy
}

// misbehaves is a fault of such a server.
func (f fronted) misbehaves(name, says string, essential bool, how func() faultproxy.Fault) kind {
	return kind{
		Kind: plan.Kind{Name: f.lane + "-" + name, Lane: f.lane, Takes: 8 * time.Second, Essential: essential},
		says: f.server + " " + says, hold: 5 * time.Second,
		make: func(s *scene, _ *rand.Rand) fault {
			return &misbehaving{
				proxy: f.proxy(s), how: how,
				awaited: "a request that meets the fault", unmet: "none has come", met: "the proxy has done so to %d " + f.asked + " so far",
			}
		},
	}
}

// misbehaving is a proxy that misbehaves in place of its server, or watches it do so. The proxy's hits are the evidence.
type misbehaving struct {
	proxy *faultproxy.Proxy
	how   func() faultproxy.Fault
	// Texts: what is waited for; that there is none; that there are %d.
	awaited, unmet, met string

	hits atomic.Int64
	mend func()
}

func (f *misbehaving) inject(context.Context) error {
	f.mend = f.proxy.Break(f.how(), func() { f.hits.Add(1) })
	return nil
}

func (f *misbehaving) evidence(ctx context.Context) (string, error) {
	err := await(ctx, proveWithin, f.awaited, func(context.Context) error {
		if f.hits.Load() == 0 {
			return errors.New(f.unmet)
		}
		return nil
	})
	return fmt.Sprintf(f.met, f.hits.Load()), err
}

func (f *misbehaving) heal(context.Context) error {
	f.mend()
	return nil
}
