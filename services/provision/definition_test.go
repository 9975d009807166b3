package provision

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func parse(t *testing.T, text string) object {
	t.Helper()
	o, err := decodeObject([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestATemplateIsTheSameInTheFormThatAServerGivesIt(t *testing.T) {
	t.Parallel()
	const ours = `{"index_patterns":["tweets-*"],"priority":200,"_meta":{"a":"b"},"composed_of":["x"],
		"template":{"settings":{"index":{"number_of_shards":1,"refresh_interval":"1s"}},"mappings":{"dynamic":"strict"},"aliases":{"tweets":{}}}}`
	for name, test := range map[string]struct {
		theirs string
		same   bool
	}{
		"settings as text":        {`{"index_patterns":["tweets-*"],"priority":200,"_meta":{"a":"b"},"composed_of":["x"],"template":{"settings":{"index":{"number_of_shards":"1","refresh_interval":"1s"}},"mappings":{"dynamic":"strict"},"aliases":{"tweets":{}}}}`, true},
		"flat settings and dates": {`{"index_patterns":"tweets-*","priority":200,"_meta":{"a":"b"},"composed_of":["x"],"created_date_millis":7,"ignore_missing_component_templates":[],"template":{"settings":{"index.number_of_shards":"1","refresh_interval":"1s"},"mappings":{"dynamic":"strict"},"aliases":{"tweets":{}}}}`, true},
		"another setting":         {`{"index_patterns":["tweets-*"],"priority":200,"_meta":{"a":"b"},"composed_of":["x"],"template":{"settings":{"index":{"number_of_shards":"2","refresh_interval":"1s"}},"mappings":{"dynamic":"strict"},"aliases":{"tweets":{}}}}`, false},
		"another priority":        {`{"index_patterns":["tweets-*"],"priority":100,"_meta":{"a":"b"},"composed_of":["x"],"template":{"settings":{"index":{"number_of_shards":"1","refresh_interval":"1s"}},"mappings":{"dynamic":"strict"},"aliases":{"tweets":{}}}}`, false},
		"a filter too many":       {`{"index_patterns":["tweets-*"],"priority":200,"_meta":{"a":"b"},"composed_of":["x"],"template":{"settings":{"index":{"number_of_shards":"1","refresh_interval":"1s"}},"mappings":{"dynamic":"strict"},"aliases":{"tweets":{"filter":{"term":{"a":1}}}}}}`, false},
		"nothing":                 {`{}`, false},
	} {
		if got := sameTemplate(parse(t, ours), parse(t, test.theirs)); got != test.same {
			t.Errorf("%s: got %t, want %t", name, got, test.same)
		}
	}
}

func TestAMappingIsGivenOnlyWhatItLacks(t *testing.T) {
	t.Parallel()
	const want = `{"dynamic":"strict","properties":{"id":{"type":"keyword"},"text":{"type":"text","fields":{"raw":{"type":"keyword"}}},
		"metrics":{"properties":{"likes":{"type":"long"},"quotes":{"type":"long"}}}}}`
	for name, test := range map[string]struct {
		have  string
		part  string
		paths []string
	}{
		"all there, and more": {`{"dynamic":"strict","properties":{"id":{"type":"keyword","ignore_above":9},"old":{"type":"date"},"text":{"type":"text","fields":{"raw":{"type":"keyword"}}},"metrics":{"properties":{"likes":{"type":"long"},"quotes":{"type":"long"}}}}}`, `{}`, nil},
		"a multi-field": {`{"dynamic":"strict","properties":{"id":{"type":"keyword"},"text":{"type":"text"},"metrics":{"properties":{"likes":{"type":"long"},"quotes":{"type":"long"}}}}}`,
			`{"properties":{"text":{"type":"text","fields":{"raw":{"type":"keyword"}}}}}`, []string{"text.raw"}},
		"a field of an object": {`{"dynamic":"strict","properties":{"id":{"type":"keyword"},"text":{"type":"text","fields":{"raw":{"type":"keyword"}}},"metrics":{"properties":{"likes":{"type":"long"}}}}}`,
			`{"properties":{"metrics":{"properties":{"quotes":{"type":"long"}}}}}`, []string{"metrics.quotes"}},
		"another type": {`{"dynamic":"strict","properties":{"id":{"type":"long"},"text":{"type":"text","fields":{"raw":{"type":"keyword"}}},"metrics":{"properties":{"likes":{"type":"long"},"quotes":{"type":"long"}}}}}`,
			`{"properties":{"id":{"type":"keyword"}}}`, []string{"id"}},
		"an object for a value": {`{"dynamic":"strict","properties":{"id":{"properties":{"a":{"type":"long"}}},"text":{"type":"text","fields":{"raw":{"type":"keyword"}}},"metrics":{"properties":{"likes":{"type":"long"},"quotes":{"type":"long"}}}}}`,
			`{"properties":{"id":{"type":"keyword"}}}`, []string{"id"}},
		"nothing": {`{}`, want, []string{"dynamic", "id", "metrics", "text"}},
	} {
		part, paths := lacking(parse(t, want), parse(t, test.have))
		if diff := cmp.Diff(parse(t, test.part), part); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if diff := cmp.Diff(test.paths, paths); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestMissingRightsAreNamedPlainly(t *testing.T) {
	t.Parallel()
	for reason, want := range map[string]string{
		"action [cluster:admin/component_template/put] is unauthorized for user [me] with effective roles [none], this action is granted by the cluster privileges [manage_index_templates,manage,all]": ": the user or key lacks the cluster privilege manage_index_templates (or one of manage,all)",
		"action [indices:admin/mapping/put] is unauthorized for API key id [7] of user [me] on indices [tweets-1], this action is granted by the index privileges [manage,all]":                         ": the user or key lacks the index privilege manage on tweets-1 (or one of all)",
		"no": ": no",
	} {
		if got := missingPrivilege(reason); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
