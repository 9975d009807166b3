package ledger

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Who checks with the code of who wrote finds no fault of it.
func TestTheLedgerSharesNoLogicWithWhatItAudits(t *testing.T) {
	t.Parallel()
	allowed := []string{
		"catsvdogs/schemas", "catsvdogs/services/ledger",
		"catsvdogs/services/pipeline/broker", "catsvdogs/services/pipeline/config", "catsvdogs/services/pipeline/elastic",
		"catsvdogs/services/pipeline/objectstore", "catsvdogs/services/pipeline/service", "catsvdogs/services/pipeline/telemetry",
		"catsvdogs/services/pipeline/topic",
	}
	// What those are made of. Package broker reads times of records for others; that nothing of it is called here is below.
	below := []string{
		"catsvdogs/services/pipeline/stage", "catsvdogs/services/pipeline/trust", "catsvdogs/services/pipeline/httpguard",
		"catsvdogs/services/pipeline/tweet",
	}
	imported, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{join .Imports "\n"}}`, "./...").Output()
	must(t, err)
	deps, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./...").Output()
	must(t, err)
	for what, list := range map[string][]byte{"import": imported, "depend on": deps} {
		seen := 0
		for name := range strings.FieldsSeq(string(list)) {
			if !strings.HasPrefix(name, "catsvdogs/") || strings.HasPrefix(name, "catsvdogs/services/ledger/") {
				continue
			}
			seen++
			if !slices.Contains(allowed, name) && (what == "import" || !slices.Contains(below, name)) {
				t.Errorf("packages here %s %s", what, name)
			}
		}
		if seen == 0 {
			t.Errorf("go list tells of no package to %s", what)
		}
	}
	files, err := filepath.Glob("*.go")
	must(t, err)
	called := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		must(t, err)
		for _, m := range regexp.MustCompile(`\bbroker\.(\w+)`).FindAllStringSubmatch(string(text), -1) {
			called++
			if !slices.Contains([]string{"Config", "Dialing", "ReadCommitted"}, m[1]) {
				t.Errorf("%s uses broker.%s, which is more than how brokers are reached", name, m[1])
			}
		}
	}
	if called == 0 {
		t.Error("nothing here reaches a broker")
	}
}
