package archive

import (
	"encoding/json"
	"fmt"

	"catsvdogs/services/pipeline/archived"
)

// intent says which object its writer is about to upload. It is kept as the metadata of the group's committed offset,
// so that it lives and is fenced exactly as the offset is. Whoever takes it over does what it says, whatever its own
// configuration says about formats and tables: both writers must come to the same objects.
type intent struct {
	Object string `json:"object"`          // name
	Start  int64  `json:"start"`           // first offset that the object covers
	Last   int64  `json:"last"`            // offset of the object's last record
	Table  bool   `json:"table,omitempty"` // a Parquet file is made of it, too
}

func (i *intent) String() string {
	b, err := json.Marshal(i)
	if err != nil { // plain fields always encode
		return ""
	}
	return string(b)
}

// announced is an intent that was read, and the object that it names.
type announced struct {
	intent
	object archived.Object
}

// parseIntent reads the metadata of a committed offset; nil when it holds no intent.
func parseIntent(metadata string) (*announced, error) {
	if metadata == "" {
		return nil, nil
	}
	a := new(announced)
	if err := json.Unmarshal([]byte(metadata), &a.intent); err != nil {
		return nil, fmt.Errorf("read the intent in the committed offset's metadata %q: %w", metadata, err)
	}
	if a.Object == "" {
		return nil, nil // another program's metadata
	}
	var ok bool
	if a.object, ok = archived.ParseName(a.Object); !ok {
		return nil, fmt.Errorf("the intent in the committed offset's metadata names %q, which is no object of the archive", a.Object)
	}
	return a, nil
}
