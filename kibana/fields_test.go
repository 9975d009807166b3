package kibana

import (
	"slices"
	"testing"

	"catsvdogs/schemas"
)

var (
	numbers = []string{"long", "integer", "double"}
	// fits says which types of a field an operation of Lens takes. What is not in it is not allowed: formulas, the last
	// value (top_metrics), rates and several fields at once (multi_terms) need modules that not every server has.
	fits = map[string][]string{
		"terms":          append([]string{"keyword", "boolean"}, numbers...),
		"date_histogram": {"date"},
		"max":            append([]string{"date"}, numbers...),
		"average":        numbers,
		"sum":            numbers,
		"percentile":     numbers,
		"filters":        nil, // has queries in the place of a field
		"count":          nil, // of documents
	}
)

func fieldsByDataView(t testing.TB) map[string]map[string]string {
	t.Helper()
	tweets, err := schemas.TweetFields()
	if err != nil {
		t.Fatal(err)
	}
	dead, err := schemas.DeadLetterFields()
	if err != nil {
		t.Fatal(err)
	}
	ledger, err := schemas.LedgerFields()
	if err != nil {
		t.Fatal(err)
	}
	return map[string]map[string]string{"catsvdogs-tweets": tweets, "catsvdogs-dead-letters": dead, "catsvdogs-ledger": ledger}
}

func TestEveryFieldIsInTheIndexWithATypeThatFits(t *testing.T) {
	t.Parallel()
	fields := fieldsByDataView(t)
	for name, c := range contests(t) {
		checked := 0
		for _, d := range savedDashboards(t, c) {
			for _, p := range d.panels {
				for id, layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
					for _, column := range layer.Columns {
						types, known := fits[column.OperationType]
						field, has := fields[p.dataViewOf(id)][column.SourceField]
						switch {
						case !known || len(column.Params.SecondaryFields) > 0:
							t.Errorf("%s: the operation %s %v is not one that every server has", p.PanelIndex, column.OperationType, column.Params.SecondaryFields)
						case column.OperationType == "filters" && column.SourceField == "", column.OperationType == "count" && column.SourceField == "___records___":
						case !has:
							t.Errorf("%s: no field %q in %s", p.PanelIndex, column.SourceField, p.dataViewOf(id))
						case !slices.Contains(types, field):
							t.Errorf("%s: %s over %s, which is %s", p.PanelIndex, column.OperationType, column.SourceField, field)
						}
						if column.Params.MissingBucket && !column.Params.OtherBucket {
							t.Errorf("%s: Lens leaves out what has no %s where it has no bucket for the others", p.PanelIndex, column.SourceField)
						}
						checked++
					}
				}
			}
		}
		if checked < 40 {
			t.Errorf("%s: only %d columns were seen", name, checked)
		}
	}
}

func TestEveryQueryAsksForAFieldOfTheIndex(t *testing.T) {
	t.Parallel()
	fields := fieldsByDataView(t)
	for name, c := range contests(t) {
		checked := 0
		for _, d := range savedDashboards(t, c) {
			for _, p := range d.panels {
				layers := p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers
				for _, query := range p.queries() {
					clause, err := parse(query)
					if err != nil {
						t.Fatalf("%s, %s: %v", name, p.PanelIndex, err)
					}
					for id := range layers {
						kind := fields[p.dataViewOf(id)][clause.field]
						if kind == "" || clause.operator == ">" && !slices.Contains(numbers, kind) {
							t.Errorf("%s: %q asks for a field of the type %q", p.PanelIndex, query.Query, kind)
						}
					}
					checked++
				}
				if len(p.EmbeddableConfig.Attributes.State.Filters) > 0 {
					t.Errorf("%s: filters beside the query are not looked at here", p.PanelIndex)
				}
			}
		}
		if checked < 20 {
			t.Errorf("%s: only %d queries were seen", name, checked)
		}
	}
}

func TestEveryControlOffersAFieldThatHasFewValues(t *testing.T) {
	t.Parallel()
	fields := fieldsByDataView(t)
	want := map[string][]string{ContestDashboard: {"teams", "media", "lang", "promotional", "source"}, HealthDashboard: {"source"}}
	for _, d := range savedDashboards(t, shipped(t)) {
		var got []string
		for id, control := range d.controls {
			in := control.ExplicitInput
			if kind := fields[in.DataViewID][in.FieldName]; kind != "keyword" && kind != "boolean" || in.ID != id || control.Type != "optionsListControl" {
				t.Errorf("%s: control %s is over %q, which is %q", d.ID, id, in.FieldName, kind)
			}
			got = append(got, in.FieldName)
		}
		slices.Sort(got)
		expected := slices.Sorted(slices.Values(want[d.ID]))
		if !slices.Equal(got, expected) {
			t.Errorf("%s: controls over %v, want %v", d.ID, got, expected)
		}
	}
}

func TestWhatIsChosenAboveADashboardLeavesTheAccountsOfEverythingAsTheyAre(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, d := range savedDashboards(t, shipped(t)) {
		for _, p := range d.panels {
			for id, layer := range p.EmbeddableConfig.Attributes.State.DatasourceStates.FormBased.Layers {
				if ofAccounts := p.dataViewOf(id) == "catsvdogs-ledger"; layer.IgnoreGlobalFilters != ofAccounts {
					t.Errorf("%s: a layer over %s ignores it: %t", p.PanelIndex, p.dataViewOf(id), layer.IgnoreGlobalFilters)
				} else if ofAccounts {
					seen++
				}
			}
		}
	}
	if seen == 0 {
		t.Error("no panel is over accounts")
	}
}

func TestFormatsAreOfFieldsThatAreThere(t *testing.T) {
	t.Parallel()
	fields := fieldsByDataView(t)
	for _, v := range dataViews() {
		if fields[v.id]["@timestamp"] != "date" {
			t.Errorf("%s has no time", v.id)
		}
		for field := range v.formats {
			if fields[v.id][field] == "" {
				t.Errorf("%s: a format for %s, which is not there", v.id, field)
			}
		}
	}
	aliases := map[string]bool{}
	for _, template := range schemas.IndexTemplates() {
		aliases[template.Name] = true
	}
	for _, v := range dataViews() {
		if !aliases[v.title] {
			t.Errorf("%s reads %s, which no template makes", v.id, v.title)
		}
	}
}

func TestOnlyLensPanelsOverDataViewsAreUsed(t *testing.T) {
	t.Parallel()
	for _, d := range savedDashboards(t, shipped(t)) {
		for _, p := range d.panels {
			c := p.EmbeddableConfig
			switch {
			case p.Type == "lens" && len(c.Attributes.State.DatasourceStates.FormBased.Layers) > 0:
			case p.Type == "visualization" && c.SavedVis.Type == "markdown" && c.SavedVis.Params.Markdown != "":
			default:
				t.Errorf("%s: %s is neither a Lens panel over a data view nor text", d.ID, p.PanelIndex)
			}
		}
	}
}
