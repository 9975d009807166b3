//go:build unix

package chaos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"catsvdogs/services/chaos/plan"
)

// networkFaults are the ways' between the services and their servers.
func networkFaults() (kinds []kind) {
	const lane = "network"
	for _, to := range []struct {
		name, what string
		links      func(s *scene) []*link
	}{
		{"brokers", "all brokers", func(s *scene) (all []*link) {
			for n := range s.brokers.Servers {
				all = append(all, s.network.to(toBroker(n+1)))
			}
			return all
		}},
		{"index", "Elasticsearch", func(s *scene) []*link { return []*link{s.network.to(toIndex)} }},
		{"store", "the store", func(s *scene) []*link { return []*link{s.network.to(toStore)} }},
	} {
		add := func(how, says string, hold time.Duration, make func(links []*link) fault) {
			kinds = append(kinds, kind{
				Kind: plan.Kind{Name: "network-" + to.name + "-" + how, Lane: lane, Takes: hold + 3*time.Second},
				says: "the way to " + to.what + " " + says, hold: hold,
				make: func(s *scene, _ *rand.Rand) fault { return make(to.links(s)) },
			})
		}
		add("cut", "is cut for five seconds: connections end, new ones are refused", 5*time.Second, func(links []*link) fault { return &cutLinks{links} })
		add("silent", "swallows all answers for nine seconds, and connections stay open", 9*time.Second, func(links []*link) fault {
			return &toxicLinks{links: links, toxic: "timeout", attributes: map[string]any{"timeout": 0}, shows: func(took time.Duration, err error) error {
				if err == nil {
					return fmt.Errorf("a probe was answered after %s", took)
				}
				return nil
			}}
		})
		add("slow", "takes 400 ms more for each answer", 8*time.Second, func(links []*link) fault {
			return &toxicLinks{links: links, toxic: "latency", attributes: map[string]any{"latency": 400, "jitter": 100}, shows: func(took time.Duration, err error) error {
				if err == nil && took < 250*time.Millisecond {
					err = fmt.Errorf("a probe was answered after %s", took)
				}
				return err
			}}
		})
		add("reset", "resets each connection at its first answer", 5*time.Second, func(links []*link) fault {
			return &toxicLinks{links: links, toxic: "reset_peer", attributes: map[string]any{"timeout": 0}, shows: func(took time.Duration, err error) error {
				if err == nil {
					return fmt.Errorf("a probe was answered after %s", took)
				}
				return nil
			}}
		})
	}
	return kinds
}

// probeWithin bounds a probe; who has no answer by then has none.
const probeWithin = 3 * time.Second

// probe sends something that is answered to the server at the other end of a way, whatever it speaks, and returns how long the
// first byte of the answer took.
func (l *link) probe(ctx context.Context) (took time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, probeWithin)
	defer cancel()
	conn, err := l.dial(ctx)
	if err != nil {
		return 0, fmt.Errorf("probe the way to %s: %w", l.name, err)
	}
	defer func() { _ = conn.Close() }()
	question := []byte("GET / HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n")
	if strings.HasPrefix(l.name, "kafka-") {
		question = apiVersions
	}
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return 0, fmt.Errorf("probe the way to %s: %w", l.name, err)
	}
	began := time.Now()
	if _, err := conn.Write(question); err != nil {
		return 0, fmt.Errorf("probe the way to %s: %w", l.name, err)
	}
	if _, err := io.ReadFull(conn, make([]byte, 1)); err != nil {
		return time.Since(began), fmt.Errorf("probe the way to %s: %w", l.name, err)
	}
	return time.Since(began), nil
}

// apiVersions is Kafka's request of this name, version 0, from client "probe": what every broker answers to anybody
// (https://kafka.apache.org/protocol#The_Messages_ApiVersions).
var apiVersions = []byte("\x00\x00\x00\x0f" + "\x00\x12" + "\x00\x00" + "\x00\x00\x00\x01" + "\x00\x05probe")

type cutLinks struct{ links []*link }

func (f *cutLinks) inject(context.Context) error {
	for _, l := range f.links {
		l.cut()
	}
	return nil
}

func (f *cutLinks) evidence(ctx context.Context) (string, error) {
	for _, l := range f.links {
		if conn, err := l.dial(ctx); err == nil {
			return "", errors.Join(fmt.Errorf("the way to %s is open", l.name), conn.Close())
		}
	}
	return fmt.Sprintf("connections this way are refused (%d of %d)", len(f.links), len(f.links)), nil
}

func (f *cutLinks) heal(context.Context) error {
	var errs []error
	for _, l := range f.links {
		errs = append(errs, l.mend())
	}
	return errors.Join(errs...)
}

// toxicLinks are ways with a toxic on them, which a probe of ours must meet.
type toxicLinks struct {
	links      []*link
	toxic      string
	attributes map[string]any
	shows      func(took time.Duration, err error) error
}

func (f *toxicLinks) inject(context.Context) error {
	for _, l := range f.links {
		if err := l.poison(f.toxic, f.attributes); err != nil {
			return err
		}
	}
	return nil
}

func (f *toxicLinks) evidence(ctx context.Context) (string, error) {
	var said []string
	for _, l := range f.links {
		// A server that another fault has taken away would answer nothing either, or later; only then is asked again.
		err := await(ctx, proveWithin, "the toxic on the way to "+l.name, func(ctx context.Context) error {
			took, err := l.probe(ctx)
			if shown := f.shows(took, err); shown != nil {
				return shown
			}
			if err != nil {
				said = append(said, fmt.Sprintf("a probe to %s had no answer", l.name))
			} else {
				said = append(said, fmt.Sprintf("a probe to %s was answered after %d ms", l.name, took.Milliseconds()))
			}
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return strings.Join(said, ", "), nil
}

func (f *toxicLinks) heal(ctx context.Context) error {
	for _, l := range f.links {
		l.cure(ctx)
	}
	return nil
}
