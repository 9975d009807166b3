package archive

import (
	"encoding/json"
	"fmt"
)

// intent says which object its writer is about to upload. It is kept as the metadata of the group's committed offset,
// so that it lives and is fenced exactly as the offset is.
type intent struct {
	Object string `json:"object"` // name
	Last   int64  `json:"last"`   // offset of the object's last record
}

func (i *intent) String() string {
	b, err := json.Marshal(i)
	if err != nil { // two plain fields always encode
		return ""
	}
	return string(b)
}

// parseIntent reads the metadata of a committed offset; nil when it holds no intent.
func parseIntent(metadata string) (*intent, error) {
	if metadata == "" {
		return nil, nil
	}
	i := new(intent)
	if err := json.Unmarshal([]byte(metadata), i); err != nil {
		return nil, fmt.Errorf("read the intent in the committed offset's metadata %q: %w", metadata, err)
	}
	if i.Object == "" {
		return nil, nil // another program's metadata
	}
	return i, nil
}
