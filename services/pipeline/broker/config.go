package broker

import (
	"context"
	"errors"
	"fmt"
	"net"

	"catsvdogs/services/pipeline/config"
)

// Values of --kafka-sasl, by which a client proves who it is.
const (
	saslNone     = "none"
	saslPlain    = "plain"
	saslSCRAM256 = "scram-sha-256"
	saslSCRAM512 = "scram-sha-512"
)

// Config is the part of a service's configuration that names the broker. The zero value of all but KafkaBrokers means
// connections that anybody can read and that nobody has to prove anything for.
type Config struct {
	KafkaBrokers []string `help:"Brokers to start from." default:"${kafka_brokers=127.0.0.1:9092}" placeholder:"HOST:PORT"`

	KafkaTLS            bool   `name:"kafka-tls" help:"Encrypt the connections to the brokers, and believe only brokers whose certificate is right."`
	KafkaCAFile         string `name:"kafka-ca-file" help:"Certificates of authorities (PEM) that vouch for the brokers, besides the system's." placeholder:"FILE"`
	KafkaClientCertFile string `name:"kafka-client-cert-file" help:"Certificate (PEM) that the brokers know the client by." placeholder:"FILE"`
	KafkaClientKeyFile  string `name:"kafka-client-key-file" help:"That certificate's key (PEM)." placeholder:"FILE"`

	KafkaSASL         string        `name:"kafka-sasl" help:"How a user logs in at the brokers: ${enum}." default:"none" enum:"none,plain,scram-sha-256,scram-sha-512"`
	KafkaUsername     string        `name:"kafka-username" help:"User, where the brokers want one." placeholder:"NAME"`
	KafkaPassword     config.Secret `name:"kafka-password" help:"The user's password." placeholder:"SECRET"`
	KafkaPasswordFile string        `name:"kafka-password-file" help:"File that holds the password." placeholder:"FILE"`

	// Network opens connections, as net.Dialer.DialContext does; nil for TCP. TLS goes over it where it is asked for.
	Network func(ctx context.Context, network, addr string) (net.Conn, error) `kong:"-"`
}

// Check lists everything that is wrong, files that cannot be read included. It is not called Validate, because kong would
// call that by itself, also where a program takes nothing given for an embedded server.
func (c Config) Check() error {
	if len(c.KafkaBrokers) == 0 {
		return errors.New("--kafka-brokers: give at least one HOST:PORT")
	}
	var errs []error
	for _, b := range c.KafkaBrokers {
		if _, _, err := net.SplitHostPort(b); err != nil {
			errs = append(errs, fmt.Errorf("--kafka-brokers: %w; give HOST:PORT", err))
		}
	}
	return errors.Join(append(errs, c.checkTLS(), c.checkUser())...)
}

func (c Config) checkTLS() error {
	if !c.KafkaTLS {
		var errs []error
		for _, f := range []struct{ flag, file string }{
			{"--kafka-ca-file", c.KafkaCAFile}, {"--kafka-client-cert-file", c.KafkaClientCertFile}, {"--kafka-client-key-file", c.KafkaClientKeyFile},
		} {
			if f.file != "" {
				errs = append(errs, fmt.Errorf("%s: is for encrypted connections; give --kafka-tls, too", f.flag))
			}
		}
		return errors.Join(errs...)
	}
	var errs []error
	if _, err := c.trusted(); err != nil {
		errs = append(errs, err)
	}
	if _, err := c.clientCertificate(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func (c Config) checkUser() error {
	var errs []error
	password, err := c.password()
	if err != nil {
		errs = append(errs, err)
	}
	given := password != "" || err != nil
	switch c.KafkaSASL {
	case saslNone, "":
		if c.KafkaUsername != "" || given {
			errs = append(errs, fmt.Errorf("--kafka-sasl: a user or a password is given, but not how to log in; give %s, %s or %s", saslSCRAM512, saslSCRAM256, saslPlain))
		}
		return errors.Join(errs...)
	case saslPlain, saslSCRAM256, saslSCRAM512:
	default:
		errs = append(errs, fmt.Errorf("--kafka-sasl: %q is unknown; give %s, %s, %s or %s", c.KafkaSASL, saslNone, saslPlain, saslSCRAM256, saslSCRAM512))
	}
	if c.KafkaUsername == "" {
		errs = append(errs, errors.New("--kafka-username: give the user who logs in, as --kafka-sasl says"))
	}
	if !given {
		errs = append(errs, errors.New("--kafka-password-file: give the file with the user's password, or --kafka-password"))
	}
	for _, b := range c.KafkaBrokers {
		if err := c.keepsPassword(b); err != nil {
			errs = append(errs, err)
			break
		}
	}
	return errors.Join(errs...)
}

// keepsPassword refuses a broker that would be sent the password for everybody on the way to read, as PLAIN does.
// RFC 4616, section 4; SCRAM sends a proof only.
func (c Config) keepsPassword(addr string) error {
	if c.KafkaSASL != saslPlain || c.KafkaTLS {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); err != nil || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--kafka-sasl: %s would send the password to %s for everybody on the way to read; give --kafka-tls, too, or %s", saslPlain, addr, saslSCRAM512)
}

func (c Config) password() (config.Secret, error) {
	password, err := config.SecretFrom(c.KafkaPassword, c.KafkaPasswordFile)
	if err != nil {
		return "", fmt.Errorf("--kafka-password-file: %w", err)
	}
	return password, nil
}
