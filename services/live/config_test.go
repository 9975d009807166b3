package live

import (
	"strings"
	"testing"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/telemetry"
)

func TestEveryMistakeInTheConfigurationIsNamed(t *testing.T) {
	t.Parallel()
	err := Config{
		Kafka: broker.Config{KafkaBrokers: []string{"nowhere"}}, Telemetry: telemetry.Config{TelemetryAddr: "x"},
		HTTP: "8080", Timezone: "Local", MaxClientsPerAddress: -1, ClientAddressHeader: "X Y:",
	}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, flag := range []string{"--kafka-brokers", "--telemetry-addr", "--contest", "--http", "--timezone", "--max-clients:", "--max-clients-per-address", "--client-address-header", "--days", "--remember-posts"} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("%s is not named in:\n%v", flag, err)
		}
	}
}

func TestAZoneThatDoesNotExistIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := (Config{Timezone: "Mars/Olympus"}).zone(); err == nil || !strings.Contains(err.Error(), "--timezone") {
		t.Errorf("error %v, want one that names --timezone", err)
	}
}
