//go:build unix

package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"sync"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is the proxies between the services and their servers.
type network struct {
	server *toxiproxy.ApiServer // never listens; proxies want one
	mu     sync.Mutex
	links  map[string]*link
}

// link is a way to a server.
type link struct {
	name  string
	addr  string // HOST:PORT on this side
	proxy *toxiproxy.Proxy
}

func newNetwork() *network {
	return &network{
		server: toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop()),
		links:  map[string]*link{},
	}
}

// open makes a way to a server, which need not be there yet.
func (n *network) open(name, upstream string) (*link, error) {
	p := toxiproxy.NewProxy(n.server, name, "127.0.0.1:0", upstream)
	if err := p.Start(); err != nil {
		return nil, fmt.Errorf("open a way to %s: %w", name, err)
	}
	// It keeps its port when it is closed and opened again.
	l := &link{name: name, addr: p.Listen, proxy: p}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[name] = l
	return l, nil
}

// to returns the way to a server.
func (n *network) to(name string) *link {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.links[name]
}

func (n *network) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		l.proxy.Stop()
	}
}

// poison puts a toxic on the answers that come this way.
func (l *link) poison(kind string, attributes map[string]any) error {
	order, err := json.Marshal(map[string]any{"name": kind, "type": kind, "stream": "downstream", "attributes": attributes})
	if err == nil {
		_, err = l.proxy.Toxics.AddToxicJson(bytes.NewReader(order))
	}
	if err != nil {
		return fmt.Errorf("make the way to %s %s: %w", l.name, kind, err)
	}
	return nil
}

// cure takes all toxics away.
func (l *link) cure(ctx context.Context) { l.proxy.Toxics.ResetToxics(ctx) }

// cut ends all connections and refuses others until mend.
func (l *link) cut() { l.proxy.Stop() }

func (l *link) mend() error {
	if err := l.proxy.Start(); err != nil {
		return fmt.Errorf("mend the way to %s: %w", l.name, err)
	}
	return nil
}

// dial connects this way.
func (l *link) dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "tcp", l.addr)
}
