package bluesky

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decode reads one whole JSON value. A record is what its author's software writes: were "Text" taken for "text", as the
// libraries do that work as encoding/json does, a post could say something else here than everywhere else. This one is
// encoding/json/v2 of Go 1.27; of two members of one name the last one counts.
func decode(b []byte, into any) error {
	return json.Unmarshal(b, into, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}
