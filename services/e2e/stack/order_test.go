package stack

import (
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
)

func TestEveryServiceThatStaysSaysWhetherItIsReady(t *testing.T) {
	t.Parallel()
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		if !stays(s) {
			return
		}
		if s.Restart != "unless-stopped" {
			t.Errorf("restart %q", s.Restart)
		}
		h := s.HealthCheck
		if h == nil || h.Disable || len(h.Test) < 2 {
			t.Fatal("it has no health check")
		}
		if h.Interval == nil || h.Timeout == nil || h.Retries == nil || h.StartPeriod == nil {
			t.Fatal("its health check leaves bounds to defaults")
		}
		// up --wait gives up as soon as one service counts as unhealthy, and a slow machine is no failure.
		if time.Duration(*h.StartPeriod) < time.Minute {
			t.Errorf("it has %s to start", h.StartPeriod)
		}
		if h.StartInterval != nil {
			t.Error("start_interval needs engine 25")
		}
	})
}

func TestEveryServiceWaitsForWhatItNeeds(t *testing.T) {
	t.Parallel()
	eachService(t, func(t *testing.T, p *types.Project, s types.ServiceConfig) {
		for name, dependency := range s.DependsOn {
			want := types.ServiceConditionHealthy
			if name == "kibana" {
				want = types.ServiceConditionStarted // it is healthy when provision has given it its password
			}
			if !stays(p.Services[name]) {
				want = types.ServiceConditionCompletedSuccessfully
			}
			if dependency.Condition != want || !dependency.Required {
				t.Errorf("it waits for %s to be %s, required: %t; want %s", name, dependency.Condition, dependency.Required, want)
			}
		}
		if _, waits := s.DependsOn["provision"]; !waits && ours(s) && s.Name != "provision" && s.Name != "simulator" && s.Name != "credentials" {
			t.Error("it does not wait for what provision makes")
		}
	})
}

func TestProvisionWaitsForEveryServer(t *testing.T) {
	t.Parallel()
	for name, files := range variants {
		p := load(t, files, given...)
		for server, service := range p.Services {
			if _, waits := p.Services["provision"].DependsOn[server]; !waits && !ours(service) {
				t.Errorf("%s: provision does not wait for %s", name, server)
			}
		}
	}
}

func TestWhatEndsByItselfIsWaitedFor(t *testing.T) {
	t.Parallel()
	// Compose takes the end of such a service for a failure of up --wait unless another service depends on its success.
	for name, files := range variants {
		p := load(t, files, given...)
		for _, once := range p.Services {
			if stays(once) {
				continue
			}
			waited := false
			for _, s := range p.Services {
				waited = waited || s.DependsOn[once.Name].Condition == types.ServiceConditionCompletedSuccessfully
			}
			if !waited {
				t.Errorf("%s: nothing waits for %s", name, once.Name)
			}
		}
	}
}

func TestUpWaitsForTheFirstDocument(t *testing.T) {
	t.Parallel()
	for name, files := range variants {
		if v := load(t, files, given...).Services["sink"].Environment["CATSVDOGS_WAIT_FOR_DOCUMENTS"]; v == nil || *v != "true" {
			t.Errorf("%s: the sink is ready before anything is there to look at", name)
		}
	}
}

func TestWhatHoldsDataKeepsItInANamedVolume(t *testing.T) {
	t.Parallel()
	for _, variant := range []string{"compose.yaml", "compose.ha.yaml"} {
		p := load(t, variants[variant])
		owner := map[string]string{}
		for _, s := range p.Services {
			if ours(s) || s.Name == "kibana" {
				continue
			}
			named := 0
			for _, v := range s.Volumes {
				if v.Type != types.VolumeTypeVolume || v.Source == "" || v.ReadOnly {
					continue
				}
				named++
				if other := owner[v.Source]; other != "" {
					t.Errorf("%s: %s and %s write the volume %s", variant, s.Name, other, v.Source)
				}
				owner[v.Source] = s.Name
			}
			if named == 0 {
				t.Errorf("%s: %s forgets its data", variant, s.Name)
			}
		}
	}
}

func TestThreeBrokersKeepEveryRecordThreeTimes(t *testing.T) {
	t.Parallel()
	p := load(t, variants["compose.ha.yaml"])
	ids, advertised := map[string]bool{}, map[string]bool{}
	for _, name := range []string{"kafka", "kafka-2", "kafka-3"} {
		env := p.Services[name].Environment
		ids[*env["KAFKA_NODE_ID"]], advertised[*env["KAFKA_ADVERTISED_LISTENERS"]] = true, true
		for variable, want := range map[string]string{
			"KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "3", "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "3",
			"KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "2", "KAFKA_MIN_INSYNC_REPLICAS": "2",
			"KAFKA_CONTROLLER_QUORUM_VOTERS": "1@kafka:29093,2@kafka-2:29093,3@kafka-3:29093",
			"CLUSTER_ID":                     *p.Services["kafka"].Environment["CLUSTER_ID"],
		} {
			if got := env[variable]; got == nil || *got != want {
				t.Errorf("%s: %s is not %s", name, variable, want)
			}
		}
	}
	if len(ids) != 3 || len(advertised) != 3 {
		t.Errorf("the brokers share ids or addresses: %v, %v", ids, advertised)
	}
	provision := p.Services["provision"].Environment
	if *provision["CATSVDOGS_REPLICATION"] != "3" || *provision["CATSVDOGS_MIN_INSYNC"] != "2" {
		t.Error("provision makes topics with fewer copies")
	}
}

func TestTheExternalVariantStartsNoServer(t *testing.T) {
	t.Parallel()
	p := load(t, variants["compose.external.yaml"], given...)
	for _, s := range p.Services {
		if !ours(s) {
			t.Errorf("%s is started", s.Name)
		}
		for variable, value := range s.Environment {
			if value == nil {
				continue
			}
			for _, server := range []string{"kafka:19092", "http://elasticsearch:9200", "http://minio:9000", "http://kibana:5601", "/credentials/"} {
				if len(*value) >= len(server) && (*value)[:len(server)] == server {
					t.Errorf("%s: %s=%s is of the stack's own server", s.Name, variable, *value)
				}
			}
		}
	}
	if len(p.Services) != 8 {
		t.Errorf("%d services", len(p.Services))
	}
}
