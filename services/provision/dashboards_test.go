package provision

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/services/pipeline/config"
	"catsvdogs/services/provision/kibanatest"
)

// renamed returns the configuration with a contest of another name, which changes the dashboards.
func renamed(t *testing.T, cfg Config) Config {
	t.Helper()
	text, err := os.ReadFile(contestFile)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Contest = filepath.Join(t.TempDir(), "contest.yaml")
	changed := bytes.Replace(text, []byte("name: Cats v Dogs"), []byte("name: Felines v Canines"), 1)
	changed = bytes.Replace(changed, []byte("name: Cats"), []byte("name: Felines"), 1)
	if err := os.WriteFile(cfg.Contest, changed, 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

const dashboard = "dashboard cats-v-dogs"

func TestADashboardThatNobodyChangedFollowsTheContest(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	mustRun(t, cfg)
	before := k.Get("dashboard", "cats-v-dogs")
	has(t, mustRun(t, renamed(t, cfg)), dashboard, "updated")
	if digestOf(before) == digestOf(k.Get("dashboard", "cats-v-dogs")) {
		t.Error("it is the same as before")
	}
}

func digestOf(o *kibanatest.Object) string {
	text := strings.Builder{}
	for _, key := range []string{"title", "panelsJSON"} {
		value, _ := o.Attributes[key].(string)
		text.WriteString(value)
	}
	return text.String()
}

func TestADashboardThatAPersonChangedIsLeftUnlessTold(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	mustRun(t, cfg)
	k.Save("dashboard", "cats-v-dogs", "title", "Mine")
	has(t, mustRun(t, cfg), dashboard, "different: a person has changed it")
	lines := mustRun(t, renamed(t, cfg))
	has(t, lines, dashboard, "different: a person has changed it")
	has(t, lines, dashboard, "--overwrite-dashboards replaces it")
	if title := k.Get("dashboard", "cats-v-dogs").Attributes["title"]; title != "Mine" {
		t.Fatalf("the title is %v", title)
	}
	cfg.OverwriteDashboards = true
	has(t, mustRun(t, cfg), dashboard, "overwritten")
	if title := k.Get("dashboard", "cats-v-dogs").Attributes["title"]; title == "Mine" {
		t.Error("it was not overwritten")
	}
	cfg.OverwriteDashboards = false
	has(t, mustRun(t, renamed(t, cfg)), dashboard, "updated")
}

func TestWhatIsNoChangeByAPersonIsNotTakenForOne(t *testing.T) {
	t.Parallel()
	for name, touch := range map[string]func(*kibanatest.Server){
		"saved as it was": func(k *kibanatest.Server) {
			k.Save("dashboard", "cats-v-dogs", "description", k.Get("dashboard", "cats-v-dogs").Attributes["description"])
		},
		"an upgrade of Kibana": func(k *kibanatest.Server) { k.Upgrade(func(o *kibanatest.Object) { o.Attributes["version"] = 7.0 }) },
		"a data view in use": func(k *kibanatest.Server) {
			k.Save("index-pattern", "catsvdogs-tweets", "fieldAttrs", `{"lang":{"count":3}}`)
		},
		"deleted": func(k *kibanatest.Server) { k.Delete("dashboard", "cats-v-dogs") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, k := withKibana(t, servers(t))
			mustRun(t, cfg)
			touch(k)
			for _, line := range mustRun(t, renamed(t, cfg)) {
				if strings.Contains(line, "different") {
					t.Error(line)
				}
			}
		})
	}
}

func TestAKibanaThatStoresItsOwnFormIsNotImportedIntoAgain(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	k.Stored = func(o *kibanatest.Object) {
		if o.Type == "dashboard" {
			o.TypeVersion, o.Attributes["optionsJSON"] = "10.3.0", `{"migrated":true}`
		}
	}
	has(t, mustRun(t, cfg), dashboard, "made")
	has(t, mustRun(t, cfg), dashboard, "found")
	if n := k.Imports(); n != 1 {
		t.Errorf("%d imports, want 1", n)
	}
	has(t, mustRun(t, renamed(t, cfg)), dashboard, "updated")
}

func TestWithoutItsMemoryProvisionDestroysNothing(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	mustRun(t, cfg)
	if err := client(t, cfg).do(t.Context(), esapi.IndicesDeleteRequest{Index: []string{memoryIndex}}); err != nil {
		t.Fatal(err)
	}
	has(t, mustRun(t, renamed(t, cfg)), dashboard, "different")
	// What is as wanted needs no memory, and gives it back.
	has(t, mustRun(t, cfg), dashboard, "found")
	has(t, mustRun(t, renamed(t, cfg)), dashboard, "updated")
	if k.Imports() != 2 {
		t.Errorf("%d imports, want 2", k.Imports())
	}
}

func TestKibanaIsWaitedForUntilItIsAvailable(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	k.Starting, k.Degraded = 1, 1
	lines := mustRun(t, cfg)
	has(t, lines, "waiting for Kibana, 0s so far", "not ready yet")
	has(t, lines, dashboard, "made")
	told := strings.Join(lines, "\n")
	if !strings.Contains(told, "degraded (1 service is degraded: savedObjects)") {
		t.Errorf("it does not say that Kibana was degraded:\n%s", told)
	}
}

func TestASuccessOfAnImportIsNotBelieved(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*kibanatest.Server)
		want  string
	}{
		"lost":               {func(k *kibanatest.Server) { k.Loses = map[string]bool{"dashboard:cats-v-dogs": true} }, "dashboard cats-v-dogs: Kibana says that it was imported, and does not have it"},
		"without references": {func(k *kibanatest.Server) { k.Stored = func(o *kibanatest.Object) { o.References = nil } }, "it reads back with 0 references"},
		"without panels": {func(k *kibanatest.Server) {
			k.Stored = func(o *kibanatest.Object) {
				if o.Type == "dashboard" {
					o.Attributes["panelsJSON"] = "[]"
				}
			}
		}, "it reads back with 0 panels"},
		"refused in part": {func(k *kibanatest.Server) {
			k.Failures = map[string]string{"dashboard:pipeline-health": "out of paper"}
		}, "Kibana did not import dashboard pipeline-health: out of paper (400)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, k := withKibana(t, servers(t))
			test.spoil(k)
			cfg.WaitFor = 2 * time.Second
			for range 2 { // the second run does not take what the first has left for a person's work
				if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("got %v, want %q", err, test.want)
				}
			}
		})
	}
}

func TestAKibanaWithSecurityWantsTheRightUser(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	k.Authorization = "Basic bWU6c2VjcmV0LXBhc3M=" // me:secret-pass
	if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), "--kibana-username") {
		t.Errorf("without a user: %v", err)
	}
	cfg.Kibana.KibanaUsername, cfg.Kibana.KibanaPassword = "me", "wrong-pass"
	if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), "wrong-pass") {
		t.Errorf("with the wrong password: %v", err)
	}
	cfg.Kibana.KibanaPassword = config.Secret("secret-pass")
	mustRun(t, cfg)
	k.Authorization = "ApiKey a2V5"
	cfg.Kibana.KibanaUsername, cfg.Kibana.KibanaPassword, cfg.Kibana.KibanaAPIKey = "", "", "a2V5"
	has(t, mustRun(t, cfg), dashboard, "found")
	k.Forbidden = true
	if _, err := run(t, cfg); err == nil || !strings.Contains(err.Error(), "Dashboard: All") {
		t.Errorf("without the rights: %v", err)
	}
}

func TestWhatAPersonSaysOfAFieldIsAChange(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	mustRun(t, cfg)
	for _, attributes := range []string{`{"lang":{"count":3,"customLabel":"Language"}}`, `{"lang":{"customDescription":"Of the post"}}`} {
		k.Save("index-pattern", "catsvdogs-tweets", "fieldAttrs", attributes)
		for range 2 {
			has(t, mustRun(t, cfg), "data view catsvdogs-tweets", "different: a person has changed it")
		}
		if got := k.Get("index-pattern", "catsvdogs-tweets").Attributes["fieldAttrs"]; got != attributes {
			t.Errorf("it has become %v", got)
		}
	}
	k.Save("index-pattern", "catsvdogs-tweets", "fieldAttrs", `{"lang":{"count":4}}`)
	has(t, mustRun(t, cfg), "data view catsvdogs-tweets", "found")
}

func TestWhatAPersonAddsIsNotTakenForOurs(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	mustRun(t, cfg)
	k.Save("dashboard", "cats-v-dogs", "theirs", "added")
	has(t, mustRun(t, cfg), dashboard, "found") // all that is wanted is there
	has(t, mustRun(t, renamed(t, cfg)), dashboard, "different: a person has changed it")
}

func TestADashboardWhoseIDAnotherSpaceHasIsNamed(t *testing.T) {
	t.Parallel()
	cfg, k := withKibana(t, servers(t))
	k.Elsewhere = map[string]bool{"dashboard:cats-v-dogs": true}
	for range 2 { // the second time it is in the way of itself
		lines, err := run(t, cfg)
		if err == nil || !strings.Contains(err.Error(), "under the id cats-v-dogs-0b5c: another space of this Kibana has an object with its id") {
			t.Errorf("got %v", err)
		}
		if strings.Contains(strings.Join(lines, "\n"), "waiting for Kibana") {
			t.Errorf("it waits for what will not pass: %q", lines)
		}
	}
}
