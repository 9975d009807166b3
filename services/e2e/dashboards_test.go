//go:build unix

package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestRealElasticsearchAnswersEveryPanelOfTheDashboards runs the test that package kibana has for that: it sends each
// panel's search, over documents of its own.
func TestRealElasticsearchAnswersEveryPanelOfTheDashboards(t *testing.T) {
	s := realServers(t)
	pristine(t, s)
	test := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run", "RealElastic", "catsvdogs/kibana")
	test.Env = append(os.Environ(), "ELASTICSEARCH_URL="+s.index.Addr)
	if out, err := test.CombinedOutput(); err != nil || bytes.Contains(out, []byte("no tests to run")) {
		t.Errorf("%v\n%s", err, out)
	}
}
