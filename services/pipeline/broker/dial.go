package broker

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"catsvdogs/services/pipeline/trust"
)

// dialTimeout bounds how long a connection takes to come about, TLS included.
const dialTimeout = 5 * time.Second

// Dialing is what every client, of the pipeline or not, reaches the brokers with.
func Dialing(c Config) []kgo.Opt {
	options := []kgo.Opt{kgo.SeedBrokers(c.KafkaBrokers...), kgo.Dialer(c.Dial)}
	if m := c.Login(); m != nil {
		options = append(options, kgo.SASL(m))
	}
	return options
}

// Dial connects to a broker, with TLS if c says so, within 5 s. Files are read at each connection, so that a certificate
// that is renewed counts without a restart; when that fails, or the broker is not believed, so does the connection. It
// may be called by several goroutines.
func (c Config) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	// Also here, because those that c names tell of others.
	if err := c.keepsPassword(addr); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	open := c.Network
	if open == nil {
		open = new(net.Dialer).DialContext
	}
	if !c.KafkaTLS {
		return open(ctx, network, addr)
	}
	cfg, err := c.tls(addr)
	if err != nil {
		return nil, err
	}
	plain, err := open(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(plain, cfg)
	if err := conn.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, fmt.Errorf("set up TLS with the broker %s: %w", addr, err)
	}
	return conn, nil
}

// Login returns what proves to a broker who the client is; nil when it need not. The password is read, and so may fail,
// at each login. It may be used by several goroutines.
func (c Config) Login() sasl.Mechanism {
	switch c.KafkaSASL {
	case saslPlain:
		return plain.Plain(func(context.Context) (plain.Auth, error) {
			password, err := c.password()
			return plain.Auth{User: c.KafkaUsername, Pass: password.Reveal()}, err
		})
	case saslSCRAM256:
		return scram.Sha256(c.proof)
	case saslSCRAM512:
		return scram.Sha512(c.proof)
	}
	return nil
}

func (c Config) proof(context.Context) (scram.Auth, error) {
	password, err := c.password()
	return scram.Auth{User: c.KafkaUsername, Pass: password.Reveal()}, err
}

func (c Config) tls(addr string) (*tls.Config, error) {
	cfg, err := c.trusted()
	if err != nil {
		return nil, err
	}
	if cfg.Certificates, err = c.clientCertificate(); err != nil {
		return nil, err
	}
	if cfg.ServerName, _, err = net.SplitHostPort(addr); err != nil {
		return nil, fmt.Errorf("split the address of a broker: %w", err)
	}
	return cfg, nil
}

func (c Config) trusted() (*tls.Config, error) {
	cfg, err := trust.TLS(c.KafkaCAFile)
	if err != nil {
		return nil, fmt.Errorf("--kafka-ca-file: %w", err)
	}
	return cfg, nil
}

func (c Config) clientCertificate() ([]tls.Certificate, error) {
	switch {
	case c.KafkaClientCertFile == "" && c.KafkaClientKeyFile == "":
		return nil, nil
	case c.KafkaClientCertFile == "":
		return nil, errors.New("--kafka-client-cert-file: a key is given but no certificate")
	case c.KafkaClientKeyFile == "":
		return nil, errors.New("--kafka-client-key-file: a certificate is given but no key")
	}
	certificate, err := tls.LoadX509KeyPair(c.KafkaClientCertFile, c.KafkaClientKeyFile)
	if err != nil {
		return nil, fmt.Errorf("--kafka-client-cert-file, --kafka-client-key-file: %w", err)
	}
	return []tls.Certificate{certificate}, nil
}
