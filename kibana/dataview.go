package kibana

// dataViewTypeVersion is the last version that the type index-pattern was changed in.
const dataViewTypeVersion = "8.0.0"

// accountsView is the data view of the ledger's accounts.
const accountsView = "catsvdogs-ledger"

// dataView is what Kibana needs to know of an alias, by which it finds the fields itself.
type dataView struct {
	id, title, name string
	formats         map[string]any // by field
}

// dataViews returns the data views that the dashboards read. Their ids are names that people can see in an address.
func dataViews() []dataView {
	milliseconds := map[string]any{"id": "duration", "params": map[string]any{
		"inputFormat": "milliseconds", "outputFormat": "humanizePrecise", "outputPrecision": 1, "useShortSuffix": true, "showSuffix": true,
	}}
	pattern := func(p string) map[string]any {
		return map[string]any{"id": "number", "params": map[string]any{"pattern": p}}
	}
	return []dataView{
		{id: "catsvdogs-tweets", title: "tweets", name: "Posts", formats: map[string]any{
			"url":                 map[string]any{"id": "url", "params": map[string]any{"type": "a", "labelTemplate": "Open the post", "openLinkInCurrentTab": false}},
			"popularity":          pattern("0,0.00"),
			"sentiment.score":     pattern("0.00"),
			"metrics.likes":       pattern("0,0"),
			"metrics.retweets":    pattern("0,0"),
			"metrics.replies":     pattern("0,0"),
			"metrics.quotes":      pattern("0,0"),
			"metrics.bookmarks":   pattern("0,0"),
			"metrics.impressions": pattern("0,0"),
			"pipeline.arrival_ms": milliseconds,
			"index_ms":            milliseconds,
		}},
		{id: "catsvdogs-dead-letters", title: "dead-letters", name: "Dead letters", formats: map[string]any{
			"size_bytes": map[string]any{"id": "bytes"},
		}},
		{id: accountsView, title: "catsvdogs-ledger", name: "Accounts of the ledger", formats: map[string]any{
			"took_seconds": pattern("0.00"),
		}},
	}
}

func (v dataView) object() (Object, error) {
	formats, err := encode(v.formats)
	if err != nil {
		return Object{}, err
	}
	line, err := encode(map[string]any{
		"type": "index-pattern",
		"id":   v.id,
		"attributes": map[string]any{
			"title":           v.title,
			"name":            v.name,
			"timeFieldName":   "@timestamp",
			"allowNoIndex":    true, // before the first document there is no index behind the alias
			"fieldFormatMap":  string(formats),
			"fields":          "[]",
			"fieldAttrs":      "{}",
			"runtimeFieldMap": "{}",
			"sourceFilters":   "[]",
			"typeMeta":        "{}",
		},
		"references":           []any{},
		"managed":              false,
		"coreMigrationVersion": coreVersion,
		"typeMigrationVersion": dataViewTypeVersion,
	})
	return Object{Type: "index-pattern", ID: v.id, JSON: line}, err
}
