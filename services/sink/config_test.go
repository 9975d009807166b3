package sink

import (
	"strings"
	"testing"

	"catsvdogs/services/pipeline/config"
)

func TestTheDefaultsAreSound(t *testing.T) {
	t.Parallel()
	cfg := defaults(t)
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
	if cfg.WaitForDocuments {
		t.Error("an empty index is no fault, but in a stack that is to show posts")
	}
}

// Two parts in one group would take each other's partitions, and each would commit what the other has not stored.
func TestEachPartHasAGroupOfItsOwn(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Config){
		"index and archive":        func(c *Config) { c.IndexGroup = c.ArchiveGroup },
		"index and dead letters":   func(c *Config) { c.IndexGroup = c.DeadLettersGroup },
		"archive and dead letters": func(c *Config) { c.ArchiveGroup = c.DeadLettersGroup },
		"none":                     func(c *Config) { c.DeadLettersGroup = "" },
	} {
		cfg := defaults(t)
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), "--dead-letters-group") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLimitsOfTheIndexThatMakeNoSenseAreNamed(t *testing.T) {
	t.Parallel()
	for flag, change := range map[string]func(*Config){
		"--index-bulk-min-bytes":   func(c *Config) { c.IndexBulkMinBytes = 0 },
		"--index-bulk-bytes":       func(c *Config) { c.IndexBulkBytes = c.IndexBulkMinBytes - 1 },
		"--index-bulk-concurrency": func(c *Config) { c.IndexBulkConcurrency = 0 },
		"--index-flush-interval":   func(c *Config) { c.IndexFlushInterval = 0 },
		"--index-memory":           func(c *Config) { c.IndexMemory = c.IndexBulkBytes },
	} {
		cfg := defaults(t)
		change(&cfg)
		if err := cfg.Validate(); err == nil || !strings.Contains(err.Error(), flag+": ") {
			t.Errorf("%s: %v", flag, err)
		}
	}
}

func defaults(t *testing.T) Config {
	t.Helper()
	var cfg Config
	if err := config.Defaults(&cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}
