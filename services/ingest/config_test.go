package ingest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"catsvdogs/services/pipeline/broker"
	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/pipeline/objectstore"
	"catsvdogs/services/pipeline/spend"
	"catsvdogs/services/pipeline/telemetry"
	"catsvdogs/services/pipeline/xapi"
)

const shippedContest = "../../contest.yaml"

func valid() Config {
	return Config{
		Kafka:     broker.Config{KafkaBrokers: []string{"127.0.0.1:9092"}},
		Telemetry: telemetry.Config{TelemetryAddr: "127.0.0.1:9090"},
		API:       xapi.Config{XAPIURL: "https://api.x.com", XBearerToken: "made-up-token"}, StallTimeout: 20 * time.Second, BufferBytes: 64 << 20,
		Contest: shippedContest, BlueskyURL: []string{"jetstream.example"},
		X: XConfig{XRuleLength: 1024, XSearchQueryLength: 512, Budget: spend.Config{XPostPrice: 0.005}, XOnBudget: "pause"},
	}
}

var (
	goodSpool   = SpoolConfig{SpoolDir: "spool", SpoolBytes: 1 << 30, SpoolAfter: 5 * time.Second}
	goodArchive = ArchiveConfig{
		ReplayFrom: "2026-11-23T00:00:00Z", ReplayTo: "2026-11-24T00:00:00+01:00",
		S3: objectstore.Config{S3Endpoint: "http://minio:9000", S3Bucket: "archive"},
	}
)

func TestTheSourceFollowsFromWhatIsGiven(t *testing.T) {
	t.Parallel()
	for want, configs := range map[string][]Config{
		"x": {
			{API: xapi.Config{XBearerToken: "made-up"}}, {API: xapi.Config{XBearerTokenFile: "file"}}, {Source: "auto", API: xapi.Config{XBearerToken: "made-up"}, SimulatorURL: "http://s"},
			{Source: "x", SimulatorURL: "http://s"},
		},
		"simulator": {{SimulatorURL: "http://s"}, {Source: "auto", SimulatorURL: "http://s"}, {Source: "simulator", API: xapi.Config{XBearerToken: "made-up"}}},
		"bluesky":   {{Source: "bluesky", API: xapi.Config{XBearerToken: "made-up"}}},
		"file":      {{Source: "file", SimulatorURL: "http://s"}},
		"auto":      {{}, {Source: "auto", File: "-"}},
	} {
		for _, c := range configs {
			if got := c.source(); got != want {
				t.Errorf("%+v reads %s, want %s", c, got, want)
			}
		}
	}
}

func TestAMistakeNamesItsFlagAndHidesTheToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte(" \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   string // "" for no mistake
	}{
		"as it should be":        {func(*Config) {}, ""},
		"http on this machine":   {func(c *Config) { c.API.XAPIURL = "http://127.0.0.1:8081" }, ""},
		"http, IPv6":             {func(c *Config) { c.API.XAPIURL = "http://[::1]:8081" }, ""},
		"http by name":           {func(c *Config) { c.API.XAPIURL = "http://localhost:8081" }, ""},
		"http elsewhere":         {func(c *Config) { c.API.XAPIURL = "http://api.x.com" }, "--x-api-url"},
		"a name like localhost":  {func(c *Config) { c.API.XAPIURL = "http://localhost.example" }, "--x-api-url"},
		"no scheme":              {func(c *Config) { c.API.XAPIURL = "api.x.com" }, "--x-api-url"},
		"no URL":                 {func(c *Config) { c.API.XAPIURL = "https://made-up-token@a b/" }, "--x-api-url"},
		"a password in it":       {func(c *Config) { c.API.XAPIURL = "https://u:made-up-token@api.x.com" }, "--x-api-url"},
		"no source":              {func(c *Config) { c.API.XBearerToken = "" }, "CATSVDOGS_X_BEARER_TOKEN"},
		"no source, as default":  {func(c *Config) { c.API.XBearerToken, c.Source = "", "auto" }, "--simulator-url"},
		"no token":               {func(c *Config) { c.API.XBearerToken, c.Source = "", "x" }, "CATSVDOGS_X_BEARER_TOKEN"},
		"a simulator":            {func(c *Config) { c.API.XBearerToken, c.SimulatorURL = "", "http://simulator:8081" }, ""},
		"a simulator elsewhere":  {func(c *Config) { c.SimulatorURL, c.Source = "http://x.example", "simulator" }, ""},
		"no simulator's address": {func(c *Config) { c.Source = "simulator" }, "--simulator-url"},
		"no simulator's scheme":  {func(c *Config) { c.API.XBearerToken, c.SimulatorURL = "", "simulator:8081" }, "--simulator-url"},
		"a simulator's password": {func(c *Config) { c.API.XBearerToken, c.SimulatorURL = "", "http://u:made-up-token@simulator" }, "--simulator-url"},
		"Bluesky":                {func(c *Config) { c.API.XBearerToken, c.Source = "", "bluesky" }, ""},
		"Bluesky without a host": {func(c *Config) { c.Source, c.BlueskyURL = "bluesky", nil }, "--bluesky-url"},
		"a file":                 {func(c *Config) { c.API.XBearerToken, c.Source, c.File = "", "file", "-" }, ""},
		"no file":                {func(c *Config) { c.Source = "file" }, "--file"},
		"a token with a prefix":  {func(c *Config) { c.API.XBearerToken = "Bearer made-up-token" }, "--x-bearer-token"},
		"a token with a newline": {func(c *Config) { c.API.XBearerToken = "made-up-token\r\nX: y" }, "--x-bearer-token"},
		"two tokens":             {func(c *Config) { c.API.XBearerTokenFile = empty }, "--x-bearer-token-file"},
		"no such file":           {func(c *Config) { c.API.XBearerToken, c.API.XBearerTokenFile = "", filepath.Join(dir, "none") }, "--x-bearer-token-file"},
		"an empty file":          {func(c *Config) { c.API.XBearerToken, c.API.XBearerTokenFile = "", empty }, "--x-bearer-token-file"},
		"no contest":             {func(c *Config) { c.Contest = filepath.Join(dir, "none") }, "--contest"},
		"too impatient":          {func(c *Config) { c.StallTimeout = time.Second }, "--stall-timeout"},
		"too patient":            {func(c *Config) { c.StallTimeout = time.Hour }, "--stall-timeout"},
		"a buffer too small":     {func(c *Config) { c.BufferBytes = 1 << 20 }, "--buffer-bytes"},
		"a spool":                {func(c *Config) { c.Spool = goodSpool }, ""},
		"a spool too small":      {func(c *Config) { c.Spool = goodSpool; c.Spool.SpoolBytes = 64 << 20 }, "--spool-bytes"},
		"a spool in no time":     {func(c *Config) { c.Spool = goodSpool; c.Spool.SpoolAfter = time.Millisecond }, "--spool-after"},
		"no spool, whatever":     {func(c *Config) { c.Spool = SpoolConfig{SpoolBytes: 1} }, ""},
		"the archive":            {func(c *Config) { c.Source, c.DryRun, c.Archive = "archive", true, goodArchive }, ""},
		"the archive, all":       {func(c *Config) { c.Source, c.Archive = "archive", goodArchive; c.Archive.ReplayTo = "" }, ""},
		"no time to replay":      {func(c *Config) { c.Source, c.Archive = "archive", goodArchive; c.Archive.ReplayFrom = "" }, "--replay-from"},
		"a time that is none":    {func(c *Config) { c.Source, c.Archive = "archive", goodArchive; c.Archive.ReplayTo = "yesterday" }, "--replay-to"},
		"time backwards": {func(c *Config) {
			c.Source, c.Archive = "archive", goodArchive
			c.Archive.ReplayTo = c.Archive.ReplayFrom
		}, "--replay-to"},
		"no object store":      {func(c *Config) { c.Source, c.Archive = "archive", goodArchive; c.Archive.S3.S3Endpoint = "minio:9000" }, "--s3-endpoint"},
		"no dry run of a file": {func(c *Config) { c.Source, c.File, c.DryRun = "file", "-", true }, "--dry-run"},
		"a broken broker":      {func(c *Config) { c.Kafka.KafkaBrokers = []string{"nowhere"} }, "--kafka-brokers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := valid()
			c.change(&cfg)
			err := cfg.Validate()
			switch {
			case c.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v does not name %s", err, c.want)
			case err != nil && strings.Contains(err.Error(), "made-up-token"):
				t.Errorf("the token is in %v", err)
			}
		})
	}
}

func TestTheTokenIsReadFromItsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("made-up-token\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := valid()
	cfg.API.XBearerToken, cfg.API.XBearerTokenFile = "", file
	if token, err := cfg.API.Token(); err != nil || token.Reveal() != "made-up-token" {
		t.Errorf("token %s, %v", token, err)
	}
}

// Not parallel: the environment belongs to the process.
func TestAllMistakesComeInOneMessageAndHelpNamesTheVariables(t *testing.T) {
	t.Setenv("CATSVDOGS_X_BEARER_TOKEN", "Bearer made-up-token")
	var cfg Config
	err := config.Load(config.Program{Name: "ingest"}, &cfg,
		[]string{"--x-api-url=http://api.x.com", "--stall-timeout=1s", "--buffer-bytes=1", "--contest=none.yaml", "--kafka-brokers=x"}, os.Stdout, os.Exit)
	for _, flag := range []string{"--x-api-url", "--stall-timeout", "--buffer-bytes", "--contest", "--x-bearer-token", "--kafka-brokers"} {
		if err == nil || !strings.Contains(err.Error(), flag) {
			t.Errorf("%s is not named in: %v", flag, err)
		}
	}
	t.Setenv("CATSVDOGS_X_BEARER_TOKEN", "")
	t.Setenv("CATSVDOGS_SOURCE", "bluesky")
	t.Setenv("CATSVDOGS_BLUESKY_URL", "a.example,b.example")
	cfg = Config{}
	if err := config.Load(config.Program{Name: "ingest"}, &cfg, []string{"--contest=" + shippedContest}, os.Stdout, os.Exit); err != nil || len(cfg.BlueskyURL) != 2 {
		t.Errorf("hosts %v: %v", cfg.BlueskyURL, err)
	}
	var help bytes.Buffer
	exited := -1
	func() {
		defer func() { _ = recover() }() // exit must not return
		_ = config.Load(config.Program{Name: "ingest"}, new(Config), []string{"--help"}, &help, func(code int) { exited = code; panic("exit") })
	}()
	for _, name := range []string{"CATSVDOGS_X_API_URL", "CATSVDOGS_X_BEARER_TOKEN_FILE", "CATSVDOGS_OWN_ALL_RULES", "CATSVDOGS_STALL_TIMEOUT", "CATSVDOGS_SOURCE", "CATSVDOGS_SIMULATOR_URL", "CATSVDOGS_BLUESKY_URL", "CATSVDOGS_BUFFER_BYTES", "CATSVDOGS_KAFKA_BROKERS", "CATSVDOGS_SPOOL_DIR", "CATSVDOGS_REPLAY_FROM", "CATSVDOGS_DRY_RUN", "CATSVDOGS_S3_ENDPOINT"} {
		if exited != 0 || !strings.Contains(help.String(), name) {
			t.Errorf("%s is not in the help:\n%s", name, help.String())
		}
	}
}
