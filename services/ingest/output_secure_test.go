package ingest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/segmentio/kafka-go"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
	"catsvdogs/services/pipeline/topic"
)

func TestLinesGoToABrokerThatWantsCertificatesAndAUser(t *testing.T) {
	t.Parallel()
	for _, mechanism := range []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			_, cfg := kafkatest.StartSecure(t, 2, mechanism)
			cfg.KafkaSASL = strings.ToLower(mechanism)
			out := newOutput(t.Context(), cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(string) {})
			if err := out.waitForTopic(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := out.write(t.Context(), []kafka.Message{{Value: []byte("a post")}}); err != nil {
				t.Fatal(err)
			}
			if err := out.close(); err != nil {
				t.Error(err)
			}
			if got := kafkatest.Read(t, cfg, topic.Raw, 1); string(got[0].Value) != "a post" {
				t.Errorf("got %q", got[0].Value)
			}
		})
	}
}

func TestWhatKeepsTheOutputFromASecureBrokerIsTold(t *testing.T) {
	t.Parallel()
	c, good := kafkatest.StartSecure(t, 1, "SCRAM-SHA-512")
	c.ControlKey(int16(kmsg.SASLAuthenticate), func(r kmsg.Request) (kmsg.Response, error, bool) {
		// As Apache Kafka does; by itself kfake just hangs up.
		c.KeepControl()
		answer := r.ResponseKind().(*kmsg.SASLAuthenticateResponse)
		answer.ErrorCode = kerr.SaslAuthenticationFailed.Code
		return answer, nil, true
	})
	good.KafkaSASL = "scram-sha-512"
	passwordFile := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(passwordFile, []byte(kafkatest.Password), 0o600); err != nil {
		t.Fatal(err)
	}
	good.KafkaPassword, good.KafkaPasswordFile = "", passwordFile
	for name, test := range map[string]struct {
		change func(*broker.Config)
		want   string
	}{
		"a wrong password":      {func(*broker.Config) {}, "SASL Authentication Failed"},
		"another authority":     {func(c *broker.Config) { c.KafkaCAFile = kafkatest.CAFile(t) }, "unknown authority"},
		"no client certificate": {func(c *broker.Config) { c.KafkaClientCertFile, c.KafkaClientKeyFile = "", "" }, "certificate required"},
		"a file that is gone":   {func(c *broker.Config) { c.KafkaPasswordFile = "none" }, "--kafka-password-file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := good
			test.change(&cfg)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var told string
			out := newOutput(ctx, cfg, slog.New(slog.DiscardHandler), newMetrics(prometheus.NewRegistry()), func(reason string) {
				told = reason
				stop()
			})
			if err := out.waitForTopic(ctx); err == nil || !strings.Contains(told, test.want) || strings.Contains(told, kafkatest.Password) {
				t.Errorf("told %q (%v), want %q", told, err, test.want)
			}
			if err := out.close(); err != nil {
				t.Error(err)
			}
		})
	}
}
