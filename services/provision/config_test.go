package provision

import (
	"errors"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/elastic"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/provision/savedobjects"
)

// right is a configuration without a mistake.
func right() Config {
	return Config{
		Kafka:         broker.Config{KafkaBrokers: []string{"127.0.0.1:9092"}},
		Elasticsearch: elastic.Config{ElasticsearchURL: "http://127.0.0.1:9200"},
		S3:            objectstore.Config{S3Endpoint: "http://127.0.0.1:9000", S3Bucket: "archive", S3Region: "us-east-1"},
		Kibana:        savedobjects.Config{KibanaURL: "http://127.0.0.1:5601/kibana"},
		Partitions:    12, Replication: -1, KeepIndices: 24 * time.Hour, Contest: "contest.yaml", WaitFor: time.Minute,
	}
}

func TestAConfigurationWithoutAMistakeIsTaken(t *testing.T) {
	t.Parallel()
	c := right()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	c.Kibana.KibanaURL, c.KeepIndices, c.Contest = "", 0, ""
	if err := c.Validate(); err != nil {
		t.Errorf("without Kibana: %v", err)
	}
}

func TestEveryMistakeIsListedWithItsFlag(t *testing.T) {
	t.Parallel()
	for flag, spoil := range map[string]func(*Config){
		"--kafka-brokers":     func(c *Config) { c.Kafka.KafkaBrokers = nil },
		"--elasticsearch-url": func(c *Config) { c.Elasticsearch.ElasticsearchURL = "127.0.0.1" },
		"--s3-bucket":         func(c *Config) { c.S3.S3Bucket = "" },
		"--kibana-url":        func(c *Config) { c.Kibana.KibanaURL = "http://me:secret@kibana:5601" },
		"--kibana-username":   func(c *Config) { c.Kibana.KibanaPassword = "secret" },
		"--kibana-api-key":    func(c *Config) { c.Kibana.KibanaUsername, c.Kibana.KibanaAPIKey = "me", "secret" },
		"--partitions":        func(c *Config) { c.Partitions = 0 },
		"--replication":       func(c *Config) { c.Replication = 0 },
		"--min-insync":        func(c *Config) { c.Replication, c.MinInsync = 1, 2 },
		"--index-replicas":    func(c *Config) { c.IndexReplicas = -1 },
		"--keep-indices":      func(c *Config) { c.KeepIndices = 25*time.Hour + time.Minute },
		"--contest":           func(c *Config) { c.Contest = "" },
		"--wait-for":          func(c *Config) { c.WaitFor = 0 },
	} {
		c := right()
		spoil(&c)
		err := c.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), flag+":") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want the one mistake", flag, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the mistake shows the secret: %v", err)
		}
	}
	c := right()
	c.Partitions, c.WaitFor = 0, 0
	var all interface{ Unwrap() []error }
	if err := c.Validate(); !errors.As(err, &all) || len(all.Unwrap()) != 2 {
		t.Errorf("got %v, want two mistakes", err)
	}
}

func TestIndicesAreKeptForADayAtLeastOrForEver(t *testing.T) {
	t.Parallel()
	for keep, good := range map[time.Duration]bool{
		0: true, 24 * time.Hour: true, 876000 * time.Hour: true,
		-24 * time.Hour: false, time.Hour: false, 23 * time.Hour: false, 876001 * time.Hour: false,
	} {
		c := right()
		c.KeepIndices = keep
		if err := c.Validate(); (err == nil) != good {
			t.Errorf("%s: got %v", keep, err)
		}
	}
}

func TestASpaceOfKibanaIsRefused(t *testing.T) {
	t.Parallel()
	for url, good := range map[string]bool{
		"http://kibana:5601": true, "http://kibana:5601/": true, "http://proxy/kibana": true, "http://proxy/s": true, "http://proxy/cats/dogs": true,
		"http://kibana:5601/s/cats": false, "http://kibana:5601/s/cats/": false, "http://proxy/kibana/s/cats": false, "http://kibana:5601/s/cats/app/home": false,
	} {
		c := right()
		c.Kibana.KibanaURL = url
		if err := c.Validate(); (err == nil) != good || (err != nil && !strings.Contains(err.Error(), "without the space")) {
			t.Errorf("%s: got %v", url, err)
		}
	}
}
