package kibana

import (
	"fmt"
	"strings"

	"catsvdogs/schemas"
)

const (
	coreVersion = "8.8.0" // what every Kibana since 8.8 writes
	// typeVersion is the lowest model of a dashboard that holds all that ours say, so that a Kibana from 8.11 on takes
	// them and brings them up to its own; a higher one is refused by an older server, with the whole file. Model 2
	// added controlGroupInput.showApplySelections and nothing else.
	typeVersion = "10.1.0"
	refresh     = 10_000 // ms between two looks at the data
)

// timeRanges of panels that do not follow the dashboard's.
var timeRanges = map[string]map[string]any{
	"most-popular": {"from": "now-1h", "to": "now"}, // also just after midnight, when today is younger than an hour
	// The last value needs a module that not every server has. The ledger keeps an account a minute, or more.
	"findings-now": {"from": "now-2m", "to": "now"},
	"pending-now":  {"from": "now-2m", "to": "now"},
}

// finish says in a compiled dashboard what kb-dashboard has no words for, and takes out what would tell one run or one
// version from another.
func finish(object map[string]any, id string) error {
	attributes, ok := object["attributes"].(map[string]any)
	if !ok || object["id"] != id {
		return fmt.Errorf("what was compiled is no dashboard of the id %s", id)
	}
	for _, stamp := range []string{"created_at", "created_by", "updated_at", "updated_by", "version"} {
		delete(object, stamp)
	}
	object["coreMigrationVersion"], object["typeMigrationVersion"] = coreVersion, typeVersion
	attributes["refreshInterval"] = map[string]any{"pause": false, "value": refresh}

	panels, ok := attributes["panelsJSON"].([]any)
	if !ok {
		return fmt.Errorf("what was compiled has no panels")
	}
	for _, p := range panels {
		panel, _ := p.(map[string]any)
		config, _ := panel["embeddableConfig"].(map[string]any)
		index, _ := panel["panelIndex"].(string)
		if config == nil || index == "" {
			return fmt.Errorf("what was compiled has a panel without a configuration or an id")
		}
		if during, ok := timeRanges[index]; ok {
			config["timeRange"] = during
		}
		if err := mend(config); err != nil {
			return err
		}
		apart(config)
		if attributes, ok := config["attributes"].(map[string]any); ok {
			panel["title"] = attributes["title"] // not every version falls back to the title of what the panel shows
		}
	}
	controls, _ := attributes["controlGroupInput"].(map[string]any)
	delete(controls, "showApplySelections") // see typeVersion
	return stringify(object, attributes, controls)
}

// mend changes, anywhere inside v, what the compiler says in a way that Kibana would read otherwise.
func mend(v any) error {
	dates, err := schemas.TweetFields()
	if err != nil {
		return err
	}
	walk(v, func(o map[string]any) {
		// A palette of one band is one colour.
		if color, ok := oneColor(o["palette"]); ok {
			delete(o, "palette")
			o["color"] = color
		}
		// Without assignments, some versions give every series the same colour; without a mapping, all of them take
		// the next colour of the palette.
		if mapping, ok := o["colorMapping"].(map[string]any); ok {
			if list, _ := mapping["assignments"].([]any); len(list) == 0 {
				delete(o, "colorMapping")
			}
		}
		// None counts as 0. As nothing, it would be a gap in a line and "N/A" in a tile.
		if params, ok := o["params"].(map[string]any); ok && o["operationType"] == "count" {
			params["emptyAsNull"] = false
		}
		// The latest of some dates is a date, no number.
		if field, _ := o["sourceField"].(string); dates[field] == "date" && (o["operationType"] == "max" || o["operationType"] == "min") {
			o["dataType"] = "date"
		}
	})
	return nil
}

// apart keeps what is chosen above a dashboard, such as a source, from panels over accounts: they are of everything, and
// have no field to choose by, so they would show nothing.
func apart(config map[string]any) {
	walk(config, func(o map[string]any) {
		references, _ := o["references"].([]any)
		state, _ := o["state"].(map[string]any)
		sources, _ := state["datasourceStates"].(map[string]any)
		formBased, _ := sources["formBased"].(map[string]any)
		layers, _ := formBased["layers"].(map[string]any)
		for _, r := range references {
			reference, _ := r.(map[string]any)
			name, _ := reference["name"].(string)
			layer, ok := layers[strings.TrimPrefix(name, "indexpattern-datasource-layer-")].(map[string]any)
			if ok && reference["id"] == accountsView {
				layer["ignoreGlobalFilters"] = true
			}
		}
	})
}

func oneColor(palette any) (color any, ok bool) {
	p, _ := palette.(map[string]any)
	params, _ := p["params"].(map[string]any)
	stops, _ := params["stops"].([]any)
	if len(stops) != 1 {
		return nil, false
	}
	stop, _ := stops[0].(map[string]any)
	color, ok = stop["color"]
	return color, ok
}

// walk calls f for every object in v, the outer ones first.
func walk(v any, f func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		f(v)
		for _, child := range v {
			walk(child, f)
		}
	case []any:
		for _, child := range v {
			walk(child, f)
		}
	}
}

// stringify turns what Kibana keeps as text into text; it is compiled as JSON, for people to read.
func stringify(object, attributes, controls map[string]any) error {
	meta, _ := attributes["kibanaSavedObjectMeta"].(map[string]any)
	for _, part := range []struct {
		of  map[string]any
		key string
	}{
		{meta, "searchSourceJSON"},
		{controls, "ignoreParentSettingsJSON"},
		{controls, "panelsJSON"},
		{attributes, "optionsJSON"},
		{attributes, "panelsJSON"},
	} {
		value, ok := part.of[part.key]
		if !ok {
			return fmt.Errorf("what was compiled for %v has no %s", object["id"], part.key)
		}
		if _, isText := value.(string); isText {
			continue
		}
		text, err := encode(value)
		if err != nil {
			return err
		}
		part.of[part.key] = string(text)
	}
	return nil
}
