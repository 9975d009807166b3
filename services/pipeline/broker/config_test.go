package broker_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/kafkatest"
)

func TestAddressesOfBrokersAreChecked(t *testing.T) {
	t.Parallel()
	if err := (broker.Config{KafkaBrokers: []string{"a:1", "b:2"}}).Check(); err != nil {
		t.Error(err)
	}
	err := broker.Config{KafkaBrokers: []string{"a", "b:c:d"}}.Check()
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) || len(joined.Unwrap()) != 2 {
		t.Errorf("got %v, want two mistakes", err)
	}
	if (broker.Config{}).Check() == nil {
		t.Error("no address is taken")
	}
}

func TestWhatIsGivenToReachTheBrokersMustBelongTogether(t *testing.T) {
	t.Parallel()
	_, good := kafkatest.StartSecure(t, 1, "SCRAM-SHA-512")
	good.KafkaSASL = "scram-sha-512"
	passwordFile := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(passwordFile, []byte("from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	local, remote := []string{"127.0.0.1:9092", "[::1]:9092", "localhost:9092"}, []string{"127.0.0.1:9092", "kafka.invalid:9092"}
	for name, test := range map[string]struct {
		change func(*broker.Config)
		want   []string // the flag that each mistake begins with, in order
	}{
		"all":                    {func(*broker.Config) {}, nil},
		"nothing":                {func(c *broker.Config) { *c = broker.Config{KafkaBrokers: remote} }, nil},
		"TLS alone":              {func(c *broker.Config) { *c = broker.Config{KafkaBrokers: remote, KafkaTLS: true} }, nil},
		"a password file":        {func(c *broker.Config) { c.KafkaPassword, c.KafkaPasswordFile = "", passwordFile }, nil},
		"both passwords":         {func(c *broker.Config) { c.KafkaPasswordFile = passwordFile }, []string{"--kafka-password-file"}},
		"no password":            {func(c *broker.Config) { c.KafkaPassword = "" }, []string{"--kafka-password-file"}},
		"no such password file":  {func(c *broker.Config) { c.KafkaPassword, c.KafkaPasswordFile = "", "none" }, []string{"--kafka-password-file"}},
		"no user":                {func(c *broker.Config) { c.KafkaUsername = "" }, []string{"--kafka-username"}},
		"no user, no password":   {func(c *broker.Config) { c.KafkaUsername, c.KafkaPassword = "", "" }, []string{"--kafka-username", "--kafka-password-file"}},
		"a user without SASL":    {func(c *broker.Config) { c.KafkaSASL = "none" }, []string{"--kafka-sasl"}},
		"another SASL":           {func(c *broker.Config) { c.KafkaSASL = "gssapi" }, []string{"--kafka-sasl"}},
		"files without TLS":      {func(c *broker.Config) { c.KafkaTLS = false }, []string{"--kafka-ca-file", "--kafka-client-cert-file", "--kafka-client-key-file"}},
		"no such CA file":        {func(c *broker.Config) { c.KafkaCAFile = "none" }, []string{"--kafka-ca-file"}},
		"a CA file without one":  {func(c *broker.Config) { c.KafkaCAFile = os.DevNull }, []string{"--kafka-ca-file"}},
		"a certificate, no key":  {func(c *broker.Config) { c.KafkaClientKeyFile = "" }, []string{"--kafka-client-key-file"}},
		"a key, no certificate":  {func(c *broker.Config) { c.KafkaClientCertFile = "" }, []string{"--kafka-client-cert-file"}},
		"a key that is none":     {func(c *broker.Config) { c.KafkaClientKeyFile = c.KafkaCAFile }, []string{"--kafka-client-cert-file, --kafka-client-key-file"}},
		"PLAIN with TLS":         {func(c *broker.Config) { c.KafkaSASL, c.KafkaBrokers = "plain", remote }, nil},
		"PLAIN on this machine":  {plainly(local), nil},
		"PLAIN over the network": {plainly(remote), []string{"--kafka-sasl"}},
		"SCRAM over the network": {func(c *broker.Config) { plainly(remote)(c); c.KafkaSASL = "scram-sha-256" }, nil},
		"several":                {func(c *broker.Config) { plainly([]string{"a"})(c); c.KafkaUsername, c.KafkaCAFile = "", "x" }, []string{"--kafka-brokers", "--kafka-ca-file", "--kafka-username"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := good
			test.change(&c)
			err := c.Check()
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n")
			}
			ok := len(got) == len(test.want)
			for i := range min(len(got), len(test.want)) {
				ok = ok && strings.HasPrefix(got[i], test.want[i]+": ")
			}
			if !ok || strings.Contains(strings.Join(got, ""), kafkatest.Password) {
				t.Errorf("got %q, want mistakes about %q", got, test.want)
			}
		})
	}
}

func plainly(brokers []string) func(*broker.Config) {
	return func(c *broker.Config) {
		*c = broker.Config{KafkaBrokers: brokers, KafkaSASL: "plain", KafkaUsername: kafkatest.User, KafkaPassword: kafkatest.Password}
	}
}
