package endpoint

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

func TestWithoutAnAddressThereIsNoClient(t *testing.T) {
	t.Parallel()
	if err := (Config{}).Check("test-"); err != nil {
		t.Errorf("Check: %v", err)
	}
	if _, err := New("test_model", Config{}, prometheus.NewRegistry(), slog.Default()); !errors.Is(err, ErrOff) {
		t.Errorf("New: %v, want ErrOff", err)
	}
	if err := (Config{Token: "t"}).Check("test-"); err == nil || !strings.Contains(err.Error(), "--test-url") {
		t.Errorf("a token for nothing: %v", err)
	}
}

func TestPlainHTTPIsForThisMachineOnlyUnlessAllowed(t *testing.T) {
	t.Parallel()
	for address, allowed := range map[string]bool{
		"https://models.example/v1": true, "http://localhost:8000/v1": true, "http://127.0.0.1": true, "http://[::1]:80/": true,
		"http://models.example/v1": false, "http://10.0.0.1": false, "http://localhost.example": false, "http://127.0.0.1.example": false,
	} {
		cfg := usual(address)
		if err := cfg.Check("test-"); (err == nil) != allowed {
			t.Errorf("%s: %v", address, err)
		}
		cfg.AllowPlainHTTP = true
		if err := cfg.Check("test-"); err != nil {
			t.Errorf("%s, when allowed: %v", address, err)
		}
	}
}

func TestAnAddressWithASecretInItIsRefusedWithoutQuotingIt(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://user:s3cret@models.example/", "https://models.example/?key=s3cret", "https://models.example/#s3cret", "s3cret", "ftp://s3cret/", "http://s3cret:x:y/", "https:///s3cret",
	} {
		if err := usual(address).Check("test-"); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestAllMistakesAreListedWithTheirFlags(t *testing.T) {
	t.Parallel()
	err := Config{URL: "models.example", Token: "a b", CAFile: filepath.Join(t.TempDir(), "none")}.Check("test-")
	if err == nil {
		t.Fatal("no error")
	}
	for _, flag := range []string{"--test-url: ", "--test-token-file: ", "--test-ca-file: ", "--test-timeout: give 10ms to 10s", "--test-batch-items: ",
		"--test-batch-bytes: ", "--test-in-flight: ", "--test-breaker-failures: ", "--test-breaker-pause: "} {
		if !strings.Contains(err.Error(), flag) {
			t.Errorf("%q is missing in:\n%v", flag, err)
		}
	}
	if strings.Contains(err.Error(), "a b") {
		t.Errorf("the token stands in %v", err)
	}
}

func TestTheTokenMayComeFromAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := usual("https://models.example/")
	cfg.TokenFile = file
	if token, err := cfg.token(); err != nil || token.Reveal() != "s3cret" {
		t.Errorf("got %q, %v", token.Reveal(), err)
	}
	cfg.Token = "another"
	if err := cfg.Check("test-"); err == nil {
		t.Error("a token and a file of it are both taken")
	}
}

func TestAMetricThatIsThereAlreadyIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	r := prometheus.NewRegistry()
	for i := range 2 {
		if _, err := New("test_model", usual("https://models.example/"), r, slog.Default()); (err != nil) != (i == 1) {
			t.Errorf("client %d: %v", i, err)
		}
	}
}
