package provision

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"catsvdogs/services/provision/savedobjects"
)

// FuzzATemplateIsItself: however a server, or a person, has written it.
func FuzzATemplateIsItself(f *testing.F) {
	f.Add([]byte(`{"index_patterns":["tweets-*"],"priority":500,"composed_of":["a"],"template":{"settings":{"index":{"number_of_shards":"1","a.b":{"c":[1]}}},"mappings":{"properties":{}}},"_meta":{"x":1}}`))
	f.Add([]byte(`{"index_patterns":7,"template":{"settings":{"":{"":{"":null}}},"mappings":[]}}`))
	f.Add([]byte(`{"priority":1e999}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		one, err := decodeObject(text)
		if err != nil {
			return
		}
		other, err := decodeObject(text)
		if err != nil || !sameTemplate(one, other) {
			t.Errorf("%q is not itself: %v", text, err)
		}
	})
}

// FuzzASavedObjectComesBack: as Kibana exports it.
func FuzzASavedObjectComesBack(f *testing.F) {
	f.Add([]byte(`{"type":"dashboard","id":"1","attributes":{"title":"<script>","panelsJSON":"[]"},"references":[{"type":"lens","id":"2","name":"a"}],"updated_at":"x"}`))
	f.Add([]byte(`{"exportedCount":1}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		o, err := savedobjects.Parse(line)
		if err != nil {
			return
		}
		text, err := json.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := savedobjects.Parse(text); err != nil || !cmp.Equal(again, o) {
			t.Errorf("%q is written as %q, and read as %+v, %v", line, text, again, err)
		}
	})
}
