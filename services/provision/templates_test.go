package provision

import (
	"strings"
	"testing"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"catsvdogs/schemas"
)

func putComponent(t *testing.T, s *indexServer, name, body string) {
	t.Helper()
	if err := s.do(t.Context(), componentTemplate.put(name, []byte(body))); err != nil {
		t.Fatal(err)
	}
}

// settingsOf returns the settings of an index that is made now.
func settingsOf(t *testing.T, s *indexServer, index string) map[string]string {
	t.Helper()
	makeIndex(t, s, index, `{}`)
	now, err := s.get(t.Context(), esapi.IndicesGetRequest{Index: []string{index}})
	if err != nil {
		t.Fatal(err)
	}
	return flatSettings(at(now, index, "settings"))
}

func TestATemplateThatAPersonChangedIsLeftAndToldOf(t *testing.T) {
	t.Parallel()
	for name, theirs := range map[string]string{
		"edited":      `{"_meta":{"description":"Settings of every index of the pipeline.","provisioned":"SEAL"},"template":{"settings":{"index":{"number_of_shards":3,"number_of_replicas":0,"refresh_interval":"30s","codec":"best_compression"}}}}`,
		"put anew":    `{"template":{"settings":{"index":{"number_of_shards":3,"refresh_interval":"30s","codec":"best_compression"}}}}`,
		"put, signed": `{"_meta":{"owner":"operations"},"template":{"settings":{"index":{"number_of_shards":3,"refresh_interval":"30s","codec":"best_compression"}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := servers(t)
			s := client(t, cfg)
			mustRun(t, cfg)
			have, err := s.template(t.Context(), componentTemplate, settingsComponent)
			if err != nil {
				t.Fatal(err)
			}
			seal, _ := at(have, "_meta")[sealKey].(string)
			putComponent(t, s, settingsComponent, strings.Replace(theirs, "SEAL", seal, 1))
			for range 2 {
				lines := mustRun(t, cfg)
				for _, difference := range []string{"different", "settings.number_of_shards 3 instead of 1", "settings.refresh_interval 30s instead of 1s", "settings.codec best_compression added", "left as it is", "catsvdogs@custom"} {
					has(t, lines, "component template "+settingsComponent, difference)
				}
			}
			if got := settingsOf(t, s, "tweets-2026.10"); got["number_of_shards"] != "3" || got["codec"] != "best_compression" {
				t.Errorf("a new index has %v", got)
			}
		})
	}
}

func TestATemplateThatIsOursFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	s := client(t, cfg)
	mustRun(t, cfg)
	cfg.IndexReplicas = 1
	has(t, mustRun(t, cfg), "component template "+settingsComponent, "updated")
	// A person puts back by hand what provision would put: it is ours again.
	putComponent(t, s, settingsComponent, `{"template":{"settings":{"index":{"number_of_shards":5}}}}`)
	has(t, mustRun(t, cfg), "component template "+settingsComponent, "different")
	putComponent(t, s, settingsComponent, `{"_meta":{"description":"Settings of every index of the pipeline."},"template":{"settings":{"index":{"number_of_shards":1,"number_of_replicas":1,"refresh_interval":"1s"}}}}`)
	has(t, mustRun(t, cfg), "component template "+settingsComponent, "found")
	cfg.IndexReplicas = 2
	has(t, mustRun(t, cfg), "component template "+settingsComponent, "updated")
}

func TestAnIndexTemplateOfAnotherIsNotTakenOver(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	s := client(t, cfg)
	const theirs = `{"index_patterns":["tweets-of-theirs-*"],"priority":7}`
	if err := s.do(t.Context(), indexTemplate.put("tweets", []byte(theirs))); err != nil {
		t.Fatal(err)
	}
	lines, err := run(t, cfg)
	has(t, lines, "index template tweets", `index_patterns ["tweets-of-theirs-*"] instead of ["tweets-20*.*"]`)
	if err == nil || !strings.Contains(err.Error(), "one of ours was changed") {
		t.Errorf("got %v, though nothing gives our indices their mapping", err)
	}
	now, err := s.template(t.Context(), indexTemplate, "tweets")
	if err != nil || !sameTemplate(parse(t, theirs), now) {
		t.Errorf("it has become %v, %v", now, err)
	}
}

func TestSettingsOfTheOperatorsOwnHaveAPlace(t *testing.T) {
	t.Parallel()
	cfg := servers(t)
	s := client(t, cfg)
	mustRun(t, cfg)
	if got := settingsOf(t, s, "tweets-2026.09"); got["number_of_shards"] != "1" {
		t.Errorf("without it a new index has %v", got)
	}
	putComponent(t, s, customComponent, `{"template":{"settings":{"index":{"number_of_shards":3}}}}`)
	for _, line := range mustRun(t, cfg) {
		if strings.Contains(line, "template") && !strings.HasSuffix(line, "found") {
			t.Error(line)
		}
	}
	for _, index := range []string{"tweets-2026.10", "dead-letters-2026.10"} {
		if got := settingsOf(t, s, index); got["number_of_shards"] != "3" || got["refresh_interval"] != "1s" {
			t.Errorf("%s has %v", index, got)
		}
	}
}

func TestOurTemplatesReachNoFurtherThanOurNames(t *testing.T) {
	t.Parallel()
	for _, i := range schemas.IndexTemplates() {
		patterns := parse(t, string(i.Body))["index_patterns"].([]any)
		if len(patterns) != 1 || patterns[0] != indexPattern(i.Name) {
			t.Errorf("the template %s has the patterns %v, and provision looks at %s", i.Name, patterns, indexPattern(i.Name))
		}
	}
}
