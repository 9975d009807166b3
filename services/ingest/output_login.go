package ingest

import (
	"context"
	"net"
	"strconv"

	"github.com/segmentio/kafka-go/sasl"
	franzsasl "github.com/twmb/franz-go/pkg/sasl"

	"catsvdogs/services/pipeline/broker"
)

// loginOf returns how the output proves to a broker who it is; nil when it need not. It lends the other client's ways of
// doing so to this one, so that the two log in alike and there is one implementation of SCRAM to trust.
func loginOf(cfg broker.Config) sasl.Mechanism {
	if m := cfg.Login(); m != nil {
		return login{m}
	}
	return nil
}

type login struct{ franzsasl.Mechanism }

// Start begins a login. The library says in ctx where.
func (l login) Start(ctx context.Context) (sasl.StateMachine, []byte, error) {
	addr := ""
	if at := sasl.MetadataFromContext(ctx); at != nil {
		addr = net.JoinHostPort(at.Host, strconv.Itoa(at.Port))
	}
	session, first, err := l.Authenticate(ctx, addr)
	if err != nil {
		return nil, nil, err
	}
	return exchange{session}, first, nil
}

type exchange struct{ franzsasl.Session }

// Next answers what the broker asked.
func (e exchange) Next(_ context.Context, challenge []byte) (done bool, answer []byte, err error) {
	return e.Challenge(challenge)
}
