package schemas

import (
	_ "embed"
	"encoding/json"
	"fmt"
)

// Template is a template of Elasticsearch by its name there.
type Template struct {
	Name string
	Body []byte // of PUT _component_template or PUT _index_template
}

var (
	//go:embed index/settings.json
	indexSettings []byte
	//go:embed index/tweets-mapping.json
	tweetsMapping []byte
	//go:embed index/dead-letters-mapping.json
	deadLettersMapping []byte
	//go:embed index/ledger-mapping.json
	ledgerMapping []byte
	//go:embed index/tweets.json
	tweetsIndex []byte
	//go:embed index/dead-letters.json
	deadLettersIndex []byte
	//go:embed index/ledger.json
	ledgerIndex []byte
)

// ComponentTemplates are what IndexTemplates are composed of. They must be there first.
func ComponentTemplates() []Template {
	return []Template{
		{"catsvdogs-settings", indexSettings},
		{"catsvdogs-tweets-mapping", tweetsMapping},
		{"catsvdogs-dead-letters-mapping", deadLettersMapping},
		{"catsvdogs-ledger-mapping", ledgerMapping},
	}
}

// IndexTemplates describe the indices; each is named after the alias that its indices are read by. Their patterns go no
// further than the names of our indices, NAME-2026.11 or NAME-2026.11.23: in a cluster of several, tweets-* is other
// people's, too. Each is composed, last, of catsvdogs@custom where there is one: the place for an operator's own settings.
func IndexTemplates() []Template {
	return []Template{{"tweets", tweetsIndex}, {"dead-letters", deadLettersIndex}, {"catsvdogs-ledger", ledgerIndex}}
}

// TweetFields returns the fields of an index of posts, multi-fields included, by dotted path, each with its type.
func TweetFields() (map[string]string, error) { return fieldsOf(tweetsMapping) }

// DeadLetterFields returns the fields of an index of dead letters, likewise.
func DeadLetterFields() (map[string]string, error) { return fieldsOf(deadLettersMapping) }

// LedgerFields returns the fields of an index of the ledger's accounts, likewise.
func LedgerFields() (map[string]string, error) { return fieldsOf(ledgerMapping) }

type mappedField struct {
	Type       string                 `json:"type"`
	Properties map[string]mappedField `json:"properties"`
	Fields     map[string]mappedField `json:"fields"`
}

func fieldsOf(component []byte) (map[string]string, error) {
	var body struct {
		Template struct {
			Mappings mappedField `json:"mappings"`
		} `json:"template"`
	}
	if err := json.Unmarshal(component, &body); err != nil {
		return nil, fmt.Errorf("read a component template: %w", err)
	}
	out := map[string]string{}
	body.Template.Mappings.leaves("", out)
	return out, nil
}

func (f mappedField) leaves(path string, out map[string]string) {
	for _, below := range []map[string]mappedField{f.Properties, f.Fields} {
		for name, child := range below {
			if path != "" {
				name = path + "." + name
			}
			child.leaves(name, out)
		}
	}
	if f.Type != "" {
		out[path] = f.Type
	}
}
