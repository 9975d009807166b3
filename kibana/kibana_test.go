package kibana

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestTheCommittedFileIsWhatTheShippedContestGives(t *testing.T) {
	t.Parallel()
	objects, err := Objects(shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("catsvdogs.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(NDJSON(objects), want) {
		t.Error("catsvdogs.ndjson is out of date: make dashboards")
	}
}

func TestTheYAMLIsWhatWasCompiled(t *testing.T) {
	t.Parallel()
	now, err := Fingerprints(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	then, err := os.ReadFile("compiled/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(then), string(now)); diff != "" || len(now) == 0 {
		t.Error("the YAML or what it was compiled to was edited by hand; make dashboards:", diff)
	}
}

// It runs where the compiler is: in bin/, where make dashboards puts it, or at $KB_DASHBOARD.
func TestCompilingAgainGivesTheCommittedFiles(t *testing.T) {
	t.Parallel()
	compiler := os.Getenv("KB_DASHBOARD")
	if compiler == "" {
		found, _ := filepath.Glob("../bin/kb-dashboard-*/bin/kb-dashboard")
		if len(found) == 0 {
			t.Skip("kb-dashboard is not there; make dashboards fetches it")
		}
		compiler = found[len(found)-1]
	}
	to := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, compiler, "compile", "--input-dir", "dashboards", "--output-dir", to, "--format", "elastic-integrations")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, id := range []string{ContestDashboard, HealthDashboard} {
		again, err := os.ReadFile(filepath.Join(to, id+".json"))
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(filepath.Join("compiled", id+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again, committed) {
			t.Errorf("compiled/%s.json differs: make dashboards", id)
		}
	}
}

func TestObjectsAreTheSameBytesEachTimeAndDataViewsComeFirst(t *testing.T) {
	t.Parallel()
	first, err := Objects(shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	again, err := Objects(shipped(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, again); diff != "" {
		t.Error(diff)
	}
	var got []string
	for _, o := range first {
		var said struct{ Type, ID string }
		read(t, string(o.JSON), &said)
		if said.Type != o.Type || said.ID != o.ID || bytes.ContainsAny(o.JSON, "\n\r") {
			t.Errorf("%s %s is %+v on a line", o.Type, o.ID, said)
		}
		got = append(got, o.Type+" "+o.ID)
	}
	want := []string{"index-pattern catsvdogs-tweets", "index-pattern catsvdogs-dead-letters", "index-pattern catsvdogs-ledger", "dashboard cats-v-dogs", "dashboard pipeline-health"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWithoutAContestThereIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := Objects(nil); err == nil {
		t.Error("no error")
	}
}

func TestDashboardsOpenOnTheirTimeAndRefreshBySeconds(t *testing.T) {
	t.Parallel()
	want := map[string][2]string{ContestDashboard: {"now/d", "now"}, HealthDashboard: {"now-1h", "now"}}
	for _, d := range savedDashboards(t, shipped(t)) {
		a := d.Attributes
		if !a.TimeRestore || [2]string{a.TimeFrom, a.TimeTo} != want[d.ID] {
			t.Errorf("%s: %v from %s to %s", d.ID, a.TimeRestore, a.TimeFrom, a.TimeTo)
		}
		if a.RefreshInterval.Pause || a.RefreshInterval.Value != 10_000 {
			t.Errorf("%s: refreshed %+v", d.ID, a.RefreshInterval)
		}
	}
}

func TestTheMostPopularPostsAreOfTheLastHourWhateverTheDashboardShows(t *testing.T) {
	t.Parallel()
	for _, p := range savedDashboards(t, shipped(t))[0].panels {
		if r := p.EmbeddableConfig.TimeRange; p.PanelIndex == "most-popular" && r != nil && r.From == "now-1h" && r.To == "now" {
			return
		}
	}
	t.Error("no panel most-popular with its own time")
}
