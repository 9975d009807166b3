package broker_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestRecordsGoThroughABrokerThatWantsCertificatesAndAUser(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			_, cfg := kafkatest.StartSecure(t, 3, mechanism)
			cfg.KafkaSASL = strings.ToLower(mechanism)
			if err := cfg.Check(); err != nil {
				t.Fatal(err)
			}
			written := &kgo.Record{Topic: topic.Raw, Value: []byte("a post")}
			if err := kafkatest.Client(t, cfg).ProduceSync(t.Context(), written).FirstErr(); err != nil {
				t.Fatal(err)
			}
			if got := kafkatest.Read(t, cfg, topic.Raw, 1); string(got[0].Value) != "a post" {
				t.Errorf("got %q", got[0].Value)
			}
		})
	}
}

func TestAClientThatTheBrokerDoesNotKnowOrThatDoesNotKnowTheBrokerIsToldWhy(t *testing.T) {
	t.Parallel()
	_, good := kafkatest.StartSecure(t, 1, "SCRAM-SHA-256")
	good.KafkaSASL = "scram-sha-256"
	for name, test := range map[string]struct {
		change func(*broker.Config)
		want   string
	}{
		"another authority":     {func(c *broker.Config) { c.KafkaCAFile = kafkatest.CAFile(t) }, "unknown authority"},
		"the system's alone":    {func(c *broker.Config) { c.KafkaCAFile = "" }, "unknown authority"},
		"no client certificate": {func(c *broker.Config) { c.KafkaClientCertFile, c.KafkaClientKeyFile = "", "" }, "certificate required"},
		"another name": {func(c *broker.Config) {
			c.KafkaBrokers = []string{strings.Replace(c.KafkaBrokers[0], "127.0.0.1", "localhost", 1)}
		}, "certificate is not valid for any names"},
		"a file that is gone": {func(c *broker.Config) { c.KafkaPassword, c.KafkaPasswordFile = "", "none" }, "--kafka-password-file"},
		"a CA that is gone":   {func(c *broker.Config) { c.KafkaCAFile = "none" }, "--kafka-ca-file"},
		"a key that is gone":  {func(c *broker.Config) { c.KafkaClientKeyFile = "none" }, "--kafka-client-key-file"},
		"no TLS": {func(c *broker.Config) {
			c.KafkaTLS, c.KafkaCAFile, c.KafkaClientCertFile, c.KafkaClientKeyFile = false, "", "", ""
		}, "TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			test.change(&c)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			err := kafkatest.Client(t, c, kgo.RetryTimeout(time.Second)).Ping(ctx)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), kafkatest.Password) {
				t.Errorf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestACertificateThatIsRenewedAndAPasswordThatIsChangedCountWithoutARestart(t *testing.T) {
	t.Parallel()
	c, cfg := kafkatest.StartSecure(t, 1, "SCRAM-SHA-512")
	refuseOnce(c)
	cfg.KafkaSASL = "scram-sha-512"
	right, err := os.ReadFile(cfg.KafkaCAFile)
	if err != nil {
		t.Fatal(err)
	}
	cfg.KafkaPassword, cfg.KafkaPasswordFile, cfg.KafkaCAFile = "", filepath.Join(t.TempDir(), "password"), kafkatest.CAFile(t)
	replace(t, cfg.KafkaPasswordFile, "outdated")
	cl := kafkatest.Client(t, cfg, kgo.RetryTimeout(time.Second))
	if err := cl.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "unknown authority") {
		t.Errorf("with an outdated authority: %v", err)
	}
	replace(t, cfg.KafkaCAFile, string(right))
	if err := cl.Ping(t.Context()); err == nil || !strings.Contains(err.Error(), "SASL_AUTHENTICATION_FAILED") {
		t.Errorf("with an outdated password: %v", err)
	}
	replace(t, cfg.KafkaPasswordFile, kafkatest.Password)
	if err := cl.Ping(t.Context()); err != nil {
		t.Errorf("with what is right now: %v", err)
	}
}

// refuseOnce has the broker refuse a login as Apache Kafka does; by itself kfake just hangs up.
func refuseOnce(c *kfake.Cluster) {
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(r kmsg.Request) (kmsg.Response, error, bool) {
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return answer, nil, true
	})
}

func TestAPasswordIsNotSentToABrokerElsewhereThatALocalOneTellsOf(t *testing.T) {
	t.Parallel()
	c := broker.Config{KafkaBrokers: []string{"127.0.0.1:9092"}, KafkaSASL: "plain", KafkaUsername: "u", KafkaPassword: "p"}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Dial(t.Context(), "tcp", "192.0.2.1:9092"); err == nil || !strings.Contains(err.Error(), "give --kafka-tls") {
		t.Errorf("got %v", err)
	}
}

func TestABrokerThatSaysNothingDoesNotHoldAConnectionUp(t *testing.T) {
	t.Parallel()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	addr := silent.Addr().String()
	_, err = broker.Config{KafkaBrokers: []string{addr}, KafkaTLS: true}.Dial(ctx, "tcp", addr)
	if err == nil || !strings.Contains(err.Error(), "set up TLS with the broker "+addr) {
		t.Errorf("got %v", err)
	}
}

func replace(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
