package browser

import (
	"net"
	"sync"
)

// A line is the network between a browser and a stage. It can be cut.
type line struct {
	net.Listener

	mu    sync.Mutex
	state condition
	open  map[net.Conn]bool
}

type condition int

const (
	whole condition = iota
	cut             // connections end, new ones are refused
)

func (l *line) set(c condition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = c
	if c == cut {
		for conn := range l.open {
			_ = conn.Close()
		}
		clear(l.open)
	}
}

func (l *line) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		l.mu.Lock()
		refuse := l.state == cut
		if !refuse {
			l.open[conn] = true
		}
		l.mu.Unlock()
		if !refuse {
			return conn, nil
		}
		_ = conn.Close()
	}
}
