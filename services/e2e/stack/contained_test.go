package stack

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"

	"catsvdogs/services/pipeline/stage"
)

func TestNothingIsPublishedButOnThisMachine(t *testing.T) {
	t.Parallel()
	published := 0
	for _, files := range variants {
		for _, service := range load(t, files, given...).Services {
			for _, port := range service.Ports {
				published++
				if port.HostIP != "127.0.0.1" {
					t.Errorf("%s: port %s is published on %q, want 127.0.0.1", service.Name, port.Published, port.HostIP)
				}
			}
			if service.NetworkMode == "host" || service.Privileged {
				t.Errorf("%s: is on the host's network, or privileged", service.Name)
			}
		}
	}
	if published == 0 {
		t.Error("no port is published at all")
	}
}

func TestEveryServiceIsHeldWithinBounds(t *testing.T) {
	t.Parallel()
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		if s.MemLimit <= 0 {
			t.Error("it has no mem_limit")
		}
		if s.PidsLimit <= 0 {
			t.Error("it has no pids_limit")
		}
		if s.Logging == nil || s.Logging.Driver != "json-file" || s.Logging.Options["max-size"] == "" || s.Logging.Options["max-file"] == "" {
			t.Errorf("its logs are not rotated: %+v", s.Logging)
		}
		// Giving a file away is a right of root's. Who has it has no network.
		gives := s.Name == "credentials" && slices.Equal(s.CapAdd, []string{"CHOWN"}) && s.NetworkMode == "none"
		if !slices.Contains(s.CapDrop, "ALL") || len(s.CapAdd) > 0 && !gives {
			t.Errorf("it has capabilities: drops %q, adds %q", s.CapDrop, s.CapAdd)
		}
		if !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("it may gain rights: %q", s.SecurityOpt)
		}
	})
}

func TestTheStackFitsInFourGiB(t *testing.T) {
	t.Parallel()
	var sum types.UnitBytes
	for _, s := range load(t, variants["compose.yaml"]).Services {
		sum += s.MemLimit
	}
	if sum > 4<<30 {
		t.Errorf("the limits add up to %d MiB, over 4096", sum>>20)
	}
}

var heap = regexp.MustCompile(`-Xmx(\d+)m|--max-old-space-size=(\d+)|^(\d+)MiB$`)

func TestEveryHeapLeavesRoomBelowTheLimit(t *testing.T) {
	t.Parallel()
	// A Java process takes as much again outside its heap as Elasticsearch's manual says; Node and Go take less.
	most := map[string]float64{"ES_JAVA_OPTS": 0.5, "KAFKA_HEAP_OPTS": 0.6, "NODE_OPTIONS": 0.7, "GOMEMLIMIT": 0.9}
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		bounded := false
		for variable, share := range most {
			value := s.Environment[variable]
			if value == nil {
				continue
			}
			found := heap.FindStringSubmatch(*value)
			if found == nil {
				t.Fatalf("%s=%s has no size", variable, *value)
			}
			size, err := strconv.ParseInt(strings.Join(found[1:], ""), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			bounded = true
			if limit := float64(s.MemLimit) * share; float64(size<<20) > limit {
				t.Errorf("%s=%s is over %.0f %% of the limit of %d MiB", variable, *value, share*100, s.MemLimit>>20)
			}
		}
		if !bounded {
			t.Error("nothing keeps its heap below its limit")
		}
	})
}

func TestNoServiceHasANameOfItsOwn(t *testing.T) {
	t.Parallel()
	// Two of a name cannot be, so --scale would fail, and a second checkout.
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		if s.ContainerName != "" || s.Hostname != "" {
			t.Errorf("container_name %q, hostname %q", s.ContainerName, s.Hostname)
		}
	})
}

func TestOurServicesCanWriteNothingButTheSpoolAndAreNobody(t *testing.T) {
	t.Parallel()
	eachService(t, func(t *testing.T, _ *types.Project, s types.ServiceConfig) {
		if !ours(s) {
			return
		}
		if !s.ReadOnly {
			t.Error("its file system can be written")
		}
		if s.Name == "credentials" {
			return // see TestSecretsAreMadeWhereNobodyElseIs
		}
		if s.User != "65532:65532" {
			t.Errorf("it runs as %q", s.User)
		}
		for _, v := range s.Volumes {
			spool := s.Name == "ingest" && v.Type == types.VolumeTypeVolume && v.Target == *s.Environment["CATSVDOGS_SPOOL_DIR"]
			if !v.ReadOnly && !spool {
				t.Errorf("it can write %s", v.Target)
			}
		}
		if grace, drain := time.Duration(*s.StopGracePeriod), stage.DrainTimeout+stage.LeaveTimeout; grace < drain+5*time.Second {
			t.Errorf("it is killed after %s, and draining may take %s", grace, drain)
		}
	})
}

func TestEnrichersCanBeScaled(t *testing.T) {
	t.Parallel()
	for name, files := range variants {
		enricher := load(t, files, append(given, "ENRICHERS=4")...).Services["enricher"]
		if len(enricher.Ports) > 0 || enricher.Environment["CATSVDOGS_TRANSACTIONAL_ID"] != nil {
			t.Errorf("%s: replicas would share %v or a transactional id", name, enricher.Ports)
		}
		if enricher.GetScale() != 4 {
			t.Errorf("%s: ENRICHERS=4 gives %d", name, enricher.GetScale())
		}
	}
}
