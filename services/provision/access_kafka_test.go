package provision

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/provision/access"
)

func TestEveryServiceGetsItsACLsOnce(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableACLs(), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "admin", "invented"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	cfg.Kafka = broker.Config{KafkaBrokers: kafka.ListenAddrs(), KafkaSASL: "scram-sha-512", KafkaUsername: "admin", KafkaPassword: "invented"}
	cfg.KafkaACLs = true
	for _, outcome := range []string{"made", "found"} {
		lines := mustRun(t, cfg)
		for _, service := range []string{access.Ingest, access.Refresher, access.Enricher, access.Sink, access.Live, access.Ledger} {
			has(t, lines, "ACLs of catsvdogs-"+service, outcome)
		}
	}
	cl, err := kgo.NewClient(broker.Dialing(cfg.Kafka)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	found, err := kadm.NewClient(cl).DescribeACLs(t.Context(), kadm.NewACLs().AnyResource().Allow().AllowHosts().Operations().ResourcePatternType(kadm.ACLPatternAny))
	if err != nil {
		t.Fatal(err)
	}
	want, have := 0, 0
	for _, a := range access.ACLs() {
		want += len(a.Operations)
	}
	for _, f := range found {
		have += len(f.Described)
	}
	if have != want {
		t.Errorf("%d ACLs are there, want %d", have, want)
	}
}

func TestABrokerWithoutAnAuthorizerIsToldWhatItLacks(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	kafka, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(kafka.Close)
	kafka.ControlKey(int16(kmsg.DescribeACLs), func(req kmsg.Request) (kmsg.Response, error, bool) {
		answer := req.ResponseKind().(*kmsg.DescribeACLsResponse)
		answer.ErrorCode = kerr.SecurityDisabled.Code
		return answer, nil, true
	})
	cfg.Kafka.KafkaBrokers, cfg.KafkaACLs = kafka.ListenAddrs(), true
	if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), "authorizer") {
		t.Errorf("got %v", err)
	}
}

func TestAFolderWithoutPasswordsIsAMistake(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	cfg.AccessDir = t.TempDir()
	if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), "--access-dir") {
		t.Errorf("got %v", err)
	}
}
